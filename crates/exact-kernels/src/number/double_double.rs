//! Double-double arithmetic: numbers as unevaluated sums of two `f64`, about 106 bits.
//!
//! Bounds are those of Joldes, Muller and Popescu, "Tight and rigorous error bounds for basic
//! building blocks of double-word arithmetic" (ACM TOMS 44(2), 2017), with u = 2^-53; they hold
//! while nothing over- or underflows.

use crate::number::lane::Lane;

/// `hi + lo`, where `hi` is the sum rounded to `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DoubleDouble {
    pub(crate) hi: f64,
    pub(crate) lo: f64,
}

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
/// Without `f64::mul_add`: that falls to a software routine where the processor has no such
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

impl DoubleDouble {
    pub(crate) const ONE: Self = Self { hi: 1.0, lo: 0.0 };

    pub(crate) const fn new((hi, lo): (f64, f64)) -> Self {
        Self { hi, lo }
    }

    /// The exact sum of two numbers.
    pub(crate) fn sum(a: f64, b: f64) -> Self {
        Self::new(two_sum(a, b))
    }

    /// Relative error at most 3u² + 13u³ (the paper's algorithm 6).
    pub(crate) fn add(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.hi, other.hi);
        let (low_sum, low_error) = two_sum(self.lo, other.lo);
        let (sum, error) = fast_two_sum(sum, error + low_sum);
        Self::new(fast_two_sum(sum, error + low_error))
    }

    /// Relative error at most 2u² (algorithm 4).
    pub(crate) fn add_f64(self, other: f64) -> Self {
        let (sum, error) = two_sum(self.hi, other);
        Self::new(fast_two_sum(sum, error + self.lo))
    }

    /// Relative error at most 7u² (algorithm 10 without the low product).
    pub(crate) fn mul(self, other: Self) -> Self {
        let (product, error) = two_product(self.hi, other.hi);
        let cross = self.hi * other.lo + self.lo * other.hi;
        Self::new(fast_two_sum(product, error + cross))
    }

    /// Relative error at most 3u² (algorithm 8).
    pub(crate) fn mul_f64(self, other: f64) -> Self {
        let (product, error) = two_product(self.hi, other);
        Self::new(fast_two_sum(product, error + self.lo * other))
    }

    /// Relative error at most 15u² + 56u³ (algorithm 17).
    pub(crate) fn div(self, other: Self) -> Self {
        let first = self.hi / other.hi;
        let product = other.mul_f64(first);
        let rest = (self.hi - product.hi) + (self.lo - product.lo);
        Self::new(fast_two_sum(first, rest / other.hi))
    }

    /// Times a power of two: exact.
    pub(crate) fn scale(self, power: f64) -> Self {
        Self::new((self.hi * power, self.lo * power))
    }

    pub(crate) fn neg(self) -> Self {
        self.scale(-1.0)
    }
}
