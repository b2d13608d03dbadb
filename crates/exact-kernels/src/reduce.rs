//! Exact reductions: sums and means along axes, and of the loss without writing it.

use core::marker::PhantomData;

use crate::elementwise::{Evaluation, Inputs};
use crate::error::{KernelError, check_length};
use crate::exact_sum::{CHUNK, ExactSum};
use crate::loss::inputs;
use crate::operand::Operand;
use crate::quantity::WeightedLoss;
use crate::real::Real;
use crate::real::sealed::Format;
use crate::threads;
use crate::tier::{Arithmetic, Tier, Work};

/// One axis of a row-major array, outermost first in a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    /// The number of elements along the axis.
    pub len: usize,
    /// Whether the reduction runs over this axis; the others remain, in order.
    pub reduced: bool,
}

/// Sums over any set of axes, each exact and rounded once; the sum of nothing is `+0`.
///
/// `x` is row-major with the given extents; `out` has the extents that are not reduced.
///
/// # Errors
/// [`KernelError::Length`] where `x` or `out` do not have as many elements as the extents say;
/// [`KernelError::ExtentOverflow`] where the extents multiply to more than can be addressed.
///
/// ```
/// use exact_kernels::{Extent, sum_axes};
///
/// let mut columns = [0.0_f32; 3];
/// let extents = [Extent { len: 2, reduced: true }, Extent { len: 3, reduced: false }];
/// sum_axes(&[1.0, 2.0, 3.0, 10.0, 20.0, 30.0], &extents, &mut columns)?;
/// assert_eq!(columns, [11.0, 22.0, 33.0]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn sum_axes<T: Real>(x: &[T], extents: &[Extent], out: &mut [T]) -> Result<(), KernelError> {
    check_extents(x, extents, out)?;
    for (index, out) in out.iter_mut().enumerate() {
        *out = slice_sum(x, extents, index).sum();
    }
    Ok(())
}

/// Means over any set of axes: the exact sum over the count, rounded once.
///
/// # Errors
/// As [`sum_axes`]; and [`KernelError::EmptyMean`] where each mean would be one of no elements.
pub fn mean_axes<T: Real>(x: &[T], extents: &[Extent], out: &mut [T]) -> Result<(), KernelError> {
    check_extents(x, extents, out)?;
    for (index, out) in out.iter_mut().enumerate() {
        *out = slice_sum(x, extents, index).mean()?;
    }
    Ok(())
}

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
    let inputs = inputs(labels, logits, pos_weight);
    inputs.check(logits.len())?;
    let tier = Tier::current();
    let total = |start, length| {
        let mut sum = ExactSum::new();
        T::add_losses_to(&mut sum, tier, &inputs, start, length);
        sum
    };
    Ok(threads::map_merge(logits.len(), total, |left, right| {
        left.merged(&right)
    }))
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
    weighted_loss_sum(labels, logits, pos_weight)?.mean()
}

fn check_extents<T>(x: &[T], extents: &[Extent], out: &[T]) -> Result<(), KernelError> {
    let kept = extents
        .iter()
        .map(|extent| if extent.reduced { 1 } else { extent.len });
    check_length(
        "x",
        product(extents.iter().map(|extent| extent.len))?,
        x.len(),
    )?;
    check_length("out", product(kept)?, out.len())
}

/// The product of lengths; a length of 0 makes it 0 however large the others are.
fn product(lengths: impl Iterator<Item = usize> + Clone) -> Result<usize, KernelError> {
    if lengths.clone().any(|length| length == 0) {
        return Ok(0);
    }
    lengths
        .into_iter()
        .try_fold(1_usize, usize::checked_mul)
        .ok_or(KernelError::ExtentOverflow)
}

/// The sum of the elements that belong to one output.
fn slice_sum<T: Real>(x: &[T], extents: &[Extent], index: usize) -> ExactSum {
    let mut sum = ExactSum::new();
    if !x.is_empty() {
        add_block(&mut sum, x, extents, index);
    }
    sum
}

/// Adds those elements of a block with the given extents whose kept coordinates count to `index`.
fn add_block<T: Real>(sum: &mut ExactSum, block: &[T], extents: &[Extent], index: usize) {
    if extents.iter().all(|extent| extent.reduced) {
        return sum.add_slice(block);
    }
    let (outer, inner) = (extents[0], &extents[1..]);
    let size = block.len() / outer.len;
    if outer.reduced {
        for part in block.chunks_exact(size) {
            add_block(sum, part, inner, index);
        }
    } else {
        let kept: usize = inner
            .iter()
            .filter(|extent| !extent.reduced)
            .map(|extent| extent.len)
            .product();
        let start = index / kept * size;
        add_block(sum, &block[start..start + size], inner, index % kept);
    }
}

/// Adds the losses of some elements to a sum, in the loops of a tier.
pub(crate) fn add_losses<T: Format>(
    sum: &mut ExactSum,
    tier: Tier,
    inputs: &Inputs<T>,
    start: usize,
    length: usize,
) {
    tier.dispatch(LossSum {
        sum,
        inputs,
        start,
        length,
    });
}

struct LossSum<'a, T> {
    sum: &'a mut ExactSum,
    inputs: &'a Inputs<'a, T>,
    start: usize,
    length: usize,
}

impl<T: Format> Work for LossSum<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self {
            sum,
            inputs,
            start,
            length,
        } = self;
        let mut buffer = [T::default(); CHUNK];
        for start in (start..start + length).step_by(CHUNK) {
            let losses = &mut buffer[..CHUNK.min(self.start + length - start)];
            Evaluation::<T, WeightedLoss, 1> {
                inputs,
                start,
                outputs: [&mut *losses],
                quantity: PhantomData,
            }
            .run::<A>();
            sum.add_in_tier::<T, A>(losses);
        }
    }
}
