//! The first stage for f16, bf16 and f32: branch-free `f64` arithmetic with a proved bound, in
//! loops that vectorise.
//!
//! Each quantity gives a value y and a bound e on its error. Where `y - e` and `y + e` round to the
//! same bits, those are the correctly rounded ones; the other lanes, and those whose bound is not
//! finite, go on to `settle`.
//!
//! The bound is `EPSILON` times the sum of the absolute values of the terms. With all errors
//! relative and u = 2^-53:
//! - e^-a: the polynomial's 2^-40.2; the argument's reduction, 2^-54 absolute; its rounding, below
//!   4u. In all less than 2^-40.1.
//! - ln(1 + t): the polynomial's 2^-40.9; its rounding, below 32u (alternating terms, all partial
//!   sums below 1); e^-a's error, not amplified, because t / ((1 + t) ln(1 + t)) <= 1. In all less
//!   than 2^-39.4.
//! - sigmoids: e^-a's error and four roundings.
//! - 1 - z has u; q z is exact, because narrow significands have at most 24 bits; the sums and
//!   products add 4u.
//!
//! So 2^-39 leaves room for the rounding of the bound itself and of `y ± e`, 3u.

use crate::double_double::two_sum;
use crate::polynomial::polynomial;
use crate::real::power_of_two;
use crate::tables::{ARTANH_POLYNOMIAL, EXP_POLYNOMIAL, LN2, LN2_OVER_32, LOG1P_POLYNOMIAL};
use crate::tier::Arithmetic;

/// See the module's derivation.
const EPSILON: f64 = power_of_two(-39);

/// Where exponentials stop: e^-400 (2^-577) times any product of two narrow numbers rounds to 0,
/// its inverse to infinity, and it is still a normal `f64`, so that a result that underflows keeps
/// its sign.
const FAR: f64 = 400.0;

/// A value and a bound on its error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) bound: f64,
}

#[inline(always)]
pub(crate) fn weighted_loss<A: Arithmetic>(x: f64, z: f64, q: f64) -> Estimate {
    let rest = softplus_tail::<A>(x);
    let negative = (1.0 - z) * (above_zero(x) + rest);
    let positive = q * z * (above_zero(-x) + rest);
    Estimate {
        value: negative + positive,
        bound: EPSILON * (negative.abs() + positive.abs()),
    }
}

#[inline(always)]
pub(crate) fn weighted_grad_logits<A: Arithmetic>(x: f64, z: f64, q: f64) -> Estimate {
    let (rising, falling) = sigmoids::<A>(x);
    let (negative, positive) = ((1.0 - z) * rising, q * z * falling);
    let bound = EPSILON * (negative.abs() + positive.abs()) + nan_unless_finite(x);
    Estimate {
        value: negative - positive,
        bound,
    }
}

#[inline(always)]
pub(crate) fn weighted_hess_logits<A: Arithmetic>(x: f64, z: f64, q: f64) -> Estimate {
    let (rising, falling) = sigmoids::<A>(x);
    let (negative, positive) = (1.0 - z, q * z);
    let bell = rising * falling;
    let bound = EPSILON * (negative.abs() + positive.abs()) * bell + nan_unless_finite(x);
    Estimate {
        value: (negative + positive) * bell,
        bound,
    }
}

#[inline(always)]
pub(crate) fn weighted_grad_labels<A: Arithmetic>(x: f64, z: f64, q: f64) -> Estimate {
    let rest = softplus_tail::<A>(x);
    let (negative, positive) = (above_zero(x) + rest, q * (above_zero(-x) + rest));
    let bound = EPSILON * (negative + positive.abs()) + nan_unless_finite(z);
    Estimate {
        value: positive - negative,
        bound,
    }
}

#[inline(always)]
pub(crate) fn weighted_grad_pos_weight<A: Arithmetic>(x: f64, z: f64, q: f64) -> Estimate {
    let value = z * (above_zero(-x) + softplus_tail::<A>(x));
    let bound = EPSILON * value.abs() + (nan_unless_finite(q) + nan_unless_finite(x));
    Estimate { value, bound }
}

