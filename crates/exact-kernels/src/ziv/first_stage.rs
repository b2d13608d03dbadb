//! The first stage for f16, bf16 and f32: branch-free arithmetic of lanes with a proved bound, in
//! loops that vectorise. The formats of 16 bits begin in `f32` lanes, twice as many at a time; tiles
//! that those leave open go on in `f64` lanes, where f32 begins.
//!
//! Each quantity gives a value y and a bound e on its error. Where `y - e` and `y + e` round to the
//! same bits, those are the correctly rounded ones; the other lanes, and those whose bound is not
//! finite, go on to `settle`.
//!
//! The bound is `EPSILON` of the lane times the sum of the absolute values of the terms. With the
//! lane's errors of e^-a and of ln(1 + t) / t:
//! - softplus: that of e^-a is not amplified, because t / ((1 + t) ln(1 + t)) <= 1; a product and a
//!   sum add 2u.
//! - sigmoids: e^-a's error and four roundings.
//! - 1 - z has u; q z is exact, because it has at most twice the significant bits of the format;
//!   max(-x, 0) too; the sums and products add 4u.
//!
//! In `f64` that is less than 2^-39.3 and few u, below 2^-39. In `f32` the loss has 4.7u of e^-a, 4.9u
//! of the logarithm, 2u of softplus, 3u of weight, product and sum, and u of the rounding of `y ± e`:
//! 15.6u, below 2^-20. The product of both sigmoids has e^-a's error once, since it is t / (1 + t)²,
//! and nine roundings: less.

use crate::dispatch::tier::Arithmetic;
use crate::number::double_double::two_sum;
use crate::number::lane::Lane;
use crate::ziv::quantity::Needs;

/// A value, and the size of its terms: `EPSILON` times that bounds its error.
#[derive(Clone, Copy, Debug)]
pub struct Estimate<L> {
    pub(crate) value: L,
    pub(crate) size: L,
}

impl<L: Lane> Estimate<L> {
    /// Value and bound, for the test of the bound.
    #[cfg(test)]
    pub(crate) fn parts(self) -> (L, L) {
        (self.value, L::EPSILON * self.size)
    }

    #[inline(always)]
    fn relative(value: L) -> Self {
        Self {
            value,
            size: value.abs(),
        }
    }

    /// Without a bound if `input` is infinite or NaN.
    #[inline(always)]
    fn only_if_finite<A: Arithmetic>(self, input: L) -> Self {
        Self {
            value: self.value,
            size: L::mul_add::<A>(L::default(), input, self.size),
        }
    }
}

/// The functions of the logit that the losses' quantities share, for a tile.
#[derive(Debug)]
pub struct Shared<L, const N: usize> {
    decayed: [L; N],
    log: [L; N],
    large: [L; N],
}

/// The same for one element.
#[derive(Clone, Copy, Debug)]
pub struct Parts<L> {
    /// t = e^-|x|
    decayed: L,
    /// ln(1 + t) / t
    log: L,
    /// 1 / (1 + t) = sigmoid(|x|)
    large: L,
}

impl<L: Lane, const N: usize> Shared<L, N> {
    /// One short loop after the other: a processor overlaps more elements of those than of one
    /// long loop.
    #[inline(always)]
    pub(crate) fn new<A: Arithmetic>(needs: Needs, x: &[L; N]) -> Self {
        let mut shared = Self {
            decayed: [L::default(); N],
            log: [L::default(); N],
            large: [L::default(); N],
        };
        if needs.log || needs.sigmoid {
            for (decayed, x) in shared.decayed.iter_mut().zip(x) {
                *decayed = decay::<A, L>(*x);
            }
        }
        if needs.log {
            for i in 0..N {
                shared.log[i] = L::log_over::<A>(shared.decayed[i]);
            }
        }
        if needs.sigmoid {
            for i in 0..N {
                shared.large[i] = L::ONE / (L::ONE + shared.decayed[i]);
            }
        }
        shared
    }

    #[inline(always)]
    pub(crate) fn at(&self, i: usize) -> Parts<L> {
        Parts {
            decayed: self.decayed[i],
            log: self.log[i],
            large: self.large[i],
        }
    }
}

impl<L: Lane> Parts<L> {
    /// softplus(x) and softplus(-x)
    #[inline(always)]
    fn softplus<A: Arithmetic>(self, x: L) -> (L, L) {
        let above = above_zero(x);
        (
            L::mul_add::<A>(self.decayed, self.log, above),
            L::mul_add::<A>(self.decayed, self.log, above - x),
        )
    }

    /// sigmoid(x) and sigmoid(-x)
    #[inline(always)]
    fn sigmoid(self, x: L) -> (L, L) {
        let small = self.decayed * self.large;
        if x < L::default() {
            (small, self.large)
        } else {
            (self.large, small)
        }
    }
}

#[inline(always)]
pub(crate) fn weighted_loss<A: Arithmetic, L: Lane>(
    x: L,
    z: L,
    q: L,
    parts: Parts<L>,
) -> Estimate<L> {
    let (rising, falling) = parts.softplus::<A>(x);
    let (negative, positive) = ((L::ONE - z) * rising, q * z * falling);
    Estimate {
        value: negative + positive,
        size: negative.abs() + positive.abs(),
    }
}

