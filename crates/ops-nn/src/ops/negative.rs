//! `math.negative`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.negative")
        .aliases(tensorflow_names(["math.negative", "negative"]))
        .summary("The number with its sign changed.")
        .formula("-x")
        .source("TensorFlow, tf.math.negative")
        .compute(Compute::unary(kernels!(k::negative)))
        .gradient(Gradient::elementwise([Partial::constant("x", -1.0)]))
        .node(TfNode::of_type("Neg"))
        .example([("x", [1.0, -2.0].into())], [-1.0, 2.0])
}
