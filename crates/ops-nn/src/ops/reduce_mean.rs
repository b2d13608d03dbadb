//! `math.reduce_mean`.

use super::prelude::*;
use super::reduction;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("math.reduce_mean")
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
        .since(FIRST)
        .source("TensorFlow, tf.math.reduce_mean; the sum is exact, so independent of order")
        .compute(reduction::compute(reduction::MEAN))
        .vjp("input_tensor", |b, call, upstream| {
            let mut args = vec![upstream];
            args.extend(call.args(&["input_tensor", "axis", "keepdims"]));
            b.call("grad.mean_like", &args)
        })
        .node(
            TfNode::of_type("Mean")
                .constant("axis", "reduction_indices")
                .attr("keepdims", "keep_dims")
                .constant("input_tensor", "input"),
        )
        .example([("input_tensor", [1e30, 3.0, -1e30].into())], [1.0])
}
