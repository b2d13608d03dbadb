//! Functions of one slice that are exact in `f64`, so that at most one rounding follows.
//!
//! NaN gives the canonical NaN.

use crate::dispatch::threads;
use crate::dispatch::tier::{Tier, Work};
use crate::error::{KernelError, check_length};
use crate::number::arithmetic::Arithmetic;
use crate::number::format::Real;

/// `-x`; exact.
///
/// # Errors
/// [`KernelError::Length`] where `x` and `out` differ in length.
pub fn negative<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    exact(x, out, |x| -x)
}

/// `|x|`; exact.
///
/// # Errors
/// As [`negative`].
pub fn abs<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    exact(x, out, f64::abs)
}

/// `max(x, 0)`; exact, `+0` at -0.
///
/// # Errors
/// As [`negative`].
pub fn relu<T: Real>(x: &[T], out: &mut [T]) -> Result<(), KernelError> {
    exact(x, out, |x| if x <= 0.0 { 0.0 } else { x })
}

/// The same numbers in another element type: exact where that has them, else correctly rounded.
///
/// # Errors
/// As [`negative`].
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

/// Applies an operation that is exact in `f64`, and rounds.
fn exact<T: Real, U: Real>(
    x: &[T],
    out: &mut [U],
    operation: impl Fn(f64) -> f64 + Copy + Sync,
) -> Result<(), KernelError> {
    check_length("out", x.len(), out.len())?;
    let tier = Tier::current();
    threads::for_each_part([out], 1, &|start, [out]| {
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
            *out = U::round_f64_or_nan((self.operation)(x.as_f64()));
        }
    }
}
