//! exp, expm1, log and log1p in double-double, scalar: the transcendental half of the second stage.
//!
//! With u = 2^-53: each function's relative error is below 2^-94 on the stated domain. The
//! polynomials are Taylor sums whose first omitted term is below 2^-108 of the sum; their upper
//! halves in plain `f64` add at most 2^-104; every double-double operation adds at most 15u² <
//! 2^-102, of which no value passes through more than 40 without being scaled down by the reduced
//! argument's 2^-6; and cancellation, at worst to 1/355 of the operands, costs 8.5 bits.

use crate::number::double_double::{DoubleDouble, two_product, two_sum};
use crate::number::format::power_of_two;
use crate::number::lane::ROUND;
use crate::number::tables::{
    EXP2_32NDS, INVERSE_FACTORIALS, INVERSES, LN2, LN2_OVER_32, LOG_128THS,
};

/// e^x for `|x| <= 700`.
pub(crate) fn exp(x: f64) -> DoubleDouble {
    let (steps, rest) = reduce(x);
    let power = DoubleDouble::new(EXP2_32NDS[steps.rem_euclid(32) as usize]);
    let scale = power_of_two(steps.div_euclid(32));
    power
        .add(power.mul(exp_minus_one_of_small(rest)))
        .scale(scale)
}

/// e^x - 1 for `|x| <= 2`, relative to the result itself.
pub(crate) fn exp_minus_one(x: f64) -> DoubleDouble {
    let (steps, rest) = reduce(x);
    if steps == 0 {
        return exp_minus_one_of_small(rest);
    }
    exp(x).add_f64(-1.0)
}

/// ln x for x in [2^-1000, 2^1000].
pub(crate) fn log(x: f64) -> DoubleDouble {
    log_of_sum(x, 0.0)
}

/// ln(1 + x) for x > -1, `|x|` in [2^-1000, 2^1000].
pub(crate) fn log_one_plus(x: f64) -> DoubleDouble {
    if x.abs() < 1.0 / 256.0 {
        return log_one_plus_small(DoubleDouble::new((x, 0.0)));
    }
    let (hi, lo) = two_sum(1.0, x);
    log_of_sum(hi, lo)
}

/// ln(1 + x) for x in [0, 1].
pub(crate) fn log_one_plus_double(x: DoubleDouble) -> DoubleDouble {
    let index = nearest_index(x.hi);
    let (inverse, log_hi, log_lo) = LOG_128THS[index];
    if index == 0 {
        return log_one_plus_small(x);
    }
    // (1 + x) c - 1 as (c - 1) + x c, where c has 11 bits and c - 1 is exact.
    let rest = x.mul_f64(inverse).add_f64(inverse - 1.0);
    DoubleDouble::new((log_hi, log_lo)).add(log_one_plus_small(rest))
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
fn exp_minus_one_of_small(r: DoubleDouble) -> DoubleDouble {
    let plain = (7..=13)
        .rev()
        .fold(0.0, |sum, n| sum * r.hi + INVERSE_FACTORIALS[n].0);
    let sum = (1..=6)
        .rev()
        .fold(DoubleDouble::new((plain, 0.0)), |sum, n| {
            sum.mul(r).add(DoubleDouble::new(INVERSE_FACTORIALS[n]))
        });
    sum.mul(r)
}

/// ln(1 + r) for `|r| < 2^-6.9`: Taylor to r^15 / 15; the terms from r^8 on (2^-51 of the sum) in
/// plain `f64`.
fn log_one_plus_small(r: DoubleDouble) -> DoubleDouble {
    let minus = r.neg();
    let plain = (8..=15)
        .rev()
        .fold(0.0, |sum, n| sum * minus.hi + INVERSES[n].0);
    let sum = (1..=7)
        .rev()
        .fold(DoubleDouble::new((plain, 0.0)), |sum, n| {
            sum.mul(minus).add(DoubleDouble::new(INVERSES[n]))
        });
    sum.mul(r)
}

/// ln(hi + lo) for hi in [2^-501, 2^501] and `|lo| <= ulp(hi) / 2`, where lo is 0 or the sum 2^-9
/// or more away from 1.
fn log_of_sum(hi: f64, lo: f64) -> DoubleDouble {
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
    whole
        .add(DoubleDouble::new((log_hi, log_lo)))
        .add(log_one_plus_small(rest))
}

/// The entry of `LOG_128THS` for 1 + u, u in [0, 1].
fn nearest_index(u: f64) -> usize {
    (u * 128.0 + 0.5) as usize
}
