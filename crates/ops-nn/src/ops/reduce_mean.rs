//! `math.reduce_mean`.

use super::reduction;
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Vjp, Gradient};
use crate::op::tf_node::TfNode;
use crate::op::shapes::ShapeRule;

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
            .gradient(Gradient::vjp([Vjp::new(
                "input_tensor",
                |b, call, upstream| {
                    let mut args = vec![upstream];
                    args.extend(call.args(&["input_tensor", "axis", "keepdims"]));
                    b.call("grad.mean_like", &args)
                },
            )]))
            .node(TfNode::named("Mean").types(["Mean"]).constant("axis", "reduction_indices").attr("keepdims", "keep_dims").constant("input_tensor", "input"))
            .example(Example::new(
                [("input_tensor", ExampleArg::Values(vec![1e30, 3.0, -1e30]))],
                [1.0],
            )),
    ]
}
