//! Elements as the bytes that files hold, without copying them, and the element types that both the
//! tensors and the exact sums know.

use bytemuck::Pod;
use ops_nn::exact_kernels::Real;
use ops_nn::tensor_core::{DynSliceMut, DynTensor, Float};

/// A floating-point type that files hold, tensors carry and exact sums add up.
pub(crate) trait Number: Float + Real + Pod {}

impl<T: Float + Real + Pod> Number for T {}

/// The elements as bytes in the order of this machine.
pub(crate) fn of_tensor<'t>(tensor: &'t DynTensor<'_>) -> &'t [u8] {
    match tensor {
        DynTensor::Bool(tensor) => bytemuck::cast_slice(tensor.as_slice()),
        DynTensor::F16(tensor) => bytemuck::cast_slice(tensor.as_slice()),
        DynTensor::BF16(tensor) => bytemuck::cast_slice(tensor.as_slice()),
        DynTensor::F32(tensor) => bytemuck::cast_slice(tensor.as_slice()),
        DynTensor::F64(tensor) => bytemuck::cast_slice(tensor.as_slice()),
    }
}

/// The elements as bytes to overwrite; none for `bool`, which not every byte is.
pub(crate) fn of_slice_mut(slice: DynSliceMut<'_>) -> Option<&mut [u8]> {
    match slice {
        DynSliceMut::Bool(_) => None,
        DynSliceMut::F16(slice) => Some(bytemuck::cast_slice_mut(slice)),
        DynSliceMut::BF16(slice) => Some(bytemuck::cast_slice_mut(slice)),
        DynSliceMut::F32(slice) => Some(bytemuck::cast_slice_mut(slice)),
        DynSliceMut::F64(slice) => Some(bytemuck::cast_slice_mut(slice)),
    }
}

/// Reverses the bytes of each element of `size` bytes.
pub(crate) fn swap(bytes: &mut [u8], size: usize) {
    if size > 1 {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
}
