//! `grad.broadcast_like`: the adjoint of a reduction.

use tensor_core::{DynSliceMut, DynTensor, PartialShape};

use super::reduction;
use crate::call::binding::Inputs;
use crate::call::eager::Call;
use crate::op::compute::{self, Compute};
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::op::rules::{Vjp, Gradient};
use crate::op::shapes::ShapeRule;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("grad.broadcast_like")
            .params([
                Param::new("input", ParamKind::Tensor(DTypes::Any))
                    .doc("The shape that reducing `like` gives."),
                Param::new("like", ParamKind::Tensor(DTypes::Like))
                    .doc("A tensor of the shape wanted."),
                reduction::axis_param(),
                reduction::keepdims_param(),
            ])
            .shape(ShapeRule::custom(target))
            .summary("The result of a reduction, repeated to the shape that was reduced.")
            .formula("input, repeated along axis")
            .since(super::FIRST)
            .source("the adjoint of math.reduce_sum")
            .compute(Compute::new(repeat))
            .gradient(Gradient::vjp([Vjp::new(
                "input",
                |b, call, upstream| {
                    let mut args = vec![upstream];
                    args.extend(call.args(&["axis", "keepdims"]));
                    b.call("math.reduce_sum", &args)
                },
            )]))
            .example(Example::new(
                [
                    ("input", ExampleArg::Number(3.0)),
                    ("like", ExampleArg::Values(vec![1.0, 2.0])),
                ],
                [3.0, 3.0],
            )),
    ]
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
        op: inputs.op().name().to_owned(),
        argument: "input".to_owned(),
        expected: Box::new(reduced),
        found: Box::new(found),
    })
}

fn repeat(call: &Call<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    repeat_along_axes(call, call.tensor("input")?, out)
}

/// A reduced tensor, repeated along the `axis` argument into the output.
pub(super) fn repeat_along_axes(
    call: &Call<'_>,
    reduced: DynTensor<'_>,
    out: DynSliceMut<'_>,
) -> Result<(), OpError> {
    let axes = reduction::axes(call, call.shape())?;
    let kept = call.shape().reduced(&axes, true);
    let whole = reduced
        .reshape(&kept)
        .and_then(|t| t.broadcast_to(call.shape()));
    compute::write(call, &whole.map_err(|e| call.tensor_error(e))?, out)
}
