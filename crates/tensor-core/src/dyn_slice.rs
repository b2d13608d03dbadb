//! A mutable slice of elements whose type is known only at run time: where a result is written.

use crate::dispatch::for_variant;
use crate::{DType, Element, TensorError};

/// A mutable slice of one of the element types.
///
/// ```
/// use tensor_core::{DType, DynSliceMut};
///
/// let mut out = [0.0_f32; 3];
/// let mut slice = DynSliceMut::from(&mut out[..]);
/// assert_eq!((slice.dtype(), slice.len()), (DType::F32, 3));
/// slice.reborrow().downcast::<f32>()?[0] = 1.5;
/// assert!(slice.downcast::<f64>().is_err());
/// assert_eq!(out, [1.5, 0.0, 0.0]);
/// # Ok::<(), tensor_core::TensorError>(())
/// ```
#[derive(Debug, PartialEq)]
pub enum DynSliceMut<'a> {
    /// `bool` elements.
    Bool(&'a mut [bool]),
    /// [`f16`](crate::f16) elements.
    F16(&'a mut [crate::f16]),
    /// [`bf16`](crate::bf16) elements.
    BF16(&'a mut [crate::bf16]),
    /// `f32` elements.
    F32(&'a mut [f32]),
    /// `f64` elements.
    F64(&'a mut [f64]),
}

impl<'a> DynSliceMut<'a> {
    /// The element type.
    #[inline]
    pub fn dtype(&self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::F16(_) => DType::F16,
            Self::BF16(_) => DType::BF16,
            Self::F32(_) => DType::F32,
            Self::F64(_) => DType::F64,
        }
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        for_variant!(DynSliceMut, self, slice => slice.len())
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slice as one of `T`.
    ///
    /// # Errors
    /// [`TensorError::DTypeMismatch`] if the elements are of another type.
    pub fn downcast<T: Element>(self) -> Result<&'a mut [T], TensorError> {
        let found = self.dtype();
        T::unerase_slice(self).ok_or(TensorError::DTypeMismatch {
            expected: T::DTYPE,
            found,
        })
    }

    /// The same slice, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> DynSliceMut<'_> {
        for_variant!(DynSliceMut, self, slice => DynSliceMut::from(&mut **slice))
    }
}

impl<'a, T: Element> From<&'a mut [T]> for DynSliceMut<'a> {
    fn from(slice: &'a mut [T]) -> Self {
        T::erase_slice(slice)
    }
}
