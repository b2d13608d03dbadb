//! `math.abs`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    unary("math.abs")
        .aliases(tensorflow_names(["math.abs", "abs"]))
        .summary("The absolute value.")
        .formula("abs(x)")
        .source("TensorFlow, tf.math.abs")
        .compute(Compute::unary(kernels!(k::abs)))
        .derivative("x", sign)
        .node(TfNode::of_type("Abs"))
        .example([("x", [1.0, -2.0].into())], [1.0, 2.0])
}

/// -1, 0 or 1; NaN stays NaN.
fn sign(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let x = call.arg("x");
    let zero = Value::Number(0.0);
    let not_below = b.greater_equal(x.clone(), zero.clone())?;
    let not_above = b.greater_equal(zero.clone(), x.clone())?;
    let not_negative = b.select(not_above.clone(), zero, 1.0)?;
    let otherwise = b.select(not_above, -1.0, x)?;
    b.select(not_below, not_negative, otherwise)
}
