//! `e^x - 1`: -1 at -inf, +inf at +inf, `+0` at ±0, NaN at NaN.

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

/// `e^x - 1`, correctly rounded; -1 at -inf, `+0` at both zeros.
///
/// # Errors
/// [`KernelError::Length`] where `x` and `out` differ in length.
///
/// ```
/// let mut out = [0.0_f64; 2];
/// exact_kernels::expm1(&[1e-20, -40.0], &mut out)?;
/// assert_eq!(out, [1e-20, -1.0]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn expm1<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    evaluate_unary(&LOOPS, x, out)
}

static LOOPS: Loops<1, 1> = loops::<Expm1, 1, 1>();

struct Expm1;

/// Below this `|x|` the result is the tail alone.
const NEAR_ZERO: f64 = 0.5;
/// Where x is above this, the result exceeds every format.
const OVERFLOW: f64 = 1000.0;

impl Function<1> for Expm1 {
    type Terms = ();
    const TERMS: () = ();

    /// The error of `Lane::exp_m1`. Arguments beyond ±FAR count as ±FAR: below, the difference from
    /// -1 is far less than the bound; above, both are infinite in the format, but for `bf16` in
    /// `f32` lanes, which has e^64: there `Format::suits_f32` rejects arguments beyond ±FAR.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x]: [L; 1], (): ()) -> Estimate<L> {
        let clamped = if x > L::FAR { L::FAR } else { x };
        let clamped = if clamped < -L::FAR { -L::FAR } else { clamped };
        Estimate::relative(L::exp_m1::<A>(clamped)).only_if_finite::<A>(clamped)
    }

    /// The error of `pair::exp_m1`, 2^-67. Below -FAR the difference from -1 is 2^-865.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x]: [f64; 1], (): ()) -> PairEstimate {
        let clamped = if x < -FAR { -FAR } else { x };
        let near = clamped <= FAR;
        let value = pair::exp_m1::<A>(if near { clamped } else { 0.0 });
        PairEstimate::new(value, value.0.abs(), if near { 0.0 } else { f64::NAN })
    }

    /// -1 and the tail e^x, which decides for negative x on which side of -1 the result is; near 0
    /// the tail `e^x - 1` alone.
    fn exact_form([x]: [f64; 1]) -> ExactForm {
        if x.is_nan() || x > OVERFLOW {
            return ExactForm::Limit(if x.is_nan() { x } else { f64::INFINITY });
        }
        if x == 0.0 || x == f64::NEG_INFINITY {
            return ExactForm::Limit(if x == 0.0 { 0.0 } else { -1.0 });
        }
        let near = x.abs() < NEAR_ZERO;
        ExactForm::Finite(Sum {
            head: if near { NOTHING } else { only(-1.0) },
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
        testing::check_bounds::<Expm1, 1>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<Expm1, 1>("exp(x) - 1", Domain::Any);
    }

    #[test]
    fn results_are_correctly_rounded_in_every_format_and_tier() {
        testing::check_rounding(&LOOPS, "exp(x) - 1");
    }

    /// `exp(x) - 1` at its limits, and where e^x is below, at and above half a unit below 1 (2^-54
    /// is e^-37.4).
    #[test]
    fn edges_are_as_documented() {
        let below_one = 1.0 - f64::EPSILON / 2.0;
        let cases = [
            (f64::NEG_INFINITY, -1.0),
            (f64::INFINITY, f64::INFINITY),
            (1e300, f64::INFINITY),
            (710.0, f64::INFINITY),
            (-1e300, -1.0),
            (-746.0, -1.0),
            (-40.0, -1.0),
            (-37.5, -1.0),
            (-37.4, -below_one),
            (-1e-300, -1e-300),
            (5e-324, 5e-324),
            (0.0, 0.0),
            (-0.0, 0.0),
        ];
        for (x, expected) in cases {
            let mut out = [f64::NAN];
            expm1(&[x], &mut out).expect("lengths agree");
            assert_eq!(out[0].to_bits(), expected.to_bits(), "{x}: {}", out[0]);
        }
    }
}
