//! `cast`.

use crate::op::compute::Compute;
use crate::op::definition::{DTypeRule, DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::op::rules::{Vjp, Gradient};
use crate::op::tf_node::TfNode;
use tensor_core::DType;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("cast")
            .aliases(super::tensorflow_names(["cast", "dtypes.cast"]))
            .params([
                Param::new("x", ParamKind::Tensor(DTypes::Any)).doc("Any shape."),
                Param::new("dtype", ParamKind::DType).doc("The dtype of the result."),
            ])
            .dtype(DTypeRule::Argument)
            .summary("The tensor in another dtype, each element correctly rounded.")
            .formula("round(x)")
            .special("to bool", "true unless x is 0; NaN is true")
            .special("from bool", "1 for true, 0 for false")
            .special("NaN", "NaN")
            .special("too large", "inf with the sign of x")
            .since(super::FIRST)
            .source("TensorFlow, tf.cast; IEEE 754, round to nearest, ties to even")
            .compute(Compute::cast())
            .gradient(Gradient::vjp([Vjp::new(
                "x",
                |b, call, upstream| b.call("grad.cast_like", &[upstream, call.arg("x")]),
            )]))
            .node(TfNode::named("Cast").types(["Cast"]).dtype_attr("SrcT").attr("dtype", "DstT"))
            .example(Example::new(
                [
                    ("x", ExampleArg::Values(vec![1.0, 65520.0])),
                    ("dtype", ExampleArg::DType(DType::F16)),
                ],
                [1.0, f64::INFINITY],
            )),
    ]
}
