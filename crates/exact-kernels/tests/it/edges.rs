//! The edges of the contract: one row for each line of `numerics.md`, section 2, in every element
//! type.

use exact_kernels::Operand;
use half::{bf16, f16};

use crate::common::{
    Element, GRAD_LABELS, GRAD_LOGITS, GRAD_POS_WEIGHT, HESS_LOGITS, LOSS, weighted,
};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
/// A number that every element type holds and whose products with the others here are exact.
const SMALL: f64 = 0.5;

/// Function, logits, labels, weight, result; zeros count with their sign.
#[rustfmt::skip]
const ROWS: &[(&str, f64, f64, f64, f64)] = &[
    // Any input NaN: NaN.
    (LOSS, NAN, 1.0, 1.0, NAN),
    (LOSS, 1.0, NAN, 1.0, NAN),
    (LOSS, 1.0, 0.0, NAN, NAN),
    (LOSS, INF, 1.0, NAN, NAN),
    (GRAD_LOGITS, NAN, 1.0, 1.0, NAN),
    (HESS_LOGITS, NAN, 1.0, 1.0, NAN),
    (GRAD_LABELS, 1.0, NAN, 1.0, NAN),
    (GRAD_POS_WEIGHT, 1.0, 1.0, NAN, NAN),
    // Labels or weights infinite: NaN.
    (LOSS, 1.0, INF, 1.0, NAN),
    (LOSS, 1.0, 0.0, INF, NAN),
    (LOSS, -INF, 0.0, -INF, NAN),
    (GRAD_LOGITS, 1.0, -INF, 1.0, NAN),
    (GRAD_LOGITS, INF, 0.0, INF, NAN),
    (HESS_LOGITS, 0.0, 1.0, INF, NAN),
    (GRAD_LABELS, 1.0, INF, 1.0, NAN),
    (GRAD_POS_WEIGHT, 1.0, 1.0, -INF, NAN),
    // Logits +inf: by the sign of 1 - z.
    (LOSS, INF, 1.0, 2.0, 0.0),
    (LOSS, INF, 1.0, -2.0, 0.0),
    (LOSS, INF, 0.0, 1.0, INF),
    (LOSS, INF, SMALL, 1.0, INF),
    (LOSS, INF, 2.0, 1.0, -INF),
    (GRAD_LABELS, INF, 0.0, 1.0, -INF),
    (GRAD_POS_WEIGHT, INF, 1.0, 1.0, 0.0),
    // Logits -inf: by the sign of q z.
    (LOSS, -INF, 0.0, 2.0, 0.0),
    (LOSS, -INF, 1.0, 0.0, 0.0),
    (LOSS, -INF, -0.0, 2.0, 0.0),
    (LOSS, -INF, 1.0, 2.0, INF),
    (LOSS, -INF, 1.0, -2.0, -INF),
    (LOSS, -INF, -1.0, 2.0, -INF),
    (GRAD_LABELS, -INF, 0.0, 1.0, INF),
    (GRAD_LABELS, -INF, 0.0, 0.0, 0.0),
    (GRAD_LABELS, -INF, 0.0, -1.0, -INF),
    (GRAD_POS_WEIGHT, -INF, 1.0, 1.0, INF),
    (GRAD_POS_WEIGHT, -INF, -1.0, 1.0, -INF),
    (GRAD_POS_WEIGHT, -INF, 0.0, 1.0, 0.0),
    // dL/dx at infinities: 1 - z, -(q z); the second derivative is 0.
    (GRAD_LOGITS, INF, 0.25, 3.0, 0.75),
    (GRAD_LOGITS, INF, 1.0, 3.0, 0.0),
    (GRAD_LOGITS, -INF, 0.25, 3.0, -0.75),
    (GRAD_LOGITS, -INF, 0.0, 3.0, 0.0),
    (HESS_LOGITS, INF, 0.25, 3.0, 0.0),
    (HESS_LOGITS, -INF, 3.0, -2.0, 0.0),
    // dL/dx at 0: ((1 - z) - q z) / 2.
    (GRAD_LOGITS, 0.0, 0.0, 2.0, 0.5),
    (GRAD_LOGITS, -0.0, 1.0, 2.0, -1.0),
    (GRAD_LOGITS, 0.0, 0.25, 1.0, 0.25),
    (HESS_LOGITS, 0.0, 0.0, 1.0, 0.25),
    // Exact result 0: +0.
    (GRAD_LOGITS, 0.0, 0.5, 1.0, 0.0),
    (GRAD_LABELS, 0.0, 0.5, 1.0, 0.0),
    (GRAD_LABELS, -0.0, 0.5, 1.0, 0.0),
    (LOSS, 3.0, 1.0, 0.0, 0.0),
    (LOSS, -3.0, 1.0, -0.0, 0.0),
    (HESS_LOGITS, 3.0, 1.0, 0.0, 0.0),
    (HESS_LOGITS, 3.0, 2.0, 0.5, 0.0),
    (GRAD_POS_WEIGHT, 3.0, 0.0, 1.0, 0.0),
    (GRAD_POS_WEIGHT, 3.0, -0.0, 1.0, 0.0),
    // Not 0, but below the smallest subnormal: IEEE rounding, sign kept.
    (LOSS, 20000.0, 1.0, 2.0, 0.0),
    (LOSS, 20000.0, 1.0, -2.0, -0.0),
    (GRAD_LOGITS, 20000.0, 1.0, 2.0, -0.0),
    (GRAD_LOGITS, -20000.0, 0.0, 2.0, 0.0),
    (HESS_LOGITS, 20000.0, 1.0, -2.0, -0.0),
    (GRAD_POS_WEIGHT, 20000.0, -1.0, 1.0, -0.0),
];

fn check<T: Element>() {
    for &(function, x, z, q, expected) in ROWS {
        let mut out = [T::default()];
        let (_, kernel) = weighted()
            .into_iter()
            .find(|row| row.0 == function)
            .expect("a kernel");
        let weight = Operand::Scalar(T::about(q));
        kernel(&[T::about(z)], &[T::about(x)], weight, &mut out).expect("lengths agree");
        let expected = if expected.is_nan() {
            T::canonical_nan()
        } else {
            T::about(expected)
        };
        assert_eq!(
            out[0].bits(),
            expected.bits(),
            "{function} {:?} at x {x}, z {z}, q {q}: {:?}",
            T::DTYPE,
            out[0]
        );
    }
}

#[test]
fn every_edge_is_as_documented_in_f16() {
    check::<f16>();
}

#[test]
fn every_edge_is_as_documented_in_bf16() {
    check::<bf16>();
}

#[test]
fn every_edge_is_as_documented_in_f32() {
    check::<f32>();
}

#[test]
fn every_edge_is_as_documented_in_f64() {
    check::<f64>();
}
