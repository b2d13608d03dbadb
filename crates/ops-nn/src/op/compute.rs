//! The computation of an op: kernels over slices, one per element type, or a
//! host's own function.

use std::fmt;
use std::sync::Arc;

use exact_kernels::{Extent, KernelError, Operand, Real};
use smallvec::SmallVec;
use tensor_core::{DynSliceMut, DynTensor, Element, Float, bf16, f16};

use crate::call::eager::{Broadcasted, Call, FromNumber};
use crate::error::OpError;
use crate::op::definition::ParamKind;
use crate::op::rules::{CallSite, OpBuilder};
use crate::op::value::RuleResult;

type Answer = Result<(), OpError>;
type KernelResult = Result<(), KernelError>;
type UnaryKernel<T> = fn(&[T], &mut [T]) -> KernelResult;
type BinaryKernel<T> = fn(Operand<'_, T>, Operand<'_, T>, &mut [T]) -> KernelResult;
type LossKernel<T> = fn(&[T], &[T], Operand<'_, T>, &mut [T]) -> KernelResult;
type ReduceKernel<T> = fn(&[T], &[Extent], &mut [T]) -> KernelResult;
type ComputeFn = dyn Fn(&Call<'_>, DynSliceMut<'_>) -> Result<(), OpError> + Send + Sync;

/// A float that both the tensors and the kernels know.
pub(crate) trait Number: Float + Real + FromNumber {}
impl<T: Float + Real + FromNumber> Number for T {}

/// A kernel of one tensor, per element type.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "one field per element type")]
pub struct UnaryKernels {
    pub f16: UnaryKernel<f16>,
    pub bf16: UnaryKernel<bf16>,
    pub f32: UnaryKernel<f32>,
    pub f64: UnaryKernel<f64>,
}

/// A kernel of two tensors that broadcast, per element type.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "one field per element type")]
pub struct BinaryKernels {
    pub f16: BinaryKernel<f16>,
    pub bf16: BinaryKernel<bf16>,
    pub f32: BinaryKernel<f32>,
    pub f64: BinaryKernel<f64>,
}

/// A kernel of labels, logits and a weight that broadcasts, per element type.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "one field per element type")]
pub struct LossKernels {
    pub f16: LossKernel<f16>,
    pub bf16: LossKernel<bf16>,
    pub f32: LossKernel<f32>,
    pub f64: LossKernel<f64>,
}

/// A reduction over any set of axes, per element type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReduceKernels {
    pub(crate) f16: ReduceKernel<f16>,
    pub(crate) bf16: ReduceKernel<bf16>,
    pub(crate) f32: ReduceKernel<f32>,
    pub(crate) f64: ReduceKernel<f64>,
}

impl ReduceKernels {
    /// Reduces the call's first tensor over `axes`.
    pub(crate) fn run(self, call: &Call<'_>, axes: &[usize], out: DynSliceMut<'_>) -> Answer {
        fn run<T: Number>(
            k: ReduceKernel<T>,
            call: &Call<'_>,
            extents: &[Extent],
            out: &mut [T],
        ) -> Answer {
            call.kernel(k(&call.dense(0)?, extents, out))
        }
        let shape = call.inputs().shape_at(0);
        let extents = shape.dims().iter().enumerate().map(|(axis, &len)| Extent {
            len,
            reduced: axes.contains(&axis),
        });
        let extents = extents.collect::<SmallVec<[Extent; 8]>>();
        match out {
            DynSliceMut::F16(out) => run(self.f16, call, &extents, out),
            DynSliceMut::BF16(out) => run(self.bf16, call, &extents, out),
            DynSliceMut::F32(out) => run(self.f32, call, &extents, out),
            DynSliceMut::F64(out) => run(self.f64, call, &extents, out),
            DynSliceMut::Bool(_) => Err(call.no_kernel()),
        }
    }
}

/// What computes an op's result.
#[derive(Clone)]
pub struct Compute(Arc<ComputeFn>);

