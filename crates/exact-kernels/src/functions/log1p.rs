//! `ln(1 + x)`: -inf at -1, NaN below and at NaN, +inf at +inf, `+0` at ±0.

use crate::error::KernelError;
use crate::functions::shared::logarithm;
use crate::number::arithmetic::Arithmetic;
use crate::number::elementary::Elementary;
use crate::number::error_free::two_sum;
use crate::number::format::{Real, power_of_two};
use crate::number::lane::Lane;
use crate::number::pair;
use crate::ziv::driver::{Loops, evaluate_unary, loops};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, Tail, TailFunction};
use crate::ziv::function::Function;

/// `ln(1 + x)`, correctly rounded; -inf at -1, NaN below, `+0` at both zeros.
///
/// # Errors
/// [`KernelError::Length`] where `x` and `out` differ in length.
///
/// ```
/// let mut out = [0.0_f64; 2];
/// exact_kernels::log1p(&[1.0, -1.0], &mut out)?;
/// assert_eq!(out, [core::f64::consts::LN_2, f64::NEG_INFINITY]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn log1p<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    evaluate_unary(&LOOPS, x, out)
}

static LOOPS: Loops<1, 1> = loops::<Log1p, 1, 1>();

struct Log1p;

impl Function<1> for Log1p {
    type Terms = ();
    const TERMS: () = ();

    /// `1 + x` is exact as a sum of two; see `logarithm::ln_of_sum`.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x]: [L; 1], (): ()) -> Estimate<L> {
        let (sum, error) = two_sum(L::ONE, x);
        logarithm::ln_of_sum::<A, L>(sum, error, x > -L::ONE && x != L::default())
    }

    /// The error of `pair::ln_of_sum`, 2^-67.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x]: [f64; 1], (): ()) -> PairEstimate {
        let moderate = x > -1.0 && x < power_of_two(1000) && x.abs() > power_of_two(-800);
        let argument = if moderate { x } else { 1.0 };
        let (sum, error) = two_sum(1.0, argument);
        let value = pair::ln_of_sum::<A>(sum, error, argument);
        PairEstimate::new(value, value.0.abs(), if moderate { 0.0 } else { f64::NAN })
    }

    fn exact_form([x]: [f64; 1]) -> ExactForm {
        if x == -1.0 {
            return ExactForm::Limit(f64::NEG_INFINITY);
        }
        logarithm::exact_form(Tail::new::<Ln1p>(x), x > -1.0, 0.0)
    }
}

struct Ln1p;

impl TailFunction for Ln1p {
    fn value<N: Elementary>(x: f64) -> N {
        N::ln_1p(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::testing::{self, Domain};

    #[test]
    fn estimates_keep_their_bounds() {
        testing::check_bounds::<Log1p, 1>(Domain::Positive);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<Log1p, 1>("log(1 + x)", Domain::Positive);
    }

    #[test]
    fn results_are_correctly_rounded_in_every_format_and_tier() {
        testing::check_rounding(&LOOPS, "log(1 + x)");
    }
}
