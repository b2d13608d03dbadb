//! `nn.sigmoid_cross_entropy_with_logits` and its derivatives: the weighted
//! loss at `pos_weight` = 1, by the same kernels.

use super::loss_rules::{self, LABELS_DIFFER, SHAPE, SOURCE, TARGETS_DIFFER, labels, logits};
use super::prelude::*;

const GRAD_LOGITS: &str = "nn.sigmoid_cross_entropy_with_logits_grad_logits";
const HESS_LOGITS: &str = "nn.sigmoid_cross_entropy_with_logits_hess_logits";
const GRAD_LABELS: &str = "nn.sigmoid_cross_entropy_with_logits_grad_labels";

const ARGS: &[&str] = &["labels", "logits"];

pub(super) fn definitions() -> [OpDefBuilder; 4] {
    [loss(), grad_logits(), hess_logits(), grad_labels()]
}

fn loss() -> OpDefBuilder {
    base("nn.sigmoid_cross_entropy_with_logits")
        .signature(tensorflow_2())
        .signature(tensorflow_1())
        .signature(tensorflow_0_12())
        .summary(
            "The logistic loss of each element: the weighted one at pos_weight = 1, bit for bit.",
        )
        .formula("(1 - labels) * softplus(logits) + labels * softplus(-logits)")
        .special("any input NaN; labels infinite", "NaN")
        .special(
            "logits = +inf",
            "(1 - labels) = 0: +0; > 0: +inf; < 0: -inf",
        )
        .special("logits = -inf", "labels = 0: +0; > 0: +inf; < 0: -inf")
        .special("exact result 0", "+0")
        .loss()
        .compute(Compute::loss(kernels!(k::weighted_loss)))
        .gradient(Gradient::elementwise([
            Partial::op("labels", GRAD_LABELS, ARGS),
            Partial::op("logits", GRAD_LOGITS, ARGS),
        ]))
        .second_derivatives([Partial::op("logits", HESS_LOGITS, ARGS)])
        .decomposition(documented_formula)
        .other_form(with_relu)
        .other_form(with_maximum)
        .other_form(weighted_at_one)
        .node(loss_rules::tf_node())
        .example(example_args(), [4.13993746e-08, 17.0, 0.849076986])
}

fn grad_logits() -> OpDefBuilder {
    base(GRAD_LOGITS)
        .summary("The derivative of the sigmoid loss with respect to the logits.")
        .formula("sigmoid(logits) - labels")
        .special("logits = +inf", "1 - labels")
        .special("logits = -inf", "-labels")
        .special("logits = 0", "1/2 - labels")
        .compute(Compute::loss(kernels!(k::weighted_grad_logits)))
        .gradient(Gradient::elementwise([
            Partial::constant("labels", -1.0),
            Partial::op("logits", HESS_LOGITS, ARGS),
        ]))
        .second_derivatives([Partial::new("logits", hess_slope)])
        .example(example_args(), [4.13993746e-08, -0.99999994, 0.372459322])
}

fn hess_logits() -> OpDefBuilder {
    base(HESS_LOGITS)
        .summary("The second derivative of the sigmoid loss with respect to the logits.")
        .formula("sigmoid(logits) * sigmoid(-logits)")
        .special("logits = +inf or -inf", "+0")
        .special("logits = 0", "1/4")
        .compute(Compute::loss(kernels!(k::weighted_hess_logits)))
        .gradient(Gradient::elementwise([
            Partial::constant("labels", 0.0),
            Partial::new("logits", hess_slope),
        ]))
        .example(example_args(), [4.13993746e-08, 4.13993746e-08, 0.23500371])
}

fn grad_labels() -> OpDefBuilder {
    base(GRAD_LABELS)
        .summary("The derivative of the sigmoid loss with respect to the labels.")
        .formula("-logits")
        .compute(Compute::loss(kernels!(k::weighted_grad_labels)))
        .gradient(Gradient::elementwise([
            Partial::constant("labels", 0.0),
            Partial::constant("logits", -1.0),
        ]))
        .example(example_args(), [17.0, 17.0, -0.5])
}

fn base(name: &'static str) -> OpDefBuilder {
    OpDef::builder(name)
        .params([labels(), logits()])
        .shape(SHAPE)
        .since(FIRST)
        .source(SOURCE)
}

fn example_args() -> [(&'static str, Value<'static>); 2] {
    [
        ("labels", [0.0, 1.0, 0.25].into()),
        ("logits", [-17.0, -17.0, 0.5].into()),
    ]
}

