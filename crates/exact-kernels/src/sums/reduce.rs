//! Exact sums and means of the loss, without writing it.

use crate::dispatch::threads;
use crate::dispatch::tier::Tier;
use crate::error::{KernelError, check_length};
use crate::functions::weighted_fused::{LOOPS, inputs};
use crate::number::format::Real;
use crate::operand::Operand;
use crate::sums::dense::{CHUNK, DenseSum, add_to};
use crate::sums::exact_sum::ExactSum;
use crate::ziv::driver::check;

/// Each number divided by `count`, rounded once: its share in a mean of so many. The count need
/// not be a value of `T`.
///
/// # Errors
/// [`KernelError::Length`] unless `x` and `out` have as many elements as each other;
/// [`KernelError::EmptyMean`] for a count of 0, unless there is nothing to divide.
pub fn divide_by_count<T: Real>(x: &[T], count: u64, out: &mut [T]) -> Result<(), KernelError> {
    check_length("out", x.len(), out.len())?;
    for (x, out) in x.iter().zip(out) {
        let mut sum = ExactSum::new();
        sum.add(*x);
        *out = sum.divided_by(count)?;
    }
    Ok(())
}

/// The exact sum of the rounded losses, without writing them: what summing
/// [`weighted_loss`](crate::weighted_loss)'s output gives.
///
/// # Errors
/// [`KernelError::Length`] where the lengths of `labels`, `logits` or a full `pos_weight` differ;
/// [`KernelError::EmptyPeriod`] for a periodic `pos_weight` of nothing.
///
/// ```
/// use exact_kernels::{Operand, weighted_loss_sum};
///
/// let total = weighted_loss_sum(&[0.0_f32, 1.0], &[20.0, 20.0], Operand::Scalar(1.0))?;
/// assert_eq!(total.sum::<f32>(), 20.0);
/// assert_eq!(total.mean::<f32>()?, 10.0);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn weighted_loss_sum<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
) -> Result<ExactSum, KernelError> {
    let mut sum = ExactSum::new();
    sum.add_dense(&loss_sum(labels, logits, pos_weight)?, logits.len());
    Ok(sum)
}

/// The mean of the rounded losses, itself rounded once, without writing them.
///
/// # Errors
/// As [`weighted_loss_sum`]; and [`KernelError::EmptyMean`] for no elements.
pub fn weighted_loss_mean<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
) -> Result<T, KernelError> {
    let sum = loss_sum(labels, logits, pos_weight)?;
    if logits.is_empty() {
        return Err(KernelError::EmptyMean);
    }
    Ok(sum.divided_by(logits.len() as u64))
}

fn loss_sum<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
) -> Result<DenseSum, KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    check(&inputs, logits.len())?;
    let (tier, run) = (Tier::current(), T::entry(&LOOPS));
    let total = |start, length| {
        let mut sum = DenseSum::ZERO;
        let mut buffer = [T::default(); CHUNK];
        let end = start + length;
        for at in (start..end).step_by(CHUNK) {
            let losses = &mut buffer[..CHUNK.min(end - at)];
            run(tier, &inputs, at, [losses, &mut [], &mut []]);
            add_to(&mut sum, tier, losses);
        }
        sum
    };
    Ok(threads::map_merge(logits.len(), &total, &DenseSum::merged))
}
