//! What the reductions share: the `axis` and `keepdims` arguments, the shape
//! rule, and the way to the exact kernels.

use exact_kernels as k;
use tensor_core::{PartialShape, Shape};

use crate::call::binding::Inputs;
use crate::call::eager::Call;
use crate::error::OpError;
use crate::op::compute::{Compute, ReduceKernels};
use crate::op::definition::{Param, ParamKind, Presence};
use crate::op::signature::{Signature, SignatureParam};

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

/// The `axis` argument, counted from the start, for a tensor of that shape; all
/// axes if left out.
pub(super) fn axes(call: &Call<'_>, shape: &Shape) -> Result<Vec<usize>, OpError> {
    match call.inputs().ints("axis")? {
        None => Ok((0..shape.rank()).collect()),
        Some(axes) => shape.axes(axes).map_err(|source| call.tensor_error(source)),
    }
}

/// `shape` without the axes of the `axis` argument, or with length 1 there if
/// the call keeps them.
pub(super) fn reduced(inputs: &Inputs<'_>, shape: &PartialShape) -> Result<PartialShape, OpError> {
    let keep_dims = inputs.flag("keepdims")?;
    let axes = match inputs.ints("axis")? {
        // Whatever the rank, nothing is left.
        None if !keep_dims => return Ok(PartialShape::new([])),
        None => Ok(shape.rank().map(|rank| (0..rank).collect())),
        Some(axes) => shape.axes(axes),
    };
    let axes = axes.map_err(|source| inputs.tensor_error(source))?;
    Ok(axes.map_or(PartialShape::unknown(), |axes| {
        shape.reduced(&axes, keep_dims)
    }))
}

/// The shape rule of `math.reduce_sum` and `math.reduce_mean`.
pub(super) fn shape(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    reduced(inputs, &inputs.shape("input_tensor")?)
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
        let axes = axes(call, call.argument_shape("input_tensor")?)?;
        kernels.run(call, &axes, out)
    })
}