fn tensorflow_2() -> Signature {
    Signature::new([
        "tf.nn.sigmoid_cross_entropy_with_logits",
        "tf.compat.v1.nn.sigmoid_cross_entropy_with_logits",
    ])
    .params([
        SignatureParam::none("labels"),
        SignatureParam::none("logits"),
        SignatureParam::none("name"),
    ])
}

/// TensorFlow 1.x: a sentinel keeps old positional calls, which had the logits
/// first, from meaning something else.
fn tensorflow_1() -> Signature {
    Signature::new([
        "tf.nn.sigmoid_cross_entropy_with_logits@1.14",
        "tf.nn.sigmoid_cross_entropy_with_logits@1.13",
    ])
    .params([
        SignatureParam::sentinel("_sentinel", "labels=..., logits=..., ..."),
        SignatureParam::none("labels"),
        SignatureParam::none("logits"),
        SignatureParam::none("name"),
    ])
    .shapes_differ(LABELS_DIFFER)
}

/// Logits first.
fn tensorflow_0_12() -> Signature {
    Signature::new(["tf.nn.sigmoid_cross_entropy_with_logits@0.12"])
        .params([
            SignatureParam::new("logits"),
            SignatureParam::new("targets").fills("labels"),
            SignatureParam::none("name"),
        ])
        .shapes_differ(TARGETS_DIFFER)
}

/// The documented formula, in TensorFlow's order of operations:
/// `max(x, 0) - x * z + log(1 + exp(-abs(x)))`, maximum and magnitude by
/// selection, so that both have a derivative at 0.
fn documented_formula(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let (z, x) = (call.arg("labels"), call.arg("logits"));
    let zeros = b.zeros_like(x.clone())?;
    let positive = b.greater_equal(x.clone(), zeros.clone())?;
    let relu = b.select(positive.clone(), x.clone(), zeros)?;
    let negative = b.neg(x.clone())?;
    let exponent = b.select(positive, negative, x.clone())?;
    let product = b.mul(x, z)?;
    let linear = b.sub(relu, product)?;
    let exp = b.exp(exponent)?;
    let log1p = b.log1p(exp)?;
    b.add(linear, log1p)
}

/// As the documentation prints it, `max(x, 0)` as a rectifier.
fn with_relu(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let relu = b.relu(call.arg("logits"))?;
    linear_and_tail(b, call, relu)
}

/// As the documentation prints it, `max(x, 0)` as a maximum.
fn with_maximum(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let relu = b.maximum(call.arg("logits"), 0.0)?;
    linear_and_tail(b, call, relu)
}

/// `relu - x * z + log1p(exp(-abs(x)))`.
fn linear_and_tail(b: &mut dyn OpBuilder, call: &CallSite<'_>, relu: Value<'static>) -> RuleResult {
    let product = b.call("math.multiply", &call.args(&["logits", "labels"]))?;
    let linear = b.sub(relu, product)?;
    let tail = tail(b, call)?;
    b.add(linear, tail)
}

/// The weighted loss without its weight: `(1 - z) * x + (log1p(exp(-abs(x))) +
/// relu(-x))`.
fn weighted_at_one(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let (z, x) = (call.arg("labels"), call.arg("logits"));
    let negatives = b.sub(1.0, z)?;
    let linear = b.mul(negatives, x.clone())?;
    let tail = tail(b, call)?;
    let negative = b.neg(x)?;
    let relu = b.relu(negative)?;
    let softplus = b.add(tail, relu)?;
    b.add(linear, softplus)
}

/// `log1p(exp(-abs(x)))`.
fn tail(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let magnitude = b.abs(call.arg("logits"))?;
    let exponent = b.neg(magnitude)?;
    let exp = b.exp(exponent)?;
    b.log1p(exp)
}

/// The third derivative is that of the weighted loss at weight 1.
fn hess_slope(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let hess = b.call(HESS_LOGITS, &call.args(ARGS))?;
    let zeros = b.zeros_like(call.arg("logits"))?;
    let halves = b.add(zeros, 0.5)?;
    // σ(-x) - σ(x) = -2 (σ(x) - 1/2), which does not cancel near 0.
    let half = b.call(GRAD_LOGITS, &[halves, call.arg("logits")])?;
    let difference = b.mul(-2.0, half)?;
    b.mul(hess, difference)
}
