//! What the reductions share: the `axis` and `keepdims` arguments, the shape
//! rule, and the way to the exact kernels.

use exact_kernels as k;
use tensor_core::Shape;

use crate::binding::Inputs;
use crate::compute::{Compute, ReduceKernels};
use crate::definition::{Param, ParamKind, Presence};
use crate::error::OpError;
use crate::signature::{Signature, SignatureParam};

pub(super) fn axis_param() -> Param {
    Param::new("axis", ParamKind::Axes)
        .presence(Presence::Optional)
        .doc("The axes to reduce, negative ones counted from the last; all if left out.")
}

pub(super) fn keepdims_param() -> Param {
    Param::new("keepdims", ParamKind::Flag)
        .presence(Presence::Flag(false))
        .doc("Whether the reduced axes stay, with length 1.")
}

/// TensorFlow 1's signature, with the argument names it deprecated.
pub(super) fn tensorflow_1<const N: usize>(names: [&'static str; N]) -> Signature {
    Signature::new(names).params([
        SignatureParam::new("input_tensor"),
        SignatureParam::none("axis"),
        SignatureParam::none("keepdims"),
        SignatureParam::none("name"),
        SignatureParam::deprecated_alias("reduction_indices", "axis"),
        SignatureParam::deprecated_alias("keep_dims", "keepdims"),
    ])
}

/// The axes that a call reduces.
pub(super) struct Axes {
    pub(super) axes: Vec<usize>,
}

impl Axes {
    /// The `axis` argument, normalised for `shape`; all axes if left out.
    pub(super) fn of(inputs: &Inputs<'_>, shape: &Shape) -> Result<Self, OpError> {
        let axes = match inputs.ints("axis")? {
            None => Ok((0..shape.rank()).collect()),
            Some(axes) => shape.axes(axes),
        };
        let axes = axes.map_err(|source| inputs.tensor_error(source))?;
        Ok(Self { axes })
    }

    /// `shape` without these axes, or with length 1 if the call keeps them.
    pub(super) fn reduced(&self, inputs: &Inputs<'_>, shape: &Shape) -> Result<Shape, OpError> {
        Ok(shape.reduced(&self.axes, inputs.flag("keepdims")?))
    }
}

/// The shape rule of `math.reduce_sum` and `math.reduce_mean`.
pub(super) fn shape(inputs: &Inputs<'_>) -> Result<Shape, OpError> {
    let shape = inputs.shape("input_tensor")?;
    Axes::of(inputs, &shape)?.reduced(inputs, &shape)
}

/// The exact sum, per element type.
pub(super) const SUM: ReduceKernels = ReduceKernels {
    f16: k::sum_axes,
    bf16: k::sum_axes,
    f32: k::sum_axes,
    f64: k::sum_axes,
};

/// The exact mean, per element type.
pub(super) const MEAN: ReduceKernels = ReduceKernels {
    f16: k::mean_axes,
    bf16: k::mean_axes,
    f32: k::mean_axes,
    f64: k::mean_axes,
};

/// The computation of a reduction over the `axis` argument.
pub(super) fn compute(kernels: ReduceKernels) -> Compute {
    Compute::new(move |call, out| {
        let axes = Axes::of(call.inputs(), &*call.inputs().shape("input_tensor")?)?.axes;
        kernels.run(call, &axes, out)
    })
}
