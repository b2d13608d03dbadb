//! Running an op's computation on a bound call.

use tensor_core::{DynSliceMut, Element};

use crate::call::bound::Call;
use crate::error::OpError;
use crate::op::compute::{
    Binary, BinaryKernels, Compute, Kernel, Loss, LossKernels, Number, Unary, UnaryKernels,
    run_by_dtype,
};
use crate::op::param::Param;
use crate::op::task::{Broadcasted, FromNumber, Task};

type Answer = Result<(), OpError>;

impl Call<'_> {
    /// Fills `out`, which has the result's element type and length.
    #[inline]
    pub(super) fn compute(&self, out: DynSliceMut<'_>) -> Answer {
        let task = &self.task;
        match task.inputs.definition().compute() {
            Compute::Kernel(Kernel::Unary(kernels)) => unary(kernels, task, out),
            Compute::Kernel(Kernel::Binary(kernels)) => binary(kernels, task, out),
            Compute::Kernel(Kernel::Loss(kernels)) => loss(kernels, task, out),
            Compute::Kernel(Kernel::Copy) => task.write(&task.tensor(self.first_param())?, out),
            Compute::Kernel(Kernel::Cast) => {
                let tensor = task.tensor(self.first_param())?;
                task.write(&tensor.cast(task.dtype()), out)
            }
            Compute::Kernel(Kernel::Fill(value)) => {
                fill(*value, out);
                Ok(())
            }
            Compute::Composed(rule) => task.write(&self.evaluate(rule)?, out),
            Compute::Host(function) => function.run(task, out),
        }
    }

    /// The name of the op's first parameter.
    fn first_param(&self) -> &str {
        let params = self.task.inputs.definition().parameters();
        params.first().map_or("", |p| p.name())
    }
}

fn unary(kernels: &UnaryKernels, task: &Task<'_>, out: DynSliceMut<'_>) -> Answer {
    fn run<T: Number>(kernel: Unary<T>, task: &Task<'_>, out: &mut [T]) -> Answer {
        task.kernel(kernel(&task.dense(0)?, out))
    }
    run_by_dtype!(run, kernels, task, out)
}

fn binary(kernels: &BinaryKernels, task: &Task<'_>, out: DynSliceMut<'_>) -> Answer {
    fn run<T: Number>(kernel: Binary<T>, task: &Task<'_>, out: &mut [T]) -> Answer {
        let (x, y) = (task.operand(0)?, task.operand(1)?);
        task.kernel(kernel(x.as_operand(), y.as_operand(), out))
    }
    run_by_dtype!(run, kernels, task, out)
}

fn loss(kernels: &LossKernels, task: &Task<'_>, out: DynSliceMut<'_>) -> Answer {
    fn run<T: Number>(kernel: Loss<T>, task: &Task<'_>, out: &mut [T]) -> Answer {
        let params = task.inputs.definition().parameters();
        let weight = if params.get(2).is_some_and(Param::is_tensor) {
            task.operand(2)?
        } else {
            Broadcasted::Scalar(T::ONE)
        };
        let (labels, logits) = (task.dense(0)?, task.dense(1)?);
        task.kernel(kernel(&labels, &logits, weight.as_operand(), out))
    }
    run_by_dtype!(run, kernels, task, out)
}

fn fill(value: f64, out: DynSliceMut<'_>) {
    fn run<T: Element + FromNumber>(value: f64, out: &mut [T]) {
        out.fill(T::from_number(value));
    }
    match out {
        DynSliceMut::Bool(out) => run(value, out),
        DynSliceMut::F16(out) => run(value, out),
        DynSliceMut::BF16(out) => run(value, out),
        DynSliceMut::F32(out) => run(value, out),
        DynSliceMut::F64(out) => run(value, out),
    }
}