#[inline(always)]
pub(crate) fn softplus<A: Arithmetic>(x: f64, _: f64, _: f64) -> Estimate {
    relative(above_zero(x) + softplus_tail::<A>(x))
}

#[inline(always)]
pub(crate) fn log_sigmoid<A: Arithmetic>(x: f64, _: f64, _: f64) -> Estimate {
    let Estimate { value, bound } = relative(above_zero(-x) + softplus_tail::<A>(x));
    Estimate {
        value: -value,
        bound: bound + nan_unless_finite(x),
    }
}

#[inline(always)]
pub(crate) fn sigmoid<A: Arithmetic>(x: f64, _: f64, _: f64) -> Estimate {
    let Estimate { value, bound } = relative(sigmoids::<A>(x).0);
    Estimate {
        value,
        bound: bound + nan_unless_finite(x),
    }
}

#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(x: f64, _: f64, _: f64) -> Estimate {
    let x = if x > FAR { FAR } else { x };
    let x = if x < -FAR { -FAR } else { x };
    let Estimate { value, bound } = relative(power::<A>(x));
    Estimate {
        value,
        bound: bound + nan_unless_finite(x),
    }
}

#[inline(always)]
pub(crate) fn log<A: Arithmetic>(x: f64, _: f64, _: f64) -> Estimate {
    let defined = if x > 0.0 { 0.0 } else { f64::NAN };
    logarithm::<A>(x, 0.0, defined)
}

#[inline(always)]
pub(crate) fn log_one_plus<A: Arithmetic>(x: f64, _: f64, _: f64) -> Estimate {
    let (sum, error) = two_sum(1.0, x);
    let defined = if x > -1.0 && x != 0.0 { 0.0 } else { f64::NAN };
    logarithm::<A>(sum, error, defined)
}

#[inline(always)]
fn relative(value: f64) -> Estimate {
    Estimate {
        value,
        bound: EPSILON * value.abs(),
    }
}

/// ±0, or NaN for an infinity or NaN.
#[inline(always)]
fn nan_unless_finite(x: f64) -> f64 {
    0.0 * x
}

/// `max(x, 0)`; NaN stays NaN.
#[inline(always)]
fn above_zero(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

/// e^-a for a >= 0, not below e^-FAR; anything for NaN.
#[inline(always)]
fn decay<A: Arithmetic>(a: f64) -> f64 {
    power::<A>(-(if a > FAR { FAR } else { a }))
}

/// e^x for |x| <= FAR; anything for NaN, whose bits the exponent's may change.
#[inline(always)]
fn power<A: Arithmetic>(x: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it rounds to an integer, in the low bits
    let shifted = A::mul_add(x, core::f64::consts::LOG2_E, ROUND);
    let powers = shifted - ROUND;
    let rest = A::mul_add(powers, -32.0 * LN2_OVER_32[0], x);
    let rest = A::mul_add(powers, -32.0 * LN2_OVER_32[1], rest);
    let power = polynomial::<A, _>(&EXP_POLYNOMIAL, rest);
    f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// ln(1 + e^-|x|), by t = e^-|x| in [0, 1].
#[inline(always)]
fn softplus_tail<A: Arithmetic>(x: f64) -> f64 {
    let t = decay::<A>(x.abs());
    t * polynomial::<A, _>(&LOG1P_POLYNOMIAL, t)
}

/// sigmoid(x) and sigmoid(-x).
#[inline(always)]
fn sigmoids<A: Arithmetic>(x: f64) -> (f64, f64) {
    let decayed = decay::<A>(x.abs());
    let large = 1.0 / (1.0 + decayed);
    let small = decayed * large;
    if x < 0.0 {
        (small, large)
    } else {
        (large, small)
    }
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
    let log = quotient * polynomial::<A, _>(&ARTANH_POLYNOMIAL, quotient * quotient);
    let whole = powers * LN2.0;
    let value = whole + log;
    Estimate {
        value,
        bound: EPSILON * value.abs() + (nan_unless_finite(v) + defined),
    }
}
