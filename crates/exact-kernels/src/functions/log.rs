//! `ln x`: -inf at ±0, NaN below and at NaN, +inf at +inf, `+0` at 1.

use crate::error::KernelError;
use crate::functions::shared::logarithm;
use crate::number::arithmetic::Arithmetic;
use crate::number::elementary::Elementary;
use crate::number::format::{Real, power_of_two};
use crate::number::lane::Lane;
use crate::number::pair;
use crate::ziv::driver::{Loops, evaluate_unary, loops};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, Tail, TailFunction};
use crate::ziv::function::Function;

/// The natural logarithm, correctly rounded; -inf at ±0, NaN below.
///
/// # Errors
/// [`KernelError::Length`] where `x` and `out` differ in length.
///
/// ```
/// let mut out = [0.0_f64; 2];
/// exact_kernels::log(&[1.0, 0.0], &mut out)?;
/// assert_eq!(out, [0.0, f64::NEG_INFINITY]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn log<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    evaluate_unary(&LOOPS, x, out)
}

static LOOPS: Loops<1, 1> = loops::<Log, 1, 1>();

struct Log;

impl Function<1> for Log {
    type Terms = ();
    const TERMS: () = ();

    /// See `logarithm::ln_of_sum`.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x]: [L; 1], (): ()) -> Estimate<L> {
        logarithm::ln_of_sum::<A, L>(x, L::default(), x >= L::SMALLEST_NORMAL)
    }

    /// The error of `pair::ln_of_sum`, 2^-67.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x]: [f64; 1], (): ()) -> PairEstimate {
        let moderate = x > power_of_two(-1000) && x < power_of_two(1000) && x != 1.0;
        let value = pair::ln_of_sum::<A>(if moderate { x } else { 2.0 }, 0.0, f64::NAN);
        PairEstimate::new(value, value.0.abs(), if moderate { 0.0 } else { f64::NAN })
    }

    fn exact_form([x]: [f64; 1]) -> ExactForm {
        if x == 0.0 {
            return ExactForm::Limit(f64::NEG_INFINITY);
        }
        logarithm::exact_form(Tail::new::<Ln>(x), x > 0.0, 1.0)
    }
}

struct Ln;

impl TailFunction for Ln {
    fn value<N: Elementary>(x: f64) -> N {
        N::ln(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::testing::{self, Domain};

    #[test]
    fn estimates_keep_their_bounds() {
        testing::check_bounds::<Log, 1>(Domain::Positive);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<Log, 1>("log(x)", Domain::Positive);
    }

    #[test]
    fn results_are_correctly_rounded_in_every_format_and_tier() {
        testing::check_rounding(&LOOPS, "log(x)");
    }
}
