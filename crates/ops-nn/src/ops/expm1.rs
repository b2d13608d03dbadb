//! `math.expm1`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.expm1")
        .aliases(math_names("expm1"))
        .summary("The exponential function minus 1, right for small x too.")
        .formula("exp(x) - 1")
        .special("-inf", "-1")
        .special("+inf", "+inf")
        .special("+0 or -0", "+0")
        .source("TensorFlow, tf.math.expm1")
        .compute(Compute::unary(kernels!(k::expm1)))
        .derivative("x", |b, call| b.exp(call.arg("x")))
        .node(TfNode::of_type("Expm1"))
        .example(
            [("x", [-20.0, 1e-10, 1.0].into())],
            [-1.0, 1.00000001e-10, 1.71828187],
        )
}
