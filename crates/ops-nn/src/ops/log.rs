//! `math.log`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.log")
        .aliases(math_names("log"))
        .summary("The natural logarithm.")
        .formula("log(x)")
        .special("+0 or -0", "-inf")
        .special("x < 0", "NaN")
        .special("+inf", "+inf")
        .special("1", "+0")
        .source("TensorFlow, tf.math.log")
        .compute(Compute::unary(kernels!(k::log)))
        .derivative("x", |b, call| b.div(1.0, call.arg("x")))
        .node(TfNode::of_type("Log"))
        .example(
            [("x", [0.5, 1.0, 10.0].into())],
            [-0.693147182, 0.0, 2.30258512],
        )
}
