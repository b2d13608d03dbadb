//! `grad.cast_like`: the adjoint of `cast`.

use crate::op::compute::Compute;
use crate::op::definition::{DTypeRule, DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::op::rules::{Vjp, Gradient};

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("grad.cast_like")
            .params([
                Param::new("input", ParamKind::Tensor(DTypes::Any)).doc("Any shape."),
                Param::new("like", ParamKind::Tensor(DTypes::Like))
                    .doc("A tensor of the dtype wanted."),
            ])
            .dtype(DTypeRule::Like("like"))
            .shape(super::shape_of("input"))
            .summary("The tensor in the dtype of another, each element correctly rounded.")
            .formula("round(input)")
            .since(super::FIRST)
            .source("the adjoint of cast")
            .compute(Compute::cast())
            .gradient(Gradient::vjp([Vjp::new(
                "input",
                |b, call, upstream| b.call("grad.cast_like", &[upstream, call.arg("input")]),
            )]))
            .example(Example::new(
                [
                    ("input", ExampleArg::Values(vec![1.0, 0.0])),
                    ("like", ExampleArg::Bools(vec![true])),
                ],
                [1.0, 0.0],
            )),
    ]
}
