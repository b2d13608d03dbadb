//! `nn.weighted_cross_entropy_with_logits` and its derivatives.

use std::slice;

use exact_kernels as k;

use super::loss_rules::{self, LABELS_DIFFER, SHAPE, SOURCE, TARGETS_DIFFER, labels, logits, pos_weight};
use crate::op::compute::{Compute, LossKernels};
use crate::op::definition::{Example, ExampleArg, OpDef};
use crate::op::rules::{OpBuilder, CallSite, Decomposition, Gradient, Partial};
use crate::op::value::{RuleResult, Value};
use crate::op::signature::{Signature, SignatureParam};

const GRAD_LOGITS: &str = "nn.weighted_cross_entropy_with_logits_grad_logits";
const HESS_LOGITS: &str = "nn.weighted_cross_entropy_with_logits_hess_logits";
const GRAD_LABELS: &str = "nn.weighted_cross_entropy_with_logits_grad_labels";
const GRAD_POS_WEIGHT: &str = "nn.weighted_cross_entropy_with_logits_grad_pos_weight";

const ARGS: &[&str] = &["labels", "logits", "pos_weight"];

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        loss(),
        grad_logits(),
        hess_logits(),
        grad_labels(),
        grad_pos_weight(),
    ]
}

fn loss() -> OpDef {
    base("nn.weighted_cross_entropy_with_logits")
        .aliases(["tf.nn.weighted_cross_entropy_with_logits"])
        .signature(tensorflow_1_14())
        .signature(tensorflow_1_13())
        .signature(tensorflow_0_12())
        .summary("The logistic loss of each element, positives weighted: recall rises with pos_weight, precision falls.")
        .formula("(1 - labels) * softplus(logits) + pos_weight * labels * softplus(-logits)")
        .special("any input NaN; labels or pos_weight infinite", "NaN")
        .special("logits = +inf", "(1 - labels) = 0: +0; > 0: +inf; < 0: -inf")
        .special("logits = -inf", "pos_weight * labels = 0: +0; > 0: +inf; < 0: -inf")
        .special("exact result 0", "+0")
        .loss()
        .compute(Compute::loss(LossKernels {
            f16: k::weighted_loss,
            bf16: k::weighted_loss,
            f32: k::weighted_loss,
            f64: k::weighted_loss,
        }))
        .gradient(Gradient::elementwise([
            Partial::op("labels", GRAD_LABELS, ARGS),
            Partial::op("logits", GRAD_LOGITS, ARGS),
            Partial::op("pos_weight", GRAD_POS_WEIGHT, ARGS),
        ]))
        .second_derivatives([Partial::op("logits", HESS_LOGITS, ARGS)])
        .decomposition(Decomposition::new(documented_formula))
        .node(loss_rules::tf_node())
        .example(example([4.13993746e-08, 34.0, 0.967596233]))
}

fn grad_logits() -> OpDef {
    base(GRAD_LOGITS)
        .summary("The derivative of the weighted loss with respect to the logits.")
        .formula("(1 - labels) * sigmoid(logits) - pos_weight * labels * sigmoid(-logits)")
        .special("logits = +inf", "1 - labels")
        .special("logits = -inf", "-(pos_weight * labels)")
        .special("logits = 0", "((1 - labels) - pos_weight * labels) / 2")
        .compute(Compute::loss(LossKernels {
            f16: k::weighted_grad_logits,
            bf16: k::weighted_grad_logits,
            f32: k::weighted_grad_logits,
            f64: k::weighted_grad_logits,
        }))
        .gradient(Gradient::elementwise([
            Partial::new("labels", |b, call| {
                // -σ(x) - q·σ(-x)
                let at = b.call("math.sigmoid", &[call.arg("logits")])?;
                let beside = weighted_sigmoid(b, &call.arg("pos_weight"), call)?;
                let sum = b.call("math.add", &[at, beside])?;
                b.call("math.negative", &[sum])
            }),
            Partial::op("logits", HESS_LOGITS, ARGS),
            Partial::new("pos_weight", |b, call| {
                // -z·σ(-x)
                let product = weighted_sigmoid(b, &call.arg("labels"), call)?;
                b.call("math.negative", &[product])
            }),
        ]))
        .second_derivatives([Partial::new("logits", hess_slope)])
        .example(example([4.13993746e-08, -1.99999988, 0.278074175]))
}

fn hess_logits() -> OpDef {
    base(HESS_LOGITS)
        .summary("The second derivative of the weighted loss with respect to the logits.")
        .formula("((1 - labels) + pos_weight * labels) * sigmoid(logits) * sigmoid(-logits)")
        .special(
            "logits = +inf or -inf",
            "+0",
        )
        .compute(Compute::loss(LossKernels {
            f16: k::weighted_hess_logits,
            bf16: k::weighted_hess_logits,
            f32: k::weighted_hess_logits,
            f64: k::weighted_hess_logits,
        }))
        .gradient(Gradient::elementwise([
            Partial::new("labels", |b, call| {
                // (q - 1)·σ(x)·σ(-x)
                let extra = b.call(
                    "math.subtract",
                    &[call.arg("pos_weight"), Value::Number(1.0)],
                )?;
                let slope = sigmoid_slope(b, call)?;
                b.call("math.multiply", &[extra, slope])
            }),
            Partial::new("logits", hess_slope),
            Partial::new("pos_weight", |b, call| {
                let slope = sigmoid_slope(b, call)?;
                b.call("math.multiply", &[call.arg("labels"), slope])
            }),
        ]))
        .example(example([4.13993746e-08, 8.27987492e-08, 0.293754637]))
}

