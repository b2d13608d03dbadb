//! `grad.reshape_like`: the adjoint of `reshape`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("grad.reshape_like")
        .params([
            Param::tensor("input", DTypes::Any).doc("Any shape."),
            Param::tensor("like", DTypes::Like)
                .doc("A tensor of the shape wanted, with as many elements."),
        ])
        .shape(ShapeRule::custom(same_count))
        .summary("The same elements, row-major, in the shape of another tensor.")
        .formula("input, in another shape")
        .since(FIRST)
        .source("the adjoint of reshape")
        .compute(Compute::Kernel(Kernel::Copy))
        .vjp("input", |b, call, upstream| {
            b.call("grad.reshape_like", &[upstream, call.arg("input")])
        })
        .example(
            [("input", [1.0, 2.0].into()), ("like", [0.0, 0.0].into())],
            [1.0, 2.0],
        )
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
        op: inputs.op_name().to_owned(),
        argument: "input".to_owned(),
        expected: Box::new(target),
        found: Box::new(found),
    })
}
