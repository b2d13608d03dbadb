//! The exact form of a result: an exact algebraic head plus an exact coefficient times a
//! transcendental tail.
//!
//! That split is what makes correct rounding decidable. The head is often exactly half-way between
//! two numbers of the format (`1 - z` is, for every second z in [1/4, 1/2)); then only the sign of
//! the tail decides, however small the tail is, and no working precision reaches e^-(1e38). So head
//! and coefficient stay exact sums of products, and only the tail is ever approximated.

use crate::number::big_float::{BigFloat, MOST_LIMBS};
use crate::number::double_double::DoubleDouble;
use crate::number::elementary::Elementary;

/// What a function is at given inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExactForm {
    /// A number that every format rounds to the same value or special: NaN, an infinity (or what
    /// exceeds every format), an integer that all of them have.
    Limit(f64),
    /// A finite number.
    Finite(Sum),
}

/// `Σ head + (Σ coefficient) · tail`; each term is a product of three factors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) head: [[f64; 3]; 3],
    pub(crate) coefficient: [[f64; 3]; 3],
    pub(crate) tail: Tail,
}

/// No terms: the sum is 0.
pub(crate) const NOTHING: [[f64; 3]; 3] = [[0.0; 3]; 3];

/// A sum of one term, a single number.
pub(crate) const fn only(a: f64) -> [[f64; 3]; 3] {
    [factor(a), [0.0; 3], [0.0; 3]]
}

/// A term that is a single number.
pub(crate) const fn factor(a: f64) -> [f64; 3] {
    [a, 1.0, 1.0]
}

/// A transcendental function of one number, written once for every precision.
pub(crate) trait TailFunction {
    /// Its value, not 0. The formula multiplies the relative error of `N`'s elementary functions by
    /// less than 8, and adds a few of `N`'s operations.
    fn value<N: Elementary>(argument: f64) -> N;
}

/// A tail at its argument: the function in the precisions of the later stages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail {
    pub(crate) argument: f64,
    /// About the binary logarithm of the tail's magnitude, if that may leave 2^±900; else 0. Where
    /// it is below -1000, the tail is positive and at most 2 to this power, and its value is not
    /// computed in double-double.
    pub(crate) exponent: f64,
    pub(crate) double_double: fn(f64) -> DoubleDouble,
    pub(crate) big_float: fn(f64) -> BigFloat<6>,
    pub(crate) widest: fn(f64) -> BigFloat<MOST_LIMBS>,
}

impl Tail {
    /// A tail of moderate size.
    pub(crate) fn new<F: TailFunction>(argument: f64) -> Self {
        Self {
            argument,
            exponent: 0.0,
            double_double: F::value,
            big_float: F::value,
            widest: F::value,
        }
    }

    /// A positive tail of about `e^power` or, for negative powers, at most that.
    pub(crate) fn of_size<F: TailFunction>(argument: f64, power: f64) -> Self {
        Self {
            exponent: power * core::f64::consts::LOG2_E,
            ..Self::new::<F>(argument)
        }
    }
}
