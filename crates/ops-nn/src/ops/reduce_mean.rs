//! `math.reduce_mean`.

use super::reduction;
use crate::definition::{Example, ExampleArg, OpDef, Param};
use crate::error::OpError;
use crate::gradient::{Adjoint, Build, CallSite, Gradient, Term};
use crate::shapes::ShapeRule;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.reduce_mean")
            .aliases(["tf.math.reduce_mean", "tf.reduce_mean"])
            .signature(reduction::tensorflow_1([
                "tf.compat.v1.math.reduce_mean",
                "tf.compat.v1.reduce_mean",
            ]))
            .params([
                Param::float("input_tensor").doc("Any shape; the reduced axes must not be empty."),
                reduction::axis_param(),
                reduction::keepdims_param(),
            ])
            .shape(ShapeRule::custom(reduction::shape))
            .summary("The exact sum over axes divided by the count, rounded once.")
            .formula("sum(input_tensor) / count over axis")
            .special("any NaN; +inf and -inf together", "NaN")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.reduce_mean; the sum is exact, so independent of order")
            .compute(reduction::compute(reduction::MEAN))
            .gradient(Gradient::adjoint([Adjoint::new("input_tensor", spread)]))
            .example(Example::new(
                [("input_tensor", ExampleArg::Values(vec![1e30, 3.0, -1e30]))],
                [1.0],
            )),
    ]
}

/// Each element's share of the upstream gradient: divided by the count, then
/// repeated.
fn spread(b: &mut dyn Build, call: &CallSite<'_>, upstream: Term) -> Result<Term, OpError> {
    let arguments = ["input_tensor", "axis", "keepdims"];
    let mut args = call.args(&arguments);
    args[0] = b.call("ones_like", &[call.arg("input_tensor")])?;
    let count = b.call("math.reduce_sum", &args)?;
    let share = b.call("math.divide", &[upstream, count])?;
    let mut args = vec![share];
    args.extend(call.args(&arguments));
    b.call("grad.broadcast_like", &args)
}
