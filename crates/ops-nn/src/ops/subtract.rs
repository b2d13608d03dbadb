//! `math.subtract`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    binary("math.subtract")
        .aliases(tensorflow_names(["math.subtract", "subtract"]))
        .summary("The difference, element by element.")
        .formula("x - y")
        .special("exact result 0", "+0, but -0 for -0 - +0")
        .source("TensorFlow, tf.math.subtract; IEEE 754")
        .compute(Compute::binary(kernels!(k::subtract)))
        .gradient(Gradient::elementwise([
            Partial::constant("x", 1.0),
            Partial::constant("y", -1.0),
        ]))
        .node(TfNode::named("sub").types(["Sub"]))
        .example(
            [("x", [1.0, 2.0].into()), ("y", Value::Number(0.5))],
            [0.5, 1.5],
        )
}
