//! `grad.mean_like`: the adjoint of a mean.

use super::broadcast_like::{repeat_along_axes, target};
use super::prelude::*;
use super::reduction;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("grad.mean_like")
        .params([
            Param::float("input").doc("The shape that reducing `like` gives."),
            Param::tensor("like", DTypes::Like).doc("A tensor of the shape wanted."),
            reduction::axis_param(),
            reduction::keepdims_param(),
        ])
        .shape(ShapeRule::custom(target))
        .summary(
            "Each element's share of a mean: divided by the count, rounded once, repeated to \
             the shape that was reduced.",
        )
        .formula("input / count, repeated along axis")
        .since(FIRST)
        .source("the adjoint of math.reduce_mean")
        .compute(Compute::host(spread))
        .vjp("input", |b, call, upstream| {
            let mut args = vec![upstream];
            args.extend(call.args(&["axis", "keepdims"]));
            b.call("math.reduce_mean", &args)
        })
        .example(
            [("input", Value::Number(3.0)), ("like", [1.0, 2.0].into())],
            [1.5, 1.5],
        )
}

fn spread(task: &Task<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    fn shares<T: Number>(task: &Task<'_>, count: usize, shares: &mut [T]) -> Result<(), OpError> {
        task.kernel(k::divide_by_count(&task.dense(0)?, count as u64, shares))
    }
    let reduced = task.argument_shape("input")?;
    let count = task.shape().len() / reduced.len().max(1);
    let tensor = DynTensor::try_zeros(task.dtype(), reduced.clone());
    let mut tensor = tensor.map_err(|e| task.tensor_error(e))?;
    if count > 0 {
        match tensor.as_slice_mut() {
            DynSliceMut::F16(out) => shares(task, count, out),
            DynSliceMut::BF16(out) => shares(task, count, out),
            DynSliceMut::F32(out) => shares(task, count, out),
            DynSliceMut::F64(out) => shares(task, count, out),
            DynSliceMut::Bool(_) => Err(task.no_kernel()),
        }?;
    }
    repeat_along_axes(task, tensor, out)
}
