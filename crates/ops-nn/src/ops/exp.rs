//! `math.exp`.

use exact_kernels as k;

use crate::op::compute::{Compute, UnaryKernels};
use crate::op::definition::{Example, ExampleArg, OpDef, Param};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.exp")
            .aliases(super::tensorflow_names(["math.exp", "exp"]))
            .params([Param::float("x").doc("Any shape.")])
            .summary("The exponential function.")
            .formula("exp(x)")
            .special("-inf", "+0")
            .special("+inf", "+inf")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.exp")
            .compute(Compute::unary(UnaryKernels {
                f16: k::exp,
                bf16: k::exp,
                f32: k::exp,
                f64: k::exp,
            }))
            .gradient(Gradient::elementwise([Partial::op(
                "x",
                "math.exp",
                &["x"],
            )]))
            .node(TfNode::named("Exp").types(["Exp"]))
            .example(Example::new(
                [("x", ExampleArg::Values(vec![-20.0, 0.0, 0.5]))],
                [2.06115369e-09, 1.0, 1.64872122],
            )),
    ]
}
