//! `math.subtract`.

use exact_kernels as k;

use crate::op::compute::{BinaryKernels, Compute};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.subtract")
            .aliases(super::tensorflow_names(["math.subtract", "subtract"]))
            .params([
                Param::float("x").doc("Any shape."),
                Param::float("y").doc("A shape that broadcasts with that of `x`."),
            ])
            .summary("The difference, element by element.")
            .formula("x - y")
            .special("exact result 0", "+0, but -0 for -0 - +0")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.subtract; IEEE 754")
            .compute(Compute::binary(BinaryKernels {
                f16: k::subtract,
                bf16: k::subtract,
                f32: k::subtract,
                f64: k::subtract,
            }))
            .gradient(Gradient::elementwise([
                Partial::constant("x", 1.0),
                Partial::constant("y", -1.0),
            ]))
            .node(TfNode::named("sub").types(["Sub"]))
            .example(Example::new(
                [
                    ("x", ExampleArg::Values(vec![1.0, 2.0])),
                    ("y", ExampleArg::Number(0.5)),
                ],
                [0.5, 1.5],
            )),
    ]
}
