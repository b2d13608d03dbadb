//! The typed tensor: a shape and its elements in row-major order, owned or borrowed.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::{fmt, slice};

use crate::{Element, Shape, TensorError, broadcast};

/// A shape and its elements in row-major order, owned or borrowed for `'a`.
///
/// Equality is that of the elements: a NaN differs from itself, and the zeros are equal.
///
/// ```
/// use tensor_core::Tensor;
///
/// let data = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let tensor = Tensor::borrowed([2, 3], &data)?;
/// assert_eq!(tensor.get(&[1, 2])?, 6.0);
/// assert_eq!(tensor.to_string(), "[[1.0, 2.0, 3.0],\n [4.0, 5.0, 6.0]]");
/// # Ok::<(), tensor_core::TensorError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Tensor<'a, T: Element> {
    shape: Shape,
    data: Cow<'a, [T]>,
}

impl<T: Element> Tensor<'static, T> {
    /// The tensor of this shape with these elements, in row-major order.
    ///
    /// # Errors
    /// [`TensorError::ElementCount`] unless the shape holds as many elements as `data` has, and
    /// the errors of [`Shape::new`].
    pub fn new(shape: impl AsRef<[usize]>, data: Vec<T>) -> Result<Self, TensorError> {
        Self::from_cow(shape, Cow::Owned(data))
    }

    /// The tensor of rank 0 with this element.
    pub fn scalar(value: T) -> Self {
        Self {
            shape: Shape::scalar(),
            data: Cow::Owned(Vec::from([value])),
        }
    }

    /// The tensor of this shape with `value` everywhere.
    ///
    /// Like every growing `Vec`, it ends the program if memory runs out; [`Tensor::try_full`]
    /// returns an error instead.
    pub fn full(shape: Shape, value: T) -> Self {
        let data = Cow::Owned(alloc::vec![value; shape.len()]);
        Self { shape, data }
    }

    /// The tensor of this shape with `value` everywhere, or an error if memory runs out.
    ///
    /// # Errors
    /// [`TensorError::OutOfMemory`].
    pub fn try_full(shape: Shape, value: T) -> Result<Self, TensorError> {
        let mut data = reserve(&shape)?;
        data.resize(shape.len(), value);
        Ok(Self {
            shape,
            data: Cow::Owned(data),
        })
    }

    /// The tensor of this shape with zero (`false`) everywhere; see [`Tensor::full`].
    pub fn zeros(shape: Shape) -> Self {
        Self::full(shape, T::default())
    }

    /// The tensor of this shape with zero (`false`) everywhere, or an error if memory runs out.
    ///
    /// # Errors
    /// [`TensorError::OutOfMemory`].
    pub fn try_zeros(shape: Shape) -> Result<Self, TensorError> {
        Self::try_full(shape, T::default())
    }
}

impl<'a, T: Element> Tensor<'a, T> {
    /// The tensor of this shape over borrowed elements, in row-major order; nothing is copied.
    ///
    /// # Errors
    /// As [`Tensor::new`].
    pub fn borrowed(shape: impl AsRef<[usize]>, data: &'a [T]) -> Result<Self, TensorError> {
        Self::from_cow(shape, Cow::Borrowed(data))
    }

    fn from_cow(shape: impl AsRef<[usize]>, data: Cow<'a, [T]>) -> Result<Self, TensorError> {
        let shape = Shape::new(shape)?;
        if shape.len() != data.len() {
            let expected = shape.len();
            return Err(TensorError::ElementCount {
                shape: Box::new(shape),
                expected,
                found: data.len(),
            });
        }
        Ok(Self { shape, data })
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.rank()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether the elements are borrowed rather than owned.
    pub fn is_borrowed(&self) -> bool {
        matches!(self.data, Cow::Borrowed(_))
    }

    /// The elements in row-major order.
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// Gives the tensor another shape, of any count of elements, in the memory that it has where
    /// that is enough. What the elements are is unspecified.
    ///
    /// # Errors
    /// [`TensorError::OutOfMemory`]; the tensor is then empty.
    pub fn reuse(&mut self, shape: &Shape) -> Result<(), TensorError> {
        if self.shape == *shape && !self.is_borrowed() {
            return Ok(());
        }
        let mut data = match core::mem::take(&mut self.data) {
            Cow::Owned(data) => data,
            Cow::Borrowed(_) => Vec::new(),
        };
        self.shape = Shape::vector(0);
        let missing = shape.len().saturating_sub(data.len());
        if data.try_reserve_exact(missing).is_err() {
            return Err(TensorError::OutOfMemory {
                dtype: T::DTYPE,
                shape: Box::new(shape.clone()),
            });
        }
        data.resize(shape.len(), T::default());
        self.data = Cow::Owned(data);
        self.shape = shape.clone();
        Ok(())
    }

    /// The elements in row-major order, to change; borrowed ones are copied first, so the slice
    /// they were borrowed from never changes.
    pub fn make_mut(&mut self) -> &mut [T] {
        self.data.to_mut()
    }

    /// The elements in row-major order; borrowed ones are copied.
    pub fn into_vec(self) -> Vec<T> {
        self.data.into_owned()
    }

    /// The same tensor with elements of its own; borrowed ones are copied.
    pub fn into_owned(self) -> Tensor<'static, T> {
        Tensor {
            shape: self.shape,
            data: Cow::Owned(self.data.into_owned()),
        }
    }

