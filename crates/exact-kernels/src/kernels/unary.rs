//! Functions of one slice, each element rounded once, to nearest, ties to even.
//!
//! NaN, and arguments outside a function's domain, give the canonical NaN.

use crate::dispatch::threads;
use crate::dispatch::tier::{Arithmetic, Tier, Work};
use crate::error::{KernelError, check_length};
use crate::number::format::Real;
use crate::operand::Operand;
use crate::ziv::compiled::Function;
use crate::ziv::tiles::{Inputs, evaluate};

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
    transcendental(Function::Exp, x, out)
}

/// The natural logarithm, correctly rounded; -inf at ±0, NaN below.
///
/// # Errors
/// As [`exp`].
pub fn log<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    transcendental(Function::Log, x, out)
}

/// `ln(1 + x)`, correctly rounded; -inf at -1, NaN below, `+0` at both zeros.
///
/// # Errors
/// As [`exp`].
pub fn log1p<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    transcendental(Function::LogOnePlus, x, out)
}

/// `1 / (1 + e^-x)`, correctly rounded; 0 and 1 at the infinities.
///
/// # Errors
/// As [`exp`].
pub fn sigmoid<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    transcendental(Function::Sigmoid, x, out)
}

/// `ln sigmoid(x) = -softplus(-x)`, correctly rounded; `+0` at +inf, -inf at -inf.
///
/// # Errors
/// As [`exp`].
pub fn log_sigmoid<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    transcendental(Function::LogSigmoid, x, out)
}

/// `ln(1 + e^x)`, correctly rounded; `+0` at -inf.
///
/// # Errors
/// As [`exp`].
pub fn softplus<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    transcendental(Function::Softplus, x, out)
}

/// `-x`; exact.
///
/// # Errors
/// As [`exp`].
pub fn negative<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    exact(x, out, |x| -x)
}

/// `|x|`; exact.
///
/// # Errors
/// As [`exp`].
pub fn abs<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    exact(x, out, f64::abs)
}

/// `max(x, 0)`; exact, `+0` at -0.
///
/// # Errors
/// As [`exp`].
pub fn relu<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    exact(x, out, |x| if x <= 0.0 { 0.0 } else { x })
}

/// The same numbers in another element type: exact where that has them, else correctly rounded.
///
/// # Errors
/// As [`exp`].
///
/// ```
/// let mut out = [0.0_f32; 2];
/// exact_kernels::cast(&[0.1_f64, 1e300], &mut out)?;
/// assert_eq!(out, [0.1, f32::INFINITY]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn cast<T: Real, U: Real>(x: &[T], out: &mut [U]) -> Result<(), KernelError> {
    exact(x, out, |x| x)
}

fn transcendental<T: Real>(function: Function, x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    check_length("x", out.len(), x.len())?;
    let unused = Operand::Scalar(T::default());
    evaluate(
        function,
        &Inputs {
            logits: Operand::Full(x),
            labels: unused,
            pos_weight: unused,
            checked: false,
        },
        [out],
    )
}

/// Applies an operation that is exact in `f64`, and rounds.
fn exact<T: Real, U: Real>(
    x: &[T],
    out: &mut [U],
    operation: impl Fn(f64) -> f64 + Copy + Sync,
) -> Result<(), KernelError> {
    check_length("x", out.len(), x.len())?;
    let tier = Tier::current();
    threads::for_each_part([out], 1, |start, [out]| {
        let x = &x[start..start + out.len()];
        tier.dispatch(Exact { x, out, operation });
    });
    Ok(())
}

struct Exact<'a, 'o, T, U, F> {
    x: &'a [T],
    out: &'o mut [U],
    operation: F,
}

impl<T: Real, U: Real, F: Fn(f64) -> f64> Work for Exact<'_, '_, T, U, F> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for (out, x) in self.out.iter_mut().zip(self.x) {
            *out = U::nearest_or_nan((self.operation)(x.exactly()));
        }
    }
}
