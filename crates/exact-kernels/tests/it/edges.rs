//! The edges of the contract: one row for each line of `numerics.md`, section 2, in every element
//! type.

use conformance::Quantity::{
    self, WeightedGradLabels, WeightedGradLogits, WeightedGradPosWeight, WeightedHessLogits,
    WeightedLoss,
};
use exact_kernels::Operand;
use half::{bf16, f16};

use crate::common::{Element, weighted};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
/// A number that every element type holds and whose products with the others here are exact.
const SMALL: f64 = 0.5;

/// Quantity, logits, labels, weight, result; zeros count with their sign.
#[rustfmt::skip]
const ROWS: &[(Quantity, f64, f64, f64, f64)] = &[
    // Any input NaN: NaN.
    (WeightedLoss, NAN, 1.0, 1.0, NAN),
    (WeightedLoss, 1.0, NAN, 1.0, NAN),
    (WeightedLoss, 1.0, 0.0, NAN, NAN),
    (WeightedLoss, INF, 1.0, NAN, NAN),
    (WeightedGradLogits, NAN, 1.0, 1.0, NAN),
    (WeightedHessLogits, NAN, 1.0, 1.0, NAN),
    (WeightedGradLabels, 1.0, NAN, 1.0, NAN),
    (WeightedGradPosWeight, 1.0, 1.0, NAN, NAN),
    // Labels or weights infinite: NaN.
    (WeightedLoss, 1.0, INF, 1.0, NAN),
    (WeightedLoss, 1.0, 0.0, INF, NAN),
    (WeightedLoss, -INF, 0.0, -INF, NAN),
    (WeightedGradLogits, 1.0, -INF, 1.0, NAN),
    (WeightedGradLogits, INF, 0.0, INF, NAN),
    (WeightedHessLogits, 0.0, 1.0, INF, NAN),
    (WeightedGradLabels, 1.0, INF, 1.0, NAN),
    (WeightedGradPosWeight, 1.0, 1.0, -INF, NAN),
    // Logits +inf: by the sign of 1 - z.
    (WeightedLoss, INF, 1.0, 2.0, 0.0),
    (WeightedLoss, INF, 1.0, -2.0, 0.0),
    (WeightedLoss, INF, 0.0, 1.0, INF),
    (WeightedLoss, INF, SMALL, 1.0, INF),
    (WeightedLoss, INF, 2.0, 1.0, -INF),
    (WeightedGradLabels, INF, 0.0, 1.0, -INF),
    (WeightedGradPosWeight, INF, 1.0, 1.0, 0.0),
    // Logits -inf: by the sign of q z.
    (WeightedLoss, -INF, 0.0, 2.0, 0.0),
    (WeightedLoss, -INF, 1.0, 0.0, 0.0),
    (WeightedLoss, -INF, -0.0, 2.0, 0.0),
    (WeightedLoss, -INF, 1.0, 2.0, INF),
    (WeightedLoss, -INF, 1.0, -2.0, -INF),
    (WeightedLoss, -INF, -1.0, 2.0, -INF),
    (WeightedGradLabels, -INF, 0.0, 1.0, INF),
    (WeightedGradLabels, -INF, 0.0, 0.0, 0.0),
    (WeightedGradLabels, -INF, 0.0, -1.0, -INF),
    (WeightedGradPosWeight, -INF, 1.0, 1.0, INF),
    (WeightedGradPosWeight, -INF, -1.0, 1.0, -INF),
    (WeightedGradPosWeight, -INF, 0.0, 1.0, 0.0),
    // dL/dx at infinities: 1 - z, -(q z); the second derivative is 0.
    (WeightedGradLogits, INF, 0.25, 3.0, 0.75),
    (WeightedGradLogits, INF, 1.0, 3.0, 0.0),
    (WeightedGradLogits, -INF, 0.25, 3.0, -0.75),
    (WeightedGradLogits, -INF, 0.0, 3.0, 0.0),
    (WeightedHessLogits, INF, 0.25, 3.0, 0.0),
    (WeightedHessLogits, -INF, 3.0, -2.0, 0.0),
    // dL/dx at 0: ((1 - z) - q z) / 2.
    (WeightedGradLogits, 0.0, 0.0, 2.0, 0.5),
    (WeightedGradLogits, -0.0, 1.0, 2.0, -1.0),
    (WeightedGradLogits, 0.0, 0.25, 1.0, 0.25),
    (WeightedHessLogits, 0.0, 0.0, 1.0, 0.25),
    // Exact result 0: +0.
    (WeightedGradLogits, 0.0, 0.5, 1.0, 0.0),
    (WeightedGradLabels, 0.0, 0.5, 1.0, 0.0),
    (WeightedGradLabels, -0.0, 0.5, 1.0, 0.0),
    (WeightedLoss, 3.0, 1.0, 0.0, 0.0),
    (WeightedLoss, -3.0, 1.0, -0.0, 0.0),
    (WeightedHessLogits, 3.0, 1.0, 0.0, 0.0),
    (WeightedHessLogits, 3.0, 2.0, 0.5, 0.0),
    (WeightedGradPosWeight, 3.0, 0.0, 1.0, 0.0),
    (WeightedGradPosWeight, 3.0, -0.0, 1.0, 0.0),
    // Not 0, but below the smallest subnormal: IEEE rounding, sign kept.
    (WeightedLoss, 20000.0, 1.0, 2.0, 0.0),
    (WeightedLoss, 20000.0, 1.0, -2.0, -0.0),
    (WeightedGradLogits, 20000.0, 1.0, 2.0, -0.0),
    (WeightedGradLogits, -20000.0, 0.0, 2.0, 0.0),
    (WeightedHessLogits, 20000.0, 1.0, -2.0, -0.0),
    (WeightedGradPosWeight, 20000.0, -1.0, 1.0, -0.0),
];

fn check<T: Element>() {
    for &(quantity, x, z, q, expected) in ROWS {
        let mut out = [T::default()];
        weighted(
            quantity,
            &[T::about(z)],
            &[T::about(x)],
            Operand::Scalar(T::about(q)),
            &mut out,
        )
        .expect("lengths agree");
        let expected = if expected.is_nan() {
            T::canonical_nan()
        } else {
            T::about(expected)
        };
        assert_eq!(
            out[0].bits(),
            expected.bits(),
            "{quantity:?} {:?} at x {x}, z {z}, q {q}: {:?}",
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
