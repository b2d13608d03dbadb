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
    warnings: SmallVec<[Warning; 1]>,
}

impl<'a> Inputs<'a> {
    pub(crate) fn bind(op: Op<'a>, args: Args<'a>) -> Result<Self, OpError> {
        let mut binder = Binder::new(op);
        binder.positional(args.positional)?;
        for (name, value) in args.keywords {
            binder.keyword(name, value)?;
        }
        let (slots, warnings) = binder.finish()?;
        let shared = shared_dtype(op, &slots)?;
        Ok(Self {
            op,
            slots,
            shared,
            warnings,
        })
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

/// Puts arguments into the slots of the op's parameters.
struct Binder<'a> {
    op: Op<'a>,
    slots: SmallVec<[Arg<'a>; 4]>,
    /// By which signature parameter each slot was filled.
    filled_by: SmallVec<[Option<usize>; 4]>,
    warnings: SmallVec<[Warning; 1]>,
}

impl<'a> Binder<'a> {
    fn new(op: Op<'a>) -> Self {
        let count = op.definition().parameters().len();
        Self {
            op,
            slots: std::iter::repeat_with(|| Arg::None).take(count).collect(),
            filled_by: SmallVec::from_elem(None, count),
            warnings: SmallVec::new(),
        }
    }

    fn positional(&mut self, values: SmallVec<[Arg<'a>; 3]>) -> Result<(), OpError> {
        let params = &self.op.signature().params;
        if values.len() > params.len() {
            return Err(OpError::TooManyArguments {
                op: self.op.name().to_owned(),
                expected: params.len(),
                found: values.len(),
                signature: self.op.signature().to_string(),
            });
        }
        for (position, value) in values.into_iter().enumerate() {
            self.place(position, value)?;
        }
        Ok(())
    }

    fn keyword(&mut self, name: &str, value: Arg<'a>) -> Result<(), OpError> {
        let position = self
            .op
            .signature()
            .params
            .iter()
            .position(|p| p.name == name);
        self.place(
            position.ok_or_else(|| unknown_argument(self.op, name))?,
            value,
        )
    }

    /// Binds `value` to the signature's parameter at `position`.
    fn place(&mut self, position: usize, value: Arg<'a>) -> Result<(), OpError> {
        let op = self.op;
        let param = &op.signature().params[position];
        let slot = match &param.role {
            Role::Sentinel(hint) => return sentinel(op, hint, &value),
            Role::Plain | Role::Deprecated(_) => slot_of(op, param)?,
        };
        if let Some(earlier) = self.filled_by[slot] {
            if earlier == position {
                return Err(OpError::RepeatedArgument {
                    op: op.name().to_owned(),
                    argument: param.name.to_string(),
                });
            }
            if matches!((&value, &self.slots[slot]), (Arg::None, _) | (_, Arg::None)) {
                // None beside a value: as if the None had not been given.
            } else {
                return Err(both_given(op, position, earlier));
            }
        }
        self.filled_by[slot] = Some(position);
        if matches!(value, Arg::None) {
            return Ok(());
        }
        if let Role::Deprecated(message) = &param.role {
            self.warnings.push(Warning {
                op: op.name().to_owned(),
                message: message.to_string(),
            });
        }
        let kind = op.definition().parameters()[slot].kind();
        let value = one_axis(kind, value);
        check_kind(op, param, kind, &value)?;
        self.slots[slot] = value;
        Ok(())
    }

    #[expect(clippy::type_complexity, reason = "both halves are fields of Inputs")]
    fn finish(mut self) -> Result<(SmallVec<[Arg<'a>; 4]>, SmallVec<[Warning; 1]>), OpError> {
        let op = self.op;
        for (slot, param) in self.slots.iter_mut().zip(op.definition().parameters()) {
            match (&slot, param.default_value()) {
                (Arg::None, Presence::Required) => return Err(missing(op, param)),
                (Arg::None, Presence::Flag(value)) => *slot = Arg::Flag(value),
                _ => {}
            }
        }
        Ok((self.slots, self.warnings))
    }
}

/// The op's parameter that a signature's parameter fills; registration has
/// checked that it exists.
fn slot_of(op: Op<'_>, param: &SignatureParam) -> Result<usize, OpError> {
    op.definition()
        .param_index(&param.fills)
        .ok_or_else(|| unknown_argument(op, &param.fills))
}

fn sentinel(op: Op<'_>, hint: &str, value: &Arg<'_>) -> Result<(), OpError> {
    if matches!(value, Arg::None) {
        return Ok(());
    }
    Err(OpError::NamedOnly {
        op: op.name().to_owned(),
        hint: hint.to_owned(),
    })
}

fn both_given(op: Op<'_>, one: usize, other: usize) -> OpError {
    let params = &op.signature().params;
    let (deprecated, argument) = match params[one].role {
        Role::Deprecated(_) => (one, other),
        _ => (other, one),
    };
    OpError::BothGiven {
        op: op.name().to_owned(),
        argument: params[argument].name.to_string(),
        deprecated: params[deprecated].name.to_string(),
    }
}

fn missing(op: Op<'_>, param: &Param) -> OpError {
    let shown = op
        .signature()
        .params
        .iter()
        .find(|p| p.fills == param.name)
        .map_or(param.name(), SignatureParam::name);
    OpError::MissingArgument {
        op: op.name().to_owned(),
        argument: shown.to_owned(),
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

/// The one element type of the tensors that share it.
fn shared_dtype(op: Op<'_>, slots: &[Arg<'_>]) -> Result<DType, OpError> {
    let mut first: Option<(&Param, DType)> = None;
    for (param, arg) in op.definition().parameters().iter().zip(slots) {
        let (ParamKind::Tensor(class), Some(tensor)) = (param.kind(), arg.as_tensor()) else {
            continue;
        };
        let found = tensor.dtype();
        if !class.allows(found) {
            return Err(OpError::DTypeNotAllowed {
                op: op.name().to_owned(),
                argument: param.name().to_owned(),
                expected: class.expected().into(),
                found,
            });
        }
        if !class.is_shared() {
            continue;
        }
        match first {
            None => first = Some((param, found)),
            Some((_, dtype)) if dtype == found => {}
            Some((other, expected)) => {
                return Err(OpError::DTypeMismatch {
                    op: op.name().to_owned(),
                    argument: param.name().to_owned(),
                    found,
                    other: other.name().to_owned(),
                    expected,
                });
            }
        }
    }
    Ok(first.map_or(DEFAULT_DTYPE, |(_, dtype)| dtype))
}
