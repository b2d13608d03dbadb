//! Double-double arithmetic: numbers as unevaluated sums of two `f64`, about 106 bits.
//!
//! Bounds are those of Joldes, Muller and Popescu, "Tight and rigorous error bounds for basic
//! building blocks of double-word arithmetic" (ACM TOMS 44(2), 2017), with u = 2^-53; they hold
//! while nothing over- or underflows.

use core::ops::{Add, Div, Mul, Neg};

use crate::number::error_free::{fast_two_sum, two_product, two_sum};

/// `hi + lo`, where `hi` is the sum rounded to `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DoubleDouble {
    pub(crate) hi: f64,
    pub(crate) lo: f64,
}

impl DoubleDouble {
    pub(crate) const fn new((hi, lo): (f64, f64)) -> Self {
        Self { hi, lo }
    }

    /// The exact sum of two numbers.
    pub(crate) fn sum(a: f64, b: f64) -> Self {
        Self::new(two_sum(a, b))
    }

    /// Relative error at most 2u² (algorithm 4).
    pub(crate) fn add_f64(self, other: f64) -> Self {
        let (sum, error) = two_sum(self.hi, other);
        Self::new(fast_two_sum(sum, error + self.lo))
    }

    /// Relative error at most 3u² (algorithm 8).
    pub(crate) fn mul_f64(self, other: f64) -> Self {
        let (product, error) = two_product(self.hi, other);
        Self::new(fast_two_sum(product, error + self.lo * other))
    }

    /// Times a power of two: exact.
    pub(crate) fn scale(self, power: f64) -> Self {
        Self::new((self.hi * power, self.lo * power))
    }
}

/// Relative error at most 3u² + 13u³ (the paper's algorithm 6).
impl Add for DoubleDouble {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.hi, other.hi);
        let (low_sum, low_error) = two_sum(self.lo, other.lo);
        let (sum, error) = fast_two_sum(sum, error + low_sum);
        Self::new(fast_two_sum(sum, error + low_error))
    }
}

/// Relative error at most 7u² (algorithm 10 without the low product).
impl Mul for DoubleDouble {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let (product, error) = two_product(self.hi, other.hi);
        let cross = self.hi * other.lo + self.lo * other.hi;
        Self::new(fast_two_sum(product, error + cross))
    }
}

/// Relative error at most 15u² + 56u³ (algorithm 17).
impl Div for DoubleDouble {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let first = self.hi / other.hi;
        let product = other.mul_f64(first);
        let rest = (self.hi - product.hi) + (self.lo - product.lo);
        Self::new(fast_two_sum(first, rest / other.hi))
    }
}

impl Neg for DoubleDouble {
    type Output = Self;

    fn neg(self) -> Self {
        self.scale(-1.0)
    }
}
