//! `math.sigmoid`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.sigmoid")
        .aliases(tensorflow_names(["math.sigmoid", "sigmoid", "nn.sigmoid"]))
        .summary("The logistic function.")
        .formula("1 / (1 + exp(-x))")
        .special("-inf", "+0")
        .special("+inf", "1")
        .source("TensorFlow, tf.math.sigmoid")
        .compute(Compute::unary(kernels!(k::sigmoid)))
        .derivative("x", |b, call| {
            // σ(x)·σ(-x), rounded once.
            let zeros = b.zeros_like(call.arg("x"))?;
            let op = "nn.sigmoid_cross_entropy_with_logits_hess_logits";
            b.call(op, &[zeros, call.arg("x")])
        })
        .node(TfNode::of_type("Sigmoid"))
        .example(
            [("x", [-20.0, 0.0, 0.5].into())],
            [2.06115369e-09, 0.5, 0.622459352],
        )
}
