//! `1 / (1 + e^-x)`: `+0` at -inf, 1 at +inf, NaN at NaN.

use crate::error::KernelError;
use crate::functions::shared::logit_terms::{LogitTerms, SIGMOID, Terms};
use crate::functions::shared::tails;
use crate::number::arithmetic::Arithmetic;
use crate::number::format::Real;
use crate::number::lane::Lane;
use crate::number::pair::Pair;
use crate::ziv::driver::{Loops, evaluate_unary, loops};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, Sum, only};
use crate::ziv::function::Function;

/// `1 / (1 + e^-x)`, correctly rounded; 0 and 1 at the infinities.
///
/// # Errors
/// [`KernelError::Length`] where `x` and `out` differ in length.
///
/// ```
/// let mut out = [0.0_f64; 2];
/// exact_kernels::sigmoid(&[0.0, f64::INFINITY], &mut out)?;
/// assert_eq!(out, [0.5, 1.0]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn sigmoid<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    evaluate_unary(&LOOPS, x, out)
}

static LOOPS: Loops<1, 1> = loops::<Sigmoid, 1, 1>();

struct Sigmoid;

/// Above this `|x|` the tail is counted from the limit, below from the value at 0.
const NEAR_ZERO: f64 = 0.5;

impl Function<1> for Sigmoid {
    type Terms = LogitTerms;
    const TERMS: LogitTerms = SIGMOID;

    /// The error of e^-|x|, below 2^-40 in `f64` and 4.7u in `f32`, and four roundings.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x]: [L; 1], terms: Terms<L>) -> Estimate<L> {
        Estimate::relative(terms.sigmoid(x).0).only_if_finite::<A>(x)
    }

    /// The shared term's error, 2^-68.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x]: [f64; 1], terms: Terms<Pair>) -> PairEstimate {
        let sigmoid = terms.sigmoid_pair::<A>(x);
        let value = sigmoid.at(x);
        PairEstimate::new(value, value.0, sigmoid.excess * value.0)
    }

    /// With a = |x|: `1 - sigmoid(-a)`, for negative x the tail alone; near 0 `1/2 ± tanh(a/2)/2`.
    fn exact_form([x]: [f64; 1]) -> ExactForm {
        if x.is_nan() || x.is_infinite() {
            return ExactForm::Limit(if x.is_nan() { x } else { f64::from(x > 0.0) });
        }
        if x == 0.0 {
            return ExactForm::Limit(0.5);
        }
        let (a, sign) = (x.abs(), 1.0_f64.copysign(x));
        let near = a < NEAR_ZERO;
        let limit = if x > 0.0 { 1.0 } else { 0.0 };
        ExactForm::Finite(Sum {
            head: only(if near { 0.5 } else { limit }),
            coefficient: only(if near { sign } else { -sign }),
            tail: if near {
                tails::half_tanh(a)
            } else {
                tails::sigmoid_neg(a)
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::testing::{self, Domain};

    #[test]
    fn estimates_keep_their_bounds() {
        testing::check_bounds::<Sigmoid, 1>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<Sigmoid, 1>("1 / (1 + exp(-x))", Domain::Any);
    }

    #[test]
    fn results_are_correctly_rounded_in_every_format_and_tier() {
        testing::check_rounding(&LOOPS, "1 / (1 + exp(-x))");
    }
}
