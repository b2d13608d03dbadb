//! `grad.broadcast_like`: the adjoint of a reduction.

use super::prelude::*;
use super::reduction;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("grad.broadcast_like")
        .params([
            Param::tensor("input", DTypes::Any).doc("The shape that reducing `like` gives."),
            Param::tensor("like", DTypes::Like).doc("A tensor of the shape wanted."),
            reduction::axis_param(),
            reduction::keepdims_param(),
        ])
        .shape(ShapeRule::custom(target))
        .summary("The result of a reduction, repeated to the shape that was reduced.")
        .formula("input, repeated along axis")
        .since(FIRST)
        .source("the adjoint of math.reduce_sum")
        .compute(Compute::host(repeat))
        .vjp("input", |b, call, upstream| {
            let mut args = vec![upstream];
            args.extend(call.args(&["axis", "keepdims"]));
            b.call("math.reduce_sum", &args)
        })
        .example(
            [("input", Value::Number(3.0)), ("like", [1.0, 2.0].into())],
            [3.0, 3.0],
        )
}

/// The shape of `like`, which reduces to that of `input`.
pub(super) fn target(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    let like = inputs.shape("like")?;
    let reduced = reduction::reduced(inputs, &like)?;
    let found = inputs.shape("input")?;
    if found.is_compatible_with(&reduced) {
        return Ok(like);
    }
    Err(OpError::NotBroadcastable {
        op: inputs.op_name().to_owned(),
        argument: "input".to_owned(),
        expected: Box::new(reduced),
        found: Box::new(found),
    })
}

fn repeat(task: &Task<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    repeat_along_axes(task, task.tensor("input")?, out)
}

/// A reduced tensor, repeated along the `axis` argument into the output.
pub(super) fn repeat_along_axes(
    task: &Task<'_>,
    reduced: DynTensor<'_>,
    out: DynSliceMut<'_>,
) -> Result<(), OpError> {
    let axes = reduction::axes(task, task.shape())?;
    let kept = task.shape().reduced(&axes, true);
    let whole = reduced
        .reshape(&kept)
        .and_then(|t| t.broadcast_to(task.shape()));
    task.write(&whole.map_err(|e| task.tensor_error(e))?, out)
}
