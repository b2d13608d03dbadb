//! Error-free transformations: a sum or a product of two numbers as the rounded result and its
//! rounding error.

use crate::number::lane::Lane;

/// The sum and its rounding error, exactly (Knuth).
#[inline(always)]
pub(crate) fn two_sum<L: Lane>(a: L, b: L) -> (L, L) {
    let sum = a + b;
    let b_part = sum - a;
    let a_part = sum - b_part;
    (sum, (a - a_part) + (b - b_part))
}

/// As [`two_sum`], for `|a| >= |b|` (Dekker).
#[inline(always)]
pub(crate) fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// The product and its rounding error (Veltkamp, Dekker), exactly while `2^-960 < |a b|` and `|a|,
/// |b| < 2^970`.
///
/// It does not use `f64::mul_add`, which is a software routine where the processor has no such
/// instruction.
#[inline(always)]
pub(crate) fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    let (a_hi, a_lo) = split(a);
    let (b_hi, b_lo) = split(b);
    (
        product,
        a_lo * b_lo - (((product - a_hi * b_hi) - a_lo * b_hi) - a_hi * b_lo),
    )
}

/// `a` as a sum of two numbers of at most 26 bits.
#[inline(always)]
fn split(a: f64) -> (f64, f64) {
    let scaled = a * 134_217_729.0;
    let hi = scaled - (scaled - a);
    (hi, a - hi)
}
