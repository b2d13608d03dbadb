//! Argument binding by the rules of Python calls: positional arguments first,
//! then keywords; missing, unknown and doubly given ones are errors.

use std::borrow::Cow;

use smallvec::SmallVec;
use tensor_core::{DType, DynTensor, DynTensorRef, Shape, TensorError};

use crate::args::{Arg, Args};
use crate::definition::{DTypeRule, DTypes, Param, ParamKind, Presence};
use crate::error::OpError;
use crate::registry::{Op, nearest};
use crate::signature::{Role, SignatureParam, Warning};

/// The element type of a call whose arguments are all numbers, as in
/// TensorFlow.
const DEFAULT_DTYPE: DType = DType::F32;

/// The arguments of a call in the order of the op's parameters, with kinds and
/// element types checked.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    op: Op<'a>,
    slots: SmallVec<[Arg<'a>; 4]>,
    shared: DType,
    warnings: Vec<Warning>,
}

impl<'a> Inputs<'a> {
    pub(crate) fn bind(op: Op<'a>, args: Args<'a>) -> Result<Self, OpError> {
        let mut inputs = Self {
            op,
            slots: SmallVec::new(),
            shared: DEFAULT_DTYPE,
            warnings: Vec::new(),
        };
        let count = op.definition().parameters().len();
        inputs.slots.resize_with(count, || Arg::None);
        let signature = op.signature();
        if args.positional.len() > signature.params.len() {
            return Err(too_many(op, args.positional.len()));
        }
        let mut given = 0;
        for (position, value) in args.positional.into_iter().enumerate() {
            inputs.place(position, value, &mut given)?;
        }
        for (name, value) in args.keywords {
            match signature.params.iter().position(|p| p.name == name) {
                Some(position) => inputs.place(position, value, &mut given)?,
                None => return Err(unknown_argument(op, name)),
            }
        }
        inputs.fill_defaults()?;
        inputs.shared = inputs.find_shared_dtype()?;
        Ok(inputs)
    }

    /// The op called.
    pub fn op(&self) -> Op<'a> {
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

    /// The argument for a parameter; [`Arg::None`] if it was left out.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn argument(&self, param: &str) -> Result<&Arg<'a>, OpError> {
        self.index(param).map(|i| &self.slots[i])
    }

    /// The argument for the parameter of that index.
    pub(crate) fn at(&self, index: usize) -> &Arg<'a> {
        self.slots.get(index).unwrap_or(&Arg::None)
    }

    /// The shape of a tensor argument; a number's is `()`.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn shape(&self, param: &str) -> Result<Cow<'_, Shape>, OpError> {
        self.index(param).map(|i| self.shape_at(i))
    }

    pub(crate) fn shape_at(&self, index: usize) -> Cow<'_, Shape> {
        match self.at(index).as_tensor() {
            Some(tensor) => Cow::Borrowed(tensor.shape()),
            None => Cow::Owned(Shape::scalar()),
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
            (None, Arg::Number(value)) => Ok(DynTensor::scalar(self.shared, *value)),
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
            Arg::None => Ok(None),
            Arg::Ints(values) => Ok(Some(values)),
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
            Arg::Flag(value) => Ok(*value),
            other => Err(self.wrong_kind(param, "true or false", other)),
        }
    }

    /// The element type of the result.
    pub(crate) fn result_dtype(&self) -> DType {
        match self.op.definition().dtype_rule() {
            DTypeRule::Shared => self.shared,
            DTypeRule::Fixed(dtype) => dtype,
            DTypeRule::Argument => self
                .slots
                .iter()
                .find_map(|arg| match arg {
                    Arg::DType(dtype) => Some(*dtype),
                    _ => None,
                })
                .unwrap_or(self.shared),
            DTypeRule::Like(param) => {
                let like = self.argument(param).ok().and_then(Arg::as_tensor);
                like.map_or(self.shared, DynTensorRef::dtype)
            }
        }
    }

    /// A shape's refusal as an error of this call.
    pub fn tensor_error(&self, source: TensorError) -> OpError {
        OpError::Tensor {
            op: self.op.name().to_owned(),
            source,
        }
    }

    /// Binds `value` to the signature's parameter at `position`; `given` has a
    /// bit for each position that was bound before.
    fn place(&mut self, position: usize, value: Arg<'a>, given: &mut u64) -> Result<(), OpError> {
        let op = self.op;
        let param = &op.signature().params[position];
        if *given & (1 << position) != 0 {
            return Err(OpError::RepeatedArgument {
                op: op.name().to_owned(),
                argument: param.name.to_string(),
            });
        }
        *given |= 1 << position;
        // None is as good as not given.
        if matches!(value, Arg::None) {
            return Ok(());
        }
        match &param.role {
            Role::Plain => {}
            Role::Deprecated(message) => self.warnings.push(Warning {
                op: op.name().to_owned(),
                message: message.to_string(),
            }),
            Role::Sentinel(hint) => {
                return Err(OpError::NamedOnly {
                    op: op.name().to_owned(),
                    hint: hint.to_string(),
                });
            }
        }
        let slot = &mut self.slots[param.slot];
        if !matches!(slot, Arg::None) {
            return Err(both_given(op, position, *given));
        }
        let kind = op.definition().parameters()[param.slot].kind();
        let value = one_axis(kind, value);
        check_kind(op, param, kind, &value)?;
        *slot = value;
        Ok(())
    }

    fn fill_defaults(&mut self) -> Result<(), OpError> {
        for (slot, param) in self.slots.iter_mut().zip(self.op.definition().parameters()) {
            match (&slot, param.default_value()) {
                (Arg::None, Presence::Required) => return Err(missing(self.op, param)),
                (Arg::None, Presence::Flag(value)) => *slot = Arg::Flag(value),
                _ => {}
            }
        }
        Ok(())
    }

    /// The one element type of the tensors that share it.
    fn find_shared_dtype(&self) -> Result<DType, OpError> {
        let params = self.op.definition().parameters();
        let mut first: Option<(&Param, DType)> = None;
        for (param, arg) in params.iter().zip(&self.slots) {
            let (ParamKind::Tensor(class), Some(tensor)) = (param.kind(), arg.as_tensor()) else {
                continue;
            };
            let found = tensor.dtype();
            if !class.allows(found) {
                return Err(OpError::DTypeNotAllowed {
                    op: self.op.name().to_owned(),
                    argument: self.op.shown_name(param).to_owned(),
                    expected: class.expected().into(),
                    found,
                });
            }
            match first {
                _ if !class.is_shared() => {}
                None => first = Some((param, found)),
                Some((_, dtype)) if dtype == found => {}
                Some((other, expected)) => {
                    return Err(OpError::DTypeMismatch {
                        op: self.op.name().to_owned(),
                        argument: self.op.shown_name(param).to_owned(),
                        found,
                        other: self.op.shown_name(other).to_owned(),
                        expected,
                    });
                }
            }
        }
        Ok(first.map_or(DEFAULT_DTYPE, |(_, dtype)| dtype))
    }

    fn index(&self, param: &str) -> Result<usize, OpError> {
        self.op
            .definition()
            .param_index(param)
            .ok_or_else(|| unknown_argument(self.op, param))
    }

    fn wrong_kind(&self, param: &str, expected: &'static str, found: &Arg<'_>) -> OpError {
        OpError::ArgumentKind {
            op: self.op.name().to_owned(),
            argument: param.to_owned(),
            expected: expected.into(),
            found: found.describe(),
        }
    }
}

