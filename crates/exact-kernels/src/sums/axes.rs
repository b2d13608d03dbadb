//! Exact sums and means along any set of axes.
//!
//! The trailing axes make matrices: rows that are reduced, columns that are kept (one, where the
//! last axis is reduced). The axes before choose the matrices that belong to an output.

use crate::dispatch::threads;
use crate::dispatch::tier::Tier;
use crate::error::{KernelError, check_length};
use crate::number::format::Real;
use crate::sums::dense::{DenseSum, add_to};

/// The columns that are summed side by side, so that what is read of a row comes from one or two
/// lines of the cache.
const COLUMNS: usize = 8;
/// The rows of a column that are gathered at a time.
const ROWS: usize = 256;

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
    reduce(x, extents, out, 1);
    Ok(())
}

/// Means over any set of axes: the exact sum over the count, rounded once.
///
/// # Errors
/// As [`sum_axes`]; and [`KernelError::EmptyMean`] where each mean would be one of no elements.
pub fn mean_axes<T: Real>(x: &[T], extents: &[Extent], out: &mut [T]) -> Result<(), KernelError> {
    check_extents(x, extents, out)?;
    if x.is_empty() && !out.is_empty() {
        return Err(KernelError::EmptyMean);
    }
    let count = x.len() / out.len().max(1);
    reduce(x, extents, out, count as u64);
    Ok(())
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

/// Reduces to every output: sums divided by `divisor`, which is not 0 unless `x` is empty.
fn reduce<T: Real>(x: &[T], extents: &[Extent], out: &mut [T], divisor: u64) {
    if x.is_empty() {
        return out.fill(T::default());
    }
    let reduction = Reduction::new(x, extents);
    let addends = x.len() / out.len();
    threads::for_each_part([out], addends, &|start, [out]| {
        reduction.run(start, out, divisor);
    });
}

/// A reduction of at least one element.
struct Reduction<'a, T> {
    tier: Tier,
    x: &'a [T],
    /// The axes before those of a matrix.
    outer: &'a [Extent],
    /// The columns of a matrix.
    columns: usize,
}

impl<'a, T: Real> Reduction<'a, T> {
    fn new(x: &'a [T], extents: &'a [Extent]) -> Self {
        let kept = extents.iter().rev().take_while(|axis| !axis.reduced);
        let (rows, columns) = extents.split_at(extents.len() - kept.count());
        let reduced = rows.iter().rev().take_while(|axis| axis.reduced);
        Self {
            tier: Tier::current(),
            x,
            outer: &rows[..rows.len() - reduced.count()],
            columns: columns.iter().map(|axis| axis.len).product(),
        }
    }

    /// Computes the outputs from `start` on.
    fn run(&self, start: usize, out: &mut [T], divisor: u64) {
        let mut sums = [const { DenseSum::ZERO }; COLUMNS];
        let mut done = 0;
        while done < out.len() {
            let (matrix, column) = ((start + done) / self.columns, (start + done) % self.columns);
            let count = COLUMNS.min(self.columns - column).min(out.len() - done);
            let sums = &mut sums[..count];
            sums.fill(DenseSum::ZERO);
            for_each_matrix(self.x, self.outer, matrix, &mut |matrix| {
                self.add(sums, matrix, column);
            });
            for (out, sum) in out[done..].iter_mut().zip(sums) {
                *out = sum.divided_by(divisor);
            }
            done += count;
        }
    }

    /// Adds some columns of a matrix to their sums.
    fn add(&self, sums: &mut [DenseSum], matrix: &[T], column: usize) {
        let columns = self.columns;
        if columns == 1 {
            return sums[0].add_slice(self.tier, matrix);
        }
        let totals = threads::map_merge(
            matrix.len() / columns,
            &|start, rows| {
                let part = &matrix[start * columns..(start + rows) * columns];
                self.column_sums(part, column, sums.len())
            },
            &|mut left: [DenseSum; COLUMNS], right| {
                for (left, right) in left.iter_mut().zip(&right) {
                    left.merge(right);
                }
                left
            },
        );
        for (sum, total) in sums.iter_mut().zip(&totals) {
            sum.merge(total);
        }
    }

    /// The sums of `count` columns of a matrix.
    fn column_sums(&self, matrix: &[T], column: usize, count: usize) -> [DenseSum; COLUMNS] {
        let mut sums = [const { DenseSum::ZERO }; COLUMNS];
        let mut gathered = [[T::default(); ROWS]; COLUMNS];
        for rows in matrix.chunks(ROWS * self.columns) {
            let height = rows.len() / self.columns;
            for (index, row) in rows.chunks_exact(self.columns).enumerate() {
                for (to, from) in gathered.iter_mut().zip(&row[column..column + count]) {
                    to[index] = *from;
                }
            }
            for (sum, values) in sums.iter_mut().zip(&gathered).take(count) {
                add_to(sum, self.tier, &values[..height]);
            }
        }
        sums
    }
}

/// Calls `f` with each matrix of a block whose kept coordinates count to `index`.
///
/// An axis of length 1 changes nothing, and each other one at least halves the block, so the depth
/// is at most the number of bits of a length.
fn for_each_matrix<T>(block: &[T], outer: &[Extent], index: usize, f: &mut impl FnMut(&[T])) {
    let ones = outer.iter().take_while(|axis| axis.len == 1).count();
    let Some((axis, inner)) = outer[ones..].split_first() else {
        return f(block);
    };
    let size = block.len() / axis.len;
    if axis.reduced {
        for part in block.chunks_exact(size) {
            for_each_matrix(part, inner, index, f);
        }
    } else {
        let kept = inner.iter().filter(|axis| !axis.reduced);
        let kept: usize = kept.map(|axis| axis.len).product();
        let start = index / kept * size;
        for_each_matrix(&block[start..start + size], inner, index % kept, f);
    }
}
