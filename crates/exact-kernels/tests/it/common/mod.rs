//! What the tests share: element types, quantities, and the comparison with the oracle.

use conformance::{DType, Quantity, correctly_rounded};
use exact_kernels::{self as kernels, KernelError, Operand, Real};
use half::{bf16, f16};
use testkit::{Float, assert_same_bits};

/// An element type as the oracle knows it.
pub(crate) trait Element: Real + Float {
    const DTYPE: DType;

    fn canonical_nan() -> Self {
        Self::from_bits(Self::DTYPE.nan())
    }
}

impl Element for f16 {
    const DTYPE: DType = DType::F16;
}

impl Element for bf16 {
    const DTYPE: DType = DType::BF16;
}

impl Element for f32 {
    const DTYPE: DType = DType::F32;
}

impl Element for f64 {
    const DTYPE: DType = DType::F64;
}

/// The quantities that take labels, logits and weights.
pub(crate) const WEIGHTED: [Quantity; 5] = [
    Quantity::WeightedLoss,
    Quantity::WeightedGradLogits,
    Quantity::WeightedHessLogits,
    Quantity::WeightedGradLabels,
    Quantity::WeightedGradPosWeight,
];

/// The quantities of one argument.
pub(crate) const UNARY: [Quantity; 9] = [
    Quantity::Exp,
    Quantity::Log,
    Quantity::Log1p,
    Quantity::Sigmoid,
    Quantity::LogSigmoid,
    Quantity::Softplus,
    Quantity::Negative,
    Quantity::Abs,
    Quantity::Relu,
];

/// Runs the kernel of a weighted quantity.
pub(crate) fn weighted<T: Real>(
    quantity: Quantity,
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    match quantity {
        Quantity::WeightedLoss => kernels::weighted_loss(labels, logits, pos_weight, out),
        Quantity::WeightedGradLogits => {
            kernels::weighted_grad_logits(labels, logits, pos_weight, out)
        }
        Quantity::WeightedHessLogits => {
            kernels::weighted_hess_logits(labels, logits, pos_weight, out)
        }
        Quantity::WeightedGradLabels => {
            kernels::weighted_grad_labels(labels, logits, pos_weight, out)
        }
        Quantity::WeightedGradPosWeight => {
            kernels::weighted_grad_pos_weight(labels, logits, pos_weight, out)
        }
        other => panic!("{other:?} takes other arguments"),
    }
}

/// Runs the kernel of a quantity of one argument.
pub(crate) fn unary<T: Real>(
    quantity: Quantity,
    x: &[T],
    out: &mut [T],
) -> Result<(), KernelError> {
    match quantity {
        Quantity::Exp => kernels::exp(x, out),
        Quantity::Log => kernels::log(x, out),
        Quantity::Log1p => kernels::log1p(x, out),
        Quantity::Sigmoid => kernels::sigmoid(x, out),
        Quantity::LogSigmoid => kernels::log_sigmoid(x, out),
        Quantity::Softplus => kernels::softplus(x, out),
        Quantity::Negative => kernels::negative(x, out),
        Quantity::Abs => kernels::abs(x, out),
        Quantity::Relu => kernels::relu(x, out),
        other => panic!("{other:?} takes other arguments"),
    }
}

/// Compares every weighted quantity with the oracle on rows of (logits, labels, weight).
pub(crate) fn check_weighted<T: Element>(rows: &[(T, T, T)]) {
    let logits: Vec<T> = rows.iter().map(|row| row.0).collect();
    let labels: Vec<T> = rows.iter().map(|row| row.1).collect();
    let weights: Vec<T> = rows.iter().map(|row| row.2).collect();
    let mut out = vec![T::default(); rows.len()];
    for quantity in WEIGHTED {
        weighted(
            quantity,
            &labels,
            &logits,
            Operand::Full(&weights),
            &mut out,
        )
        .expect("lengths agree");
        for (&(x, z, q), &found) in rows.iter().zip(&out) {
            let expected = correctly_rounded(quantity, T::DTYPE, &[z.bits(), x.bits(), q.bits()])
                .expect("the oracle decides");
            let case = format_args!(
                "{quantity:?} {:?} at logits {x:?} ({:#x}), labels {z:?} ({:#x}), \
                 weight {q:?} ({:#x})",
                T::DTYPE,
                x.bits(),
                z.bits(),
                q.bits(),
            );
            assert_same_bits(T::from_bits(expected), found, case);
        }
    }
}

/// Compares every quantity of one argument with the oracle.
pub(crate) fn check_unary<T: Element>(x: &[T]) {
    let mut out = vec![T::default(); x.len()];
    for quantity in UNARY {
        unary(quantity, x, &mut out).expect("lengths agree");
        for (&x, &found) in x.iter().zip(&out) {
            let expected =
                correctly_rounded(quantity, T::DTYPE, &[x.bits()]).expect("the oracle decides");
            let case = format_args!("{quantity:?} {:?} at {x:?} ({:#x})", T::DTYPE, x.bits());
            assert_same_bits(T::from_bits(expected), found, case);
        }
    }
}
