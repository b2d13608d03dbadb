//! `math.maximum`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    binary("math.maximum")
        .aliases(tensorflow_names(["math.maximum", "maximum"]))
        .summary("The larger of the two, element by element.")
        .formula("max(x, y)")
        .special("x or y NaN", "NaN")
        .special("+0 and -0", "+0")
        .source("TensorFlow, tf.math.maximum; IEEE 754")
        .compute(Compute::binary(kernels!(k::maximum)))
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
        .node(TfNode::of_type("Maximum"))
        .example(
            [("x", [-1.0, 3.0].into()), ("y", Value::Number(0.0))],
            [0.0, 3.0],
        )
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
    let x_wins = b.greater_equal(x.clone(), y.clone())?;
    let y_wins = b.greater_equal(y.clone(), x.clone())?;
    let unordered = b.add(x, y)?;
    let otherwise = b.select(y_wins, if_y, unordered)?;
    b.select(x_wins, if_x, otherwise)
}
