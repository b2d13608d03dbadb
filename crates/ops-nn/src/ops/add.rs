//! `math.add`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    binary("math.add")
        .aliases(tensorflow_names(["math.add", "add"]))
        .summary("The sum, element by element.")
        .formula("x + y")
        .special("exact result 0", "+0, but -0 for -0 + -0")
        .source("TensorFlow, tf.math.add; IEEE 754")
        .compute(Compute::binary(kernels!(k::add)))
        .gradient(Gradient::elementwise([
            Partial::constant("x", 1.0),
            Partial::constant("y", 1.0),
        ]))
        .commutative()
        .node(TfNode::named("add").types(["AddV2", "Add"]))
        .example(
            [("x", [1.0, 2.0].into()), ("y", Value::Number(0.5))],
            [1.5, 2.5],
        )
}
