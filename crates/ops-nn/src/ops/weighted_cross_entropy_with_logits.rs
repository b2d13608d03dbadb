//! `nn.weighted_cross_entropy_with_logits` and its derivatives.

use super::loss_rules::{
    self, LABELS_DIFFER, SHAPE, SOURCE, TARGETS_DIFFER, labels, logits, pos_weight,
};
use super::prelude::*;

const GRAD_LOGITS: &str = "nn.weighted_cross_entropy_with_logits_grad_logits";
const HESS_LOGITS: &str = "nn.weighted_cross_entropy_with_logits_hess_logits";
const GRAD_LABELS: &str = "nn.weighted_cross_entropy_with_logits_grad_labels";
const GRAD_POS_WEIGHT: &str = "nn.weighted_cross_entropy_with_logits_grad_pos_weight";

const ARGS: &[&str] = &["labels", "logits", "pos_weight"];

pub(super) fn definitions() -> [OpDefBuilder; 5] {
    [
        loss(),
        grad_logits(),
        hess_logits(),
        grad_labels(),
        grad_pos_weight(),
    ]
}

fn loss() -> OpDefBuilder {
    base("nn.weighted_cross_entropy_with_logits")
        .aliases(["tf.nn.weighted_cross_entropy_with_logits"])
        .signature(tensorflow_1_14())
        .signature(tensorflow_1_13())
        .signature(tensorflow_0_12())
        .summary(
            "The logistic loss of each element, positives weighted: recall rises with pos_weight, \
             precision falls.",
        )
        .formula("(1 - labels) * softplus(logits) + pos_weight * labels * softplus(-logits)")
        .special("any input NaN; labels or pos_weight infinite", "NaN")
        .special(
            "logits = +inf",
            "(1 - labels) = 0: +0; > 0: +inf; < 0: -inf",
        )
        .special(
            "logits = -inf",
            "pos_weight * labels = 0: +0; > 0: +inf; < 0: -inf",
        )
        .special("exact result 0", "+0")
        .loss()
        .compute(Compute::loss(kernels!(k::weighted_loss)))
        .gradient(Gradient::elementwise([
            Partial::op("labels", GRAD_LABELS, ARGS),
            Partial::op("logits", GRAD_LOGITS, ARGS),
            Partial::op("pos_weight", GRAD_POS_WEIGHT, ARGS),
        ]))
        .second_derivatives([Partial::op("logits", HESS_LOGITS, ARGS)])
        .decomposition(documented_formula)
        .node(loss_rules::tf_node())
        .example(example_args(), [4.13993746e-08, 34.0, 0.967596233])
}

fn grad_logits() -> OpDefBuilder {
    base(GRAD_LOGITS)
        .summary("The derivative of the weighted loss with respect to the logits.")
        .formula("(1 - labels) * sigmoid(logits) - pos_weight * labels * sigmoid(-logits)")
        .special("logits = +inf", "1 - labels")
        .special("logits = -inf", "-(pos_weight * labels)")
        .special("logits = 0", "((1 - labels) - pos_weight * labels) / 2")
        .compute(Compute::loss(kernels!(k::weighted_grad_logits)))
        .gradient(Gradient::elementwise([
            Partial::new("labels", |b, call| {
                // -σ(x) - q·σ(-x)
                let at = b.sigmoid(call.arg("logits"))?;
                let beside = weighted_sigmoid(b, &call.arg("pos_weight"), call)?;
                let sum = b.add(at, beside)?;
                b.neg(sum)
            }),
            Partial::op("logits", HESS_LOGITS, ARGS),
            Partial::new("pos_weight", |b, call| {
                // -z·σ(-x)
                let product = weighted_sigmoid(b, &call.arg("labels"), call)?;
                b.neg(product)
            }),
        ]))
        .second_derivatives([Partial::new("logits", hess_slope)])
        .example(example_args(), [4.13993746e-08, -1.99999988, 0.278074175])
}

fn hess_logits() -> OpDefBuilder {
    base(HESS_LOGITS)
        .summary("The second derivative of the weighted loss with respect to the logits.")
        .formula("((1 - labels) + pos_weight * labels) * sigmoid(logits) * sigmoid(-logits)")
        .special("logits = +inf or -inf", "+0")
        .compute(Compute::loss(kernels!(k::weighted_hess_logits)))
        .gradient(Gradient::elementwise([
            Partial::new("labels", |b, call| {
                // (q - 1)·σ(x)·σ(-x)
                let extra = b.sub(call.arg("pos_weight"), 1.0)?;
                let slope = sigmoid_slope(b, call)?;
                b.mul(extra, slope)
            }),
            Partial::new("logits", hess_slope),
            Partial::new("pos_weight", |b, call| {
                let slope = sigmoid_slope(b, call)?;
                b.mul(call.arg("labels"), slope)
            }),
        ]))
        .example(
            example_args(),
            [4.13993746e-08, 8.27987492e-08, 0.293754637],
        )
}

fn grad_labels() -> OpDefBuilder {
    base(GRAD_LABELS)
        .summary("The derivative of the weighted loss with respect to the labels.")
        .formula("pos_weight * softplus(-logits) - softplus(logits)")
        .compute(Compute::loss(kernels!(k::weighted_grad_labels)))
        .gradient(Gradient::elementwise([
            Partial::constant("labels", 0.0),
            Partial::new("logits", |b, call| {
                // -(σ(x) + q·σ(-x))
                let at = b.sigmoid(call.arg("logits"))?;
                let beside = weighted_sigmoid(b, &call.arg("pos_weight"), call)?;
                let sum = b.add(at, beside)?;
                b.neg(sum)
            }),
            Partial::new("pos_weight", softplus_of_negative),
        ]))
        .example(example_args(), [34.0, 34.0, -0.0259230155])
}

