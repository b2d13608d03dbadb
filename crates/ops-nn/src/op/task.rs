//! What a computation is given: the arguments, and the element type and the
//! shape of the result.

use std::borrow::Cow;
use std::ops::Deref;

use exact_kernels::{KernelError, Operand};
use tensor_core::{
    Broadcast, DType, DynSliceMut, DynTensor, DynTensorRef, Element, Float, Shape, Tensor,
    TensorError, bf16, f16,
};

use crate::error::OpError;
use crate::op::compute::KernelResult;
use crate::op::inputs::Inputs;
use crate::op::value::Value;

/// What a computation is given: checked arguments, and the element type and
/// the shape of the result.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    pub(crate) inputs: Inputs<'a>,
    pub(crate) dtype: DType,
    pub(crate) shape: Cow<'a, Shape>,
}

impl<'a> Task<'a> {
    /// The element type of the result.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The shape of the result.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The arguments, by the op's own parameter names.
    pub fn inputs(&self) -> &Inputs<'a> {
        &self.inputs
    }

    /// The element type that the op's tensors share.
    pub fn shared_dtype(&self) -> DType {
        self.inputs.shared_dtype()
    }

    /// A tensor argument, by the op's own name for it; a number becomes a
    /// rank-0 tensor.
    ///
    /// # Errors
    /// As [`Inputs::tensor`].
    pub fn tensor(&self, param: &str) -> Result<DynTensor<'_>, OpError> {
        self.inputs.tensor(param)
    }

    /// The shape of a tensor argument; a number's is `()`.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn argument_shape(&self, param: &str) -> Result<&Shape, OpError> {
        self.inputs.shape_of(param)
    }

    /// How a tensor argument repeats over the result of an element-wise op.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn broadcast(&self, param: &str) -> Result<Broadcast, OpError> {
        let shape = self.inputs.shape_of(param)?;
        shape
            .broadcast_to(&self.shape)
            .map_err(|source| self.tensor_error(source))
    }

    /// Converts a shape error into an [`OpError`] of this call.
    pub fn tensor_error(&self, cause: TensorError) -> OpError {
        self.inputs.tensor_error(cause)
    }

    /// Converts a kernel's error into an [`OpError`] of this call.
    pub(crate) fn kernel(&self, result: KernelResult) -> Result<(), OpError> {
        result.map_err(|cause| OpError::Kernel {
            op: self.inputs.op_name().to_owned(),
            cause,
        })
    }

    /// Copies a tensor of the result's element type and count into the output.
    pub(crate) fn write(
        &self,
        tensor: &DynTensor<'_>,
        out: DynSliceMut<'_>,
    ) -> Result<(), OpError> {
        fn run<T: Element>(
            task: &Task<'_>,
            tensor: &DynTensor<'_>,
            out: &mut [T],
        ) -> Result<(), OpError> {
            let tensor = tensor.downcast_ref::<T>();
            let values = tensor.map_err(|e| task.tensor_error(e))?.as_slice();
            // A shape rule of the op's own may ask for another count.
            if values.len() != out.len() {
                return task.kernel(Err(KernelError::Length {
                    argument: "x",
                    expected: out.len(),
                    found: values.len(),
                }));
            }
            out.copy_from_slice(values);
            Ok(())
        }
        match out {
            DynSliceMut::Bool(out) => run(self, tensor, out),
            DynSliceMut::F16(out) => run(self, tensor, out),
            DynSliceMut::BF16(out) => run(self, tensor, out),
            DynSliceMut::F32(out) => run(self, tensor, out),
            DynSliceMut::F64(out) => run(self, tensor, out),
        }
    }

    /// The op computes floats, but its definition gave the result another type.
    #[cold]
    pub(crate) fn no_kernel(&self) -> OpError {
        OpError::InvalidDefinition {
            op: self.inputs.definition().name().to_owned(),
            reason: format!(
                "it has no kernel for {}; give one with Compute::host",
                self.dtype
            ),
        }
    }

    /// The tensor argument of that index as a contiguous slice, not broadcast.
    #[inline]
    pub(crate) fn dense<T: Element + FromNumber>(
        &self,
        index: usize,
    ) -> Result<Dense<'_, T>, OpError> {
        let argument = self.inputs.at(index);
        match (argument.as_tensor(), argument) {
            (Some(tensor), _) => Ok(Dense::Slice(self.typed::<T>(tensor)?.as_slice())),
            (None, Value::Number(value)) => Ok(Dense::One([T::from_number(*value)])),
            (None, other) => Err(self.not_a_tensor(index, other)),
        }
    }

    /// The tensor argument of that index, broadcast over the result.
    #[inline]
    pub(crate) fn operand<T: Element + FromNumber>(
        &self,
        index: usize,
    ) -> Result<Broadcasted<'_, T>, OpError> {
        let argument = self.inputs.at(index);
        let tensor = match (argument.as_tensor(), argument) {
            (Some(tensor), _) => self.typed::<T>(tensor)?,
            (None, Value::Number(value)) => return Ok(Broadcasted::Scalar(T::from_number(*value))),
            (None, other) => return Err(self.not_a_tensor(index, other)),
        };
        self.broadcasted(tensor)
    }

    /// A tensor broadcast over the result.
    fn broadcasted<'t, T: Element>(
        &self,
        tensor: &'t Tensor<'t, T>,
    ) -> Result<Broadcasted<'t, T>, OpError> {
        let pattern = tensor.shape().broadcast_to(&self.shape);
        let pattern = pattern.map_err(|source| self.tensor_error(source))?;
        Ok(match (pattern, tensor.as_slice()) {
            (Broadcast::Scalar, [value]) => Broadcasted::Scalar(*value),
            (Broadcast::Periodic { stretch }, values) => Broadcasted::Periodic { values, stretch },
            (Broadcast::Same, values) => Broadcasted::Full(Cow::Borrowed(values)),
            _ => {
                let whole = tensor.broadcast_to(&self.shape);
                let whole = whole.map_err(|source| self.tensor_error(source))?;
                Broadcasted::Full(Cow::Owned(whole.into_vec()))
            }
        })
    }

    fn typed<'t, T: Element>(
        &self,
        tensor: DynTensorRef<'t>,
    ) -> Result<&'t Tensor<'t, T>, OpError> {
        tensor
            .downcast::<T>()
            .map_err(|source| self.tensor_error(source))
    }

    #[cold]
    fn not_a_tensor(&self, index: usize, found: &Value<'_>) -> OpError {
        let params = self.inputs.definition().parameters();
        let param = params.get(index).map_or("", |p| p.name());
        self.inputs.wrong_kind(param, "a tensor or a number", found)
    }
}

