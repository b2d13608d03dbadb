//! What the tests share: element types, kernels by name, and the comparison with the oracle.

use conformance::{DType, Function, correctly_rounded};
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

pub(crate) const LOSS: &str = "nn.weighted_cross_entropy_with_logits";
pub(crate) const GRAD_LOGITS: &str = "nn.weighted_cross_entropy_with_logits_grad_logits";
pub(crate) const HESS_LOGITS: &str = "nn.weighted_cross_entropy_with_logits_hess_logits";
pub(crate) const GRAD_LABELS: &str = "nn.weighted_cross_entropy_with_logits_grad_labels";
pub(crate) const GRAD_POS_WEIGHT: &str = "nn.weighted_cross_entropy_with_logits_grad_pos_weight";

type Weighted<T> = fn(&[T], &[T], Operand<T>, &mut [T]) -> Result<(), KernelError>;
type Unary<T> = fn(&[T], &mut [T]) -> Result<(), KernelError>;

/// The kernels of labels, logits and weights, by the judge's names.
pub(crate) fn weighted<T: Real>() -> [(&'static str, Weighted<T>); 5] {
    [
        (LOSS, kernels::weighted_loss),
        (GRAD_LOGITS, kernels::weighted_grad_logits),
        (HESS_LOGITS, kernels::weighted_hess_logits),
        (GRAD_LABELS, kernels::weighted_grad_labels),
        (GRAD_POS_WEIGHT, kernels::weighted_grad_pos_weight),
    ]
}

/// The kernels of one argument, by the judge's names.
pub(crate) fn unary<T: Real>() -> [(&'static str, Unary<T>); 9] {
    [
        ("math.exp", kernels::exp),
        ("math.log", kernels::log),
        ("math.log1p", kernels::log1p),
        ("math.sigmoid", kernels::sigmoid),
        ("math.log_sigmoid", kernels::log_sigmoid),
        ("math.softplus", kernels::softplus),
        ("math.negative", kernels::negative),
        ("math.abs", kernels::abs),
        ("nn.relu", kernels::relu),
    ]
}

/// The judge's function of an op.
pub(crate) fn known(op: &str) -> Function {
    Function::known(op).expect("a known op")
}

/// Compares every weighted function with the oracle on rows of (logits, labels, weight).
pub(crate) fn check_weighted<T: Element>(rows: &[(T, T, T)]) {
    let logits: Vec<T> = rows.iter().map(|row| row.0).collect();
    let labels: Vec<T> = rows.iter().map(|row| row.1).collect();
    let weights: Vec<T> = rows.iter().map(|row| row.2).collect();
    let mut out = vec![T::default(); rows.len()];
    for (op, kernel) in weighted() {
        let function = known(op);
        kernel(&labels, &logits, Operand::Full(&weights), &mut out).expect("lengths agree");
        for (&(x, z, q), &found) in rows.iter().zip(&out) {
            let expected = correctly_rounded(&function, T::DTYPE, &[z.bits(), x.bits(), q.bits()])
                .expect("the oracle decides");
            let case = format_args!(
                "{op} {:?} at logits {x:?} ({:#x}), labels {z:?} ({:#x}), \
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

/// Compares every function of one argument with the oracle.
pub(crate) fn check_unary<T: Element>(x: &[T]) {
    let mut out = vec![T::default(); x.len()];
    for (op, kernel) in unary() {
        let function = known(op);
        kernel(x, &mut out).expect("lengths agree");
        for (&x, &found) in x.iter().zip(&out) {
            let expected =
                correctly_rounded(&function, T::DTYPE, &[x.bits()]).expect("the oracle decides");
            let case = format_args!("{op} {:?} at {x:?} ({:#x})", T::DTYPE, x.bits());
            assert_same_bits(T::from_bits(expected), found, case);
        }
    }
}
