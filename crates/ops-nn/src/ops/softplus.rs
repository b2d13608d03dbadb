//! `math.softplus`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("math.softplus")
        .aliases(tensorflow_names(["math.softplus", "nn.softplus"]))
        .param(Param::float("features").doc("Any shape."))
        .summary("The smooth positive part.")
        .formula("log(1 + exp(features))")
        .special("-inf", "+0")
        .special("+inf", "+inf")
        .since(FIRST)
        .source("TensorFlow, tf.math.softplus")
        .compute(Compute::unary(kernels!(k::softplus)))
        .gradient(Gradient::elementwise([Partial::op(
            "features",
            "math.sigmoid",
            &["features"],
        )]))
        .node(TfNode::of_type("Softplus"))
        .example(
            [("features", [-20.0, 0.0, 0.5].into())],
            [2.06115369e-09, 0.693147182, 0.974076986],
        )
}
