//! `math.negative`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.negative")
            .aliases(super::tensorflow_names(["math.negative", "negative"]))
            .params([Param::float("x").doc("Any shape.")])
            .summary("The number with its sign changed.")
            .formula("-x")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.negative")
            .compute(Compute::unary(UnaryKernels {
                f16: k::negative,
                bf16: k::negative,
                f32: k::negative,
                f64: k::negative,
            }))
            .gradient(Gradient::elementwise([Partial::constant("x", -1.0)]))
            .node(TfNode::named("Neg").types(["Neg"]))
            .example(Example::new(
                [("x", ExampleArg::Values(vec![1.0, -2.0]))],
                [-1.0, 2.0],
            )),
    ]
}
