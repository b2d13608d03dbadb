//! `math.divide`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    binary("math.divide")
        .aliases(tensorflow_names(["math.divide", "divide"]))
        .summary("The quotient, element by element.")
        .formula("x / y")
        .special("0 / 0, inf / inf", "NaN")
        .special("x / 0", "inf with the sign of the quotient")
        .source("TensorFlow, tf.math.divide; IEEE 754")
        .compute(Compute::binary(kernels!(k::divide)))
        .gradient(Gradient::elementwise([
            Partial::new("x", |b, call| b.div(1.0, call.arg("y")))
                .product(|b, call, upstream| b.div(upstream, call.arg("y"))),
            Partial::new("y", |b, call| {
                // -(x / y) / y
                let quotient = b.div(call.arg("x"), call.arg("y"))?;
                let slope = b.div(quotient, call.arg("y"))?;
                b.neg(slope)
            }),
        ]))
        .node(TfNode::named("truediv").types(["RealDiv"]))
        .example(
            [("x", [1.0, -2.0].into()), ("y", Value::Number(4.0))],
            [0.25, -0.5],
        )
}
