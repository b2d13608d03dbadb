//! What can be wrong with an input: one enum, each case with what was expected and what was found.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{DType, PartialShape, Shape, dtype};

/// Why a tensor, a shape or a conversion was refused.
///
/// Every message says what was expected, what was found and what to do about it. Shapes are boxed
/// so that a `Result` stays small.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The text names no dtype.
    #[error("unknown dtype `{found}`: expected one of {}", dtype::Spellings)]
    UnknownDType {
        /// The text that was given.
        found: String,
    },

    /// The elements are of another dtype than the one asked for.
    #[error("expected dtype {expected}, found {found}: convert with `cast` first")]
    DTypeMismatch {
        /// The dtype that was asked for.
        expected: DType,
        /// The dtype of the elements.
        found: DType,
    },

    /// The number of elements is not the one that the shape holds.
    #[error(
        "shape {shape} holds {expected} elements, found {found}: \
         choose a shape whose dimensions multiply to {found}"
    )]
    ElementCount {
        /// The shape that was asked for.
        shape: Box<Shape>,
        /// The number of elements that the shape holds.
        expected: usize,
        /// The number of elements that there are.
        found: usize,
    },

    /// A single element was asked of a tensor that has none or several.
    #[error(
        "expected exactly one element, found {} in shape {found}: pick one with `get`",
        found.len()
    )]
    NotSingleElement {
        /// The shape of the tensor.
        found: Box<Shape>,
    },

    /// The dimensions, zeros left out, multiply to more than `isize::MAX`.
    #[error(
        "dimensions {found:?} overflow: their product, zeros left out, must be at most {expected}; \
         use smaller dimensions"
    )]
    ShapeOverflow {
        /// The largest product that is allowed.
        expected: usize,
        /// The dimensions that were given.
        found: Vec<usize>,
    },

    /// There are more dimensions than [`Shape::MAX_RANK`].
    #[error("rank {found} is too large: expected at most {expected}; merge or drop dimensions")]
    RankOverflow {
        /// The largest rank that is allowed.
        expected: usize,
        /// The rank that was given.
        found: usize,
    },

    /// Memory for the elements could not be had.
    #[error(
        "cannot allocate {dtype} elements of shape {shape}: use a smaller shape or a smaller dtype"
    )]
    OutOfMemory {
        /// The dtype of the elements.
        dtype: DType,
        /// The shape that was asked for.
        shape: Box<Shape>,
    },

    /// An axis lies outside `-rank..rank`.
    #[error(
        "axis {found} is out of range for rank {rank}: expected -rank <= axis < rank, \
         where a negative axis counts from the end"
    )]
    AxisOutOfRange {
        /// The rank of the shape.
        rank: usize,
        /// The axis that was given.
        found: i64,
    },

    /// The same axis is given twice, possibly once counted from the end.
    #[error("axis {found} is given more than once (as axis {axis}): name every axis once")]
    DuplicateAxis {
        /// The axis, counted from the start.
        axis: usize,
        /// The second occurrence, as it was given.
        found: i64,
    },

    /// An index has another number of coordinates than the shape has dimensions.
    #[error("expected an index of {expected} coordinates, found {found}: give one per dimension")]
    IndexRank {
        /// The rank of the shape.
        expected: usize,
        /// The number of coordinates given.
        found: usize,
    },

    /// A coordinate of an index is not below its dimension.
    #[error("index {found} is out of range on axis {axis}: expected less than {expected}")]
    IndexOutOfRange {
        /// The axis of the coordinate.
        axis: usize,
        /// The dimension, which the coordinate must be below.
        expected: usize,
        /// The coordinate that was given.
        found: usize,
    },

    /// Two shapes do not broadcast together.
    #[error(
        "shapes {left} and {right} do not broadcast: aligned from the right, two dimensions must \
         be equal or one of them 1; reshape one side"
    )]
    Broadcast {
        /// The left operand's shape.
        left: PartialShape,
        /// The right operand's shape.
        right: PartialShape,
    },

    /// A shape does not broadcast to a target, or would enlarge it.
    #[error(
        "shape {found} does not broadcast to {expected}: aligned from the right, each of its \
         dimensions must be 1 or the target's; reshape it"
    )]
    BroadcastTo {
        /// The target shape.
        expected: PartialShape,
        /// The operand's shape.
        found: PartialShape,
    },

    /// Two partially known shapes contradict each other.
    #[error(
        "Shapes {left} and {right} are not compatible: expected the same rank and, where both are \
         known, the same dimensions"
    )]
    IncompatibleShapes {
        /// The left shape.
        left: PartialShape,
        /// The right shape.
        right: PartialShape,
    },

    /// The text is not a shape.
    #[error("`{found}` is not a shape: expected such as (), (3,), (2, 3), (None, 3) or <unknown>")]
    InvalidShapeText {
        /// The text that was given.
        found: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_stays_small_and_is_an_error() {
        fn is_error<E: core::error::Error + Send + Sync + 'static>() {}
        is_error::<TensorError>();
        assert!(size_of::<TensorError>() <= 64);
    }
}
