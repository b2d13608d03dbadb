//! `nn.relu`.

use exact_kernels as k;

use crate::compute::{Compute, UnaryKernels};
use crate::definition::{Example, ExampleArg, OpDef, Param};
use crate::error::OpError;
use crate::gradient::{Build, CallSite, Gradient, Partial, Term};
use crate::node_form::NodeForm;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("nn.relu")
            .aliases(super::tensorflow_names(["nn.relu"]))
            .params([Param::float("features").doc("Any shape.")])
            .summary("The positive part.")
            .formula("max(features, 0)")
            .special("NaN", "NaN")
            .special("-0", "+0")
            .since(super::FIRST)
            .source("TensorFlow, tf.nn.relu")
            .compute(Compute::unary(UnaryKernels {
                f16: k::relu,
                bf16: k::relu,
                f32: k::relu,
                f64: k::relu,
            }))
            .gradient(Gradient::elementwise([Partial::new("features", step)]))
            .node(NodeForm::named("Relu").types(["Relu"]))
            .example(Example::new(
                [("features", ExampleArg::Values(vec![-1.0, 0.0, 2.0]))],
                [0.0, 0.0, 2.0],
            )),
    ]
}

/// 1 above 0, else 0, at 0 too; NaN stays NaN.
fn step(b: &mut dyn Build, call: &CallSite<'_>) -> Result<Term, OpError> {
    let x = call.arg("features");
    let zero = Term::Number(0.0);
    let not_above = b.call("math.greater_equal", &[zero.clone(), x.clone()])?;
    let not_below = b.call("math.greater_equal", &[x.clone(), zero.clone()])?;
    let otherwise = b.call("where", &[not_below, Term::Number(1.0), x])?;
    b.call("where", &[not_above, zero, otherwise])
}
