//! Shapes of which some dimensions, or even their number, are unknown: what a graph knows of a
//! tensor before it runs.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};
use core::str::FromStr;

use crate::{Shape, TensorError};

/// A shape that may lack dimensions or a rank, after TensorFlow's `TensorShape`.
///
/// Its text forms are TensorFlow's: `<unknown>` for unknown rank, `None` for an unknown dimension,
/// else as a [`Shape`]'s.
///
/// ```
/// use tensor_core::PartialShape;
///
/// let batch: PartialShape = "(None, 3)".parse()?;
/// let known = PartialShape::new([Some(2), None]);
/// assert_eq!(batch.merge_with(&known)?.to_string(), "(2, 3)");
/// # Ok::<(), tensor_core::TensorError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartialShape {
    /// `None` for an unknown rank.
    dims: Option<Vec<Option<usize>>>,
}

impl PartialShape {
    /// The shape of which nothing is known, not even the rank.
    pub const fn unknown() -> Self {
        Self { dims: None }
    }

    /// The shape with these dimensions, outermost first; `None` is an unknown one.
    pub fn new(dims: impl IntoIterator<Item = Option<usize>>) -> Self {
        Self {
            dims: Some(dims.into_iter().collect()),
        }
    }

    /// The number of dimensions, if known.
    pub fn rank(&self) -> Option<usize> {
        self.dims().map(<[_]>::len)
    }

    /// The dimensions, outermost first, if their number is known.
    pub fn dims(&self) -> Option<&[Option<usize>]> {
        self.dims.as_deref()
    }

    /// The shape, if every dimension is known and they make a valid [`Shape`].
    pub fn to_shape(&self) -> Option<Shape> {
        let dims: Option<Vec<usize>> = self.dims()?.iter().copied().collect();
        Shape::new(dims?).ok()
    }

    /// Whether some concrete shape fits both: equal rank and equal dimensions where both are known.
    ///
    /// The relation is reflexive and symmetric, but not transitive: `(None, 3)` is compatible with
    /// `<unknown>` and that with `(2, 4)`.
    pub fn is_compatible_with(&self, other: impl Into<Self>) -> bool {
        self.merge(&other.into()).is_some()
    }

    /// What both sides together know: an unknown side yields the other, dimension by dimension.
    ///
    /// # Errors
    /// [`TensorError::IncompatibleShapes`] unless they are compatible.
    pub fn merge_with(&self, other: impl Into<Self>) -> Result<Self, TensorError> {
        let other = other.into();
        self.merge(&other)
            .ok_or_else(|| TensorError::IncompatibleShapes {
                left: self.clone(),
                right: other,
            })
    }

    /// What is known of the shape that both broadcast to (see [`Shape::broadcast`]).
    ///
    /// An unknown rank makes the result's unknown. An unknown dimension beside a known one other
    /// than 1 yields that one, since nothing else would broadcast; beside 1 or another unknown one
    /// it stays unknown.
    ///
    /// # Errors
    /// [`TensorError::Broadcast`] if no concrete shapes that fit them broadcast together.
    pub fn broadcast(&self, other: impl Into<Self>) -> Result<Self, TensorError> {
        let other = other.into();
        let (Some(left), Some(right)) = (self.dims(), other.dims()) else {
            return Ok(Self::unknown());
        };
        match broadcast_dims(left, right) {
            Some(dims) => Ok(Self::new(dims)),
            None => Err(TensorError::Broadcast {
                left: self.clone(),
                right: other,
            }),
        }
    }

    /// Whether this shape may broadcast to `target` without enlarging it (see
    /// [`Shape::broadcast_to`]): what is known of the two does not contradict that.
    ///
    /// # Errors
    /// [`TensorError::BroadcastTo`] if no concrete shapes that fit them do.
    pub fn broadcast_to(&self, target: impl Into<Self>) -> Result<(), TensorError> {
        let target = target.into();
        let fits = match (self.dims(), target.dims()) {
            (Some(own), Some(wanted)) => fits(own, wanted),
            _ => true,
        };
        if fits {
            return Ok(());
        }
        Err(TensorError::BroadcastTo {
            expected: target,
            found: self.clone(),
        })
    }

    /// The axes counted from the start, in ascending order; `None` if the rank is unknown.
    ///
    /// # Errors
    /// As [`Shape::axes`].
    pub fn axes(&self, axes: &[i64]) -> Result<Option<Vec<usize>>, TensorError> {
        let Some(rank) = self.rank() else {
            return Ok(None);
        };
        // Axes depend on the rank alone, so any dimensions do.
        Shape::new(alloc::vec![1; rank])?.axes(axes).map(Some)
    }

