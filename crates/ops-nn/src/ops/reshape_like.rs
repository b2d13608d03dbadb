//! `grad.reshape_like`: the adjoint of `reshape`.

use tensor_core::PartialShape;

use crate::call::binding::Inputs;
use crate::op::compute::Compute;
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::op::rules::{Vjp, Gradient};
use crate::op::shapes::ShapeRule;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("grad.reshape_like")
            .params([
                Param::new("input", ParamKind::Tensor(DTypes::Any)).doc("Any shape."),
                Param::new("like", ParamKind::Tensor(DTypes::Like))
                    .doc("A tensor of the shape wanted, with as many elements."),
            ])
            .shape(ShapeRule::custom(same_count))
            .summary("The same elements, row-major, in the shape of another tensor.")
            .formula("input, in another shape")
            .since(super::FIRST)
            .source("the adjoint of reshape")
            .compute(Compute::copy())
            .gradient(Gradient::vjp([Vjp::new(
                "input",
                |b, call, upstream| b.call("grad.reshape_like", &[upstream, call.arg("input")]),
            )]))
            .example(Example::new(
                [
                    ("input", ExampleArg::Values(vec![1.0, 2.0])),
                    ("like", ExampleArg::Values(vec![0.0, 0.0])),
                ],
                [1.0, 2.0],
            )),
    ]
}

fn same_count(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    let (found, target) = (inputs.shape("input")?, inputs.shape("like")?);
    let may_fit = match (found.to_shape(), target.to_shape()) {
        (Some(found), Some(target)) => found.len() == target.len(),
        _ => true,
    };
    if may_fit {
        return Ok(target);
    }
    Err(OpError::NotBroadcastable {
        op: inputs.op().name().to_owned(),
        argument: "input".to_owned(),
        expected: Box::new(target),
        found: Box::new(found),
    })
}
