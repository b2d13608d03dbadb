//! Unevaluated sums of two doubles with proved error bounds, from additions, multiplications
//! and divisions only: no fused multiply-add and no function of the platform's libm.
//!
//! Bounds are relative, in units of u² = 2^-106, barring underflow, as proved in
//! M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for basic building
//! blocks of double-word arithmetic", ACM TOMS 44 (2017): sum 3u² + 13u³ (algorithm 6, called
//! 4 here), product 7u² (algorithm 10, called 8), product with a double 3u²/2 + 4u³
//! (algorithm 7, called 2), quotient 15u² + 56u³ (algorithm 17, called 16).

use std::ops::{Add, Div, Mul, Neg, Sub};

/// `high + low`, with `high` the double nearest to the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DoubleDouble {
    pub(super) high: f64,
    pub(super) low: f64,
}

impl DoubleDouble {
    pub(super) const ZERO: Self = DoubleDouble::exact(0.0);
    pub(super) const ONE: Self = DoubleDouble::exact(1.0);

    pub(super) const fn exact(value: f64) -> Self {
        DoubleDouble {
            high: value,
            low: 0.0,
        }
    }

    /// The exact sum of two doubles (Knuth).
    pub(super) fn sum(x: f64, y: f64) -> Self {
        let high = x + y;
        let x_part = high - y;
        let y_part = high - x_part;
        DoubleDouble {
            high,
            low: (x - x_part) + (y - y_part),
        }
    }

    /// The exact sum of two doubles where `x` is zero or not the smaller one (Dekker).
    fn ordered_sum(x: f64, y: f64) -> Self {
        let high = x + y;
        DoubleDouble {
            high,
            low: y - (high - x),
        }
    }

    /// The exact product of two doubles (Dekker), up to 2^-1070 where parts underflow.
    pub(super) fn product(x: f64, y: f64) -> Self {
        let high = x * y;
        let ((xh, xl), (yh, yl)) = (halves(x), halves(y));
        let low = xl * yl - (((high - xh * yh) - xl * yh) - xh * yl);
        DoubleDouble { high, low }
    }

    /// Product with a power of two, exact in the absence of underflow.
    pub(super) fn scaled(self, power: f64) -> Self {
        DoubleDouble {
            high: self.high * power,
            low: self.low * power,
        }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        let product = Self::product(self.high, factor);
        let sum = Self::ordered_sum(product.high, self.low * factor);
        Self::ordered_sum(sum.high, sum.low + product.low)
    }

    pub(super) fn squared(self) -> Self {
        self * self
    }
}

impl Add for DoubleDouble {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let high = Self::sum(self.high, other.high);
        let low = Self::sum(self.low, other.low);
        let upper = Self::ordered_sum(high.high, high.low + low.high);
        Self::ordered_sum(upper.high, low.low + upper.low)
    }
}

impl Sub for DoubleDouble {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for DoubleDouble {
    type Output = Self;

    fn neg(self) -> Self {
        DoubleDouble {
            high: -self.high,
            low: -self.low,
        }
    }
}

impl Mul for DoubleDouble {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = Self::product(self.high, other.high);
        let cross = self.high * other.low + self.low * other.high;
        Self::ordered_sum(product.high, product.low + cross)
    }
}

impl Div for DoubleDouble {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let guess = self.high / other.high;
        let product = other.times(guess);
        let rest = (self.high - product.high) + (self.low - product.low);
        Self::ordered_sum(guess, rest / other.high)
    }
}

/// Splits a double below 2^970 into two of 26 bits (Veltkamp).
fn halves(x: f64) -> (f64, f64) {
    let shifted = x * 134_217_729.0; // 2^27 + 1
    let high = shifted - (shifted - x);
    (high, x - high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Dyadic;
    use crate::numbers::Numbers;

    fn exact(x: DoubleDouble) -> Dyadic {
        &Dyadic::from_f64(x.high) + &Dyadic::from_f64(x.low)
    }

    /// `|found - expected| <= bound * 2^-106 * |expected|`
    fn check(found: DoubleDouble, expected: &Dyadic, bound: u32, what: &str) {
        let error = &exact(found) - expected;
        let limit = (expected * &Dyadic::from_f64(f64::from(bound))).scaled(-106);
        let (error, limit) = (&error * &error, &limit * &limit);
        assert!(error <= limit, "{what}: {found:?}");
    }

    #[test]
    fn operations_keep_the_published_bounds() {
        let mut numbers = Numbers::new(1);
        for _ in 0..20_000 {
            let mut draw = || {
                let high = numbers.signed(40);
                DoubleDouble::sum(high, high * 2f64.powi(-53) * numbers.unit())
            };
            let (x, y) = (draw(), draw());
            check(x + y, &(&exact(x) + &exact(y)), 4, "sum");
            check(x * y, &(&exact(x) * &exact(y)), 8, "product");
            check(
                x.times(y.high),
                &(&exact(x) * &Dyadic::from_f64(y.high)),
                2,
                "times",
            );
            // The quotient times the divisor is the dividend, to the same relative error.
            let quotient = x / y;
            let back = &exact(quotient) * &exact(y);
            let error = &back - &exact(x);
            let limit = (&exact(x) * &Dyadic::from_f64(16.0)).scaled(-106);
            assert!(&error * &error <= &limit * &limit, "quotient");
            check(
                DoubleDouble::sum(x.high, y.low),
                &(&Dyadic::from_f64(x.high) + &Dyadic::from_f64(y.low)),
                0,
                "two-sum",
            );
            check(
                DoubleDouble::product(x.high, y.high),
                &(&Dyadic::from_f64(x.high) * &Dyadic::from_f64(y.high)),
                0,
                "two-product",
            );
        }
    }
}
