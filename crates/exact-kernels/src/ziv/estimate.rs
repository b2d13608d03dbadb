//! Estimates of the first stage: a value and a bound on its error.

use crate::number::arithmetic::Arithmetic;
use crate::number::format::power_of_two;
use crate::number::lane::Lane;
use crate::number::pair::Pair;

/// A value in lanes, and the sum of the absolute values of its terms: `Lane::EPSILON` (2^-20 in
/// `f32`, 2^-39 in `f64`) times that bounds the value's error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate<L> {
    pub(crate) value: L,
    pub(crate) size: L,
}

impl<L: Lane> Estimate<L> {
    /// An estimate of one term.
    #[inline(always)]
    pub(crate) fn relative(value: L) -> Self {
        Self {
            value,
            size: value.abs(),
        }
    }

    /// Without a bound if `input` is infinite or NaN.
    #[inline(always)]
    pub(crate) fn only_if_finite<A: Arithmetic>(self, input: L) -> Self {
        Self {
            value: self.value,
            size: L::mul_add::<A>(L::default(), input, self.size),
        }
    }
}

/// `hi + lo`, and a bound on its error; NaN where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairEstimate {
    pub(crate) hi: f64,
    pub(crate) lo: f64,
    pub(crate) bound: f64,
}

impl PairEstimate {
    /// Times the sum of the absolute values of a function's terms, it bounds the function's error.
    const EPSILON: f64 = power_of_two(-65);

    /// With the bound for terms of this total magnitude, plus an absolute error of `excess`.
    ///
    /// No bound, which sends the element to the later stages, where a total so small might hide an
    /// underflow (an exact 0 needs its sign), or so large that it may come from an infinity.
    #[inline(always)]
    pub(crate) fn new(value: Pair, total: f64, excess: f64) -> Self {
        let moderate = total > power_of_two(-900) && total < power_of_two(900);
        let bound = if moderate {
            Self::EPSILON * total + excess
        } else {
            f64::NAN
        };
        Self {
            hi: value.0,
            lo: value.1,
            bound,
        }
    }

    /// Both ends of the interval that holds the exact value, less `hi`; NaN without a bound.
    #[inline(always)]
    pub(crate) fn low_parts(self) -> [f64; 2] {
        [self.lo - self.bound, self.lo + self.bound]
    }
}
