//! `math.exp`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.exp")
        .aliases(tensorflow_names(["math.exp", "exp"]))
        .summary("The exponential function.")
        .formula("exp(x)")
        .special("-inf", "+0")
        .special("+inf", "+inf")
        .source("TensorFlow, tf.math.exp")
        .compute(Compute::unary(kernels!(k::exp)))
        .gradient(Gradient::elementwise([Partial::op(
            "x",
            "math.exp",
            &["x"],
        )]))
        .node(TfNode::of_type("Exp"))
        .example(
            [("x", [-20.0, 0.0, 0.5].into())],
            [2.06115369e-09, 1.0, 1.64872122],
        )
}
