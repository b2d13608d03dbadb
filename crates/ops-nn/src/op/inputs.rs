//! The arguments of a call in the order of the op's parameters.

use std::borrow::Cow;

use smallvec::SmallVec;
use tensor_core::{DType, DynTensor, PartialShape, Shape, TensorError};

use crate::error::OpError;
use crate::op::definition::OpDef;
use crate::op::dtypes::DTypeRule;
use crate::op::named::NamedOp;
use crate::op::param::Param;
use crate::op::signature::{SignatureParam, Warning};
use crate::op::value::{SCALAR, Value};
use crate::suggest::nearest;

/// The arguments of a call in the order of the op's parameters, with kinds and
/// element types checked.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    pub(crate) op: &'a NamedOp,
    /// Those at the end may be left out.
    pub(crate) slots: SmallVec<[Value<'a>; 4]>,
    pub(crate) shared: DType,
    pub(crate) warnings: Vec<Warning>,
    /// Whether tensors must have data.
    pub(crate) needs_data: bool,
}

impl<'a> Inputs<'a> {
    /// The name by which the op was called.
    pub fn op_name(&self) -> &'a str {
        self.op.name()
    }

    /// The definition of the op called.
    pub fn definition(&self) -> &'a OpDef {
        self.op.definition()
    }

    pub(crate) fn op(&self) -> &'a NamedOp {
        self.op
    }

    /// The element type that the op's tensors share.
    pub fn shared_dtype(&self) -> DType {
        self.shared
    }

    /// What the caller should change although the call succeeds.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The argument for a parameter; [`Value::None`] if it was left out.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn argument(&self, param: &str) -> Result<&Value<'a>, OpError> {
        self.index(param).map(|i| self.at(i))
    }

    /// The argument for the parameter of that index.
    #[inline]
    pub(crate) fn at(&self, index: usize) -> &Value<'a> {
        self.slots.get(index).unwrap_or(&Value::None)
    }

    /// The parameter of that index.
    pub(crate) fn param(&self, index: usize) -> &'a Param {
        &self.definition().parameters()[index]
    }

    /// What is known of the shape of a tensor argument: all of it in an eager
    /// call. A number's is `()`.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn shape(&self, param: &str) -> Result<PartialShape, OpError> {
        self.index(param).map(|i| self.at(i).known_shape())
    }

    /// The shape of an argument of an eager call.
    pub(crate) fn shape_of(&self, param: &str) -> Result<&Shape, OpError> {
        self.index(param).map(|i| self.at(i).shape())
    }

    /// As [`shape_of`](Self::shape_of), for longer than these inputs live.
    #[inline]
    pub(crate) fn lasting_shape_at(&self, index: usize) -> Cow<'a, Shape> {
        match self.at(index) {
            Value::Tensor(tensor) => Cow::Borrowed(tensor.shape()),
            Value::Owned(tensor) => Cow::Owned(tensor.shape().clone()),
            _ => Cow::Borrowed(&SCALAR),
        }
    }

    /// A tensor argument; a number becomes a rank-0 tensor.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter,
    /// [`OpError::ArgumentKind`] if it takes no tensor.
    pub fn tensor(&self, param: &str) -> Result<DynTensor<'_>, OpError> {
        let argument = self.argument(param)?;
        match (argument.as_tensor(), argument) {
            (Some(tensor), _) => Ok(tensor.view()),
            (None, Value::Number(value)) => Ok(DynTensor::scalar(self.shared, *value)),
            (None, other) => Err(self.wrong_kind(param, "a tensor or a number", other)),
        }
    }

    /// A list of axes or a shape; `None` if it was left out.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter,
    /// [`OpError::ArgumentKind`] if it takes no integers.
    pub fn ints(&self, param: &str) -> Result<Option<&[i64]>, OpError> {
        match self.argument(param)? {
            Value::None => Ok(None),
            Value::Ints(values) => Ok(Some(values)),
            other => Err(self.wrong_kind(param, "a list of integers", other)),
        }
    }

    /// A flag; its default if it was left out.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter,
    /// [`OpError::ArgumentKind`] if it takes no flag.
    pub fn flag(&self, param: &str) -> Result<bool, OpError> {
        match self.argument(param)? {
            Value::Flag(value) => Ok(*value),
            other => Err(self.wrong_kind(param, "true or false", other)),
        }
    }

    /// The element type of the result.
    #[inline]
    pub(crate) fn result_dtype(&self) -> DType {
        let given = match self.definition().dtype() {
            DTypeRule::Shared => None,
            DTypeRule::Fixed(dtype) => Some(dtype),
            DTypeRule::Argument => self.slots.iter().find_map(|arg| match arg {
                Value::DType(dtype) => Some(*dtype),
                _ => None,
            }),
            DTypeRule::Like(param) => self.argument(param).ok().and_then(Value::tensor_dtype),
        };
        given.unwrap_or(self.shared)
    }

    /// Converts a shape error into an [`OpError`] of this call.
    #[cold]
    pub fn tensor_error(&self, cause: TensorError) -> OpError {
        OpError::Tensor {
            op: self.op.name().to_owned(),
            cause,
        }
    }

    /// The error for an argument of another kind.
    #[cold]
    pub(crate) fn wrong_kind(
        &self,
        param: &str,
        expected: impl Into<Cow<'static, str>>,
        found: &Value<'_>,
    ) -> OpError {
        OpError::ArgumentKind {
            op: self.op.name().to_owned(),
            argument: param.to_owned(),
            expected: expected.into(),
            found: found.describe(),
        }
    }

    /// The error for a name that the signature does not have.
    #[cold]
    pub(crate) fn unknown_argument(&self, name: &str) -> OpError {
        let signature = self.op.signature();
        OpError::UnknownArgument {
            op: self.op.name().to_owned(),
            argument: name.to_owned(),
            nearest: nearest(name, signature.params.iter().map(SignatureParam::name)),
            signature: signature.to_string(),
        }
    }

    fn index(&self, param: &str) -> Result<usize, OpError> {
        let index = self.definition().param_index(param);
        index.ok_or_else(|| self.unknown_argument(param))
    }
}
