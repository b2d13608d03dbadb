//! `identity`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("identity")
        .aliases(tensorflow_names(["identity"]))
        .params([Param::tensor("input", DTypes::Any).doc("Any shape.")])
        .summary("The tensor itself, bit for bit.")
        .formula("input")
        .since(FIRST)
        .source("TensorFlow, tf.identity")
        .compute(Compute::Kernel(Kernel::Copy))
        .gradient(Gradient::elementwise([Partial::constant("input", 1.0)]))
        .node(TfNode::of_type("Identity"))
        .example([("input", [1.0, -2.0].into())], [1.0, -2.0])
}
