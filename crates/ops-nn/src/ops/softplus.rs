//! `math.softplus`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.softplus")
            .aliases(super::tensorflow_names(["math.softplus", "nn.softplus"]))
            .params([Param::float("features").doc("Any shape.")])
            .summary("The smooth positive part.")
            .formula("log(1 + exp(features))")
            .special("-inf", "+0")
            .special("+inf", "+inf")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.softplus")
            .compute(Compute::unary(UnaryKernels {
                f16: k::softplus,
                bf16: k::softplus,
                f32: k::softplus,
                f64: k::softplus,
            }))
            .gradient(Gradient::elementwise([Partial::op(
                "features",
                "math.sigmoid",
                &["features"],
            )]))
            .node(TfNode::named("Softplus").types(["Softplus"]))
            .example(Example::new(
                [("features", ExampleArg::Values(vec![-20.0, 0.0, 0.5]))],
                [2.06115369e-09, 0.693147182, 0.974076986],
            )),
    ]
}
