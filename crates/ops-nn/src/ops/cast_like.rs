//! `grad.cast_like`: the adjoint of `cast`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("grad.cast_like")
        .params([
            Param::tensor("input", DTypes::Any).doc("Any shape."),
            Param::tensor("like", DTypes::Like).doc("A tensor of the dtype wanted."),
        ])
        .dtype(DTypeRule::Like("like"))
        .shape(super::shape_of("input"))
        .summary("The tensor in the dtype of another, each element correctly rounded.")
        .formula("round(input)")
        .since(FIRST)
        .source("the adjoint of cast")
        .compute(Compute::Kernel(Kernel::Cast))
        .vjp("input", |b, call, upstream| {
            b.call("grad.cast_like", &[upstream, call.arg("input")])
        })
        .example(
            [("input", [1.0, 0.0].into()), ("like", [true].into())],
            [1.0, 0.0],
        )
}
