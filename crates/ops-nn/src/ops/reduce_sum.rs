//! `math.reduce_sum`.

use super::prelude::*;
use super::reduction;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("math.reduce_sum")
        .aliases(["tf.math.reduce_sum", "tf.reduce_sum"])
        .signature(reduction::tensorflow_1([
            "tf.compat.v1.math.reduce_sum",
            "tf.compat.v1.reduce_sum",
        ]))
        .params([
            Param::float("input_tensor").doc("Any shape."),
            reduction::axis_param(),
            reduction::keepdims_param(),
        ])
        .shape(ShapeRule::custom(reduction::shape))
        .summary("The exact sum over axes, rounded once.")
        .formula("sum(input_tensor) over axis")
        .special("nothing to sum", "+0")
        .special("any NaN; +inf and -inf together", "NaN")
        .since(FIRST)
        .source("TensorFlow, tf.math.reduce_sum; the sum is exact, so independent of order")
        .compute(reduction::compute(reduction::SUM))
        .vjp("input_tensor", |b, call, upstream| {
            let mut args = vec![upstream];
            args.extend(call.args(&["input_tensor", "axis", "keepdims"]));
            b.call("grad.broadcast_like", &args)
        })
        .node(
            TfNode::of_type("Sum")
                .constant("axis", "reduction_indices")
                .attr("keepdims", "keep_dims")
                .constant("input_tensor", "input"),
        )
        .example([("input_tensor", [1e30, 1.0, -1e30].into())], [1.0])
}
