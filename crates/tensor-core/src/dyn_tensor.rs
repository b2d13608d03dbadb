//! A tensor whose element type is known only at run time: what files hold and ops by name take.

use core::fmt;

use crate::dispatch::{for_dtype, for_variant};
use crate::element::private::Sealed as _;
use crate::{DType, DynSliceMut, Element, Shape, Tensor, TensorError, bf16, f16};

/// A [`Tensor`] of any of the element types.
///
/// Made from a typed tensor with `From`, or with one of the constructors that take a [`DType`];
/// turned back with a checked downcast. Tensors of different dtypes are never equal.
///
/// ```
/// use tensor_core::{DType, DynTensor, Tensor};
///
/// let erased = DynTensor::from(Tensor::from(vec![1.0_f32, 2.0]));
/// assert_eq!(erased.dtype(), DType::F32);
/// assert_eq!(erased.downcast_ref::<f32>()?.as_slice(), [1.0, 2.0]);
///
/// let message = erased.downcast::<f64>().unwrap_err().to_string();
/// assert_eq!(message, "expected dtype float64, found float32: convert with `cast` first");
/// # Ok::<(), tensor_core::TensorError>(())
/// ```
#[derive(Clone, PartialEq)]
pub enum DynTensor<'a> {
    /// `bool` elements.
    Bool(Tensor<'a, bool>),
    /// [`struct@f16`] elements.
    F16(Tensor<'a, f16>),
    /// [`bf16`] elements.
    BF16(Tensor<'a, bf16>),
    /// `f32` elements.
    F32(Tensor<'a, f32>),
    /// `f64` elements.
    F64(Tensor<'a, f64>),
}

impl DynTensor<'static> {
    /// The tensor of rank 0 with the element of `dtype` nearest to `value` (see [`Tensor::cast`]).
    pub fn scalar(dtype: DType, value: f64) -> Self {
        Self::full(dtype, Shape::scalar(), value)
    }

    /// The tensor with the element of `dtype` nearest to `value` everywhere; see [`Tensor::full`].
    pub fn full(dtype: DType, shape: Shape, value: f64) -> Self {
        for_dtype!(dtype, T => Tensor::full(shape, T::narrow(value)).into())
    }

    /// Like [`DynTensor::full`], but an error if memory runs out.
    ///
    /// # Errors
    /// [`TensorError::OutOfMemory`].
    pub fn try_full(dtype: DType, shape: Shape, value: f64) -> Result<Self, TensorError> {
        for_dtype!(dtype, T => Tensor::try_full(shape, T::narrow(value)).map(Self::from))
    }

    /// The tensor with zero (`false`) everywhere; see [`Tensor::full`].
    pub fn zeros(dtype: DType, shape: Shape) -> Self {
        for_dtype!(dtype, T => Tensor::<T>::zeros(shape).into())
    }

    /// Like [`DynTensor::zeros`], but an error if memory runs out.
    ///
    /// # Errors
    /// [`TensorError::OutOfMemory`].
    pub fn try_zeros(dtype: DType, shape: Shape) -> Result<Self, TensorError> {
        for_dtype!(dtype, T => Tensor::<T>::try_zeros(shape).map(Self::from))
    }
}

impl<'a> DynTensor<'a> {
    /// The element type.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::F16(_) => DType::F16,
            Self::BF16(_) => DType::BF16,
            Self::F32(_) => DType::F32,
            Self::F64(_) => DType::F64,
        }
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        for_variant!(DynTensor, self, tensor => tensor.shape())
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape().rank()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape().len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.shape().is_empty()
    }

    /// Whether the elements are borrowed rather than owned.
    pub fn is_borrowed(&self) -> bool {
        for_variant!(DynTensor, self, tensor => tensor.is_borrowed())
    }

    /// The typed tensor inside, by reference.
    ///
    /// # Errors
    /// [`TensorError::DTypeMismatch`] if the elements are not of type `T`.
    pub fn downcast_ref<T: Element>(&self) -> Result<&Tensor<'a, T>, TensorError> {
        T::unerase_ref(self).ok_or_else(|| mismatch::<T>(self.dtype()))
    }

    /// The typed tensor inside, by mutable reference.
    ///
    /// # Errors
    /// [`TensorError::DTypeMismatch`] if the elements are not of type `T`.
    pub fn downcast_mut<T: Element>(&mut self) -> Result<&mut Tensor<'a, T>, TensorError> {
        let found = self.dtype();
        T::unerase_mut(self).ok_or_else(|| mismatch::<T>(found))
    }

    /// The typed tensor inside.
    ///
    /// # Errors
    /// [`TensorError::DTypeMismatch`] if the elements are not of type `T`.
    pub fn downcast<T: Element>(self) -> Result<Tensor<'a, T>, TensorError> {
        let found = self.dtype();
        T::unerase(self).ok_or_else(|| mismatch::<T>(found))
    }

    /// The elements in row-major order, to change; borrowed ones are copied first.
    pub fn as_slice_mut(&mut self) -> DynSliceMut<'_> {
        for_variant!(DynTensor, self, tensor => tensor.make_mut().into())
    }

    /// Gives the tensor another shape in the memory that it has; see [`Tensor::reuse`].
    ///
    /// # Errors
    /// As [`Tensor::reuse`].
    pub fn reuse(&mut self, shape: &Shape) -> Result<(), TensorError> {
        for_variant!(DynTensor, self, tensor => tensor.reuse(shape))
    }

    /// The same tensor, borrowing its elements from this one.
    pub fn view(&self) -> DynTensor<'_> {
        for_variant!(DynTensor, self, tensor => tensor.view().into())
    }

    /// The same tensor with elements of its own; borrowed ones are copied.
    pub fn into_owned(self) -> DynTensor<'static> {
        for_variant!(DynTensor, self, tensor => tensor.into_owned().into())
    }

    /// The same elements under another shape that holds as many; nothing is copied.
    ///
    /// # Errors
    /// As [`Tensor::reshape`].
    pub fn reshape(self, shape: impl AsRef<[usize]>) -> Result<Self, TensorError> {
        for_variant!(DynTensor, self, tensor => tensor.reshape(shape).map(Self::from))
    }

    /// The elements converted to another dtype, each rounded once (see [`Tensor::cast`]).
    pub fn cast(&self, dtype: DType) -> DynTensor<'static> {
        for_variant!(DynTensor, self, tensor => for_dtype!(dtype, T => tensor.cast::<T>().into()))
    }

    /// The elements repeated over a larger shape.
    ///
    /// # Errors
    /// As [`Tensor::broadcast_to`].
    pub fn broadcast_to(&self, target: &Shape) -> Result<DynTensor<'static>, TensorError> {
        for_variant!(DynTensor, self, tensor => tensor.broadcast_to(target).map(DynTensor::from))
    }

    /// The element at a position in row-major order as an `f64`, exactly; `true` is 1. `None` past
    /// the end.
    pub fn get_f64(&self, position: usize) -> Option<f64> {
        for_variant!(DynTensor, self, tensor => tensor.as_slice().get(position).map(|v| v.widen()))
    }

    /// The bits of the element at a position in row-major order, in the low bits of the result.
    /// `None` past the end.
    pub fn get_bits(&self, position: usize) -> Option<u64> {
        for_variant!(DynTensor, self, tensor => tensor.as_slice().get(position).map(|v| v.bits()))
    }
}

pub(crate) fn mismatch<T: Element>(found: DType) -> TensorError {
    TensorError::DTypeMismatch {
        expected: T::DTYPE,
        found,
    }
}

impl<'a, T: Element> From<Tensor<'a, T>> for DynTensor<'a> {
    fn from(tensor: Tensor<'a, T>) -> Self {
        T::erase(tensor)
    }
}

impl fmt::Debug for DynTensor<'_> {
    /// Writes what [`Tensor`] writes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for_variant!(DynTensor, self, tensor => tensor.fmt(f))
    }
}

impl fmt::Display for DynTensor<'_> {
    /// Writes what [`Tensor`] writes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for_variant!(DynTensor, self, tensor => fmt::Display::fmt(tensor, f))
    }
}
