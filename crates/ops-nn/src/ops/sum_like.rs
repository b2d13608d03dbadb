//! `grad.sum_like`: the adjoint of broadcasting.

use super::prelude::*;
use super::reduction;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("grad.sum_like")
        .params([
            Param::float("input").doc("A shape that `like` broadcasts to."),
            Param::tensor("like", DTypes::Like).doc("A tensor of the shape wanted."),
        ])
        .shape(ShapeRule::custom(target))
        .summary("The exact sum over the axes along which `like` would be repeated.")
        .formula("sum(input) over the axes that broadcasting repeats")
        .since(FIRST)
        .source("the adjoint of broadcast_to")
        .compute(Compute::host(sum))
        .vjp("input", |b, call, upstream| {
            // Repeats the upstream gradient: times ones is exact.
            let ones = b.ones_like(call.arg("input"))?;
            b.mul(upstream, ones)
        })
        .example(
            [("input", [1.0, 2.0].into()), ("like", Value::Number(0.0))],
            [3.0],
        )
}

fn target(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    let like = inputs.shape("like")?;
    like.broadcast_to(inputs.shape("input")?)
        .map_err(|source| inputs.tensor_error(source))?;
    Ok(like)
}

fn sum(task: &Task<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    let input = task.argument_shape("input")?;
    let new = input.rank() - task.shape().rank();
    let repeated = (0..input.rank()).filter(|&axis| {
        let dim = axis.checked_sub(new).map(|i| task.shape().dims()[i]);
        dim.is_none_or(|dim| dim != input.dims()[axis])
    });
    reduction::reduce(reduction::SUM, task, &repeated.collect::<Vec<_>>(), out)
}
