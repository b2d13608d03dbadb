//! Pairs: numbers of the first stage for f64 as unevaluated sums `(hi, lo)`, and their elementary
//! functions, table-driven and branch-free, in loops that vectorise.
//!
//! Unlike [`DoubleDouble`](crate::number::double_double::DoubleDouble), they are not normalised
//! after each step, and good for about 68 bits instead of 106. With u = 2^-53; all errors are
//! relative to the result unless they are called absolute.

use crate::number::arithmetic::Arithmetic;
use crate::number::error_free::{fast_two_sum, two_sum};
use crate::number::lane::ROUND;
use crate::number::polynomial::polynomial;
use crate::number::tables::{ACCURATE_LOG_128THS, INVERSE_FACTORIALS, LN2_OVER_32, LOG_128THS};

/// `hi + lo`.
pub(crate) type Pair = (f64, f64);

/// Where exponentials stop: e^-600 is 2^-865.6, far from where low parts underflow.
pub(crate) const FAR: f64 = 600.0;

/// The product of two sums, but for that of their low parts, u².
#[inline(always)]
pub(crate) fn product<A: Arithmetic>(a: Pair, b: Pair) -> Pair {
    let (product, error) = A::two_product(a.0, b.0);
    (product, error + A::mul_add(a.0, b.1, a.1 * b.0))
}

/// e^x for |x| <= FAR, to 2^-69.
///
/// `e^r` is `1 + r q` with q of [`exp_m1_over`], whose errors count r times.
#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: f64) -> Pair {
    let Reduced { scale, r, r_lo } = reduce::<A>(x);
    let q = exp_m1_over::<A>(r);
    let (product, error) = A::two_product(q.0, r);
    let (hi, lo) = fast_two_sum(1.0, product);
    let lo = lo + A::mul_add(q.1, r, error);
    (hi * scale, A::mul_add(hi, r_lo, lo) * scale)
}

/// `e^x - 1` for |x| <= FAR, to 2^-67.
///
/// `scale (e^r - 1) + (scale - 1)`: the error of `r q` and one product, 2^-67.9, counts at most
/// sqrt 2 times, and that of the reduced argument, 2^-80, e^x / |e^x - 1| or at most 3.5 times;
/// where the scale is 1, r is x itself and nothing else is added.
#[inline(always)]
pub(crate) fn exp_m1<A: Arithmetic>(x: f64) -> Pair {
    let Reduced { scale, r, r_lo } = reduce::<A>(x);
    let q = exp_m1_over::<A>(r);
    let (hi, error) = A::two_product(q.0, r);
    let lo = A::mul_add(q.1, r, error) + A::mul_add(hi, r_lo, r_lo);
    let (whole, whole_lo) = two_sum(scale, -1.0);
    let (sum, sum_lo) = two_sum(whole, hi * scale);
    (sum, A::mul_add(lo, scale, whole_lo + sum_lo))
}

/// `e^x = scale e^(r + r_lo)`, |r| <= 0.35.
struct Reduced {
    scale: f64,
    r: f64,
    r_lo: f64,
}

/// The absolute error of `r + r_lo` is 2^-80: that of the third piece of ln 2, times a number of at
/// most 2^10; 0 where the scale is 1.
#[inline(always)]
fn reduce<A: Arithmetic>(x: f64) -> Reduced {
    // The powers of 2 are in the low bits of `shifted`.
    let shifted = A::mul_add(x, core::f64::consts::LOG2_E, ROUND);
    let powers = shifted - ROUND;
    let first = A::mul_add(powers, -32.0 * LN2_OVER_32[0], x);
    let second = powers * (32.0 * LN2_OVER_32[1]);
    let r = first - second;
    Reduced {
        scale: f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52),
        r,
        r_lo: A::mul_add(powers, -32.0 * LN2_OVER_32[2], (first - r) - second),
    }
}

