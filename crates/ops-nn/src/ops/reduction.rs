//! What the reductions share: the `axis` and `keepdims` arguments, the shape
//! rule, and the way to the exact kernels.

use exact_kernels::Extent;
use smallvec::SmallVec;
use tensor_core::{Shape, bf16, f16};

use super::prelude::*;
use crate::op::compute::{KernelResult, PerFloat};

pub(super) fn axis_param() -> ParamBuilder {
    Param::builder("axis", ParamKind::Axes)
        .default(Presence::Optional)
        .doc("The axes to reduce, negative ones counted from the last; all if left out.")
}

pub(super) fn keepdims_param() -> ParamBuilder {
    Param::builder("keepdims", ParamKind::Flag)
        .default(Presence::Flag(false))
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
pub(super) fn axes(task: &Task<'_>, shape: &Shape) -> Result<Vec<usize>, OpError> {
    match task.inputs().ints("axis")? {
        None => Ok((0..shape.rank()).collect()),
        Some(axes) => shape.axes(axes).map_err(|source| task.tensor_error(source)),
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

type Reduce<T> = fn(&[T], &[Extent], &mut [T]) -> KernelResult;

/// A reduction over any set of axes, per element type.
pub(super) type ReduceKernels = PerFloat<Reduce<f16>, Reduce<bf16>, Reduce<f32>, Reduce<f64>>;

/// The exact sum.
pub(super) const SUM: ReduceKernels = kernels!(k::sum_axes);

/// The exact mean.
pub(super) const MEAN: ReduceKernels = kernels!(k::mean_axes);

/// The computation of a reduction over the `axis` argument.
pub(super) fn compute(kernels: ReduceKernels) -> Compute {
    Compute::host(move |task, out| {
        let axes = axes(task, task.argument_shape("input_tensor")?)?;
        reduce(kernels, task, &axes, out)
    })
}

/// Reduces the first tensor over `axes`.
pub(super) fn reduce(
    kernels: ReduceKernels,
    task: &Task<'_>,
    axes: &[usize],
    out: DynSliceMut<'_>,
) -> Result<(), OpError> {
    let shape = task.inputs().at(0).shape();
    let extents = shape.dims().iter().enumerate().map(|(axis, &len)| Extent {
        len,
        reduced: axes.contains(&axis),
    });
    let extents: SmallVec<[Extent; 8]> = extents.collect();
    run_by_dtype!(run, kernels, task, out, &extents)
}

fn run<T: Number>(
    kernel: Reduce<T>,
    task: &Task<'_>,
    out: &mut [T],
    extents: &[Extent],
) -> Result<(), OpError> {
    task.kernel(kernel(&task.dense(0)?, extents, out))
}
