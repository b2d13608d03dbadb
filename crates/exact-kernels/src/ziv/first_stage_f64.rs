//! The first stage for f64: branch-free, table-driven arithmetic with about 68 bits, in loops that
//! vectorise.
//!
//! Values are sums `hi + lo`. Bounds are `EPSILON` times the sum of the absolute values of the
//! terms, or NaN where the inputs leave the range in which nothing over- or underflows; NaN sends a
//! lane to the later stages.
//!
//! With u = 2^-53 and all errors relative to the function itself:
//! - e^x: reduced argument |r| <= 0.35 as hi + lo with an absolute error of 2^-80 (its third piece,
//!   times a number of at most 2^10); r^6/6! + … + r^16/16! in plain arithmetic, with an error of
//!   2u 2^-9.3 r^6 = 2^-70.5; its product with r before r^5/5! is added, 2^-53 2^-10.9 r^5 = 2^-71.5;
//!   the terms below in double-double, each 3u²; omitted: r^17/17! < 2^-74. Relative to e^r > 0.7 in
//!   all below 2^-69.
//! - ln(1 + t): the table's logarithm has 2^-68; |c v - 1| = |r| <= 2^-7.6 as hi + lo, where lo may
//!   be u and is multiplied by the slope to r³: an absolute error of 2^-76; r²/2 exactly;
//!   r³/3 - … + r^9/9 in plain arithmetic: 4u r³/3, 2^-75.4; omitted: r^10/10, 2^-79. The result is
//!   above 2^-8, so below 2^-66.1 with the table's; where the table's entry is 0, r <= 2^-8 is t
//!   itself, and the errors 4u r²/3 and r^9/10 of it are below 2^-68. With e^-a's error (not
//!   amplified) in all below 2^-65.9.
//! - ln v: as ln(1 + t), with the table of 10-bit inverses: |r| <= 2^-8 / v + 2^-11 v <= 2^-7.8, with
//!   `c v` exact as hi + lo and the table's logarithm to 2^-106: 4u r³/3, 2^-76; omitted: r^10/10, 2^-81;
//!   relative to the result, above 2^-8.1, below 2^-67; where the table's entry is 0, below 2^-68 as above.
//! - the reciprocal in the sigmoids: its residual is exact to 2u²; 2^-100.
//! - the weights: 1 - z and q z exactly as hi + lo; products of two such lose the product of the
//!   low parts, u².
//!
//! So 2^-65 leaves a factor of 1.8 for the roundings of the bound and of the sums of low parts.

use crate::dispatch::tier::Arithmetic;
use crate::number::double_double::{fast_two_sum, two_sum};
use crate::number::format::power_of_two;
use crate::number::lane::ROUND;
use crate::number::polynomial::polynomial;
use crate::number::tables::{ACCURATE_LOG_128THS, INVERSE_FACTORIALS, LN2_OVER_32, LOG_128THS};
use crate::ziv::quantity::Needs;

/// See the module's derivation.
const EPSILON: f64 = power_of_two(-65);
/// Where exponentials stop: e^-600 is 2^-865.6, far from where low parts underflow.
const FAR: f64 = 600.0;
/// Up to here, what underflowed in `q z`, 2^-1074, times a logit is far below what counts, 2^-965.
const HUGE: f64 = power_of_two(60);

/// `hi + lo`, and a bound on its error; NaN where there is none.
#[derive(Clone, Copy, Debug)]
pub struct WideEstimate {
    hi: f64,
    lo: f64,
    bound: f64,
}

impl WideEstimate {
    /// Both ends of the interval that holds the exact value, each rounded; NaN without a bound.
    #[inline(always)]
    pub(crate) fn ends(self) -> (f64, f64) {
        (
            self.hi + (self.lo - self.bound),
            self.hi + (self.lo + self.bound),
        )
    }

    /// Value and bound, for the test of the bound.
    #[cfg(test)]
    pub(crate) fn parts(self) -> (f64, f64, f64) {
        (self.hi, self.lo, self.bound)
    }

    /// With the bound for terms of this total magnitude, beside an absolute error.
    ///
    /// Too small a total might hide an underflow (and an exact 0 needs its sign); too large a one
    /// is beside infinities.
    #[inline(always)]
    fn new(value: (f64, f64), total: f64, excess: f64) -> Self {
        let moderate = total > power_of_two(-900) && total < power_of_two(900);
        let bound = if moderate {
            EPSILON * total + excess
        } else {
            f64::NAN
        };
        Self {
            hi: value.0,
            lo: value.1,
            bound,
        }
    }
}

