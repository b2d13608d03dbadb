//! `math.multiply`.

use super::prelude::*;

pub(super) fn definitions() -> [OpDefBuilder; 1] {
    [
        OpDef::builder("math.multiply")
            .aliases(tensorflow_names(["math.multiply", "multiply"]))
            .params([
                Param::float("x").doc("Any shape."),
                Param::float("y").doc("A shape that broadcasts with that of `x`."),
            ])
            .summary("The product, element by element.")
            .formula("x * y")
            .special("0 * inf", "NaN")
            .since(FIRST)
            .source("TensorFlow, tf.math.multiply; IEEE 754")
            .compute(Compute::binary(kernels!(k::multiply)))
            .gradient(Gradient::elementwise([
                Partial::new("x", |_, call| Ok(call.arg("y"))),
                Partial::new("y", |_, call| Ok(call.arg("x"))),
            ]))
            .commutative()
            .node(TfNode::named("mul").types(["Mul"]))
            .example(
                [
                    ("x", [1.0, -2.0].into()),
                    ("y", Value::Number(0.5)),
                ],
                [0.5, -1.0],
            ),
    ]
}
