//! The dimensions of a tensor, outermost first, with their arithmetic: counts, axes, offsets.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use smallvec::SmallVec;

use crate::{Broadcast, PartialShape, TensorError, broadcast};

/// The dimensions of a row-major tensor, outermost first.
///
/// Up to rank 8 a shape takes no heap memory. The product of its dimensions, zeros left out, is at
/// most `isize::MAX`, so no count, offset or reduced shape overflows; a zero among
/// them makes the number of elements 0.
///
/// ```
/// use tensor_core::Shape;
///
/// let shape = Shape::new([2, 3])?;
/// assert_eq!(shape.to_string(), "(2, 3)");
/// assert_eq!(shape.len(), 6);
/// assert_eq!(shape.offset(&[1, 0])?, 3);
/// # Ok::<(), tensor_core::TensorError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: SmallVec<[usize; 8]>,
    len: usize,
}

impl Shape {
    /// The largest rank, which is TensorFlow's.
    pub const MAX_RANK: usize = 254;

    /// The shape with these dimensions.
    ///
    /// # Errors
    /// [`TensorError::ShapeOverflow`] if the product of the dimensions, zeros left out, exceeds
    /// `isize::MAX`; [`TensorError::RankOverflow`] above [`Shape::MAX_RANK`].
    pub fn new(dims: impl AsRef<[usize]>) -> Result<Self, TensorError> {
        let dims = dims.as_ref();
        if dims.len() > Self::MAX_RANK {
            return Err(TensorError::RankOverflow {
                expected: Self::MAX_RANK,
                found: dims.len(),
            });
        }
        let limit = isize::MAX as usize;
        let product = dims
            .iter()
            .filter(|&&dim| dim != 0)
            .try_fold(1_usize, |product, &dim| product.checked_mul(dim));
        if product.is_none_or(|product| product > limit) {
            return Err(TensorError::ShapeOverflow {
                expected: limit,
                found: dims.to_vec(),
            });
        }
        Ok(Self::from_checked(SmallVec::from_slice(dims)))
    }

    /// The shape of rank 0, which holds one element.
    #[inline]
    pub const fn scalar() -> Self {
        Self {
            dims: SmallVec::new_const(),
            len: 1,
        }
    }

    /// The shape of rank 1 over elements that already exist, hence without the check of `new`.
    pub(crate) fn vector(len: usize) -> Self {
        Self::from_checked(SmallVec::from_slice(&[len]))
    }

    /// The shape with dimensions that are known not to overflow.
    fn from_checked(dims: SmallVec<[usize; 8]>) -> Self {
        // A zero may follow factors whose product is large, but never too large.
        let len = dims.iter().product();
        Self { dims, len }
    }

    /// The dimensions, outermost first.
    #[inline]
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The number of dimensions.
    #[inline]
    pub fn rank(&self) -> usize {
        self.dims.len()
    }

    /// The number of elements: the product of the dimensions, 1 for rank 0.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element, that is, whether some dimension is 0.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether this is the shape of rank 0.
    #[inline]
    pub fn is_scalar(&self) -> bool {
        self.dims.is_empty()
    }

    /// The axis counted from the start, given one that may count from the end (-1 is the last).
    ///
    /// # Errors
    /// [`TensorError::AxisOutOfRange`] unless `-rank <= axis < rank`.
    pub fn axis(&self, axis: i64) -> Result<usize, TensorError> {
        let rank = self.rank();
        let counted = if axis < 0 { axis + rank as i64 } else { axis };
        usize::try_from(counted)
            .ok()
            .filter(|&counted| counted < rank)
            .ok_or(TensorError::AxisOutOfRange { rank, found: axis })
    }

