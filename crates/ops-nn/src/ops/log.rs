//! `math.log`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::value::Value;
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.log")
            .aliases(["tf.math.log", "tf.compat.v1.math.log", "tf.compat.v1.log"])
            .params([Param::float("x").doc("Any shape.")])
            .summary("The natural logarithm.")
            .formula("log(x)")
            .special("+0 or -0", "-inf")
            .special("x < 0", "NaN")
            .special("+inf", "+inf")
            .special("1", "+0")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.log")
            .compute(Compute::unary(UnaryKernels {
                f16: k::log,
                bf16: k::log,
                f32: k::log,
                f64: k::log,
            }))
            .gradient(Gradient::elementwise([Partial::new("x", |b, call| {
                b.call("math.divide", &[Value::Number(1.0), call.arg("x")])
            })]))
            .node(TfNode::named("Log").types(["Log"]))
            .example(Example::new(
                [("x", ExampleArg::Values(vec![0.5, 1.0, 10.0]))],
                [-0.693147182, 0.0, 2.30258512],
            )),
    ]
}