fn too_many(op: Op<'_>, found: usize) -> OpError {
    OpError::TooManyArguments {
        op: op.name().to_owned(),
        expected: op.signature().params.len(),
        found,
        signature: op.signature().to_string(),
    }
}

/// An argument at `position` where another name for it was bound before.
fn both_given(op: Op<'_>, position: usize, given: u64) -> OpError {
    let params = &op.signature().params;
    let here = &params[position];
    let earlier = (0..params.len())
        .find(|&p| p != position && given & (1 << p) != 0 && params[p].slot == here.slot)
        .map_or(here, |p| &params[p]);
    let (deprecated, argument) = match here.role {
        Role::Deprecated(_) => (here, earlier),
        _ => (earlier, here),
    };
    OpError::BothGiven {
        op: op.name().to_owned(),
        argument: argument.name.to_string(),
        deprecated: deprecated.name.to_string(),
    }
}

fn missing<'a>(op: Op<'a>, param: &'a Param) -> OpError {
    OpError::MissingArgument {
        op: op.name().to_owned(),
        argument: op.shown_name(param).to_owned(),
        expected: param.kind().expected().to_owned(),
        signature: op.signature().to_string(),
    }
}

fn unknown_argument(op: Op<'_>, name: &str) -> OpError {
    let known = op.signature().params.iter().map(SignatureParam::name);
    OpError::UnknownArgument {
        op: op.name().to_owned(),
        argument: name.to_owned(),
        nearest: nearest(name, known),
        signature: op.signature().to_string(),
    }
}

/// `axis=0` means `axis=[0]`, as in Python.
fn one_axis(kind: ParamKind, value: Arg<'_>) -> Arg<'_> {
    match (kind, &value) {
        (ParamKind::Axes, Arg::Number(axis)) if *axis == f64::from(*axis as i32) => {
            Arg::Ints(Cow::Owned(vec![*axis as i64]))
        }
        _ => value,
    }
}

fn check_kind(
    op: Op<'_>,
    shown: &SignatureParam,
    kind: ParamKind,
    value: &Arg<'_>,
) -> Result<(), OpError> {
    let fits = matches!(
        (kind, value),
        (ParamKind::Tensor(_), Arg::Tensor(_) | Arg::Owned(_))
            | (ParamKind::DType, Arg::DType(_))
            | (ParamKind::Shape | ParamKind::Axes, Arg::Ints(_))
            | (ParamKind::Flag, Arg::Flag(_))
            | (ParamKind::Text, Arg::Text(_))
    ) || matches!(
        (kind, value),
        (ParamKind::Tensor(class), Arg::Number(_)) if class != DTypes::Bool
    );
    if fits {
        return Ok(());
    }
    Err(OpError::ArgumentKind {
        op: op.name().to_owned(),
        argument: shown.name.to_string(),
        expected: kind.expected().into(),
        found: value.describe(),
    })
}