fn grad_pos_weight() -> OpDefBuilder {
    base(GRAD_POS_WEIGHT)
        .summary(
            "The derivative of the weighted loss with respect to pos_weight, element by element.",
        )
        .formula("labels * softplus(-logits)")
        .special("labels = 0", "+0")
        .compute(Compute::loss(kernels!(k::weighted_grad_pos_weight)))
        .gradient(Gradient::elementwise([
            Partial::new("labels", softplus_of_negative),
            Partial::new("logits", |b, call| {
                let product = weighted_sigmoid(b, &call.arg("labels"), call)?;
                b.neg(product)
            }),
            Partial::constant("pos_weight", 0.0),
        ]))
        .example(example_args(), [0.0, 17.0, 0.118519247])
}

fn base(name: &'static str) -> OpDefBuilder {
    OpDef::builder(name)
        .params([labels(), logits(), pos_weight()])
        .shape(SHAPE)
        .since(FIRST)
        .source(SOURCE)
}

fn example_args() -> [(&'static str, Value<'static>); 3] {
    [
        ("labels", [0.0, 1.0, 0.25].into()),
        ("logits", [-17.0, -17.0, 0.5].into()),
        ("pos_weight", Value::Number(2.0)),
    ]
}

/// S1 and S2: `labels` may be called `targets`, with a warning.
fn tensorflow_1_14() -> Signature {
    Signature::new([
        "tf.compat.v1.nn.weighted_cross_entropy_with_logits",
        "tf.nn.weighted_cross_entropy_with_logits@1.14",
    ])
    .params([
        SignatureParam::none("labels"),
        SignatureParam::none("logits"),
        SignatureParam::none("pos_weight"),
        SignatureParam::none("name"),
        SignatureParam::deprecated_alias("targets", "labels"),
    ])
    .shapes_differ(LABELS_DIFFER)
}

/// S3: `targets` is the argument's only name.
fn tensorflow_1_13() -> Signature {
    Signature::new(["tf.nn.weighted_cross_entropy_with_logits@1.13"])
        .params([
            SignatureParam::new("targets").fills("labels"),
            SignatureParam::new("logits"),
            SignatureParam::new("pos_weight"),
            SignatureParam::none("name"),
        ])
        .shapes_differ(TARGETS_DIFFER)
}

/// Logits first.
fn tensorflow_0_12() -> Signature {
    Signature::new(["tf.nn.weighted_cross_entropy_with_logits@0.12"])
        .params([
            SignatureParam::new("logits"),
            SignatureParam::new("targets").fills("labels"),
            SignatureParam::new("pos_weight"),
            SignatureParam::none("name"),
        ])
        .shapes_differ(TARGETS_DIFFER)
}

/// The documented formula, in TensorFlow's order of operations:
/// `(1 - z) * x + l * (log1p(exp(-abs(x))) + relu(-x))`, `l = 1 + (q - 1) * z`.
fn documented_formula(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let (z, x) = (call.arg("labels"), call.arg("logits"));
    let one = Value::Number(1.0);
    // A plain number is reduced in double and then rounded, as Python does.
    let extra = match call.arg("pos_weight") {
        Value::Number(q) => Value::Number(q - 1.0),
        q => b.sub(q, one.clone())?,
    };
    let product = b.mul(extra, z.clone())?;
    let log_weight = b.add(one.clone(), product)?;
    let negatives = b.sub(one, z)?;
    let linear = b.mul(negatives, x.clone())?;
    let magnitude = b.abs(x.clone())?;
    let exponent = b.neg(magnitude)?;
    let exp = b.exp(exponent)?;
    let log1p = b.log1p(exp)?;
    let negative = b.neg(x)?;
    let relu = b.relu(negative)?;
    let softplus = b.add(log1p, relu)?;
    let weighted = b.mul(log_weight, softplus)?;
    b.add(linear, weighted)
}

/// `weight · σ(-x)`.
fn weighted_sigmoid(
    b: &mut dyn OpBuilder,
    weight: &Value<'static>,
    call: &CallSite<'_>,
) -> RuleResult {
    let negative = b.neg(call.arg("logits"))?;
    let sigmoid = b.sigmoid(negative)?;
    b.mul(weight.clone(), sigmoid)
}

/// `softplus(-x)`, the derivative by `q·z`.
fn softplus_of_negative(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let negative = b.neg(call.arg("logits"))?;
    b.softplus(negative)
}

/// `σ(x)·σ(-x)`: the second derivative at z = 0, whatever q is.
fn sigmoid_slope(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let zeros = b.zeros_like(call.arg("logits"))?;
    b.call(
        HESS_LOGITS,
        &[zeros, call.arg("logits"), Value::Number(1.0)],
    )
}

/// d³L/dx³ = d²L/dx² · (σ(-x) - σ(x)). The difference is -2 dL/dx at z = 1/2,
/// which does not cancel near 0.
fn hess_slope(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let hess = b.call(HESS_LOGITS, &call.args(ARGS))?;
    let zeros = b.zeros_like(call.arg("logits"))?;
    let halves = b.add(zeros, 0.5)?;
    let half = b.call(
        GRAD_LOGITS,
        &[halves, call.arg("logits"), Value::Number(1.0)],
    )?;
    let difference = b.mul(-2.0, half)?;
    b.mul(hess, difference)
}
