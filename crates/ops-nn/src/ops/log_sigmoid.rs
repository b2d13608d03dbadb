//! `math.log_sigmoid`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.log_sigmoid")
        .aliases(math_names("log_sigmoid"))
        .summary("The logarithm of the logistic function.")
        .formula("-softplus(-x)")
        .special("-inf", "-inf")
        .special("+inf", "+0")
        .source("TensorFlow, tf.math.log_sigmoid")
        .compute(Compute::unary(kernels!(k::log_sigmoid)))
        .derivative("x", |b, call| {
            let negative = b.neg(call.arg("x"))?;
            b.sigmoid(negative)
        })
        .node(TfNode::named("LogSigmoid"))
        .example(
            [("x", [-20.0, 0.0, 0.5].into())],
            [-20.0, -0.693147182, -0.474076986],
        )
}
