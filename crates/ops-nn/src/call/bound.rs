//! A bound call: arguments checked, shape and element type of the result
//! known, ready to run.

use std::borrow::Cow;

use exact_kernels::{Domain, Real, first_outside};
use smallvec::SmallVec;
use tensor_core::{DType, DynSliceMut, DynTensor, Element, Shape, Tensor};

use crate::call::args::Args;
use crate::error::OpError;
use crate::op::inputs::Inputs;
use crate::op::signature::Warning;
use crate::op::task::Task;
use crate::op::value::{SCALAR, Value};
use crate::registry::{Op, Registry};

/// A call of an op whose arguments have been bound and checked.
///
/// ```
/// use ops_nn::{Args, Registry, tensor_core::Tensor};
/// let x = Tensor::new([3], vec![-1.0_f32, 0.0, 2.0])?;
/// let call = Registry::builtin().get("nn.relu")?.bind(Args::new().arg(&x))?;
/// assert_eq!(call.shape().dims(), [3]);
/// let mut out = [0.0_f32; 3];
/// call.run_into(out.as_mut_slice().into())?;
/// assert_eq!(out, [0.0, 0.0, 2.0]);
/// # Ok::<(), ops_nn::OpError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Call<'a> {
    pub(super) task: Task<'a>,
    pub(super) registry: &'a Registry,
    /// How many rules called ops to get here.
    pub(super) depth: usize,
}

impl<'a> Op<'a> {
    /// Binds arguments, and checks their element types and shapes.
    ///
    /// # Errors
    /// An [`OpError`] that names the argument, what was expected and found.
    pub fn bind(&self, args: Args<'a>) -> Result<Call<'a>, OpError> {
        Call::bind(*self, args, 0)
    }

    /// Binds and runs. Deprecation warnings are those of
    /// [`bind`](Self::bind)'s call; this short form drops them.
    ///
    /// # Errors
    /// As [`bind`](Self::bind) and [`Call::run`].
    pub fn call<'b>(&self, args: Args<'b>) -> Result<DynTensor<'static>, OpError>
    where
        'a: 'b,
    {
        let op: Op<'b> = *self;
        op.bind(args)?.run()
    }

    /// As [`call`](Self::call), into the caller's buffer, row-major. Arguments
    /// that are tensors of the caller's or numbers need no memory of their own.
    ///
    /// ```
    /// use ops_nn::{Args, Registry, tensor_core::Tensor};
    /// let relu = Registry::builtin().get("nn.relu")?;
    /// let x = Tensor::new([3], vec![-1.0_f32, 0.0, 2.0])?;
    /// let mut out = [0.0_f32; 3];
    /// relu.call_into(Args::new().arg(&x), out.as_mut_slice().into())?;
    /// assert_eq!(out, [0.0, 0.0, 2.0]);
    /// # Ok::<(), ops_nn::OpError>(())
    /// ```
    ///
    /// # Errors
    /// As [`bind`](Self::bind) and [`Call::run_into`].
    #[inline]
    pub fn call_into<'b>(&self, args: Args<'b>, out: DynSliceMut<'_>) -> Result<(), OpError>
    where
        'a: 'b,
    {
        // Bound where it is: a call is large, and moving it costs more than the
        // checks of its arguments.
        let mut call = Call::unbound(*self, args.values, 0);
        call.settle(&args.names)?;
        call.run_into(out)
    }
}

impl<'a> Call<'a> {
    pub(super) fn bind(op: Op<'a>, args: Args<'a>, depth: usize) -> Result<Self, OpError> {
        let mut call = Self::unbound(op, args.values, depth);
        call.settle(&args.names)?;
        Ok(call)
    }

    /// Runs a call that was bound before, with its arguments in the order of
    /// the op's own parameters, into `out`, which is given the shape of the
    /// result. `shape` is that shape, if it is known.
    #[inline]
    pub(crate) fn run_bound(
        op: Op<'a>,
        shared: DType,
        values: impl Iterator<Item = Value<'a>>,
        shape: Option<&'a Shape>,
        out: &mut DynTensor<'static>,
    ) -> Result<(), OpError> {
        let mut call = Self::unbound(op, SmallVec::new(), 0);
        let Task {
            inputs,
            dtype,
            shape: found,
        } = &mut call.task;
        inputs.set_bound(shared, values);
        *dtype = out.dtype();
        match shape {
            Some(shape) => *found = Cow::Borrowed(shape),
            None => op.definition().shape_plan().infer(inputs, found)?,
        }
        out.reuse(found)
            .map_err(|source| inputs.tensor_error(source))?;
        call.run_into(out.as_slice_mut())
    }

