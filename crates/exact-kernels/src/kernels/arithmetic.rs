//! Arithmetic of two operands as IEEE 754 defines it, correctly rounded in all four element types,
//! NaN canonical.
//!
//! The operations run in `f64` and round once more. Double rounding is harmless here because 53
//! bits are at least the 2p + 2 that +, -, *, / need for p-bit operands (Figueroa, "When is double
//! rounding innocuous?", 1995), p <= 24; subnormal results keep fewer bits and need fewer.

use crate::dispatch::threads;
use crate::dispatch::tier::{Tier, Work};
use crate::error::{KernelError, check_length};
use crate::number::arithmetic::Arithmetic;
use crate::number::format::Real;
use crate::operand::{Operand, Reader};

/// The elements that a loop handles at a time.
const TILE: usize = 128;

/// `x + y`, correctly rounded.
///
/// # Errors
/// [`KernelError::Length`] where the lengths of full operands and `out` differ;
/// [`KernelError::EmptyPeriod`] for a periodic one of nothing.
pub fn add<T: Real>(x: Operand<T>, y: Operand<T>, out: &mut [T]) -> Result<(), KernelError> {
    binary(x, y, out, |x, y| {
        T::round_f64_or_nan(x.as_f64() + y.as_f64())
    })
}

/// `x - y`, correctly rounded.
///
/// # Errors
/// As [`add`].
pub fn subtract<T: Real>(x: Operand<T>, y: Operand<T>, out: &mut [T]) -> Result<(), KernelError> {
    binary(x, y, out, |x, y| {
        T::round_f64_or_nan(x.as_f64() - y.as_f64())
    })
}

/// `x * y`, correctly rounded.
///
/// # Errors
/// As [`add`].
pub fn multiply<T: Real>(x: Operand<T>, y: Operand<T>, out: &mut [T]) -> Result<(), KernelError> {
    binary(x, y, out, |x, y| {
        T::round_f64_or_nan(x.as_f64() * y.as_f64())
    })
}

/// `x / y`, correctly rounded.
///
/// # Errors
/// As [`add`].
pub fn divide<T: Real>(x: Operand<T>, y: Operand<T>, out: &mut [T]) -> Result<(), KernelError> {
    binary(x, y, out, |x, y| {
        T::round_f64_or_nan(x.as_f64() / y.as_f64())
    })
}

/// The larger of x and y (IEEE 754-2019's maximum: NaN if either is, `+0` above `-0`).
///
/// # Errors
/// As [`add`].
pub fn maximum<T: Real>(x: Operand<T>, y: Operand<T>, out: &mut [T]) -> Result<(), KernelError> {
    binary(x, y, out, |x, y| {
        let (x, y) = (x.as_f64(), y.as_f64());
        let larger = if x > y || (x == y && x.is_sign_positive()) {
            x
        } else {
            y
        };
        T::round_f64_or_nan(if x.is_nan() { x } else { larger })
    })
}

/// Whether `x >= y`; false where either is NaN.
///
/// # Errors
/// As [`add`].
pub fn greater_equal<T: Real>(
    x: Operand<T>,
    y: Operand<T>,
    out: &mut [bool],
) -> Result<(), KernelError> {
    binary(x, y, out, |x, y| x >= y)
}

/// x where the condition holds, y elsewhere; bit for bit, NaNs included.
///
/// # Errors
/// As [`add`].
///
/// ```
/// use exact_kernels::{Operand, select};
///
/// let mut out = [0; 3];
/// let condition = Operand::Full(&[true, false, true]);
/// select(condition, Operand::Full(&[1, 2, 3]), Operand::Scalar(0), &mut out)?;
/// assert_eq!(out, [1, 0, 3]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn select<T: Copy>(
    condition: Operand<bool>,
    x: Operand<T>,
    y: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    let length = condition.length().or(x.length()).or(y.length());
    let length = length.unwrap_or(out.len());
    condition.check("condition", length)?;
    x.check("x", length)?;
    y.check("y", length)?;
    check_length("out", length, out.len())?;
    for (index, out) in out.chunks_mut(TILE).enumerate() {
        let (start, length) = (index * TILE, out.len());
        let (mut conditions, mut xs) = ([false; TILE], [out[0]; TILE]);
        condition.copy_tile(start, &mut conditions[..length]);
        x.copy_tile(start, &mut xs[..length]);
        y.copy_tile(start, out);
        for ((out, x), condition) in out.iter_mut().zip(xs).zip(conditions) {
            *out = if condition { x } else { *out };
        }
    }
    Ok(())
}

fn binary<T: Real, U: Copy + Default + Send>(
    x: Operand<T>,
    y: Operand<T>,
    out: &mut [U],
    operation: impl Fn(T, T) -> U + Copy + Sync,
) -> Result<(), KernelError> {
    let length = x.length().or(y.length()).unwrap_or(out.len());
    x.check("x", length)?;
    y.check("y", length)?;
    check_length("out", length, out.len())?;
    let tier = Tier::current();
    threads::for_each_part([out], 1, &|start, [out]| {
        tier.dispatch(Binary {
            x,
            y,
            start,
            out,
            operation,
        });
    });
    Ok(())
}

/// An operation on the elements from `start` on.
struct Binary<'a, 'o, T, U, F> {
    x: Operand<'a, T>,
    y: Operand<'a, T>,
    start: usize,
    out: &'o mut [U],
    operation: F,
}

impl<T: Real, U: Copy + Default, F: Fn(T, T) -> U> Work for Binary<'_, '_, T, U, F> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let (mut x, mut y) = (
            Reader::<T, TILE>::new(self.x),
            Reader::<T, TILE>::new(self.y),
        );
        for (index, out) in self.out.chunks_mut(TILE).enumerate() {
            let start = self.start + index * TILE;
            let (x, y) = (x.read(start, out.len()), y.read(start, out.len()));
            for ((out, &x), &y) in out.iter_mut().zip(x).zip(y) {
                *out = (self.operation)(x, y);
            }
        }
    }
}
