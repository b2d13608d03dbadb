//! `math.log1p`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::value::Value;
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.log1p")
            .aliases([
                "tf.math.log1p",
                "tf.compat.v1.math.log1p",
                "tf.compat.v1.log1p",
            ])
            .params([Param::float("x").doc("Any shape.")])
            .summary("The natural logarithm of 1 + x, right for small x too.")
            .formula("log(1 + x)")
            .special("-1", "-inf")
            .special("x < -1", "NaN")
            .special("+inf", "+inf")
            .special("+0 or -0", "+0")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.log1p")
            .compute(Compute::unary(UnaryKernels {
                f16: k::log1p,
                bf16: k::log1p,
                f32: k::log1p,
                f64: k::log1p,
            }))
            .gradient(Gradient::elementwise([Partial::new("x", |b, call| {
                let shifted = b.call("math.add", &[Value::Number(1.0), call.arg("x")])?;
                b.call("math.divide", &[Value::Number(1.0), shifted])
            })]))
            .node(TfNode::named("Log1p").types(["Log1p"]))
            .example(Example::new(
                [("x", ExampleArg::Values(vec![-0.5, 1e-10, 1.0]))],
                [-0.693147182, 1.00000001e-10, 0.693147182],
            )),
    ]
}
