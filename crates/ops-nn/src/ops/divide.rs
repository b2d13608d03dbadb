//! `math.divide`.

use exact_kernels as k;

use crate::op::compute::{BinaryKernels, Compute};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::value::Value;
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.divide")
            .aliases(super::tensorflow_names(["math.divide", "divide"]))
            .params([
                Param::float("x").doc("Any shape."),
                Param::float("y").doc("A shape that broadcasts with that of `x`."),
            ])
            .summary("The quotient, element by element.")
            .formula("x / y")
            .special("0 / 0, inf / inf", "NaN")
            .special("x / 0", "inf with the sign of the quotient")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.divide; IEEE 754")
            .compute(Compute::binary(BinaryKernels {
                f16: k::divide,
                bf16: k::divide,
                f32: k::divide,
                f64: k::divide,
            }))
            .gradient(Gradient::elementwise([
                Partial::new("x", |b, call| {
                    b.call("math.divide", &[Value::Number(1.0), call.arg("y")])
                })
                .product(|b, call, upstream| b.call("math.divide", &[upstream, call.arg("y")])),
                Partial::new("y", |b, call| {
                    // -(x / y) / y
                    let quotient = b.call("math.divide", &[call.arg("x"), call.arg("y")])?;
                    let slope = b.call("math.divide", &[quotient, call.arg("y")])?;
                    b.call("math.negative", &[slope])
                }),
            ]))
            .node(TfNode::named("truediv").types(["RealDiv"]))
            .example(Example::new(
                [
                    ("x", ExampleArg::Values(vec![1.0, -2.0])),
                    ("y", ExampleArg::Number(4.0)),
                ],
                [0.25, -0.5],
            )),
    ]
}
