//! `math.multiply`.

use exact_kernels as k;

use crate::op::compute::{BinaryKernels, Compute};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.multiply")
            .aliases(super::tensorflow_names(["math.multiply", "multiply"]))
            .params([
                Param::float("x").doc("Any shape."),
                Param::float("y").doc("A shape that broadcasts with that of `x`."),
            ])
            .summary("The product, element by element.")
            .formula("x * y")
            .special("0 * inf", "NaN")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.multiply; IEEE 754")
            .compute(Compute::binary(BinaryKernels {
                f16: k::multiply,
                bf16: k::multiply,
                f32: k::multiply,
                f64: k::multiply,
            }))
            .gradient(Gradient::elementwise([
                Partial::new("x", |_, call| Ok(call.arg("y"))),
                Partial::new("y", |_, call| Ok(call.arg("x"))),
            ]))
            .commutative()
            .node(TfNode::named("mul").types(["Mul"]))
            .example(Example::new(
                [
                    ("x", ExampleArg::Values(vec![1.0, -2.0])),
                    ("y", ExampleArg::Number(0.5)),
                ],
                [0.5, -1.0],
            )),
    ]
}