    /// The axes counted from the start, in ascending order.
    ///
    /// ```
    /// # use tensor_core::Shape;
    /// assert_eq!(Shape::new([2, 3, 4])?.axes(&[-1, 0])?, [0, 2]);
    /// # Ok::<(), tensor_core::TensorError>(())
    /// ```
    ///
    /// # Errors
    /// [`TensorError::AxisOutOfRange`] as in [`Shape::axis`]; [`TensorError::DuplicateAxis`] if two
    /// of them are the same.
    pub fn axes(&self, axes: &[i64]) -> Result<Vec<usize>, TensorError> {
        let mut sorted = Vec::with_capacity(axes.len().min(self.rank()));
        for &found in axes {
            let axis = self.axis(found)?;
            match sorted.binary_search(&axis) {
                Ok(_) => return Err(TensorError::DuplicateAxis { axis, found }),
                Err(place) => sorted.insert(place, axis),
            }
        }
        Ok(sorted)
    }

    /// The shape after reducing `axes` (as [`Shape::axes`] gives them): they become 1 if
    /// `keep_dims`, else they are dropped. Axes beyond the rank have no effect.
    #[must_use]
    pub fn reduced(&self, axes: &[usize], keep_dims: bool) -> Self {
        let mut dims = SmallVec::new();
        for (axis, &dim) in self.dims.iter().enumerate() {
            if !axes.contains(&axis) {
                dims.push(dim);
            } else if keep_dims {
                dims.push(1);
            }
        }
        Self::from_checked(dims)
    }

    /// The position of an element in row-major order.
    ///
    /// # Errors
    /// [`TensorError::IndexRank`] unless there is one coordinate per dimension;
    /// [`TensorError::IndexOutOfRange`] unless each is below its dimension.
    pub fn offset(&self, index: &[usize]) -> Result<usize, TensorError> {
        if index.len() != self.rank() {
            return Err(TensorError::IndexRank {
                expected: self.rank(),
                found: index.len(),
            });
        }
        let mut offset = 0;
        for (axis, (&found, &expected)) in index.iter().zip(&self.dims).enumerate() {
            if found >= expected {
                return Err(TensorError::IndexOutOfRange {
                    axis,
                    expected,
                    found,
                });
            }
            offset = offset * expected + found;
        }
        Ok(offset)
    }

    /// The shape that both broadcast to, by TensorFlow's rule: aligned from the
    /// right, two dimensions must be equal or one of them 1; a missing one counts as 1.
    ///
    /// # Errors
    /// [`TensorError::Broadcast`] if they do not; [`TensorError::ShapeOverflow`] if the result is
    /// too large.
    pub fn broadcast(&self, other: &Self) -> Result<Self, TensorError> {
        match broadcast::union(&self.dims, &other.dims) {
            Some(dims) => Self::new(dims),
            None => Err(TensorError::Broadcast {
                left: self.into(),
                right: other.into(),
            }),
        }
    }

    /// How the elements of an operand of this shape repeat over `target`.
    ///
    /// ```
    /// use tensor_core::{Broadcast, Shape};
    ///
    /// let logits = Shape::new([4, 10])?;
    /// let per_class = Shape::new([10])?;
    /// let per_row = Shape::new([4, 1])?;
    /// assert_eq!(per_class.broadcast_to(&logits)?, Broadcast::Periodic { stretch: 1 });
    /// assert_eq!(per_row.broadcast_to(&logits)?, Broadcast::Periodic { stretch: 10 });
    /// assert!(logits.broadcast_to(&per_class).is_err());
    /// # Ok::<(), tensor_core::TensorError>(())
    /// ```
    ///
    /// # Errors
    /// [`TensorError::BroadcastTo`] if it does not broadcast, or if `target` itself would have to
    /// be enlarged.
    pub fn broadcast_to(&self, target: &Self) -> Result<Broadcast, TensorError> {
        broadcast::pattern(self, target).ok_or_else(|| TensorError::BroadcastTo {
            expected: target.into(),
            found: self.into(),
        })
    }
}

impl AsRef<[usize]> for Shape {
    fn as_ref(&self) -> &[usize] {
        &self.dims
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shape{self}")
    }
}

impl fmt::Display for Shape {
    /// Writes the text form of TensorFlow and Python: `()`, `(3,)`, `(2, 3)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&PartialShape::from(self).to_string())
    }
}
