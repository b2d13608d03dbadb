//! `math.log_sigmoid`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.log_sigmoid")
            .aliases([
                "tf.math.log_sigmoid",
                "tf.compat.v1.math.log_sigmoid",
                "tf.compat.v1.log_sigmoid",
            ])
            .params([Param::float("x").doc("Any shape.")])
            .summary("The logarithm of the logistic function.")
            .formula("-softplus(-x)")
            .special("-inf", "-inf")
            .special("+inf", "+0")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.log_sigmoid")
            .compute(Compute::unary(UnaryKernels {
                f16: k::log_sigmoid,
                bf16: k::log_sigmoid,
                f32: k::log_sigmoid,
                f64: k::log_sigmoid,
            }))
            .gradient(Gradient::elementwise([Partial::new("x", |b, call| {
                let negative = b.call("math.negative", &[call.arg("x")])?;
                b.call("math.sigmoid", &[negative])
            })]))
            .node(TfNode::named("LogSigmoid"))
            .example(Example::new(
                [("x", ExampleArg::Values(vec![-20.0, 0.0, 0.5]))],
                [-20.0, -0.693147182, -0.474076986],
            )),
    ]
}