/// The functions of the logit that the losses' quantities share, for a tile, as high and low parts.
#[derive(Debug)]
pub struct Shared<const N: usize> {
    decayed: [[f64; N]; 2],
    log: [[f64; N]; 2],
    large: [[f64; N]; 2],
}

/// The same for one element; where |x| exceeds FAR, the first two are only upper bounds.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// t = e^-|x|
    decayed: (f64, f64),
    /// ln(1 + t)
    log: (f64, f64),
    /// 1 / (1 + t) = sigmoid(|x|)
    large: (f64, f64),
}

impl<const N: usize> Shared<N> {
    /// One short loop after the other: a processor overlaps more elements of those than of one
    /// long loop.
    #[inline(always)]
    pub(crate) fn new<A: Arithmetic>(needs: Needs, x: &[f64; N]) -> Self {
        let none = [[0.0; N]; 2];
        let (mut decayed, mut log, mut large) = (none, none, none);
        if needs.log || needs.sigmoid {
            for i in 0..N {
                (decayed[0][i], decayed[1][i]) = decay::<A>(x[i]);
            }
        }
        if needs.log {
            for i in 0..N {
                (log[0][i], log[1][i]) = log_one_plus_of::<A>((decayed[0][i], decayed[1][i]));
            }
        }
        if needs.sigmoid {
            for i in 0..N {
                (large[0][i], large[1][i]) =
                    inverse_of_one_plus::<A>((decayed[0][i], decayed[1][i]));
            }
        }
        Self {
            decayed,
            log,
            large,
        }
    }

    #[inline(always)]
    pub(crate) fn at(&self, i: usize) -> Parts {
        Parts {
            decayed: (self.decayed[0][i], self.decayed[1][i]),
            log: (self.log[0][i], self.log[1][i]),
            large: (self.large[0][i], self.large[1][i]),
        }
    }
}

impl Parts {
    /// softplus of |x| and -|x|, and the error of the latter.
    #[inline(always)]
    fn softplus(self, x: f64) -> Both {
        let (sum, error) = two_sum(x.abs(), self.log.0);
        Both {
            large: (sum, error + self.log.1),
            small: self.log,
            excess: excess(x),
        }
    }

    /// sigmoid of |x| and -|x|, and the error of the latter.
    #[inline(always)]
    fn sigmoid<A: Arithmetic>(self, x: f64) -> Both {
        Both {
            large: self.large,
            small: product::<A>(self.decayed, self.large),
            excess: excess(x),
        }
    }
}

/// A function of |x| and of -|x|, and how far the latter may be off beside the derived bound, as a
/// factor of it.
struct Both {
    large: (f64, f64),
    small: (f64, f64),
    excess: f64,
}

/// 0; or for |x| above FAR, where e^-|x| counts wholly as an error, 1; NaN for NaN and above HUGE.
#[inline(always)]
fn excess(x: f64) -> f64 {
    let excess = if x.abs() > FAR { 1.0 } else { 0.0 };
    if x.abs() <= HUGE { excess } else { f64::NAN }
}

/// e^-|x|, or for |x| above FAR an upper bound.
#[inline(always)]
fn decay<A: Arithmetic>(x: f64) -> (f64, f64) {
    let x = -x.abs();
    power::<A>(if x < -FAR { -FAR } else { x })
}

/// 1 / (1 + t) for t in [0, 1].
#[inline(always)]
fn inverse_of_one_plus<A: Arithmetic>(t: (f64, f64)) -> (f64, f64) {
    let (sum, error) = fast_two_sum(1.0, t.0);
    let inverse = 1.0 / sum;
    let (whole, part) = A::two_product(inverse, sum);
    let rest = ((1.0 - whole) - part) - inverse * (error + t.1);
    (inverse, inverse * rest)
}

#[inline(always)]
pub(crate) fn weighted_loss<A: Arithmetic>(x: f64, z: f64, q: f64, parts: Parts) -> WideEstimate {
    let Both {
        large,
        small,
        excess,
    } = parts.softplus(x);
    let (negative, positive) = weights::<A>(z, q);
    let (major, minor) = if x < 0.0 {
        (positive, negative)
    } else {
        (negative, positive)
    };
    let minor = product::<A>(minor, small);
    sum_of_two(product::<A>(major, large), minor, excess * minor.0.abs())
}

#[inline(always)]
pub(crate) fn weighted_grad_logits<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> WideEstimate {
    let Both {
        large,
        small,
        excess,
    } = parts.sigmoid::<A>(x);
    let (negative, positive) = weights::<A>(z, q);
    let positive = (-positive.0, -positive.1);
    let (major, minor) = if x < 0.0 {
        (positive, negative)
    } else {
        (negative, positive)
    };
    let minor = product::<A>(minor, small);
    sum_of_two(product::<A>(major, large), minor, excess * minor.0.abs())
}

