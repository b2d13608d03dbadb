//! `nn.relu`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("nn.relu")
        .aliases(tensorflow_names(["nn.relu"]))
        .param(Param::float("features").doc("Any shape."))
        .summary("The positive part.")
        .formula("max(features, 0)")
        .special("NaN", "NaN")
        .special("-0", "+0")
        .since(FIRST)
        .source("TensorFlow, tf.nn.relu")
        .compute(Compute::unary(kernels!(k::relu)))
        .derivative("features", step)
        .node(TfNode::of_type("Relu"))
        .example([("features", [-1.0, 0.0, 2.0].into())], [0.0, 0.0, 2.0])
}

/// 1 above 0, else 0, at 0 too; NaN stays NaN.
fn step(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let x = call.arg("features");
    let zero = Value::Number(0.0);
    let not_above = b.greater_equal(zero.clone(), x.clone())?;
    let not_below = b.greater_equal(x.clone(), zero.clone())?;
    let otherwise = b.select(not_below, 1.0, x)?;
    b.select(not_above, zero, otherwise)
}
