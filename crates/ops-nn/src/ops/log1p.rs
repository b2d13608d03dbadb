//! `math.log1p`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.log1p")
        .aliases(math_names("log1p"))
        .summary("The natural logarithm of 1 + x, right for small x too.")
        .formula("log(1 + x)")
        .special("-1", "-inf")
        .special("x < -1", "NaN")
        .special("+inf", "+inf")
        .special("+0 or -0", "+0")
        .source("TensorFlow, tf.math.log1p")
        .compute(Compute::unary(kernels!(k::log1p)))
        .derivative("x", |b, call| {
            let shifted = b.add(1.0, call.arg("x"))?;
            b.div(1.0, shifted)
        })
        .node(TfNode::of_type("Log1p"))
        .example(
            [("x", [-0.5, 1e-10, 1.0].into())],
            [-0.693147182, 1.00000001e-10, 0.693147182],
        )
}