#[inline(always)]
pub(crate) fn weighted_hess_logits<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> WideEstimate {
    let Both {
        large,
        small,
        excess,
    } = parts.sigmoid::<A>(x);
    let (negative, positive) = weights::<A>(z, q);
    let (sum, error) = two_sum(negative.0, positive.0);
    let bell = product::<A>(large, small);
    let value = product::<A>((sum, error + (negative.1 + positive.1)), bell);
    let total = (negative.0.abs() + positive.0.abs()) * bell.0;
    WideEstimate::new(value, total, excess * total)
}

#[inline(always)]
pub(crate) fn weighted_grad_labels<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> WideEstimate {
    let Both {
        large,
        small,
        excess,
    } = parts.softplus(x);
    let (rising, falling) = if x < 0.0 {
        (small, large)
    } else {
        (large, small)
    };
    let excess = excess * small.0 * (1.0 + q.abs()) + nan_unless_finite(z);
    sum_of_two(
        product::<A>((q, 0.0), falling),
        (-rising.0, -rising.1),
        excess,
    )
}

#[inline(always)]
pub(crate) fn weighted_grad_pos_weight<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> WideEstimate {
    let Both {
        large,
        small,
        excess,
    } = parts.softplus(x);
    let value = product::<A>((z, 0.0), if x < 0.0 { large } else { small });
    let total = value.0.abs();
    WideEstimate::new(value, total, excess * total + nan_unless_finite(q))
}

#[inline(always)]
pub(crate) fn softplus<A: Arithmetic>(x: f64, _: f64, _: f64, parts: Parts) -> WideEstimate {
    let Both {
        large,
        small,
        excess,
    } = parts.softplus(x);
    let value = if x < 0.0 { small } else { large };
    WideEstimate::new(value, value.0, excess * value.0)
}

#[inline(always)]
pub(crate) fn log_sigmoid<A: Arithmetic>(x: f64, _: f64, _: f64, parts: Parts) -> WideEstimate {
    let WideEstimate { hi, lo, bound } = softplus::<A>(-x, 0.0, 0.0, parts);
    WideEstimate {
        hi: -hi,
        lo: -lo,
        bound,
    }
}

#[inline(always)]
pub(crate) fn sigmoid<A: Arithmetic>(x: f64, _: f64, _: f64, parts: Parts) -> WideEstimate {
    let Both {
        large,
        small,
        excess,
    } = parts.sigmoid::<A>(x);
    let value = if x < 0.0 { small } else { large };
    WideEstimate::new(value, value.0, excess * value.0)
}

#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: f64, _: f64, _: f64, _: Parts) -> WideEstimate {
    let near = x.abs() <= FAR;
    let value = power::<A>(if near { x } else { 0.0 });
    WideEstimate::new(value, value.0, if near { 0.0 } else { f64::NAN })
}

#[inline(always)]
pub(crate) fn log<A: Arithmetic>(x: f64, _: f64, _: f64, _: Parts) -> WideEstimate {
    let moderate = x > power_of_two(-1000) && x < power_of_two(1000) && x != 1.0;
    logarithm::<A>(
        if moderate { x } else { 2.0 },
        0.0,
        f64::NAN,
        if moderate { 0.0 } else { f64::NAN },
    )
}

#[inline(always)]
pub(crate) fn log_one_plus<A: Arithmetic>(x: f64, _: f64, _: f64, _: Parts) -> WideEstimate {
    let moderate = x > -1.0 && x < power_of_two(1000) && x.abs() > power_of_two(-800);
    let argument = if moderate { x } else { 1.0 };
    let (sum, error) = two_sum(1.0, argument);
    logarithm::<A>(sum, error, argument, if moderate { 0.0 } else { f64::NAN })
}

/// ±0, or NaN for an infinity or NaN.
#[inline(always)]
fn nan_unless_finite(x: f64) -> f64 {
    0.0 * x
}

/// `1 - z` and `q z`.
#[inline(always)]
fn weights<A: Arithmetic>(z: f64, q: f64) -> ((f64, f64), (f64, f64)) {
    (two_sum(1.0, -z), A::two_product(q, z))
}

/// The product of two sums, but for that of their low parts.
#[inline(always)]
fn product<A: Arithmetic>(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let (product, error) = A::two_product(a.0, b.0);
    (product, error + A::mul_add(a.0, b.1, a.1 * b.0))
}

