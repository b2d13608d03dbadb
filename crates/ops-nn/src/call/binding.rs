//! Argument binding by the rules of Python calls: positional arguments first,
//! then keywords; missing, unknown and doubly given ones are errors.

use std::borrow::Cow;
use std::mem;

use smallvec::SmallVec;
use tensor_core::{DType, DynTensor, PartialShape, Shape, TensorError};

use crate::error::OpError;
use crate::op::definition::{DTypeRule, DTypes, Param, ParamKind, Presence};
use crate::op::signature::{Role, SignatureParam, Warning};
use crate::op::value::{SCALAR, Value};
use crate::registry::{Op, nearest};

/// The element type of a call whose arguments are all numbers, as in
/// TensorFlow.
pub(crate) const DEFAULT_DTYPE: DType = DType::F32;

/// The arguments of a call in the order of the op's parameters, with kinds and
/// element types checked.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    op: Op<'a>,
    slots: SmallVec<[Value<'a>; 4]>,
    shared: DType,
    warnings: Vec<Warning>,
    /// Whether tensors must have data.
    needs_data: bool,
}

impl<'a> Inputs<'a> {
    /// The values of a call as it was written, to be bound.
    #[inline]
    pub(crate) fn unbound(op: Op<'a>, values: SmallVec<[Value<'a>; 4]>) -> Self {
        Self {
            op,
            slots: values,
            shared: DEFAULT_DTYPE,
            warnings: Vec::new(),
            needs_data: true,
        }
    }

    /// Accepts tensors of which only dtype and shape are known.
    pub(crate) fn without_data(mut self) -> Self {
        self.needs_data = false;
        self
    }

    /// Sets values that were bound before.
    #[inline]
    pub(crate) fn set_bound(&mut self, shared: DType, values: impl Iterator<Item = Value<'a>>) {
        self.shared = shared;
        for value in values {
            self.slots.push(value);
        }
    }

    /// Binds values that are of the right kinds and stand in the order of the
    /// op's own parameters, whatever the signature.
    #[inline]
    pub(crate) fn bind_in_place(&mut self) -> Result<(), OpError> {
        if let Some(dtype) = self.dtype_if_plain() {
            self.shared = dtype;
            return Ok(());
        }
        self.check(false)
    }

    /// Gives numbers this element type where no tensor says another.
    pub(crate) fn numbers_as(mut self, dtype: DType) -> Self {
        self.shared = dtype;
        self
    }

    /// Binds the values, the last of which were given by these names.
    #[inline]
    pub(crate) fn bind(&mut self, names: &[&str]) -> Result<(), OpError> {
        let in_order = self.op.signature().is_in_order(self.slots.len(), names);
        if !in_order {
            self.place_each(names)?;
        }
        if let Some(dtype) = self.dtype_if_plain() {
            self.shared = dtype;
            return Ok(());
        }
        self.check(in_order)
    }

    /// The shared element type, if all arguments are given, are tensors or
    /// numbers, and fit. Most calls are so simple, and this is quick; the rest
    /// is for [`check`](Self::check), which knows what to say about it.
    fn dtype_if_plain(&self) -> Option<DType> {
        if self.slots.len() < self.op.needed() {
            return None;
        }
        let mut shared = None;
        for (param, slot) in self.op.definition().parameters().iter().zip(&self.slots) {
            let ParamKind::Tensor(class) = param.kind() else {
                return None;
            };
            match slot {
                Value::Tensor(tensor) => {
                    let found = tensor.dtype();
                    if !class.allows(found) {
                        return None;
                    }
                    if class.is_shared() && *shared.get_or_insert(found) != found {
                        return None;
                    }
                }
                Value::Number(_) if class != DTypes::Bool => {}
                _ => return None,
            }
        }
        Some(shared.unwrap_or(self.shared))
    }

    /// Checks the kinds, unless [`place`](Self::place) did, fills in defaults,
    /// finds the shared element type.
    fn check(&mut self, in_order: bool) -> Result<(), OpError> {
        if in_order {
            self.check_kinds()?;
        }
        self.fill_defaults()?;
        self.shared = self.find_shared_dtype()?;
        Ok(())
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

    /// The argument for a parameter; [`Value::None`] if it was left out.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn argument(&self, param: &str) -> Result<&Value<'a>, OpError> {
        self.index(param).map(|i| self.at(i))
    }

    /// The arguments by their indices, those at the end perhaps left out.
    #[inline]
    pub(crate) fn slots(&self) -> &[Value<'a>] {
        &self.slots
    }

    /// The argument for the parameter of that index.
    #[inline]
    pub(crate) fn at(&self, index: usize) -> &Value<'a> {
        self.slots.get(index).unwrap_or(&Value::None)
    }

    /// The parameter of that index.
    pub(crate) fn param(&self, index: usize) -> &'a Param {
        &self.op.definition().parameters()[index]
    }

    /// What is known of the shape of a tensor argument: all of it in an eager
    /// call. A number's is `()`.
    ///
    /// # Errors
    /// [`OpError::UnknownArgument`] if the op has no such parameter.
    pub fn shape(&self, param: &str) -> Result<PartialShape, OpError> {
        self.index(param).map(|i| self.known_shape_at(i))
    }

    pub(crate) fn known_shape_at(&self, index: usize) -> PartialShape {
        self.at(index).known_shape()
    }

    /// The shape of an argument of an eager call.
    pub(crate) fn shape_of(&self, param: &str) -> Result<&Shape, OpError> {
        self.index(param).map(|i| self.shape_at(i))
    }

    #[inline]
    pub(crate) fn shape_at(&self, index: usize) -> &Shape {
        self.at(index).shape()
    }

    /// As [`shape_at`](Self::shape_at), for longer than these inputs live.
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
        match self.op.definition().dtype_rule() {
            DTypeRule::Shared => self.shared,
            DTypeRule::Fixed(dtype) => dtype,
            DTypeRule::Argument => self
                .slots
                .iter()
                .find_map(|arg| match arg {
                    Value::DType(dtype) => Some(*dtype),
                    _ => None,
                })
                .unwrap_or(self.shared),
            DTypeRule::Like(param) => {
                let like = self.argument(param).ok().and_then(Value::tensor_dtype);
                like.unwrap_or(self.shared)
            }
        }
    }

    /// A shape's refusal as an error of this call.
    #[cold]
    pub fn tensor_error(&self, source: TensorError) -> OpError {
        OpError::Tensor {
            op: self.op.name().to_owned(),
            source,
        }
    }

    /// Checks the kinds of arguments that stand in the signature's order.
    fn check_kinds(&mut self) -> Result<(), OpError> {
        let op = self.op;
        for (slot, param) in self.slots.iter_mut().zip(&op.signature().params) {
            // None is as good as not given.
            if !matches!(slot, Value::None) {
                check_kind(op, param, slot, self.needs_data)?;
            }
        }
        Ok(())
    }

    /// Binds positional arguments, then the others by their names.
    fn place_each(&mut self, names: &[&str]) -> Result<(), OpError> {
        let op = self.op;
        let params = &op.signature().params;
        let positional = self.slots.len() - names.len();
        if positional > params.len() {
            return Err(too_many(op, positional));
        }
        let mut given = 0;
        let mut values = mem::take(&mut self.slots).into_iter();
        for (position, value) in values.by_ref().take(positional).enumerate() {
            self.place(position, value, &mut given)?;
        }
        for (name, value) in names.iter().zip(values) {
            match params.iter().position(|p| p.name == *name) {
                Some(position) => self.place(position, value, &mut given)?,
                None => return Err(unknown_argument(op, name)),
            }
        }
        Ok(())
    }

    /// Binds `value` to the signature's parameter at `position`; `given` has a
    /// bit for each position that was bound before.
    fn place(
        &mut self,
        position: usize,
        mut value: Value<'a>,
        given: &mut u64,
    ) -> Result<(), OpError> {
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
        if matches!(value, Value::None) {
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
        if !matches!(self.at(param.slot), Value::None) {
            return Err(both_given(op, position, *given));
        }
        check_kind(op, param, &mut value, self.needs_data)?;
        self.set(param.slot, value);
        Ok(())
    }

    /// Sets the argument for the parameter of that index.
    fn set(&mut self, index: usize, value: Value<'a>) {
        while self.slots.len() <= index {
            self.slots.push(Value::None);
        }
        self.slots[index] = value;
    }

    fn fill_defaults(&mut self) -> Result<(), OpError> {
        for (index, param) in self.op.definition().parameters().iter().enumerate() {
            if !matches!(self.at(index), Value::None) {
                continue;
            }
            match param.default_value() {
                Presence::Required => return Err(missing(self.op, param)),
                Presence::Flag(value) => self.set(index, Value::Flag(value)),
                Presence::Optional => {}
            }
        }
        Ok(())
    }

    /// The one element type of the tensors that share it.
    fn find_shared_dtype(&self) -> Result<DType, OpError> {
        let params = self.op.definition().parameters();
        let mut first: Option<(&Param, DType)> = None;
        for (param, arg) in params.iter().zip(&self.slots) {
            let ParamKind::Tensor(class) = param.kind() else {
                continue;
            };
            let Some(found) = arg.tensor_dtype() else {
                self.refuse_unknown_dtype(param, arg)?;
                continue;
            };
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
        Ok(first.map_or(self.shared, |(_, dtype)| dtype))
    }

    /// The node of an op that nobody here knows may lack an element type.
    fn refuse_unknown_dtype(&self, param: &Param, arg: &Value<'_>) -> Result<(), OpError> {
        match arg {
            Value::Typed(..) => Err(OpError::ArgumentKind {
                op: self.op.name().to_owned(),
                argument: self.op.shown_name(param).to_owned(),
                expected: "a tensor of known dtype".into(),
                found: arg.describe(),
            }),
            _ => Ok(()),
        }
    }

    fn index(&self, param: &str) -> Result<usize, OpError> {
        self.op
            .definition()
            .param_index(param)
            .ok_or_else(|| unknown_argument(self.op, param))
    }

    fn wrong_kind(&self, param: &str, expected: &'static str, found: &Value<'_>) -> OpError {
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

/// Checks that `value` is of the kind that the parameter takes.
fn check_kind(
    op: Op<'_>,
    shown: &SignatureParam,
    value: &mut Value<'_>,
    needs_data: bool,
) -> Result<(), OpError> {
    let kind = op.definition().parameters()[shown.slot].kind();
    let fits = match (kind, &*value) {
        (ParamKind::Tensor(_), Value::Tensor(_) | Value::Owned(_))
        | (ParamKind::DType, Value::DType(_))
        | (ParamKind::Shape | ParamKind::Axes, Value::Ints(_))
        | (ParamKind::Flag, Value::Flag(_))
        | (ParamKind::Text, Value::Text(_)) => true,
        (ParamKind::Tensor(_), Value::Typed(..)) => !needs_data,
        (ParamKind::Tensor(class), Value::Number(_)) => class != DTypes::Bool,
        // `axis=0` means `axis=[0]`, as in Python.
        (ParamKind::Axes, &Value::Number(axis)) if axis == f64::from(axis as i32) => {
            *value = Value::Ints(Cow::Owned(vec![axis as i64]));
            true
        }
        _ => false,
    };
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
