//! `math.add`.

use exact_kernels as k;

use crate::op::compute::{BinaryKernels, Compute};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.add")
            .aliases(super::tensorflow_names(["math.add", "add"]))
            .params([
                Param::float("x").doc("Any shape."),
                Param::float("y").doc("A shape that broadcasts with that of `x`."),
            ])
            .summary("The sum, element by element.")
            .formula("x + y")
            .special("exact result 0", "+0, but -0 for -0 + -0")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.add; IEEE 754")
            .compute(Compute::binary(BinaryKernels {
                f16: k::add,
                bf16: k::add,
                f32: k::add,
                f64: k::add,
            }))
            .gradient(Gradient::elementwise([
                Partial::constant("x", 1.0),
                Partial::constant("y", 1.0),
            ]))
            .commutative()
            .node(TfNode::named("add").types(["AddV2", "Add"]))
            .example(Example::new(
                [
                    ("x", ExampleArg::Values(vec![1.0, 2.0])),
                    ("y", ExampleArg::Number(0.5)),
                ],
                [1.5, 2.5],
            )),
    ]
}
