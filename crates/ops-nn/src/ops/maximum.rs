//! `math.maximum`.

use exact_kernels as k;

use crate::op::compute::{BinaryKernels, Compute};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{OpBuilder, CallSite, Gradient, Partial};
use crate::op::value::{RuleResult, Value};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.maximum")
            .aliases(super::tensorflow_names(["math.maximum", "maximum"]))
            .params([
                Param::float("x").doc("Any shape."),
                Param::float("y").doc("A shape that broadcasts with that of `x`."),
            ])
            .summary("The larger of the two, element by element.")
            .formula("max(x, y)")
            .special("x or y NaN", "NaN")
            .special("+0 and -0", "+0")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.maximum; IEEE 754")
            .compute(Compute::binary(BinaryKernels {
                f16: k::maximum,
                bf16: k::maximum,
                f32: k::maximum,
                f64: k::maximum,
            }))
            .gradient(Gradient::elementwise([
                Partial::new("x", |b, call| {
                    chosen(b, call, Value::Number(1.0), Value::Number(0.0))
                })
                .product(|b, call, upstream| chosen(b, call, upstream, Value::Number(0.0))),
                Partial::new("y", |b, call| {
                    chosen(b, call, Value::Number(0.0), Value::Number(1.0))
                })
                .product(|b, call, upstream| chosen(b, call, Value::Number(0.0), upstream)),
            ]))
            .commutative()
            .node(TfNode::named("Maximum").types(["Maximum"]))
            .example(Example::new(
                [
                    ("x", ExampleArg::Values(vec![-1.0, 3.0])),
                    ("y", ExampleArg::Number(0.0)),
                ],
                [0.0, 3.0],
            )),
    ]
}

/// `if_x` where `x >= y`, else `if_y`: at a tie the slope is that of `x`, as
/// in TensorFlow. NaN beside anything stays NaN.
fn chosen(
    b: &mut dyn OpBuilder,
    call: &CallSite<'_>,
    if_x: Value<'static>,
    if_y: Value<'static>,
) -> RuleResult {
    let (x, y) = (call.arg("x"), call.arg("y"));
    let x_wins = b.call("math.greater_equal", &[x.clone(), y.clone()])?;
    let y_wins = b.call("math.greater_equal", &[y.clone(), x.clone()])?;
    let unordered = b.call("math.add", &[x, y])?;
    let otherwise = b.call("where", &[y_wins, if_y, unordered])?;
    b.call("where", &[x_wins, if_x, otherwise])
}
