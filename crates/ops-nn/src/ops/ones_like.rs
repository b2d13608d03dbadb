//! `ones_like`.

use crate::op::compute::Compute;
use crate::op::definition::{DTypeRule, DTypes, Example, ExampleArg, OpDef, Param, ParamKind, Presence};
use crate::op::rules::Gradient;
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("ones_like")
            .aliases(["tf.ones_like"])
            .signature(super::like_of_tensorflow_1("tf.compat.v1.ones_like"))
            .params([
                Param::new("input", ParamKind::Tensor(DTypes::Any))
                    .doc("Any shape; only shape and dtype matter."),
                Param::new("dtype", ParamKind::DType)
                    .presence(Presence::Optional)
                    .doc("The dtype of the result; that of `input` if left out."),
            ])
            .dtype(DTypeRule::Argument)
            .summary("A tensor of ones in the shape of another.")
            .formula("1")
            .since(super::FIRST)
            .source("TensorFlow, tf.ones_like")
            .compute(Compute::fill(1.0))
            .gradient(Gradient::Zero)
            .node(TfNode::named("ones_like").types(["OnesLike"]).folded().constant("input", "tensor"))
            .example(Example::new(
                [("input", ExampleArg::Values(vec![1.0, -2.0]))],
                [1.0, 1.0],
            )),
    ]
}
