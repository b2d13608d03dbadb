//! The first stage for f16, bf16 and f32: branch-free `f64` arithmetic with a proved bound, in
//! loops that vectorise.
//!
//! Each quantity gives a value y and a bound e on its error. Where `y - e` and `y + e` round to the
//! same bits, those are the correctly rounded ones; the other lanes, and those whose bound is not
//! finite, go on to `settle`.
//!
//! The bound is `EPSILON` times the sum of the absolute values of the terms. With all errors
//! relative and u = 2^-53:
//! - e^-a: the polynomial's 2^-40.2; the argument's reduction by at most 577 times ln 2, whose own
//!   error is 2^-55.3 and whose product is rounded (to 2^-44.5 at most): 2^-44 absolute; its
//!   rounding, below 4u. In all less than 2^-40.
//! - ln(1 + t): the polynomial's 2^-40.9; its rounding, below 32u (alternating terms, all partial
//!   sums below 1); e^-a's error, not amplified, because t / ((1 + t) ln(1 + t)) <= 1. In all less
//!   than 2^-39.3.
//! - sigmoids: e^-a's error and four roundings.
//! - 1 - z has u; q z is exact, because narrow significands have at most 24 bits; max(-x, 0) too;
//!   the sums and products add 4u.
//!
//! So 2^-39 leaves room for the rounding of the bound itself and of `y ± e`, 4u.
//!
//! The ends go to f16 and bf16 by way of `f32`, whose loops are half as long as those of `f64`.
//! Rounding is monotonic: both ends may be rounded to `f32` first if they lie further outwards by
//! what that rounding may move them inwards (`Format::DETOUR`, `Format::widened`).

use crate::double_double::two_sum;
use crate::polynomial::polynomial;
use crate::quantity::Needs;
use crate::real::power_of_two;
use crate::real::sealed::Format;
use crate::tables::{ARTANH_POLYNOMIAL, EXP_POLYNOMIAL, LN2, LOG1P_POLYNOMIAL};
use crate::tier::Arithmetic;

/// See the module's derivation.
const EPSILON: f64 = power_of_two(-39);

/// Where exponentials stop: e^-400 (2^-577) times any product of two narrow numbers rounds to 0,
/// its inverse to infinity, and it is still a normal `f64`, so that a result that underflows keeps
/// its sign.
const FAR: f64 = 400.0;

/// A value, and the size of its terms: `EPSILON` times that bounds its error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    value: f64,
    size: f64,
}

impl Estimate {
    /// Both ends of an interval that holds the exact value, by way of `f32`; and whether there is
    /// no bound.
    #[inline(always)]
    pub(crate) fn ends<T: Format>(self) -> ([f32; 2], bool) {
        let bound = T::widened(self.size * (EPSILON + T::DETOUR));
        let (below, above) = (self.value - bound, self.value + bound);
        ([below as f32, above as f32], below.is_nan())
    }

    /// Value and bound, for the test of the bound.
    #[cfg(test)]
    pub(crate) fn parts(self) -> (f64, f64) {
        (self.value, EPSILON * self.size)
    }

    #[inline(always)]
    fn relative(value: f64) -> Self {
        Self {
            value,
            size: value.abs(),
        }
    }

    /// Without a bound if `input` is infinite or NaN.
    #[inline(always)]
    fn only_if_finite<A: Arithmetic>(self, input: f64) -> Self {
        Self {
            value: self.value,
            size: A::mul_add(0.0, input, self.size),
        }
    }
}

/// The functions of the logit that the losses' quantities share, for a tile.
pub(crate) struct Shared<const N: usize> {
    decayed: [f64; N],
    log: [f64; N],
    large: [f64; N],
}

/// The same for one element.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    /// t = e^-|x|
    decayed: f64,
    /// ln(1 + t) / t
    log: f64,
    /// 1 / (1 + t) = sigmoid(|x|)
    large: f64,
}

impl<const N: usize> Shared<N> {
    /// One short loop after the other: a processor overlaps more elements of those than of one
    /// long loop.
    #[inline(always)]
    pub(crate) fn new<A: Arithmetic>(needs: Needs, x: &[f64; N]) -> Self {
        let mut shared = Self {
            decayed: [0.0; N],
            log: [0.0; N],
            large: [0.0; N],
        };
        if needs.log || needs.sigmoid {
            for (decayed, x) in shared.decayed.iter_mut().zip(x) {
                *decayed = decay::<A>(*x);
            }
        }
        if needs.log {
            for i in 0..N {
                shared.log[i] = polynomial::<A, 15>(&LOG1P_POLYNOMIAL, shared.decayed[i]);
            }
        }
        if needs.sigmoid {
            for i in 0..N {
                shared.large[i] = 1.0 / (1.0 + shared.decayed[i]);
            }
        }
        shared
    }

    #[inline(always)]
    pub(crate) fn at(&self, i: usize) -> Parts {
        Parts {
            decayed: self.decayed[i],
            log: self.log[i],
            large: self.large[i],
        }
    }
}

impl Parts {
    /// softplus(x) and softplus(-x)
    #[inline(always)]
    fn softplus<A: Arithmetic>(self, x: f64) -> (f64, f64) {
        let above = above_zero(x);
        (
            A::mul_add(self.decayed, self.log, above),
            A::mul_add(self.decayed, self.log, above - x),
        )
    }