/// The sum of two terms, with an absolute error of `excess` beside theirs.
#[inline(always)]
fn sum_of_two(major: (f64, f64), minor: (f64, f64), excess: f64) -> WideEstimate {
    let (sum, error) = two_sum(major.0, minor.0);
    let total = major.0.abs() + minor.0.abs();
    WideEstimate::new((sum, error + (major.1 + minor.1)), total, excess)
}

/// e^x for |x| <= FAR.
#[inline(always)]
fn power<A: Arithmetic>(x: f64) -> (f64, f64) {
    // e^x = 2^powers e^r; the powers stand in the low bits of `shifted`.
    let shifted = A::mul_add(x, core::f64::consts::LOG2_E, ROUND);
    let powers = shifted - ROUND;
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);

    let first = A::mul_add(powers, -32.0 * LN2_OVER_32[0], x);
    let second = powers * (32.0 * LN2_OVER_32[1]);
    let r = first - second;
    let r_lo = A::mul_add(powers, -32.0 * LN2_OVER_32[2], (first - r) - second);

    let series = r * polynomial::<A, f64, 11>(&EXP_SERIES, r);
    let (hi, lo) = fast_two_sum(INVERSE_FACTORIALS[5].0, series);
    let (mut hi, mut lo) = (hi, lo + INVERSE_FACTORIALS[5].1);
    for n in [4, 3, 2, 1, 0] {
        let (coefficient, coefficient_lo) = INVERSE_FACTORIALS[n];
        let (product, error) = A::two_product(hi, r);
        let low = A::mul_add(lo, r, error) + coefficient_lo;
        (hi, lo) = fast_two_sum(coefficient, product);
        lo += low;
    }
    (hi * scale, A::mul_add(hi, r_lo, lo) * scale)
}

/// ln(1 + t) for t in [0, 1].
#[inline(always)]
fn log_one_plus_of<A: Arithmetic>(t: (f64, f64)) -> (f64, f64) {
    let index = ((A::mul_add(t.0, 128.0, ROUND).to_bits() & 255) as usize).min(128);
    let (inverse, log) = ACCURATE_LOG_128THS[index];
    let (sum, error) = fast_two_sum(1.0, t.0);
    let (whole, part) = A::two_product(sum, inverse);
    let (r, r_lo) = (whole - 1.0, A::mul_add(error + t.1, inverse, part));
    // Where c is 1, r is t itself: so small t keep all of their digits.
    let r = if index == 0 { t } else { (r, r_lo) };
    let (hi, lo) = log_one_plus_small::<A>(r);
    let (sum, error) = fast_two_sum(log, hi);
    (sum, error + lo)
}

/// ln(v + error) for v in 2^±1000 and |error| at most half a unit of v; `excess_of_one` is what v +
/// error has over 1, where that is known exactly.
#[inline(always)]
fn logarithm<A: Arithmetic>(
    v: f64,
    error: f64,
    excess_of_one: f64,
    undefined: f64,
) -> WideEstimate {
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
    let (hi, lo) = log_one_plus_small::<A>(r);

    // `powers` times the first two pieces of ln 2 is exact.
    let (sum, sum_lo) = two_sum(powers * (32.0 * LN2_OVER_32[0]), log_hi);
    let (total, total_lo) = two_sum(sum, hi);
    let second = powers * (32.0 * LN2_OVER_32[1]);
    let third = A::mul_add(powers, 32.0 * LN2_OVER_32[2], log_lo);
    let value = (total, second + (total_lo + (sum_lo + (lo + third))));
    WideEstimate::new(value, total.abs(), undefined)
}

/// ln(1 + r) for |r| <= 2^-7.
#[inline(always)]
fn log_one_plus_small<A: Arithmetic>((r, r_lo): (f64, f64)) -> (f64, f64) {
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
    use crate::dispatch::tier::Baseline;
    use crate::number::double_double::DoubleDouble;
    use crate::ziv::elementary;

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
            .filter(|&x| x < FAR)
            .flat_map(|x| [x, -x])
            .map(|x| error(power::<Baseline>(x), elementary::exp(x)))
            .fold(0.0, f64::max);
        assert!(worst < power_of_two(-69), "2^{}", worst.log2());
    }

    #[test]
    fn log_one_plus_keeps_the_derived_bound() {
        let worst = arguments()
            .filter(|&t| t <= 1.0)
            .map(|t| {
                error(
                    log_one_plus_of::<Baseline>((t, 0.0)),
                    elementary::log_one_plus(t),
                )
            })
            .fold(0.0, f64::max);
        assert!(worst < power_of_two(-66), "2^{}", worst.log2());
    }
}
