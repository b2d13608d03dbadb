//! Broadcasting: which shapes fit together, and how an operand's elements repeat over the result.

use alloc::vec::Vec;

use smallvec::SmallVec;

use crate::{Element, Shape};

/// How an operand's elements repeat over a larger, row-major target.
///
/// Given by [`Shape::broadcast_to`]; a kernel can follow the first three forms without expanding
/// the operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Broadcast {
    /// Element `i` of the target is element `i` of the operand.
    Same,
    /// Every element of the target is the operand's only one.
    Scalar,
    /// Element `i` of the target is element `(i / stretch) % len` of the operand, whose number of
    /// elements is `len`.
    ///
    /// A trailing axis (one value per class) has stretch 1; a shape `(N, 1)` (one per row) has the
    /// length of a row; `(C, 1, 1)` in `(N, C, H, W)` has `H * W`.
    Periodic {
        /// How many neighbouring elements of the target share one value; at least 1.
        stretch: usize,
    },
    /// No single period: expand the operand with
    /// [`Tensor::broadcast_to`](crate::Tensor::broadcast_to).
    General,
}

/// The dimensions that both broadcast to, if they do.
pub(crate) fn union(left: &[usize], right: &[usize]) -> Option<SmallVec<[usize; 8]>> {
    let rank = left.len().max(right.len());
    (0..rank)
        .map(
            |axis| match (aligned(left, rank, axis), aligned(right, rank, axis)) {
                (x, y) if x == y => Some(x),
                (1, dim) | (dim, 1) => Some(dim),
                _ => None,
            },
        )
        .collect()
}

/// How `operand` repeats over `target`, or `None` if it does not broadcast to it.
pub(crate) fn pattern(operand: &Shape, target: &Shape) -> Option<Broadcast> {
    // The most frequent operand of calls on few elements, for which each step counts.
    if operand.is_scalar() && target.len() != 1 {
        return Some(Broadcast::Scalar);
    }
    if !fits(operand.dims(), target.dims()) {
        return None;
    }
    if operand.len() == target.len() {
        return Some(Broadcast::Same);
    }
    if operand.len() == 1 {
        return Some(Broadcast::Scalar);
    }
    // From the right: axes that repeat (the stretch), then axes of the operand, then only axes that
    // repeat again (the periods).
    let mut stretch = 1;
    let mut inside = false;
    let mut outside = false;
    for (count, step) in steps(operand.dims(), target.dims()).rev() {
        match step {
            Step::Advance if outside => return Some(Broadcast::General),
            Step::Advance => inside = true,
            Step::Repeat if inside => outside = true,
            Step::Repeat => stretch *= count,
        }
    }
    // A target without elements may have made it 0, which nobody should divide by.
    Some(Broadcast::Periodic {
        stretch: stretch.max(1),
    })
}

/// Appends the elements of `data`, of shape `operand`, in the order of `target`, to which
/// `operand` must broadcast.
pub(crate) fn expand<T: Element>(data: &[T], operand: &Shape, target: &Shape, out: &mut Vec<T>) {
    if !target.is_empty() {
        let steps: Vec<_> = steps(operand.dims(), target.dims()).collect();
        expand_steps(data, &steps, out);
    }
}

/// Recurses once per axis of at least two elements, of which a shape has at most 63.
fn expand_steps<T: Element>(data: &[T], steps: &[(usize, Step)], out: &mut Vec<T>) {
    let Some((&(count, step), inner)) = steps.split_first() else {
        out.extend_from_slice(data);
        return;
    };
    match step {
        Step::Advance => {
            for part in data.chunks_exact(data.len() / count) {
                expand_steps(part, inner, out);
            }
        }
        Step::Repeat => {
            let start = out.len();
            expand_steps(data, inner, out);
            let end = out.len();
            for _ in 1..count {
                out.extend_from_within(start..end);
            }
        }
    }
}

/// What the operand does along an axis of the target.
#[derive(Clone, Copy)]
enum Step {
    /// It has the target's dimension: the next element comes from the operand.
    Advance,
    /// It has dimension 1 there: its elements repeat.
    Repeat,
}

/// The target's axes other than those of dimension 1, which move nothing, outermost first.
fn steps(operand: &[usize], target: &[usize]) -> impl DoubleEndedIterator<Item = (usize, Step)> {
    let rank = target.len();
    target
        .iter()
        .enumerate()
        .filter(|&(_, &dim)| dim != 1)
        .map(move |(axis, &dim)| {
            let step = if aligned(operand, rank, axis) == dim {
                Step::Advance
            } else {
                Step::Repeat
            };
            (dim, step)
        })
}

/// Whether `operand` broadcasts to exactly `target`.
fn fits(operand: &[usize], target: &[usize]) -> bool {
    let rank = target.len();
    operand.len() <= rank
        && (0..rank).all(|axis| {
            let dim = aligned(operand, rank, axis);
            dim == 1 || dim == target[axis]
        })
}

/// The dimension that stands at `axis` once `dims` is aligned from the right to `rank` axes.
fn aligned(dims: &[usize], rank: usize, axis: usize) -> usize {
    (axis + dims.len())
        .checked_sub(rank)
        .map_or(1, |own| dims[own])
}