#[inline(always)]
pub(crate) fn weighted_grad_logits<A: Arithmetic, L: Lane>(
    x: L,
    z: L,
    q: L,
    parts: Parts<L>,
) -> Estimate<L> {
    let (rising, falling) = parts.sigmoid(x);
    let (negative, positive) = ((L::ONE - z) * rising, q * z * falling);
    let estimate = Estimate {
        value: negative - positive,
        size: negative.abs() + positive.abs(),
    };
    estimate.only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn weighted_hess_logits<A: Arithmetic, L: Lane>(
    x: L,
    z: L,
    q: L,
    parts: Parts<L>,
) -> Estimate<L> {
    let (rising, falling) = parts.sigmoid(x);
    let (negative, positive) = (L::ONE - z, q * z);
    let bell = rising * falling;
    let estimate = Estimate {
        value: (negative + positive) * bell,
        size: (negative.abs() + positive.abs()) * bell,
    };
    estimate.only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn weighted_grad_labels<A: Arithmetic, L: Lane>(
    x: L,
    z: L,
    q: L,
    parts: Parts<L>,
) -> Estimate<L> {
    let (rising, falling) = parts.softplus::<A>(x);
    let positive = q * falling;
    let estimate = Estimate {
        value: positive - rising,
        size: positive.abs() + rising,
    };
    estimate.only_if_finite::<A>(z)
}

#[inline(always)]
pub(crate) fn weighted_grad_pos_weight<A: Arithmetic, L: Lane>(
    x: L,
    z: L,
    q: L,
    parts: Parts<L>,
) -> Estimate<L> {
    let (_, falling) = parts.softplus::<A>(x);
    Estimate::relative(z * falling)
        .only_if_finite::<A>(q)
        .only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn softplus<A: Arithmetic, L: Lane>(x: L, _: L, _: L, parts: Parts<L>) -> Estimate<L> {
    Estimate::relative(parts.softplus::<A>(x).0)
}

#[inline(always)]
pub(crate) fn log_sigmoid<A: Arithmetic, L: Lane>(
    x: L,
    _: L,
    _: L,
    parts: Parts<L>,
) -> Estimate<L> {
    Estimate::relative(-parts.softplus::<A>(x).1).only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn sigmoid<A: Arithmetic, L: Lane>(x: L, _: L, _: L, parts: Parts<L>) -> Estimate<L> {
    Estimate::relative(parts.sigmoid(x).0).only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn exp<A: Arithmetic, L: Lane>(x: L, _: L, _: L, _: Parts<L>) -> Estimate<L> {
    let x = if x > L::FAR { L::FAR } else { x };
    let x = if x < -L::FAR { -L::FAR } else { x };
    Estimate::relative(L::power::<A>(x)).only_if_finite::<A>(x)
}

#[inline(always)]
pub(crate) fn log<A: Arithmetic, L: Lane>(x: L, _: L, _: L, _: Parts<L>) -> Estimate<L> {
    let is_normal = x >= L::SMALLEST_NORMAL;
    let defined = if is_normal { L::default() } else { L::NAN };
    logarithm::<A, L>(x, L::default(), defined)
}

#[inline(always)]
pub(crate) fn log_one_plus<A: Arithmetic, L: Lane>(x: L, _: L, _: L, _: Parts<L>) -> Estimate<L> {
    let (sum, error) = two_sum(L::ONE, x);
    let is_inside = x > -L::ONE && x != L::default();
    let defined = if is_inside { L::default() } else { L::NAN };
    logarithm::<A, L>(sum, error, defined)
}

/// `max(x, 0)`; NaN stays NaN.
#[inline(always)]
fn above_zero<L: Lane>(x: L) -> L {
    if x < L::default() { L::default() } else { x }
}

/// e^-|x|, not below e^-FAR; anything for NaN.
#[inline(always)]
fn decay<A: Arithmetic, L: Lane>(x: L) -> L {
    let x = -x.abs();
    L::power::<A>(if x < -L::FAR { -L::FAR } else { x })
}

/// ln(v + error) for positive normal v, where |error| is at most half a unit of v.
///
/// The significand less 1 is exact, `error` scaled too, so s keeps full relative precision where
/// the logarithm nears 0; elsewhere `powers ln 2` is at least twice as large as the other term.
/// Bound: the polynomial's 2^-45 (`f32`: 2^-29) and ten u.
#[inline(always)]
fn logarithm<A: Arithmetic, L: Lane>(v: L, error: L, defined: L) -> Estimate<L> {
    let (significand, inverse_power, powers) = v.split();
    let excess = (significand - L::ONE) + error * inverse_power;
    let quotient = excess / (L::TWO + excess);
    let log = quotient * L::artanh_over::<A>(quotient * quotient);
    let whole = powers * L::LN2;
    Estimate::relative(whole + log)
        .only_if_finite::<A>(v)
        .only_if_finite::<A>(defined)
}