    #[inline]
    fn unbound(op: Op<'a>, values: SmallVec<[Value<'a>; 4]>, depth: usize) -> Self {
        let inputs = Inputs::unbound(op.named(), values);
        Self {
            task: Task {
                dtype: inputs.shared_dtype(),
                shape: Cow::Borrowed(&SCALAR),
                inputs,
            },
            registry: op.registry(),
            depth,
        }
    }

    /// Binds the values, the last of which were given by these names, and
    /// finds what the result is.
    fn settle(&mut self, names: &[&str]) -> Result<(), OpError> {
        let task = &mut self.task;
        task.inputs.bind(names)?;
        let plan = task.inputs.definition().shape_plan();
        plan.infer(&task.inputs, &mut task.shape)?;
        task.dtype = task.inputs.result_dtype();
        Ok(())
    }

    /// The element type of the result.
    pub fn dtype(&self) -> DType {
        self.task.dtype
    }

    /// The shape of the result.
    pub fn shape(&self) -> &Shape {
        &self.task.shape
    }

    /// The arguments, by the op's own parameter names.
    pub fn inputs(&self) -> &Inputs<'a> {
        &self.task.inputs
    }

    /// The op called.
    pub fn op(&self) -> Op<'a> {
        Op::new(self.registry, self.task.inputs.op())
    }

    /// What the caller should change although the call succeeds.
    pub fn warnings(&self) -> &[Warning] {
        self.task.inputs.warnings()
    }

    /// Refuses arguments outside their domains (labels outside [0, 1], a
    /// negative or non-finite `pos_weight`, NaN logits); computes nothing.
    ///
    /// # Errors
    /// [`OpError::OutsideDomain`] with the first offender.
    pub fn check(&self) -> Result<(), OpError> {
        let inputs = self.inputs();
        let params = inputs.definition().parameters().iter().enumerate();
        for (index, param) in params {
            let domain = param.domain();
            if domain == Domain::Any || matches!(inputs.at(index), Value::None) {
                continue;
            }
            let tensor = inputs.tensor(param.name())?;
            if let Some(index) = first_offender(domain, &tensor) {
                return Err(OpError::OutsideDomain {
                    op: inputs.op_name().to_owned(),
                    argument: inputs.op().shown_name(param).to_owned(),
                    index,
                    value: tensor.get_f64(index).unwrap_or(f64::NAN),
                    expected: domain.description(),
                });
            }
        }
        Ok(())
    }

    /// Computes the result into a new tensor.
    ///
    /// # Errors
    /// What the op's computation refuses.
    pub fn run(&self) -> Result<DynTensor<'static>, OpError> {
        let mut out = DynTensor::try_zeros(self.dtype(), self.shape().clone())
            .map_err(|source| self.task.tensor_error(source))?;
        self.run_into(out.as_slice_mut())?;
        Ok(out)
    }

    /// Computes the result into the caller's buffer, row-major.
    ///
    /// # Errors
    /// [`OpError::Output`] if the buffer has another element type or length;
    /// else what the op's computation refuses. The buffer is then unspecified.
    pub fn run_into(&self, out: DynSliceMut<'_>) -> Result<(), OpError> {
        if out.dtype() != self.dtype() || out.len() != self.shape().len() {
            return Err(OpError::Output {
                op: self.task.inputs.op_name().to_owned(),
                expected_dtype: self.dtype(),
                found_dtype: out.dtype(),
                expected_len: self.shape().len(),
                found_len: out.len(),
            });
        }
        self.compute(out)
    }
}

fn first_offender(domain: Domain, tensor: &DynTensor<'_>) -> Option<usize> {
    fn in_type<T: Element + Real>(domain: Domain, t: &Tensor<'_, T>) -> Option<usize> {
        first_outside(domain, t.as_slice())
    }
    match tensor {
        DynTensor::F16(t) => in_type(domain, t),
        DynTensor::BF16(t) => in_type(domain, t),
        DynTensor::F32(t) => in_type(domain, t),
        DynTensor::F64(t) => in_type(domain, t),
        DynTensor::Bool(_) => None,
    }
}
