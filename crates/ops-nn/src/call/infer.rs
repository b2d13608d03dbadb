//! Inference: dtype and shape of a result without data.

use tensor_core::{DType, PartialShape, Shape};

use crate::call::args::Args;
use crate::error::OpError;
use crate::op::inputs::Inputs;
use crate::op::signature::Warning;
use crate::registry::Op;

/// What is known of a call before there is data.
#[derive(Clone, Debug)]
pub struct Inferred<'a> {
    inputs: Inputs<'a>,
    dtype: DType,
    shape: PartialShape,
}

impl<'a> Op<'a> {
    /// Finds dtype and shape of the result without data, by the rules of
    /// [`bind`](Self::bind) and of graphs. A [`TensorInfo`](crate::TensorInfo)
    /// stands for a tensor, whose shape may be known in part.
    ///
    /// ```
    /// use ops_nn::{Args, Registry, TensorInfo, tensor_core::DType};
    /// let batch = TensorInfo::new(DType::F32, [None, Some(3)]);
    /// let mean = Registry::builtin().get("math.reduce_mean")?;
    /// let result = mean.infer(Args::new().arg(&batch).kwarg("axis", [1]))?;
    /// assert_eq!(result.dtype(), DType::F32);
    /// assert_eq!(result.shape().to_string(), "(None,)");
    /// # Ok::<(), ops_nn::OpError>(())
    /// ```
    ///
    /// # Errors
    /// As [`bind`](Self::bind), as far as what is known contradicts the op.
    pub fn infer(&self, args: Args<'a>) -> Result<Inferred<'a>, OpError> {
        let mut inputs = Inputs::unbound(self.named(), args.values).without_data();
        inputs.bind(&args.names)?;
        Inferred::of(inputs)
    }
}

impl<'a> Inferred<'a> {
    /// What follows from bound arguments.
    pub(crate) fn of(inputs: Inputs<'a>) -> Result<Self, OpError> {
        let shape = inputs.definition().shape_plan().infer_partial(&inputs)?;
        check_valid(&shape).map_err(|error| match error {
            OpError::Value(cause) => inputs.tensor_error(cause),
            other => other,
        })?;
        Ok(Self {
            dtype: inputs.result_dtype(),
            shape,
            inputs,
        })
    }

    /// The element type of the result.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// What is known of the shape of the result.
    pub fn shape(&self) -> &PartialShape {
        &self.shape
    }

    /// The arguments, by the op's own parameter names.
    pub fn inputs(&self) -> &Inputs<'a> {
        &self.inputs
    }

    /// What the caller should change although the call succeeds.
    pub fn warnings(&self) -> &[Warning] {
        self.inputs.warnings()
    }

    /// The dtype of the gradient of an argument, which is the argument's own.
    ///
    /// # Errors
    /// As [`Call::gradient`](crate::Call::gradient).
    pub fn gradient_dtype(&self, wrt: &str) -> Result<DType, OpError> {
        if self.inputs.vjp(wrt)?.is_none() {
            self.inputs.partial(wrt)?;
        }
        self.dtype_of(wrt)
    }

    /// The dtype of the second derivative with respect to an argument.
    ///
    /// # Errors
    /// As [`Call::second_partial`](crate::Call::second_partial).
    pub fn second_partial_dtype(&self, wrt: &str) -> Result<DType, OpError> {
        self.inputs.second_partial(wrt)?;
        self.dtype_of(wrt)
    }

    fn dtype_of(&self, wrt: &str) -> Result<DType, OpError> {
        let value = self.inputs.argument(self.inputs.own_name(wrt))?;
        Ok(value.tensor_dtype().unwrap_or(self.inputs.shared_dtype()))
    }
}

/// A shape of which everything is known must be one that a tensor can have.
pub(crate) fn check_valid(shape: &PartialShape) -> Result<(), OpError> {
    let dims = shape.dims().map(|dims| dims.iter().copied().collect());
    if let Some(Some::<Vec<usize>>(dims)) = dims {
        Shape::new(dims)?;
    }
    Ok(())
}