fn grad_labels() -> OpDef {
    base(GRAD_LABELS)
        .summary("The derivative of the weighted loss with respect to the labels.")
        .formula("pos_weight * softplus(-logits) - softplus(logits)")
        .compute(Compute::loss(LossKernels {
            f16: k::weighted_grad_labels,
            bf16: k::weighted_grad_labels,
            f32: k::weighted_grad_labels,
            f64: k::weighted_grad_labels,
        }))
        .gradient(Gradient::elementwise([
            Partial::constant("labels", 0.0),
            Partial::new("logits", |b, call| {
                // -(σ(x) + q·σ(-x))
                let at = b.call("math.sigmoid", &[call.arg("logits")])?;
                let beside = weighted_sigmoid(b, &call.arg("pos_weight"), call)?;
                let sum = b.call("math.add", &[at, beside])?;
                b.call("math.negative", &[sum])
            }),
            Partial::new("pos_weight", softplus_of_negative),
        ]))
        .example(example([34.0, 34.0, -0.0259230155]))
}

fn grad_pos_weight() -> OpDef {
    base(GRAD_POS_WEIGHT)
        .summary(
            "The derivative of the weighted loss with respect to pos_weight, element by element.",
        )
        .formula("labels * softplus(-logits)")
        .special("labels = 0", "+0")
        .compute(Compute::loss(LossKernels {
            f16: k::weighted_grad_pos_weight,
            bf16: k::weighted_grad_pos_weight,
            f32: k::weighted_grad_pos_weight,
            f64: k::weighted_grad_pos_weight,
        }))
        .gradient(Gradient::elementwise([
            Partial::new("labels", softplus_of_negative),
            Partial::new("logits", |b, call| {
                let product = weighted_sigmoid(b, &call.arg("labels"), call)?;
                b.call("math.negative", &[product])
            }),
            Partial::constant("pos_weight", 0.0),
        ]))
        .example(example([0.0, 17.0, 0.118519247]))
}

fn base(name: &'static str) -> OpDef {
    OpDef::new(name)
        .params([labels(), logits(), pos_weight()])
        .shape(SHAPE)
        .since(super::FIRST)
        .source(SOURCE)
}

fn example(result: [f64; 3]) -> Example {
    Example::new(
        [
            ("labels", ExampleArg::Values(vec![0.0, 1.0, 0.25])),
            ("logits", ExampleArg::Values(vec![-17.0, -17.0, 0.5])),
            ("pos_weight", ExampleArg::Number(2.0)),
        ],
        result,
    )
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
        q => b.call("math.subtract", &[q, one.clone()])?,
    };
    let product = b.call("math.multiply", &[extra, z.clone()])?;
    let log_weight = b.call("math.add", &[one.clone(), product])?;
    let negatives = b.call("math.subtract", &[one, z])?;
    let linear = b.call("math.multiply", &[negatives, x.clone()])?;
    let magnitude = b.call("math.abs", slice::from_ref(&x))?;
    let exponent = b.call("math.negative", &[magnitude])?;
    let exp = b.call("math.exp", &[exponent])?;
    let log1p = b.call("math.log1p", &[exp])?;
    let negative = b.call("math.negative", &[x])?;
    let relu = b.call("nn.relu", &[negative])?;
    let softplus = b.call("math.add", &[log1p, relu])?;
    let weighted = b.call("math.multiply", &[log_weight, softplus])?;
    b.call("math.add", &[linear, weighted])
}

/// `weight · σ(-x)`.
fn weighted_sigmoid(
    b: &mut dyn OpBuilder,
    weight: &Value<'static>,
    call: &CallSite<'_>,
) -> RuleResult {
    let negative = b.call("math.negative", &[call.arg("logits")])?;
    let sigmoid = b.call("math.sigmoid", &[negative])?;
    b.call("math.multiply", &[weight.clone(), sigmoid])
}

/// `softplus(-x)`, the derivative by `q·z`.
fn softplus_of_negative(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let negative = b.call("math.negative", &[call.arg("logits")])?;
    b.call("math.softplus", &[negative])
}

/// `σ(x)·σ(-x)`: the second derivative at z = 0, whatever q is.
fn sigmoid_slope(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let zeros = b.call("zeros_like", &[call.arg("logits")])?;
    b.call(HESS_LOGITS, &[zeros, call.arg("logits"), Value::Number(1.0)])
}

/// d³L/dx³ = d²L/dx² · (σ(-x) - σ(x)). The difference is -2 dL/dx at z = 1/2,
/// which does not cancel near 0.
fn hess_slope(b: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
    let hess = b.call(HESS_LOGITS, &call.args(ARGS))?;
    let zeros = b.call("zeros_like", &[call.arg("logits")])?;
    let halves = b.call("math.add", &[zeros, Value::Number(0.5)])?;
    let half = b.call(
        GRAD_LOGITS,
        &[halves, call.arg("logits"), Value::Number(1.0)],
    )?;
    let difference = b.call("math.multiply", &[Value::Number(-2.0), half])?;
    b.call("math.multiply", &[hess, difference])
}
