//! The first stage of logarithms, of a number given as a sum.

use crate::number::arithmetic::Arithmetic;
use crate::number::lane::Lane;
use crate::ziv::estimate::Estimate;
use crate::ziv::exact_form::{ExactForm, NOTHING, Sum, Tail, only};

/// ln(v + error) for positive normal v, where |error| is at most half a unit of v; without a bound
/// unless it is `defined`.
///
/// The significand less 1 is exact, `error` scaled too, so s keeps full relative precision where
/// the logarithm nears 0; elsewhere `powers ln 2` is at least twice as large as the other term.
/// Bound: the polynomial's 2^-45 (`f32`: 2^-29) and ten u, below 2^-39 (`f32`: 2^-20).
#[inline(always)]
pub(crate) fn ln_of_sum<A: Arithmetic, L: Lane>(v: L, error: L, defined: bool) -> Estimate<L> {
    let (significand, inverse_power, powers) = v.split();
    let excess = (significand - L::ONE) + error * inverse_power;
    let quotient = excess / (L::TWO + excess);
    let log = quotient * L::artanh_over::<A>(quotient * quotient);
    let whole = powers * L::LN2;
    Estimate::relative(whole + log)
        .only_if_finite::<A>(v)
        .only_if_finite::<A>(if defined { L::default() } else { L::NAN })
}

/// The exact form of a logarithm that is 0 at `root`; NaN where it is not `defined`.
pub(crate) fn exact_form(tail: Tail, defined: bool, root: f64) -> ExactForm {
    let x = tail.argument;
    if !defined || x == f64::INFINITY {
        return ExactForm::Limit(if defined { x } else { f64::NAN });
    }
    if x == root {
        return ExactForm::Limit(0.0);
    }
    ExactForm::Finite(Sum {
        head: NOTHING,
        coefficient: only(1.0),
        tail,
    })
}
