//! `e^x`: `+0` at -inf, +inf at +inf, NaN at NaN.

use crate::error::KernelError;
use crate::functions::shared::tails;
use crate::number::arithmetic::Arithmetic;
use crate::number::format::Real;
use crate::number::lane::Lane;
use crate::number::pair::{self, FAR};
use crate::ziv::driver::{Loops, evaluate_unary, loops};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, NOTHING, Sum, only};
use crate::ziv::function::Function;

/// `e^x`, correctly rounded; 0 at -inf.
///
/// # Errors
/// [`KernelError::Length`] where `x` and `out` differ in length.
///
/// ```
/// let mut out = [0.0_f64; 2];
/// exact_kernels::exp(&[0.0, 1.0], &mut out)?;
/// assert_eq!(out, [1.0, core::f64::consts::E]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn exp<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    evaluate_unary(&LOOPS, x, out)
}

static LOOPS: Loops<1, 1> = loops::<Exp, 1, 1>();

struct Exp;

/// Below this `|x|` the tail is counted from the value at 0.
const NEAR_ZERO: f64 = 0.5;
/// Where x is above this, e^x exceeds every format.
const OVERFLOW: f64 = 1000.0;

impl Function<1> for Exp {
    type Terms = ();
    const TERMS: () = ();

    /// The error of `Lane::exp`: below 2^-40 in `f64`, 4.7u in `f32`.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x]: [L; 1], (): ()) -> Estimate<L> {
        let clamped = if x > L::FAR { L::FAR } else { x };
        let clamped = if clamped < -L::FAR { -L::FAR } else { clamped };
        Estimate::relative(L::exp::<A>(clamped)).only_if_finite::<A>(clamped)
    }

    /// The error of `pair::exp`, 2^-69.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x]: [f64; 1], (): ()) -> PairEstimate {
        let near = x.abs() <= FAR;
        let value = pair::exp::<A>(if near { x } else { 0.0 });
        PairEstimate::new(value, value.0, if near { 0.0 } else { f64::NAN })
    }

    /// The tail alone; near 0, `1 + (e^x - 1)`.
    fn exact_form([x]: [f64; 1]) -> ExactForm {
        if x.is_nan() || x == f64::NEG_INFINITY {
            return ExactForm::Limit(if x.is_nan() { x } else { 0.0 });
        }
        if x == 0.0 || x > OVERFLOW {
            return ExactForm::Limit(if x == 0.0 { 1.0 } else { f64::INFINITY });
        }
        let near = x.abs() < NEAR_ZERO;
        ExactForm::Finite(Sum {
            head: if near { only(1.0) } else { NOTHING },
            coefficient: only(1.0),
            tail: if near {
                tails::exp_m1(x)
            } else {
                tails::exp(x)
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
        testing::check_bounds::<Exp, 1>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<Exp, 1>("exp(x)", Domain::Any);
    }

    #[test]
    fn results_are_correctly_rounded_in_every_format_and_tier() {
        testing::check_rounding(&LOOPS, "exp(x)");
    }
}
