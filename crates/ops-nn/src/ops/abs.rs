//! `math.abs`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{OpBuilder, CallSite, Gradient, Partial};
use crate::op::value::{RuleResult, Value};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.abs")
            .aliases(super::tensorflow_names(["math.abs", "abs"]))
            .params([Param::float("x").doc("Any shape.")])
            .summary("The absolute value.")
            .formula("abs(x)")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.abs")
            .compute(Compute::unary(UnaryKernels {
                f16: k::abs,
                bf16: k::abs,
                f32: k::abs,
                f64: k::abs,
            }))
            .gradient(Gradient::elementwise([Partial::new("x", sign)]))
            .node(TfNode::named("Abs").types(["Abs"]))
            .example(Example::new(
                [("x", ExampleArg::Values(vec![1.0, -2.0]))],
                [1.0, 2.0],
            )),
    ]
}

/// -1, 0 or 1; NaN stays NaN.
fn sign(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let x = call.arg("x");
    let zero = Value::Number(0.0);
    let not_below = b.call("math.greater_equal", &[x.clone(), zero.clone()])?;
    let not_above = b.call("math.greater_equal", &[zero.clone(), x.clone()])?;
    let not_negative = b.call("where", &[not_above.clone(), zero, Value::Number(1.0)])?;
    let otherwise = b.call("where", &[not_above, Value::Number(-1.0), x])?;
    b.call("where", &[not_below, not_negative, otherwise])
}
