//! The terms of the logit x that the loss, its derivatives, softplus and the sigmoids are made of:
//! with t = e^-|x|, `ln(1 + t)` and `1 / (1 + t)`. From them follow softplus, `max(x, 0) + ln(1 +
//! t)`, and the sigmoid.
//!
//! Errors are relative to each function. In lanes, with those of t and `ln(1 + t) / t` that `Lane`
//! gives (u is half a unit in the last place):
//! - softplus: that of t is not amplified, because t / ((1 + t) ln(1 + t)) <= 1; a product and a
//!   sum add 2u. In `f64` less than 2^-39.3; in `f32` 4.7u of t, 4.9u of the logarithm and 2u.
//! - sigmoids: t's error and four roundings.
//!
//! As pairs: t has 2^-69 and `ln(1 + t)` 2^-66.1 (see `number::pair`), with t's error, which is not
//! amplified, below 2^-65.9; the sigmoids below 2^-68.

use crate::number::arithmetic::Arithmetic;
use crate::number::error_free::two_sum;
use crate::number::format::power_of_two;
use crate::number::lane::Lane;
use crate::number::pair::{self, FAR, Pair, product};
use crate::ziv::function::{SharedTerms, Term};

/// Up to here, what underflowed in `q z`, 2^-1074, times a logit is far below what counts, 2^-965.
const HUGE: f64 = power_of_two(60);

/// Which terms are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogitTerms {
    pub(crate) log: bool,
    pub(crate) sigmoid: bool,
}

/// For functions of softplus.
pub(crate) const LOG: LogitTerms = LogitTerms {
    log: true,
    sigmoid: false,
};
/// For functions of the sigmoid.
pub(crate) const SIGMOID: LogitTerms = LogitTerms {
    log: false,
    sigmoid: true,
};

/// The terms of a tile.
pub(crate) struct TermsTile<V: Term, const N: usize> {
    exp_neg_abs: V::Tile<N>,
    log: V::Tile<N>,
    large: V::Tile<N>,
}

/// The terms of one element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<V> {
    /// t = e^-|x|. Pair: where |x| exceeds FAR, only an upper bound.
    exp_neg_abs: V,
    /// Lane: ln(1 + t) / t. Pair: ln(1 + t), and where |x| exceeds FAR only an upper bound.
    log: V,
    /// 1 / (1 + t) = sigmoid(|x|)
    large: V,
}

impl<const I: usize> SharedTerms<I> for LogitTerms {
    type Tile<V: Term, const N: usize> = TermsTile<V, N>;
    type At<V: Term> = Terms<V>;

    #[inline(always)]
    fn empty<V: Term, const N: usize>() -> TermsTile<V, N> {
        TermsTile {
            exp_neg_abs: V::empty(),
            log: V::empty(),
            large: V::empty(),
        }
    }

    #[inline(always)]
    fn fill<A: Arithmetic, L: Lane, const N: usize>(
        self,
        inputs: &[[L; N]; I],
        terms: &mut TermsTile<L, N>,
    ) {
        for (term, x) in terms.exp_neg_abs.iter_mut().zip(&inputs[0]) {
            *term = exp_neg_abs::<A, L>(*x);
        }
        if self.log {
            for i in 0..N {
                terms.log[i] = L::log1p_over::<A>(terms.exp_neg_abs[i]);
            }
        }
        if self.sigmoid {
            for i in 0..N {
                terms.large[i] = L::ONE / (L::ONE + terms.exp_neg_abs[i]);
            }
        }
    }

    #[inline(always)]
    fn fill_f64<A: Arithmetic, const N: usize>(
        self,
        inputs: &[[f64; N]; I],
        terms: &mut TermsTile<Pair, N>,
    ) {
        for (i, x) in inputs[0].iter().enumerate() {
            let x = -x.abs();
            let t = pair::exp::<A>(if x < -FAR { -FAR } else { x });
            Pair::set(&mut terms.exp_neg_abs, i, t);
        }
        if self.log {
            for i in 0..N {
                let t = Pair::get(&terms.exp_neg_abs, i);
                Pair::set(&mut terms.log, i, pair::ln_1p::<A>(t));
            }
        }
        if self.sigmoid {
            for i in 0..N {
                let t = Pair::get(&terms.exp_neg_abs, i);
                Pair::set(&mut terms.large, i, pair::reciprocal_of_1p::<A>(t));
            }
        }
    }

    #[inline(always)]
    fn at<V: Term, const N: usize>(terms: &TermsTile<V, N>, i: usize) -> Terms<V> {
        Terms {
            exp_neg_abs: V::get(&terms.exp_neg_abs, i),
            log: V::get(&terms.log, i),
            large: V::get(&terms.large, i),
        }
    }
}

impl<L: Lane> Terms<L> {
    /// softplus(x) and softplus(-x)
    #[inline(always)]
    pub(crate) fn softplus<A: Arithmetic>(self, x: L) -> (L, L) {
        let above = above_zero(x);
        (
            L::mul_add::<A>(self.exp_neg_abs, self.log, above),
            L::mul_add::<A>(self.exp_neg_abs, self.log, above - x),
        )
    }

    /// sigmoid(x) and sigmoid(-x)
    #[inline(always)]
    pub(crate) fn sigmoid(self, x: L) -> (L, L) {
        let small = self.exp_neg_abs * self.large;
        if x < L::default() {
            (small, self.large)
        } else {
            (self.large, small)
        }
    }
}

/// `max(x, 0)`; NaN stays NaN.
#[inline(always)]
fn above_zero<L: Lane>(x: L) -> L {
    if x < L::default() { L::default() } else { x }
}

/// e^-|x|, not below e^-FAR; anything for NaN.
#[inline(always)]
fn exp_neg_abs<A: Arithmetic, L: Lane>(x: L) -> L {
    let x = -x.abs();
    L::exp::<A>(if x < -L::FAR { -L::FAR } else { x })
}

impl Terms<Pair> {
    /// softplus of |x| and -|x|
    #[inline(always)]
    pub(crate) fn softplus_pair(self, x: f64) -> AtBothSigns {
        let (sum, error) = two_sum(x.abs(), self.log.0);
        AtBothSigns {
            large: (sum, error + self.log.1),
            small: self.log,
            excess: excess(x),
        }
    }

    /// sigmoid of |x| and -|x|
    #[inline(always)]
    pub(crate) fn sigmoid_pair<A: Arithmetic>(self, x: f64) -> AtBothSigns {
        AtBothSigns {
            large: self.large,
            small: product::<A>(self.exp_neg_abs, self.large),
            excess: excess(x),
        }
    }
}

/// A function at |x| and at -|x|, and how far the latter may be off beside the derived bound, as a
/// factor of it.
pub(crate) struct AtBothSigns {
    pub(crate) large: Pair,
    pub(crate) small: Pair,
    pub(crate) excess: f64,
}

impl AtBothSigns {
    /// The function at x.
    #[inline(always)]
    pub(crate) fn at(&self, x: f64) -> Pair {
        if x < 0.0 { self.small } else { self.large }
    }

    /// The function at -x.
    #[inline(always)]
    pub(crate) fn at_opposite(&self, x: f64) -> Pair {
        if x < 0.0 { self.large } else { self.small }
    }
}

/// 0; or for |x| above FAR, where e^-|x| counts wholly as an error, 1; NaN for NaN and above HUGE.
#[inline(always)]
fn excess(x: f64) -> f64 {
    let excess = if x.abs() > FAR { 1.0 } else { 0.0 };
    if x.abs() <= HUGE { excess } else { f64::NAN }
}