    /// The shape after reducing `axes` (as [`PartialShape::axes`] gives them); see
    /// [`Shape::reduced`].
    #[must_use]
    pub fn reduced(&self, axes: &[usize], keep_dims: bool) -> Self {
        let Some(dims) = self.dims() else {
            return Self::unknown();
        };
        let dims = dims.iter().enumerate();
        Self::new(dims.filter_map(|(axis, &dim)| {
            if axes.contains(&axis) {
                keep_dims.then_some(Some(1))
            } else {
                Some(dim)
            }
        }))
    }

    fn merge(&self, other: &Self) -> Option<Self> {
        let (Some(left), Some(right)) = (self.dims(), other.dims()) else {
            let known = if self.dims.is_some() { self } else { other };
            return Some(known.clone());
        };
        if left.len() != right.len() {
            return None;
        }
        let merged: Option<Vec<_>> = left
            .iter()
            .zip(right)
            .map(|(&left, &right)| match (left, right) {
                (Some(x), Some(y)) if x != y => None,
                _ => Some(left.or(right)),
            })
            .collect();
        Some(Self {
            dims: Some(merged?),
        })
    }
}

/// Whether, aligned from the right, each dimension may be 1 or that of the target.
fn fits(own: &[Option<usize>], target: &[Option<usize>]) -> bool {
    own.len() <= target.len()
        && own
            .iter()
            .rev()
            .zip(target.iter().rev())
            .all(|(&own, &wanted)| match (own, wanted) {
                (Some(own), Some(wanted)) => own == 1 || own == wanted,
                _ => true,
            })
}

fn broadcast_dims(left: &[Option<usize>], right: &[Option<usize>]) -> Option<Vec<Option<usize>>> {
    let rank = left.len().max(right.len());
    let aligned = |dims: &[Option<usize>], axis: usize| {
        (axis + dims.len())
            .checked_sub(rank)
            .map_or(Some(1), |own| dims[own])
    };
    (0..rank)
        .map(|axis| match (aligned(left, axis), aligned(right, axis)) {
            (Some(x), Some(y)) if x == y => Some(Some(x)),
            (Some(1), dim) | (dim, Some(1)) => Some(dim),
            (Some(_), Some(_)) => None,
            (left, right) => Some(left.or(right)),
        })
        .collect()
}

impl From<&Shape> for PartialShape {
    fn from(shape: &Shape) -> Self {
        Self::new(shape.dims().iter().copied().map(Some))
    }
}

impl From<Shape> for PartialShape {
    fn from(shape: Shape) -> Self {
        Self::from(&shape)
    }
}

impl<const RANK: usize> From<[usize; RANK]> for PartialShape {
    fn from(dims: [usize; RANK]) -> Self {
        Self::new(dims.map(Some))
    }
}

impl<const RANK: usize> From<[Option<usize>; RANK]> for PartialShape {
    fn from(dims: [Option<usize>; RANK]) -> Self {
        Self::new(dims)
    }
}

impl From<&Self> for PartialShape {
    fn from(shape: &Self) -> Self {
        shape.clone()
    }
}

impl fmt::Display for PartialShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(dims) = self.dims() else {
            return f.pad("<unknown>");
        };
        let mut text = String::from("(");
        for (axis, dim) in dims.iter().enumerate() {
            if axis > 0 {
                text.push_str(", ");
            }
            match dim {
                Some(dim) => write!(text, "{dim}")?,
                None => text.push_str("None"),
            }
        }
        // Python's mark of a one-element tuple.
        text.push_str(if dims.len() == 1 { ",)" } else { ")" });
        f.pad(&text)
    }
}

impl FromStr for PartialShape {
    type Err = TensorError;

    /// Reads what [`Display`](fmt::Display) writes; also `?` (TensorFlow 1's mark) for an unknown
    /// dimension, any spaces, and a comma after the last dimension.
    ///
    /// # Errors
    /// [`TensorError::InvalidShapeText`] for anything else.
    fn from_str(text: &str) -> Result<Self, TensorError> {
        parse(text.trim()).ok_or_else(|| TensorError::InvalidShapeText {
            found: String::from(text),
        })
    }
}

fn parse(text: &str) -> Option<PartialShape> {
    if text == "<unknown>" {
        return Some(PartialShape::unknown());
    }
    let inside = text.strip_prefix('(')?.strip_suffix(')')?.trim();
    if inside.is_empty() {
        return Some(PartialShape::new([]));
    }
    // `(3)` is a number in Python, not a shape.
    if !inside.contains(',') {
        return None;
    }
    let dims = inside.strip_suffix(',').unwrap_or(inside);
    let mut parsed = Vec::new();
    for dim in dims.split(',').map(str::trim) {
        parsed.push(if matches!(dim, "None" | "?") {
            None
        } else {
            Some(parse_digits(dim)?)
        });
    }
    Some(PartialShape { dims: Some(parsed) })
}

/// Unlike `parse` alone, refuses a leading `+`.
fn parse_digits(text: &str) -> Option<usize> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
