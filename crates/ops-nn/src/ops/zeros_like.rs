//! `zeros_like`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("zeros_like")
        .aliases(["tf.zeros_like"])
        .signature(super::like_of_tensorflow_1("tf.compat.v1.zeros_like"))
        .params([
            Param::tensor("input", DTypes::Any).doc("Any shape; only shape and dtype matter."),
            Param::builder("dtype", ParamKind::DType)
                .default(Presence::Optional)
                .doc("The dtype of the result; that of `input` if left out."),
        ])
        .dtype(DTypeRule::Argument)
        .summary("A tensor of zeros in the shape of another.")
        .formula("0")
        .since(FIRST)
        .source("TensorFlow, tf.zeros_like")
        .compute(Compute::Kernel(Kernel::Fill(0.0)))
        .gradient(Gradient::Zero)
        .node(
            TfNode::named("zeros_like")
                .types(["ZerosLike"])
                .folded()
                .constant("input", "tensor"),
        )
        .example([("input", [1.0, -2.0].into())], [0.0, 0.0])
}