    /// sigmoid(x) and sigmoid(-x)
    #[inline(always)]
    fn sigmoid(self, x: f64) -> (f64, f64) {
        let small = self.decayed * self.large;
        if x < 0.0 {
            (small, self.large)
        } else {
            (self.large, small)
        }
    }
}

#[inline(always)]
pub(crate) fn weighted_loss<A: Arithmetic>(x: f64, z: f64, q: f64, parts: Parts) -> Estimate {
    let (rising, falling) = parts.softplus::<A>(x);
    let (negative, positive) = ((1.0 - z) * rising, q * z * falling);
    Estimate {
        value: negative + positive,
        size: negative.abs() + positive.abs(),
    }
}

#[inline(always)]
pub(crate) fn weighted_grad_logits<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> Estimate {
    let (rising, falling) = parts.sigmoid(x);
    let (negative, positive) = ((1.0 - z) * rising, q * z * falling);
    let estimate = Estimate {
        value: negative - positive,
        size: negative.abs() + positive.abs(),
    };
    estimate.only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn weighted_hess_logits<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> Estimate {
    let (rising, falling) = parts.sigmoid(x);
    let (negative, positive) = (1.0 - z, q * z);
    let bell = rising * falling;
    let estimate = Estimate {
        value: (negative + positive) * bell,
        size: (negative.abs() + positive.abs()) * bell,
    };
    estimate.only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn weighted_grad_labels<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> Estimate {
    let (rising, falling) = parts.softplus::<A>(x);
    let positive = q * falling;
    let estimate = Estimate {
        value: positive - rising,
        size: positive.abs() + rising,
    };
    estimate.only_if_finite::<A>(z)
}

#[inline(always)]
pub(crate) fn weighted_grad_pos_weight<A: Arithmetic>(
    x: f64,
    z: f64,
    q: f64,
    parts: Parts,
) -> Estimate {
    let (_, falling) = parts.softplus::<A>(x);
    Estimate::relative(z * falling)
        .only_if_finite::<A>(q)
        .only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn softplus<A: Arithmetic>(x: f64, _: f64, _: f64, parts: Parts) -> Estimate {
    Estimate::relative(parts.softplus::<A>(x).0)
}

#[inline(always)]
pub(crate) fn log_sigmoid<A: Arithmetic>(x: f64, _: f64, _: f64, parts: Parts) -> Estimate {
    Estimate::relative(-parts.softplus::<A>(x).1).only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn sigmoid<A: Arithmetic>(x: f64, _: f64, _: f64, parts: Parts) -> Estimate {
    Estimate::relative(parts.sigmoid(x).0).only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: f64, _: f64, _: f64, _: Parts) -> Estimate {
    let x = if x > FAR { FAR } else { x };
    let x = if x < -FAR { -FAR } else { x };
    Estimate::relative(power::<A>(x)).only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn log<A: Arithmetic>(x: f64, _: f64, _: f64, _: Parts) -> Estimate {
    let defined = if x > 0.0 { 0.0 } else { f64::NAN };
    logarithm::<A>(x, 0.0, defined)
}

#[inline(always)]
pub(crate) fn log_one_plus<A: Arithmetic>(x: f64, _: f64, _: f64, _: Parts) -> Estimate {
    let (sum, error) = two_sum(1.0, x);
    let defined = if x > -1.0 && x != 0.0 { 0.0 } else { f64::NAN };
    logarithm::<A>(sum, error, defined)
}

/// `max(x, 0)`; NaN stays NaN.
#[inline(always)]
fn above_zero(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// e^-|x|, not below e^-FAR; anything for NaN.
#[inline(always)]
fn decay<A: Arithmetic>(x: f64) -> f64 {
    let x = -x.abs();
    power::<A>(if x < -FAR { -FAR } else { x })
}

/// e^x for |x| <= FAR; anything for NaN, whose bits the exponent's may change.
#[inline(always)]
fn power<A: Arithmetic>(x: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer, in the low bits
    let shifted = A::mul_add(x, core::f64::consts::LOG2_E, ROUND);
    let powers = shifted - ROUND;
    let rest = A::mul_add(powers, -LN2.0, x);
    let power = polynomial::<A, 9>(&EXP_POLYNOMIAL, rest);
    f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// ln(v + error) for positive normal v, where |error| is at most half a unit of v.
///
/// The significand less 1 is exact, `error` scaled too, so s keeps full relative precision where
/// the logarithm nears 0; elsewhere `powers ln 2` is at least twice as large as the other term.
/// Bound: the polynomial's 2^-45 and few u.
#[inline(always)]
fn logarithm<A: Arithmetic>(v: f64, error: f64, defined: f64) -> Estimate {
    // The bits of 1/sqrt 2, so that the significand comes to lie between that and sqrt 2.
    const LOWEST: u64 = 0x3fe6_a09e_667f_3bcd;
    let steps = v.to_bits().wrapping_sub(LOWEST) & 0xfff0_0000_0000_0000;
    let significand = f64::from_bits(v.to_bits().wrapping_sub(steps));
    let inverse_power = f64::from_bits(0x3ff0_0000_0000_0000_u64.wrapping_sub(steps));
    let powers = ((steps as i64) >> 52) as f64;
    let excess = (significand - 1.0) + error * inverse_power;
    let quotient = excess / (2.0 + excess);
    let log = quotient * polynomial::<A, 6>(&ARTANH_POLYNOMIAL, quotient * quotient);
    let whole = powers * LN2.0;
    Estimate::relative(whole + log)
        .only_if_finite::<A>(v)
        .only_if_finite::<A>(defined)
}
