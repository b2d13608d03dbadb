//! The computation of an op: kernels over slices, one per element type, calls
//! of other ops, or a function of the host's.

use std::fmt;
use std::sync::Arc;

use exact_kernels::{KernelError, Operand, Real};
use tensor_core::{DynSliceMut, Float, bf16, f16};

use crate::error::OpError;
use crate::op::builder::{CallSite, OpBuilder};
use crate::op::rules::Rule;
use crate::op::task::{FromNumber, Task};
use crate::op::value::RuleResult;

/// What computes an op's result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Compute {
    /// A kernel over slices: rounded once if the kernel rounds once.
    Kernel(Kernel),
    /// Calls of other ops of the registry, each rounded; the result has the
    /// call's shape and element type.
    Composed(Rule),
    /// A function of the task that fills the output.
    Host(HostFn),
}

impl Compute {
    /// A kernel of the op's first parameter.
    pub fn unary(kernels: UnaryKernels) -> Self {
        Self::Kernel(Kernel::Unary(kernels))
    }

    /// A kernel of the op's first two parameters, broadcast.
    pub fn binary(kernels: BinaryKernels) -> Self {
        Self::Kernel(Kernel::Binary(kernels))
    }

    /// A loss kernel of the parameters labels, logits and, if there is a third,
    /// `pos_weight`, which is broadcast; without it the weight is 1.
    pub fn loss(kernels: LossKernels) -> Self {
        Self::Kernel(Kernel::Loss(kernels))
    }

    /// Calls of other ops of the registry.
    pub fn composed(
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        Self::Composed(Rule::new(rule))
    }

    /// A function of the task that fills the output, which has the result's
    /// element type and length.
    pub fn host(
        function: impl Fn(&Task<'_>, DynSliceMut<'_>) -> Result<(), OpError> + Send + Sync + 'static,
    ) -> Self {
        Self::Host(HostFn(Arc::new(function)))
    }
}

/// A kernel, per element type.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kernel {
    /// Of one tensor.
    Unary(UnaryKernels),
    /// Of two tensors that broadcast.
    Binary(BinaryKernels),
    /// Of labels, logits and a weight that broadcasts.
    Loss(LossKernels),
    /// The op's first tensor as it is, row-major, whatever its element type.
    Copy,
    /// The op's first tensor in the element type of the result.
    Cast,
    /// The same number everywhere.
    Fill(f64),
}

/// One function for each float type; see [`kernels!`](crate::kernels).
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "one field per element type")]
pub struct PerFloat<A, B, C, D> {
    pub f16: A,
    pub bf16: B,
    pub f32: C,
    pub f64: D,
}

/// A generic kernel for each of the four float types.
///
/// ```
/// use ops_nn::{Compute, exact_kernels, kernels};
/// let compute = Compute::unary(kernels!(exact_kernels::exp));
/// ```
#[macro_export]
macro_rules! kernels {
    ($kernel:expr) => {
        $crate::PerFloat {
            f16: $kernel,
            bf16: $kernel,
            f32: $kernel,
            f64: $kernel,
        }
    };
}

/// Calls a function with the kernel and the output of the result's type.
macro_rules! run_by_dtype {
    ($run:ident, $kernels:expr, $task:expr, $out:expr $(, $more:expr)?) => {
        match $out {
            tensor_core::DynSliceMut::F16(out) => $run($kernels.f16, $task, out $(, $more)?),
            tensor_core::DynSliceMut::BF16(out) => $run($kernels.bf16, $task, out $(, $more)?),
            tensor_core::DynSliceMut::F32(out) => $run($kernels.f32, $task, out $(, $more)?),
            tensor_core::DynSliceMut::F64(out) => $run($kernels.f64, $task, out $(, $more)?),
            tensor_core::DynSliceMut::Bool(_) => Err($task.no_kernel()),
        }
    };
}
pub(crate) use run_by_dtype;

/// What a kernel returns.
pub(crate) type KernelResult = Result<(), KernelError>;
pub(crate) type Unary<T> = fn(&[T], &mut [T]) -> KernelResult;
pub(crate) type Binary<T> = fn(Operand<'_, T>, Operand<'_, T>, &mut [T]) -> KernelResult;
pub(crate) type Loss<T> = fn(&[T], &[T], Operand<'_, T>, &mut [T]) -> KernelResult;

/// A kernel of one tensor, per element type.
pub type UnaryKernels = PerFloat<Unary<f16>, Unary<bf16>, Unary<f32>, Unary<f64>>;
/// A kernel of two tensors that broadcast, per element type.
pub type BinaryKernels = PerFloat<Binary<f16>, Binary<bf16>, Binary<f32>, Binary<f64>>;
/// A kernel of labels, logits and a weight that broadcasts, per element type.
pub type LossKernels = PerFloat<Loss<f16>, Loss<bf16>, Loss<f32>, Loss<f64>>;

/// A float that both the tensors and the kernels know.
pub(crate) trait Number: Float + Real + FromNumber {}
impl<T: Float + Real + FromNumber> Number for T {}

type HostDyn = dyn Fn(&Task<'_>, DynSliceMut<'_>) -> Result<(), OpError> + Send + Sync;

/// A function that computes a result; see [`Compute::host`].
#[derive(Clone)]
pub struct HostFn(Arc<HostDyn>);

impl HostFn {
    pub(crate) fn run(&self, task: &Task<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
        (self.0)(task, out)
    }
}

impl fmt::Debug for HostFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostFn(..)")
    }
}
