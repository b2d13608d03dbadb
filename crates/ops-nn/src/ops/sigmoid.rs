//! `math.sigmoid`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.sigmoid")
            .aliases(super::tensorflow_names([
                "math.sigmoid",
                "sigmoid",
                "nn.sigmoid",
            ]))
            .params([Param::float("x").doc("Any shape.")])
            .summary("The logistic function.")
            .formula("1 / (1 + exp(-x))")
            .special("-inf", "+0")
            .special("+inf", "1")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.sigmoid")
            .compute(Compute::unary(UnaryKernels {
                f16: k::sigmoid,
                bf16: k::sigmoid,
                f32: k::sigmoid,
                f64: k::sigmoid,
            }))
            .gradient(Gradient::elementwise([Partial::new("x", |b, call| {
                // σ(x)·σ(-x), rounded once.
                let zeros = b.call("zeros_like", &[call.arg("x")])?;
                let op = "nn.sigmoid_cross_entropy_with_logits_hess_logits";
                b.call(op, &[zeros, call.arg("x")])
            })]))
            .node(TfNode::named("Sigmoid").types(["Sigmoid"]))
            .example(Example::new(
                [("x", ExampleArg::Values(vec![-20.0, 0.0, 0.5]))],
                [2.06115369e-09, 0.5, 0.622459352],
            )),
    ]
}
