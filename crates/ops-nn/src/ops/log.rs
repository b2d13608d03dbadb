//! `math.log`.

use super::prelude::*;

pub(super) fn definitions() -> [OpDefBuilder; 1] {
    [
        OpDef::builder("math.log")
            .aliases(["tf.math.log", "tf.compat.v1.math.log", "tf.compat.v1.log"])
            .param(Param::float("x").doc("Any shape."))
            .summary("The natural logarithm.")
            .formula("log(x)")
            .special("+0 or -0", "-inf")
            .special("x < 0", "NaN")
            .special("+inf", "+inf")
            .special("1", "+0")
            .since(FIRST)
            .source("TensorFlow, tf.math.log")
            .compute(Compute::unary(kernels!(k::log)))
            .derivative("x", |b, call| {
                b.div(1.0, call.arg("x"))
            })
            .node(TfNode::of_type("Log"))
            .example(
                [("x", [0.5, 1.0, 10.0].into())],
                [-0.693147182, 0.0, 2.30258512],
            ),
    ]
}
