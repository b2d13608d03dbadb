//! `grad.sum_like`: the adjoint of broadcasting.

use tensor_core::{DynSliceMut, PartialShape};

use super::reduction;
use crate::call::binding::Inputs;
use crate::call::eager::Call;
use crate::op::compute::Compute;
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::op::rules::{Vjp, Gradient};
use crate::op::shapes::ShapeRule;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("grad.sum_like")
            .params([
                Param::float("input").doc("A shape that `like` broadcasts to."),
                Param::new("like", ParamKind::Tensor(DTypes::Like))
                    .doc("A tensor of the shape wanted."),
            ])
            .shape(ShapeRule::custom(target))
            .summary("The exact sum over the axes along which `like` would be repeated.")
            .formula("sum(input) over the axes that broadcasting repeats")
            .since(super::FIRST)
            .source("the adjoint of broadcast_to")
            .compute(Compute::new(sum))
            .gradient(Gradient::vjp([Vjp::new(
                "input",
                |b, call, upstream| {
                    // Repeats the upstream gradient: times ones is exact.
                    let ones = b.call("ones_like", &[call.arg("input")])?;
                    b.call("math.multiply", &[upstream, ones])
                },
            )]))
            .example(Example::new(
                [
                    ("input", ExampleArg::Values(vec![1.0, 2.0])),
                    ("like", ExampleArg::Number(0.0)),
                ],
                [3.0],
            )),
    ]
}

fn target(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    let like = inputs.shape("like")?;
    like.broadcast_to(inputs.shape("input")?)
        .map_err(|source| inputs.tensor_error(source))?;
    Ok(like)
}

fn sum(call: &Call<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    let input = call.argument_shape("input")?;
    let new = input.rank() - call.shape().rank();
    let repeated = (0..input.rank()).filter(|&axis| {
        let dim = axis.checked_sub(new).map(|i| call.shape().dims()[i]);
        dim.is_none_or(|dim| dim != input.dims()[axis])
    });
    reduction::SUM.run(call, &repeated.collect::<Vec<_>>(), out)
}
