//! What the two logistic losses and their derivative ops share: parameters,
//! the shape rule, sentences about shapes.

use exact_kernels::Domain;

use super::prelude::*;

/// The TensorFlow guide that documents both losses.
pub(super) const SOURCE: &str = "TensorFlow, tf.nn.weighted_cross_entropy_with_logits and \
     tf.nn.sigmoid_cross_entropy_with_logits (API reference 0.12 to 2.21)";

/// TensorFlow 1.14's sentence for shapes that differ.
pub(super) const LABELS_DIFFER: &str =
    "logits and labels must have the same shape ({logits} vs {labels}).";

/// TensorFlow 1.13's.
pub(super) const TARGETS_DIFFER: &str =
    "logits and targets must have the same shape ({logits} vs {labels}).";

pub(super) fn labels() -> ParamBuilder {
    Param::float("labels")
        .domain(Domain::UnitInterval)
        .doc("z, the probability of the positive class; the shape and dtype of `logits`.")
}

pub(super) fn logits() -> ParamBuilder {
    Param::float("logits")
        .domain(Domain::NotNan)
        .doc("x, the log-odds of the positive class; any shape.")
}

pub(super) fn pos_weight() -> ParamBuilder {
    Param::float("pos_weight")
        .keep_number()
        .domain(Domain::FiniteNonNegative)
        .doc(
            "q, the weight of the positive class: a number, or a tensor that broadcasts to the \
             shape of `logits` (per class, per row, per element).",
        )
}

/// The shape of `logits`; `labels` must have the same, `pos_weight` must
/// broadcast to it.
pub(super) const SHAPE: ShapeRule = ShapeRule::Like {
    argument: "logits",
    same: &["labels"],
};

/// TensorFlow has no op type for the losses, only their formulas.
pub(super) fn tf_node() -> TfNode {
    TfNode::named("logistic_loss").first(["logits", "labels"])
}
