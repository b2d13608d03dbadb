//! `ones_like`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("ones_like")
        .aliases(["tf.ones_like"])
        .signature(super::like_of_tensorflow_1("tf.compat.v1.ones_like"))
        .params([
            Param::tensor("input", DTypes::Any).doc("Any shape; only shape and dtype matter."),
            Param::builder("dtype", ParamKind::DType)
                .default(Presence::Optional)
                .doc("The dtype of the result; that of `input` if left out."),
        ])
        .dtype(DTypeRule::Argument)
        .summary("A tensor of ones in the shape of another.")
        .formula("1")
        .since(FIRST)
        .source("TensorFlow, tf.ones_like")
        .compute(Compute::Kernel(Kernel::Fill(1.0)))
        .gradient(Gradient::Zero)
        .node(
            TfNode::named("ones_like")
                .types(["OnesLike"])
                .folded()
                .constant("input", "tensor"),
        )
        .example([("input", [1.0, -2.0].into())], [1.0, 1.0])
}
