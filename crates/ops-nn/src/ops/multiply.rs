//! `math.multiply`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    binary("math.multiply")
        .aliases(tensorflow_names(["math.multiply", "multiply"]))
        .summary("The product, element by element.")
        .formula("x * y")
        .special("0 * inf", "NaN")
        .source("TensorFlow, tf.math.multiply; IEEE 754")
        .compute(Compute::binary(kernels!(k::multiply)))
        .gradient(Gradient::elementwise([
            Partial::new("x", |_, call| Ok(call.arg("y"))),
            Partial::new("y", |_, call| Ok(call.arg("x"))),
        ]))
        .commutative()
        .node(TfNode::named("mul").types(["Mul"]))
        .example(
            [("x", [1.0, -2.0].into()), ("y", Value::Number(0.5))],
            [0.5, -1.0],
        )
}