impl Compute {
    /// A function of the call that fills the output. The output has the
    /// call's element type and length.
    pub fn new(
        function: impl Fn(&Call<'_>, DynSliceMut<'_>) -> Result<(), OpError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(function))
    }

    /// Calls of other ops of the registry; the result has the call's shape and
    /// element type.
    pub fn composed(
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |call, out| write(call, &call.evaluate(&rule)?, out))
    }

    /// A kernel of the op's first parameter.
    pub fn unary(k: UnaryKernels) -> Self {
        fn run<T: Number>(k: UnaryKernel<T>, call: &Call<'_>, out: &mut [T]) -> Answer {
            call.kernel(k(&call.dense(0)?, out))
        }
        Self::new(move |call, out| match out {
            DynSliceMut::F16(out) => run(k.f16, call, out),
            DynSliceMut::BF16(out) => run(k.bf16, call, out),
            DynSliceMut::F32(out) => run(k.f32, call, out),
            DynSliceMut::F64(out) => run(k.f64, call, out),
            DynSliceMut::Bool(_) => Err(call.no_kernel()),
        })
    }

    /// A kernel of the op's first two parameters, broadcast.
    pub fn binary(k: BinaryKernels) -> Self {
        fn run<T: Number>(k: BinaryKernel<T>, call: &Call<'_>, out: &mut [T]) -> Answer {
            let (x, y) = (call.operand(0)?, call.operand(1)?);
            call.kernel(k(x.as_operand(), y.as_operand(), out))
        }
        Self::new(move |call, out| match out {
            DynSliceMut::F16(out) => run(k.f16, call, out),
            DynSliceMut::BF16(out) => run(k.bf16, call, out),
            DynSliceMut::F32(out) => run(k.f32, call, out),
            DynSliceMut::F64(out) => run(k.f64, call, out),
            DynSliceMut::Bool(_) => Err(call.no_kernel()),
        })
    }

    /// A loss kernel of the parameters labels, logits and, if there is a third,
    /// `pos_weight`, which is broadcast; without it the weight is 1.
    pub fn loss(k: LossKernels) -> Self {
        fn run<T: Number>(k: LossKernel<T>, call: &Call<'_>, out: &mut [T]) -> Answer {
            let weight = if call.has_tensor(2) {
                call.operand(2)?
            } else {
                Broadcasted::Scalar(T::ONE)
            };
            let (labels, logits) = (call.dense(0)?, call.dense(1)?);
            call.kernel(k(&labels, &logits, weight.as_operand(), out))
        }
        Self::new(move |call, out| match out {
            DynSliceMut::F16(out) => run(k.f16, call, out),
            DynSliceMut::BF16(out) => run(k.bf16, call, out),
            DynSliceMut::F32(out) => run(k.f32, call, out),
            DynSliceMut::F64(out) => run(k.f64, call, out),
            DynSliceMut::Bool(_) => Err(call.no_kernel()),
        })
    }

    /// The op's first tensor as it is, row-major, whatever its element type.
    pub(crate) fn copy() -> Self {
        Self::new(|call, out| {
            let tensor = call.tensor(call.first_param())?;
            write(call, &tensor, out)
        })
    }

    /// The op's first tensor in the element type of the result.
    pub(crate) fn cast() -> Self {
        Self::new(|call, out| {
            let tensor = call.tensor(call.first_param())?;
            write(call, &tensor.cast(call.dtype()), out)
        })
    }

    /// The same number everywhere.
    pub(crate) fn fill(value: f64) -> Self {
        Self::new(move |_, out| {
            match out {
                DynSliceMut::Bool(out) => out.fill(FromNumber::from_number(value)),
                DynSliceMut::F16(out) => out.fill(FromNumber::from_number(value)),
                DynSliceMut::BF16(out) => out.fill(FromNumber::from_number(value)),
                DynSliceMut::F32(out) => out.fill(FromNumber::from_number(value)),
                DynSliceMut::F64(out) => out.fill(FromNumber::from_number(value)),
            }
            Ok(())
        })
    }

    pub(crate) fn run(&self, call: &Call<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
        (self.0)(call, out)
    }
}

/// Copies a tensor of the result's element type and count into the output.
pub(crate) fn write(call: &Call<'_>, tensor: &DynTensor<'_>, out: DynSliceMut<'_>) -> Answer {
    fn run<T: Element>(call: &Call<'_>, tensor: &DynTensor<'_>, out: &mut [T]) -> Answer {
        let tensor = tensor
            .downcast_ref::<T>()
            .map_err(|e| call.tensor_error(e))?;
        out.copy_from_slice(tensor.as_slice());
        Ok(())
    }
    match out {
        DynSliceMut::Bool(out) => run(call, tensor, out),
        DynSliceMut::F16(out) => run(call, tensor, out),
        DynSliceMut::BF16(out) => run(call, tensor, out),
        DynSliceMut::F32(out) => run(call, tensor, out),
        DynSliceMut::F64(out) => run(call, tensor, out),
    }
}

impl fmt::Debug for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compute(..)")
    }
}

impl Call<'_> {
    /// A kernel's answer as an answer of this call.
    pub(crate) fn kernel(&self, result: KernelResult) -> Result<(), OpError> {
        result.map_err(|source| OpError::Kernel {
            op: self.op().name().to_owned(),
            source,
        })
    }

    /// Whether the parameter of that index takes a tensor.
    fn has_tensor(&self, index: usize) -> bool {
        let param = self.op().definition().parameters().get(index);
        param.is_some_and(|p| matches!(p.kind(), ParamKind::Tensor(_)))
    }

    /// The name of the op's first parameter.
    fn first_param(&self) -> &str {
        let params = self.op().definition().parameters();
        params.first().map_or("", |p| p.name())
    }

    /// The op computes floats, but its definition gave the result another type.
    pub(crate) fn no_kernel(&self) -> OpError {
        OpError::InvalidDefinition {
            op: self.op().definition().name().to_owned(),
            reason: format!(
                "it has no kernel for {}; give one with Compute::new",
                self.dtype()
            ),
        }
    }
}
