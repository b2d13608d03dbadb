//! A reference to a tensor whose element type is known only at run time.

use crate::dispatch::for_variant;
use crate::dyn_tensor::mismatch;
use crate::{DType, DynTensor, Element, Shape, Tensor, TensorError, bf16, f16};

/// A reference to a tensor of one of the element types: two words, so that passing an argument
/// on costs nothing.
///
/// ```
/// use tensor_core::{DType, DynTensorRef, Tensor};
///
/// let logits = Tensor::from(vec![0.5_f32, -1.0]);
/// let erased = DynTensorRef::from(&logits);
/// assert_eq!(erased.dtype(), DType::F32);
/// assert_eq!(erased.downcast::<f32>()?.as_slice(), [0.5, -1.0]);
/// assert!(erased.downcast::<f64>().is_err());
/// # Ok::<(), tensor_core::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DynTensorRef<'a> {
    /// `bool` elements.
    Bool(&'a Tensor<'a, bool>),
    /// [`struct@f16`] elements.
    F16(&'a Tensor<'a, f16>),
    /// [`bf16`] elements.
    BF16(&'a Tensor<'a, bf16>),
    /// `f32` elements.
    F32(&'a Tensor<'a, f32>),
    /// `f64` elements.
    F64(&'a Tensor<'a, f64>),
}

impl<'a> DynTensorRef<'a> {
    /// The element type.
    #[inline]
    pub fn dtype(self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::F16(_) => DType::F16,
            Self::BF16(_) => DType::BF16,
            Self::F32(_) => DType::F32,
            Self::F64(_) => DType::F64,
        }
    }

    /// The dimensions.
    #[inline]
    pub fn shape(self) -> &'a Shape {
        for_variant!(DynTensorRef, self, tensor => tensor.shape())
    }

    /// The typed tensor referred to.
    ///
    /// # Errors
    /// [`TensorError::DTypeMismatch`] if the elements are not of type `T`.
    #[inline]
    pub fn downcast<T: Element>(self) -> Result<&'a Tensor<'a, T>, TensorError> {
        T::unerase_shared(self).ok_or_else(|| mismatch::<T>(self.dtype()))
    }

    /// The same tensor, borrowing its elements.
    pub fn view(self) -> DynTensor<'a> {
        for_variant!(DynTensorRef, self, tensor => tensor.view().into())
    }
}

impl<'a, T: Element> From<&'a Tensor<'_, T>> for DynTensorRef<'a> {
    fn from(tensor: &'a Tensor<'_, T>) -> Self {
        T::erase_shared(tensor)
    }
}

impl<'a> From<&'a DynTensor<'_>> for DynTensorRef<'a> {
    fn from(tensor: &'a DynTensor<'_>) -> Self {
        for_variant!(DynTensor, tensor, tensor => tensor.into())
    }
}
