//! A bound call: arguments checked, shape and element type of the result
//! known, ready to run.

use std::borrow::Cow;
use std::ops::Deref;

use exact_kernels::{Domain, Operand, Real, first_outside};
use smallvec::SmallVec;
use tensor_core::{
    Broadcast, DType, DynSliceMut, DynTensor, DynTensorRef, Element, Float, Shape, Tensor,
    TensorError, bf16, f16,
};

use crate::call::args::Args;
use crate::call::binding::Inputs;
use crate::error::OpError;
use crate::op::signature::Warning;
use crate::op::value::{SCALAR, Value};
use crate::registry::Op;

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
    inputs: Inputs<'a>,
    dtype: DType,
    shape: Cow<'a, Shape>,
    /// How many rules called ops to get here.
    depth: usize,
}

impl<'a> Call<'a> {
    pub(crate) fn bind(op: Op<'a>, args: Args<'a>, depth: usize) -> Result<Self, OpError> {
        let mut call = Self::unbound(op, args.values, depth);
        call.settle(&args.names)?;
        Ok(call)
    }

    /// Binds and runs where the call stands: it is large, and moving it about
    /// costs more than the checks of its arguments.
    pub(crate) fn run_once(
        op: Op<'a>,
        args: Args<'a>,
        out: DynSliceMut<'_>,
    ) -> Result<(), OpError> {
        let mut call = Self::unbound(op, args.values, 0);
        call.settle(&args.names)?;
        call.run_into(out)
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
        call.inputs.set_bound(shared, values);
        call.dtype = out.dtype();
        match shape {
            Some(shape) => call.shape = Cow::Borrowed(shape),
            None => op.shape_plan().infer(&call.inputs, &mut call.shape)?,
        }
        out.reuse(&call.shape)
            .map_err(|source| call.tensor_error(source))?;
        call.run_into(out.as_slice_mut())
    }

    #[inline]
    fn unbound(op: Op<'a>, values: SmallVec<[Value<'a>; 4]>, depth: usize) -> Self {
        let inputs = Inputs::unbound(op, values);
        Self {
            dtype: inputs.shared_dtype(),
            shape: Cow::Borrowed(&SCALAR),
            inputs,
            depth,
        }
    }

    /// Binds the values, the last of which were given by these names, and
    /// finds what the result is.
    fn settle(&mut self, names: &[&str]) -> Result<(), OpError> {
        self.inputs.bind(names)?;
        let plan = self.op().shape_plan();
        plan.infer(&self.inputs, &mut self.shape)?;
        self.dtype = self.inputs.result_dtype();
        Ok(())
    }

    /// The element type of the result.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The shape of the result.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The arguments, by the op's own parameter names.
    pub fn inputs(&self) -> &Inputs<'a> {
        &self.inputs
    }

    /// The op called.
    pub fn op(&self) -> Op<'a> {
        self.inputs.op()
    }

    /// What the caller should change although the call succeeds.
    pub fn warnings(&self) -> &[Warning] {
        self.inputs.warnings()
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

    /// A shape's refusal as an error of this call.
    pub fn tensor_error(&self, source: TensorError) -> OpError {
        self.inputs.tensor_error(source)
    }

    /// Refuses arguments outside their domains (labels outside [0, 1], a
    /// negative or non-finite `pos_weight`, NaN logits); computes nothing.
    ///
    /// # Errors
    /// [`OpError::OutsideDomain`] with the first offender.
    pub fn check(&self) -> Result<(), OpError> {
        for param in self.inputs.op().definition().parameters() {
            if param.checked_domain() == Domain::Any
                || matches!(self.inputs.argument(param.name())?, Value::None)
            {
                continue;
            }
            let tensor = self.inputs.tensor(param.name())?;
            if let Some(index) = first_offender(param.checked_domain(), &tensor) {
                return Err(OpError::OutsideDomain {
                    op: self.inputs.op().name().to_owned(),
                    argument: self.inputs.op().shown_name(param).to_owned(),
                    index,
                    value: tensor.get_f64(index).unwrap_or(f64::NAN),
                    expected: param.checked_domain().description(),
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
        let mut out = DynTensor::try_zeros(self.dtype, self.shape().clone())
            .map_err(|source| self.tensor_error(source))?;
        self.run_into(out.as_slice_mut())?;
        Ok(out)
    }

    /// Computes the result into the caller's buffer, row-major.
    ///
    /// # Errors
    /// [`OpError::Output`] if the buffer has another element type or length;
    /// else what the op's computation refuses. The buffer is then unspecified.
    pub fn run_into(&self, out: DynSliceMut<'_>) -> Result<(), OpError> {
        if out.dtype() != self.dtype || out.len() != self.shape.len() {
            return Err(OpError::Output {
                op: self.inputs.op().name().to_owned(),
                expected_dtype: self.dtype,
                found_dtype: out.dtype(),
                expected_len: self.shape.len(),
                found_len: out.len(),
            });
        }
        self.inputs.op().compute().run(self, out)
    }

    /// How a tensor argument repeats over the result of an element-wise op.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn broadcast(&self, param: &str) -> Result<Broadcast, OpError> {
        let shape = self.inputs.shape_of(param)?;
        shape
            .broadcast_to(&self.shape)
            .map_err(|source| self.inputs.tensor_error(source))
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
        let pattern = pattern.map_err(|source| self.inputs.tensor_error(source))?;
        Ok(match (pattern, tensor.as_slice()) {
            (Broadcast::Scalar, [value]) => Broadcasted::Scalar(*value),
            (Broadcast::Periodic { stretch }, values) => Broadcasted::Periodic { values, stretch },
            (Broadcast::Same, values) => Broadcasted::Full(Cow::Borrowed(values)),
            _ => {
                let whole = tensor.broadcast_to(&self.shape);
                let whole = whole.map_err(|source| self.inputs.tensor_error(source))?;
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
            .map_err(|source| self.inputs.tensor_error(source))
    }

    #[cold]
    fn not_a_tensor(&self, index: usize, found: &Value<'_>) -> OpError {
        let params = self.inputs.op().definition().parameters();
        OpError::ArgumentKind {
            op: self.inputs.op().name().to_owned(),
            argument: params.get(index).map_or("", |p| p.name()).to_owned(),
            expected: "a tensor or a number".into(),
            found: found.describe(),
        }
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

impl FromNumber for f16 {
    fn from_number(value: f64) -> Self {
        Float::from_f64(value)
    }
}

impl FromNumber for bf16 {
    fn from_number(value: f64) -> Self {
        Float::from_f64(value)
    }
}

impl FromNumber for f32 {
    fn from_number(value: f64) -> Self {
        Float::from_f64(value)
    }
}

impl FromNumber for f64 {
    fn from_number(value: f64) -> Self {
        Float::from_f64(value)
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
