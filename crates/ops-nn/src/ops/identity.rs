//! `identity`.

use crate::op::compute::Compute;
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::op::rules::{Gradient, Partial};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("identity")
            .aliases(super::tensorflow_names(["identity"]))
            .params([Param::new("input", ParamKind::Tensor(DTypes::Any)).doc("Any shape.")])
            .summary("The tensor itself, bit for bit.")
            .formula("input")
            .since(super::FIRST)
            .source("TensorFlow, tf.identity")
            .compute(Compute::copy())
            .gradient(Gradient::elementwise([Partial::constant("input", 1.0)]))
            .node(TfNode::named("Identity").types(["Identity"]))
            .example(Example::new(
                [("input", ExampleArg::Values(vec![1.0, -2.0]))],
                [1.0, -2.0],
            )),
    ]
}
