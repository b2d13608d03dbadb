//! Coefficients of the weighted loss and its derivatives: functions of x = logits, z = labels, q =
//! `pos_weight`.
//!
//! One convention gives their edge cases: a term whose weight is exactly 0 contributes 0. Any NaN,
//! and labels or weights that are infinite, give NaN; an exact 0 is `+0`.
//!
//! In lanes, `1 - z` has an error of u; `q z` is exact, because it has at most twice the
//! significant bits of the format. As pairs, both are exact.

use crate::number::arithmetic::Arithmetic;
use crate::number::error_free::two_sum;
use crate::number::pair::{Pair, product};
use crate::ziv::estimate::PairEstimate;
use crate::ziv::exact_form::{ExactForm, factor};

/// `l = (1 - z) + q z`, times a factor.
pub(crate) fn total_weight(z: f64, q: f64, scale: f64) -> [[f64; 3]; 3] {
    [factor(scale), [-scale, z, 1.0], [scale, q, z]]
}

/// Whether the result is NaN: any NaN, or a coefficient that is not finite.
pub(crate) fn is_nan([x, z, q]: [f64; 3]) -> bool {
    x.is_nan() || !z.is_finite() || !q.is_finite()
}

/// The limit of `weight * infinity`, where a weight of 0 contributes 0.
pub(crate) fn times_infinity(weight_is_positive: bool, weight_is_zero: bool) -> ExactForm {
    ExactForm::Limit(match (weight_is_zero, weight_is_positive) {
        (true, _) => 0.0,
        (false, true) => f64::INFINITY,
        (false, false) => f64::NEG_INFINITY,
    })
}

/// `1 - z` and `q z`.
#[inline(always)]
pub(crate) fn weights<A: Arithmetic>(z: f64, q: f64) -> (Pair, Pair) {
    (two_sum(1.0, -z), A::two_product(q, z))
}

/// `major large + minor small`, where the error of `small` may exceed the derived bound by `excess`
/// of it.
///
/// Each product loses that of the low parts, u²; with softplus or sigmoids of 2^-65.9, 2^-65 leaves
/// a factor of 1.8 for the roundings of the bound and of the sums of low parts.
#[inline(always)]
pub(crate) fn sum_of_products<A: Arithmetic>(
    (major, large): (Pair, Pair),
    (minor, small): (Pair, Pair),
    excess: f64,
) -> PairEstimate {
    let minor = product::<A>(minor, small);
    sum_of_two(product::<A>(major, large), minor, excess * minor.0.abs())
}

/// The sum of two terms, with an absolute error of `excess` beside theirs.
#[inline(always)]
pub(crate) fn sum_of_two(major: Pair, minor: Pair, excess: f64) -> PairEstimate {
    let (sum, error) = two_sum(major.0, minor.0);
    let total = major.0.abs() + minor.0.abs();
    PairEstimate::new((sum, error + (major.1 + minor.1)), total, excess)
}

/// ±0, or NaN for an infinity or NaN.
#[inline(always)]
pub(crate) fn nan_unless_finite(x: f64) -> f64 {
    0.0 * x
}
