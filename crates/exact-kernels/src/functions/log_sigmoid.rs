//! `ln sigmoid(x) = -ln(1 + e^-x)`: `+0` at +inf, -inf at -inf, NaN at NaN.

use crate::error::KernelError;
use crate::functions::shared::logit_terms::{LOG, LogitTerms, Terms};
use crate::functions::shared::tails;
use crate::number::arithmetic::Arithmetic;
use crate::number::format::Real;
use crate::number::lane::Lane;
use crate::number::pair::Pair;
use crate::ziv::driver::{Loops, evaluate_unary, loops};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, Sum, only};
use crate::ziv::function::Function;

/// `ln sigmoid(x) = -softplus(-x)`, correctly rounded; `+0` at +inf, -inf at -inf.
///
/// # Errors
/// [`KernelError::Length`] where `x` and `out` differ in length.
///
/// ```
/// let mut out = [0.0_f64; 2];
/// exact_kernels::log_sigmoid(&[0.0, f64::INFINITY], &mut out)?;
/// assert_eq!(out, [-core::f64::consts::LN_2, 0.0]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn log_sigmoid<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    evaluate_unary(&LOOPS, x, out)
}

static LOOPS: Loops<1, 1> = loops::<LogSigmoid, 1, 1>();

struct LogSigmoid;

impl Function<1> for LogSigmoid {
    type Terms = LogitTerms;
    const TERMS: LogitTerms = LOG;

    /// Softplus's error: in `f64` less than 2^-39.3, in `f32` 11.6u.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x]: [L; 1], terms: Terms<L>) -> Estimate<L> {
        Estimate::relative(-terms.softplus::<A>(x).1).only_if_finite::<A>(x)
    }

    /// Softplus's error, 2^-65.9.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x]: [f64; 1], terms: Terms<Pair>) -> PairEstimate {
        let softplus = terms.softplus_pair(x);
        let value = softplus.at_opposite(x);
        PairEstimate::new((-value.0, -value.1), value.0, softplus.excess * value.0)
    }

    /// `min(x, 0) - ln(1 + e^-|x|)`
    fn exact_form([x]: [f64; 1]) -> ExactForm {
        if x.is_nan() || x.is_infinite() {
            return ExactForm::Limit(if x == f64::INFINITY { 0.0 } else { x });
        }
        ExactForm::Finite(Sum {
            head: only(x.min(0.0)),
            coefficient: only(-1.0),
            tail: tails::log1p_exp_neg(x.abs()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::testing::{self, Domain};

    #[test]
    fn estimates_keep_their_bounds() {
        testing::check_bounds::<LogSigmoid, 1>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<LogSigmoid, 1>("-log(1 + exp(-x))", Domain::Any);
    }

    #[test]
    fn results_are_correctly_rounded_in_every_format_and_tier() {
        testing::check_rounding(&LOOPS, "log(1 / (1 + exp(-x)))");
    }
}