    /// The same tensor, borrowing its elements from this one.
    pub fn view(&self) -> Tensor<'_, T> {
        Tensor {
            shape: self.shape.clone(),
            data: Cow::Borrowed(&self.data),
        }
    }

    /// The same elements under another shape that holds as many; nothing is copied.
    ///
    /// # Errors
    /// As [`Tensor::new`].
    pub fn reshape(self, shape: impl AsRef<[usize]>) -> Result<Self, TensorError> {
        Self::from_cow(shape, self.data)
    }

    /// The element at an index, one coordinate per dimension.
    ///
    /// # Errors
    /// As [`Shape::offset`].
    pub fn get(&self, index: &[usize]) -> Result<T, TensorError> {
        self.shape.offset(index).map(|offset| self.data[offset])
    }

    /// The only element, whatever the rank.
    ///
    /// # Errors
    /// [`TensorError::NotSingleElement`] if there is none or several.
    pub fn item(&self) -> Result<T, TensorError> {
        match *self.data {
            [value] => Ok(value),
            _ => Err(TensorError::NotSingleElement {
                found: Box::new(self.shape.clone()),
            }),
        }
    }

    /// The elements in row-major order.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.data.iter()
    }

    /// The elements converted to another type, each rounded once.
    ///
    /// Float to float rounds to nearest, ties to even, with gradual underflow, and to infinity
    /// beyond the largest finite value. `bool` to float gives 0 and 1; float to `bool` is `true`
    /// for anything but a zero, NaN included (as in TensorFlow). A NaN becomes
    /// [`Float::NAN`](crate::Float::NAN), also where both types are the same.
    ///
    /// ```
    /// use tensor_core::{Tensor, f16};
    ///
    /// let halves = Tensor::from(vec![0.1_f32, 65519.0, 65520.0]).cast::<f16>();
    /// assert_eq!(halves.as_slice()[0], f16::from_bits(0x2e66));
    /// assert_eq!(halves.as_slice()[1], f16::MAX);
    /// assert_eq!(halves.as_slice()[2], f16::INFINITY);
    /// ```
    pub fn cast<U: Element>(&self) -> Tensor<'static, U> {
        let data = self
            .data
            .iter()
            .map(|&value| U::narrow(value.widen()))
            .collect();
        Tensor {
            shape: self.shape.clone(),
            data: Cow::Owned(data),
        }
    }

    /// The elements repeated over a larger shape (see [`Shape::broadcast_to`]).
    ///
    /// ```
    /// use tensor_core::{Shape, Tensor};
    ///
    /// let column = Tensor::new([2, 1], vec![1.0_f64, 2.0])?;
    /// let table = column.broadcast_to(&Shape::new([2, 3])?)?;
    /// assert_eq!(table.as_slice(), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    /// # Ok::<(), tensor_core::TensorError>(())
    /// ```
    ///
    /// # Errors
    /// [`TensorError::BroadcastTo`] if the shape does not broadcast to `target`;
    /// [`TensorError::OutOfMemory`] if memory runs out.
    pub fn broadcast_to(&self, target: &Shape) -> Result<Tensor<'static, T>, TensorError> {
        self.shape.broadcast_to(target)?;
        let mut data = reserve(target)?;
        broadcast::expand(&self.data, &self.shape, target, &mut data);
        Ok(Tensor {
            shape: target.clone(),
            data: Cow::Owned(data),
        })
    }
}

/// An empty vector with capacity for the elements of `shape`.
fn reserve<T: Element>(shape: &Shape) -> Result<Vec<T>, TensorError> {
    let mut data = Vec::new();
    match data.try_reserve_exact(shape.len()) {
        Ok(()) => Ok(data),
        Err(_) => Err(TensorError::OutOfMemory {
            dtype: T::DTYPE,
            shape: Box::new(shape.clone()),
        }),
    }
}

impl<T: Element> From<Vec<T>> for Tensor<'static, T> {
    /// The tensor of rank 1 with these elements.
    fn from(data: Vec<T>) -> Self {
        Self {
            shape: Shape::vector(data.len()),
            data: Cow::Owned(data),
        }
    }
}

impl<'t, T: Element> IntoIterator for &'t Tensor<'_, T> {
    type Item = &'t T;
    type IntoIter = slice::Iter<'t, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Element> fmt::Debug for Tensor<'_, T> {
    /// Writes dtype, shape and the first elements.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        write!(
            f,
            "Tensor {{ dtype: {}, shape: {}, data: ",
            T::DTYPE,
            self.shape
        )?;
        f.debug_list().entries(self.iter().take(SHOWN)).finish()?;
        match self.len().saturating_sub(SHOWN) {
            0 => f.write_str(" }"),
            more => write!(f, " and {more} more }}"),
        }
    }
}