/// `(e^r - 1) / r` for |r| <= 0.35, to 2^-67.9.
///
/// `r^5/6! + … + r^15/16!` in plain arithmetic, with an error of 2u 2^-9.3 r^5 = 2^-68.9; its sum
/// with r^4/5!, 2^-53 2^-10.9 r^4 = 2^-70; the terms below with their rounding errors, each 3u²;
/// omitted: r^16/17! < 2^-72. The result is above 0.84.
#[inline(always)]
fn exp_m1_over<A: Arithmetic>(r: f64) -> Pair {
    let series = r * polynomial::<A, f64, 11>(&EXP_SERIES, r);
    let (hi, lo) = fast_two_sum(INVERSE_FACTORIALS[5].0, series);
    let (mut hi, mut lo) = (hi, lo + INVERSE_FACTORIALS[5].1);
    for n in [4, 3, 2, 1] {
        let (coefficient, coefficient_lo) = INVERSE_FACTORIALS[n];
        let (product, error) = A::two_product(hi, r);
        let low = A::mul_add(lo, r, error) + coefficient_lo;
        (hi, lo) = fast_two_sum(coefficient, product);
        lo += low;
    }
    (hi, lo)
}

/// 1 / (1 + t) for t in [0, 1], to 2^-100: its residual is exact to 2u².
#[inline(always)]
pub(crate) fn reciprocal_of_1p<A: Arithmetic>(t: Pair) -> Pair {
    let (sum, error) = fast_two_sum(1.0, t.0);
    let inverse = 1.0 / sum;
    let (whole, part) = A::two_product(inverse, sum);
    let rest = ((1.0 - whole) - part) - inverse * (error + t.1);
    (inverse, inverse * rest)
}

/// ln(1 + t) for t in [0, 1], to 2^-66.1.
///
/// The table's logarithm has 2^-68; |c v - 1| = |r| <= 2^-7.6 as hi + lo, where lo may be u and is
/// multiplied by the slope to r³: an absolute error of 2^-76; see [`ln_1p_small`] for the rest. The
/// result is above 2^-8; where the table's entry is 0, r <= 2^-8 is t itself, and the errors 4u
/// r²/3 and r^9/10 of it are below 2^-68.
#[inline(always)]
pub(crate) fn ln_1p<A: Arithmetic>(t: Pair) -> Pair {
    let index = ((A::mul_add(t.0, 128.0, ROUND).to_bits() & 255) as usize).min(128);
    let (inverse, log) = ACCURATE_LOG_128THS[index];
    let (sum, error) = fast_two_sum(1.0, t.0);
    let (whole, part) = A::two_product(sum, inverse);
    let (r, r_lo) = (whole - 1.0, A::mul_add(error + t.1, inverse, part));
    // Where c is 1, r is t itself: so small t keep all of their digits.
    let r = if index == 0 { t } else { (r, r_lo) };
    let (hi, lo) = ln_1p_small::<A>(r);
    let (sum, error) = fast_two_sum(log, hi);
    (sum, error + lo)
}

/// ln(v + error) for v in 2^±1000 and |error| at most half a unit of v, to 2^-67; `excess_of_one`
/// is what `v + error` has over 1, where that is known exactly, and NaN elsewhere.
///
/// As [`ln_1p`], with the table of 10-bit inverses: |r| <= 2^-8 / v + 2^-11 v <= 2^-7.8, with `c v`
/// exact as hi + lo and the table's logarithm to 2^-106: 4u r³/3, 2^-76; omitted: r^10/10, 2^-81;
/// relative to the result, above 2^-8.1, below 2^-67; where the table's entry is 0, below 2^-68.
#[inline(always)]
pub(crate) fn ln_of_sum<A: Arithmetic>(v: f64, error: f64, excess_of_one: f64) -> Pair {
    let bits = v.to_bits();
    let exponent = ((bits >> 52) as i64 - 1023) as f64;
    let significand = f64::from_bits((bits & ((1 << 52) - 1)) | 1.0_f64.to_bits());
    let inverse_power = f64::from_bits((2046 - (bits >> 52)) << 52);
    let index = ((A::mul_add(significand - 1.0, 128.0, ROUND).to_bits() & 255) as usize).min(128);
    let (inverse, log_hi, log_lo) = LOG_128THS[index];
    // Near 2 the table's entry is ln 2: taken as one more power of two, so that v just below 1 has
    // no cancelling terms.
    let last = index == 128;
    let (log_hi, log_lo) = if last { (0.0, 0.0) } else { (log_hi, log_lo) };
    let powers = exponent + if last { 1.0 } else { 0.0 };

    let (whole, part) = A::two_product(significand, inverse);
    let r = (
        whole - 1.0,
        A::mul_add(error * inverse_power, inverse, part),
    );
    let near_one = powers == 0.0 && log_hi == 0.0 && !excess_of_one.is_nan();
    let r = if near_one { (excess_of_one, 0.0) } else { r };
    let (hi, lo) = ln_1p_small::<A>(r);

    // `powers` times the first two pieces of ln 2 is exact.
    let (sum, sum_lo) = two_sum(powers * (32.0 * LN2_OVER_32[0]), log_hi);
    let (total, total_lo) = two_sum(sum, hi);
    let second = powers * (32.0 * LN2_OVER_32[1]);
    let third = A::mul_add(powers, 32.0 * LN2_OVER_32[2], log_lo);
    (total, second + (total_lo + (sum_lo + (lo + third))))
}