/// An argument as a slice, not broadcast.
pub(crate) enum Dense<'a, T> {
    Slice(&'a [T]),
    One([T; 1]),
}

impl<T> Deref for Dense<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Slice(values) => values,
            Self::One(value) => value,
        }
    }
}

/// An argument broadcast over the result.
pub(crate) enum Broadcasted<'a, T: Clone> {
    Scalar(T),
    Full(Cow<'a, [T]>),
    Periodic { values: &'a [T], stretch: usize },
}

impl<T: Copy> Broadcasted<'_, T> {
    pub(crate) fn as_operand(&self) -> Operand<'_, T> {
        match self {
            Self::Scalar(value) => Operand::Scalar(*value),
            Self::Full(values) => Operand::Full(values),
            Self::Periodic { values, stretch } => Operand::Periodic {
                values,
                stretch: *stretch,
            },
        }
    }
}

/// Element types that a plain number can stand for.
pub(crate) trait FromNumber {
    /// The number, correctly rounded; true if it is not 0.
    fn from_number(value: f64) -> Self;
}

impl FromNumber for bool {
    fn from_number(value: f64) -> Self {
        value != 0.0
    }
}

macro_rules! floats_from_number {
    ($($float:ty),*) => {
        $(impl FromNumber for $float {
            fn from_number(value: f64) -> Self {
                Float::from_f64(value)
            }
        })*
    };
}

floats_from_number!(f16, bf16, f32, f64);
