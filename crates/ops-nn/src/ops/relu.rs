//! `nn.relu`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{OpBuilder, CallSite, Gradient, Partial};
use crate::op::value::{RuleResult, Value};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("nn.relu")
            .aliases(super::tensorflow_names(["nn.relu"]))
            .params([Param::float("features").doc("Any shape.")])
            .summary("The positive part.")
            .formula("max(features, 0)")
            .special("NaN", "NaN")
            .special("-0", "+0")
            .since(super::FIRST)
            .source("TensorFlow, tf.nn.relu")
            .compute(Compute::unary(UnaryKernels {
                f16: k::relu,
                bf16: k::relu,
                f32: k::relu,
                f64: k::relu,
            }))
            .gradient(Gradient::elementwise([Partial::new("features", step)]))
            .node(TfNode::named("Relu").types(["Relu"]))
            .example(Example::new(
                [("features", ExampleArg::Values(vec![-1.0, 0.0, 2.0]))],
                [0.0, 0.0, 2.0],
            )),
    ]
}

/// 1 above 0, else 0, at 0 too; NaN stays NaN.
fn step(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let x = call.arg("features");
    let zero = Value::Number(0.0);
    let not_above = b.call("math.greater_equal", &[zero.clone(), x.clone()])?;
    let not_below = b.call("math.greater_equal", &[x.clone(), zero.clone()])?;
    let otherwise = b.call("where", &[not_below, Value::Number(1.0), x])?;
    b.call("where", &[not_above, zero, otherwise])
}