/// ln(1 + r) for |r| <= 2^-7: r²/2 exactly; r³/3 - … + r^9/9 in plain arithmetic, 4u r³/3 or
/// 2^-75.4; omitted: r^10/10, 2^-79.
#[inline(always)]
fn ln_1p_small<A: Arithmetic>((r, r_lo): Pair) -> Pair {
    let (square, square_lo) = A::two_product(0.5 * r, r);
    let (hi, hi_lo) = fast_two_sum(r, -square);
    let series = polynomial::<A, f64, 7>(&LOG_SERIES, r);
    // The slope at r is 1 - r + r² - …: r_lo is a rounding error of 1, not of r.
    let low = A::mul_add(A::mul_add(r, r, -r), r_lo, r_lo);
    let rest = A::mul_add(2.0 * square * r, series, low - square_lo);
    (hi, hi_lo + rest)
}

/// 1/6!, 1/7!, … 1/16!
const EXP_SERIES: [f64; 11] = [
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
    1.0 / 87_178_291_200.0,
    1.0 / 1_307_674_368_000.0,
    1.0 / 20_922_789_888_000.0,
];
/// 1/3, -1/4, … 1/9
const LOG_SERIES: [f64; 7] = [
    1.0 / 3.0,
    -0.25,
    0.2,
    -1.0 / 6.0,
    1.0 / 7.0,
    -0.125,
    1.0 / 9.0,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::arithmetic::Baseline;
    use crate::number::double_double::DoubleDouble;
    use crate::number::elementary::Elementary;
    use crate::number::format::power_of_two;

    /// The relative difference of a first-stage value from a double-double of 2^-94.
    fn error((hi, lo): (f64, f64), exact: DoubleDouble) -> f64 {
        (((hi - exact.hi) + (lo - exact.lo)) / exact.hi).abs()
    }

    /// Exponents spread over the whole range, and no pattern in the digits.
    fn arguments() -> impl Iterator<Item = f64> {
        (0..200_000_u64).map(|i| {
            let digits =
                (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12) as f64 / 4_503_599_627_370_496.0;
            (0.5 + digits) * power_of_two((i % 40) as i32 - 30)
        })
    }

    #[test]
    fn exp_keeps_the_derived_bound() {
        let worst = arguments()
            .filter(|&x| x <= FAR)
            .flat_map(|x| [x, -x])
            .map(|x| error(exp::<Baseline>(x), DoubleDouble::exp(x)))
            .fold(0.0, f64::max);
        assert!(worst < power_of_two(-69), "2^{}", worst.log2());
    }

    #[test]
    fn exp_m1_keeps_the_derived_bound() {
        let worst = arguments()
            .filter(|&x| x <= FAR)
            .flat_map(|x| [x, -x])
            .map(|x| error(exp_m1::<Baseline>(x), DoubleDouble::exp_m1(x)))
            .fold(0.0, f64::max);
        assert!(worst < power_of_two(-67), "2^{}", worst.log2());
    }

    #[test]
    fn ln_1p_keeps_the_derived_bound() {
        let worst = arguments()
            .filter(|&t| t <= 1.0)
            .map(|t| error(ln_1p::<Baseline>((t, 0.0)), DoubleDouble::ln_1p(t)))
            .fold(0.0, f64::max);
        assert!(worst < power_of_two(-66), "2^{}", worst.log2());
    }
}
