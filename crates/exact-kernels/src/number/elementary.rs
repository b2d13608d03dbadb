//! The elementary functions of `f64` arguments to more precision than a format has, which the
//! tails of exact forms are made of: in double-double here, in [`BigFloat`] in its own file.
//!
//! [`BigFloat`]: crate::number::big_float::BigFloat

use core::ops::{Add, Div, Mul, Neg};

use crate::number::double_double::DoubleDouble;
use crate::number::error_free::{two_product, two_sum};
use crate::number::format::power_of_two;
use crate::number::lane::ROUND;
use crate::number::tables::{
    EXP2_32NDS, INVERSE_FACTORIALS, INVERSES, LN2, LN2_OVER_32, LOG_128THS,
};

/// A number type with elementary functions. A formula that is generic over it can be evaluated to
/// the precision of the second stage and of the third.
pub(crate) trait Elementary:
    Copy + Add<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The same number; exact.
    fn from_f64(x: f64) -> Self;
    /// e^x, for `|x| <= 700` at least.
    fn exp(x: f64) -> Self;
    /// `e^x - 1`, for `|x| <= 1` at least.
    fn exp_m1(x: f64) -> Self;
    /// ln x, for x in [2^-1000, 2^1000] at least.
    fn ln(x: f64) -> Self;
    /// ln(1 + x), for x > -1 and `|x|` in [2^-1000, 2^1000] at least.
    fn ln_1p(x: f64) -> Self;
    /// ln(1 + self), for self in [0, 1].
    fn ln_1p_of(self) -> Self;
}

/// With u = 2^-53: each function's relative error is below 2^-94 on the stated domain. The
/// polynomials are Taylor sums whose first omitted term is below 2^-108 of the sum; their upper
/// halves in plain `f64` add at most 2^-104; every double-double operation adds at most 15u² <
/// 2^-102, of which no value passes through more than 40 without being scaled down by the reduced
/// argument's 2^-6; and cancellation, at worst to 1/355 of the operands, costs 8.5 bits.
impl Elementary for DoubleDouble {
    fn from_f64(x: f64) -> Self {
        Self::new((x, 0.0))
    }

    fn exp(x: f64) -> Self {
        let (steps, rest) = reduce(x);
        let power = Self::new(EXP2_32NDS[steps.rem_euclid(32) as usize]);
        let scale = power_of_two(steps.div_euclid(32));
        (power + power * exp_m1_small(rest)).scale(scale)
    }

    fn exp_m1(x: f64) -> Self {
        let (steps, rest) = reduce(x);
        if steps == 0 {
            return exp_m1_small(rest);
        }
        Self::exp(x).add_f64(-1.0)
    }

    fn ln(x: f64) -> Self {
        ln_of_sum(x, 0.0)
    }

    fn ln_1p(x: f64) -> Self {
        if x.abs() < 1.0 / 256.0 {
            return ln_1p_small(Self::from_f64(x));
        }
        let (hi, lo) = two_sum(1.0, x);
        ln_of_sum(hi, lo)
    }

    fn ln_1p_of(self) -> Self {
        let index = nearest_index(self.hi);
        let (inverse, log_hi, log_lo) = LOG_128THS[index];
        if index == 0 {
            return ln_1p_small(self);
        }
        // (1 + x) c - 1 as (c - 1) + x c, where c has 11 bits and c - 1 is exact.
        let rest = self.mul_f64(inverse).add_f64(inverse - 1.0);
        Self::new((log_hi, log_lo)) + ln_1p_small(rest)
    }
}

/// `x = steps ln 2 / 32 + rest` with `|rest| <= ln 2 / 64`, for `|x| < 2^15 ln 2 / 32`.
fn reduce(x: f64) -> (i32, DoubleDouble) {
    let steps = (x * (1.0 / LN2_OVER_32[0]) + ROUND) - ROUND;
    // The products are exact by the choice of the pieces, so the rest's absolute error is that of
    // the last, 2^-116.
    let rest = DoubleDouble::sum(x, -steps * LN2_OVER_32[0])
        .add_f64(-steps * LN2_OVER_32[1])
        .add_f64(-steps * LN2_OVER_32[2]);
    (steps as i32, rest)
}

/// e^r - 1 for `|r| < 0.011`: Taylor to r^13 / 13!; the terms from r^7 on (2^-52 of the sum) in
/// plain `f64`.
fn exp_m1_small(r: DoubleDouble) -> DoubleDouble {
    let plain = (7..=13)
        .rev()
        .fold(0.0, |sum, n| sum * r.hi + INVERSE_FACTORIALS[n].0);
    let sum = (1..=6)
        .rev()
        .fold(DoubleDouble::new((plain, 0.0)), |sum, n| {
            sum * r + DoubleDouble::new(INVERSE_FACTORIALS[n])
        });
    sum * r
}

/// ln(1 + r) for `|r| < 2^-6.9`: Taylor to r^15 / 15; the terms from r^8 on (2^-51 of the sum) in
/// plain `f64`.
fn ln_1p_small(r: DoubleDouble) -> DoubleDouble {
    let minus = -r;
    let plain = (8..=15)
        .rev()
        .fold(0.0, |sum, n| sum * minus.hi + INVERSES[n].0);
    let sum = (1..=7)
        .rev()
        .fold(DoubleDouble::new((plain, 0.0)), |sum, n| {
            sum * minus + DoubleDouble::new(INVERSES[n])
        });
    sum * r
}

/// ln(hi + lo) for hi in [2^-501, 2^501] and `|lo| <= ulp(hi) / 2`, where lo is 0 or the sum 2^-9
/// or more away from 1.
fn ln_of_sum(hi: f64, lo: f64) -> DoubleDouble {
    let exponent = ((hi.to_bits() >> 52) as i32) - 1023;
    let scale = power_of_two(-exponent);
    let (significand, low) = (hi * scale, lo * scale);
    let index = nearest_index(significand - 1.0);
    // Near 2 the table's entry is ln 2: taken as one more power of two, so that x just below 1 has
    // no cancelling terms.
    let (powers, inverse, log_hi, log_lo) = match LOG_128THS[index] {
        (inverse, _, _) if index == 128 => (exponent + 1, inverse, 0.0, 0.0),
        (inverse, log_hi, log_lo) => (exponent, inverse, log_hi, log_lo),
    };
    let (product, error) = two_product(significand, inverse);
    let rest = DoubleDouble::sum(product - 1.0, error).add_f64(low * inverse);
    let whole = DoubleDouble::new(LN2).mul_f64(f64::from(powers));
    whole + DoubleDouble::new((log_hi, log_lo)) + ln_1p_small(rest)
}

/// The entry of `LOG_128THS` for 1 + u, u in [0, 1].
fn nearest_index(u: f64) -> usize {
    (u * 128.0 + 0.5) as usize
}
