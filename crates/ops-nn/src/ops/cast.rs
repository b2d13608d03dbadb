//! `cast`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("cast")
        .aliases(tensorflow_names(["cast", "dtypes.cast"]))
        .params([
            Param::tensor("x", DTypes::Any).doc("Any shape."),
            Param::builder("dtype", ParamKind::DType).doc("The dtype of the result."),
        ])
        .dtype(DTypeRule::Argument)
        .summary("The tensor in another dtype, each element correctly rounded.")
        .formula("round(x)")
        .special("to bool", "true unless x is 0; NaN is true")
        .special("from bool", "1 for true, 0 for false")
        .special("NaN", "NaN")
        .special("too large", "inf with the sign of x")
        .since(FIRST)
        .source("TensorFlow, tf.cast; IEEE 754, round to nearest, ties to even")
        .compute(Compute::Kernel(Kernel::Cast))
        .vjp("x", |b, call, upstream| {
            b.call("grad.cast_like", &[upstream, call.arg("x")])
        })
        .node(
            TfNode::of_type("Cast")
                .dtype_attr("SrcT")
                .attr("dtype", "DstT"),
        )
        .example(
            [
                ("x", [1.0, 65520.0].into()),
                ("dtype", Value::DType(DType::F16)),
            ],
            [1.0, f64::INFINITY],
        )
}
