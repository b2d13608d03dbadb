//! Argument binding by the rules of Python calls: positional arguments first,
//! then keywords; missing, unknown and doubly given ones are errors.

use std::borrow::Cow;
use std::mem;

use smallvec::SmallVec;
use tensor_core::DType;

use crate::call::DEFAULT_DTYPE;
use crate::error::OpError;
use crate::op::dtypes::DTypes;
use crate::op::inputs::Inputs;
use crate::op::named::NamedOp;
use crate::op::param::{Param, ParamKind, Presence};
use crate::op::signature::{Role, SignatureParam, Warning};
use crate::op::value::Value;

impl<'a> Inputs<'a> {
    /// The values of a call as it was written, to be bound.
    #[inline]
    pub(crate) fn unbound(op: &'a NamedOp, values: SmallVec<[Value<'a>; 4]>) -> Self {
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

    /// Gives numbers this element type where no tensor says another.
    pub(crate) fn numbers_as(mut self, dtype: DType) -> Self {
        self.shared = dtype;
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

    /// Binds values that are of the right kinds and in the order of the op's own
    /// parameters, whatever the signature.
    #[inline]
    pub(crate) fn bind_in_place(&mut self) -> Result<(), OpError> {
        if self.bind_plain() {
            return Ok(());
        }
        self.finish()
    }

    /// Binds the values, the last of which were given by these names.
    #[inline]
    pub(crate) fn bind(&mut self, names: &[&str]) -> Result<(), OpError> {
        let in_order = self.op.signature().is_in_order(self.slots.len(), names);
        if !in_order {
            self.place_each(names)?;
        }
        if self.bind_plain() {
            return Ok(());
        }
        if in_order {
            self.check_kinds()?;
        }
        self.finish()
    }

    /// Sets the shared element type, if all arguments are given, are tensors or
    /// numbers, and fit. Most calls are so simple, and this is quick; the rest
    /// is for [`finish`](Self::finish), which has the error messages.
    fn bind_plain(&mut self) -> bool {
        let definition = self.op.definition();
        if self.slots.len() < definition.needed() {
            return false;
        }
        let mut shared = None;
        for (param, slot) in definition.parameters().iter().zip(&self.slots) {
            let ParamKind::Tensor(class) = param.kind() else {
                return false;
            };
            match slot {
                Value::Tensor(tensor) => {
                    let found = tensor.dtype();
                    if !class.allows(found) {
                        return false;
                    }
                    if class.is_shared() && *shared.get_or_insert(found) != found {
                        return false;
                    }
                }
                Value::Number(_) if class != DTypes::Bool => {}
                _ => return false,
            }
        }
        self.shared = shared.unwrap_or(self.shared);
        true
    }

    /// Fills in defaults and finds the shared element type.
    fn finish(&mut self) -> Result<(), OpError> {
        self.fill_defaults()?;
        self.shared = self.find_shared_dtype()?;
        Ok(())
    }

    /// Checks the kinds of arguments that are in the signature's order.
    fn check_kinds(&mut self) -> Result<(), OpError> {
        let (op, needs_data) = (self.op, self.needs_data);
        for (slot, param) in self.slots.iter_mut().zip(&op.signature().params) {
            // None is as good as not given.
            if !matches!(slot, Value::None) && !convert_kind(op, param, slot, needs_data) {
                let slot = mem::replace(slot, Value::None);
                return Err(self.unfit(param, &slot));
            }
        }
        Ok(())
    }

    /// Binds positional arguments, then the others by their names.
    fn place_each(&mut self, names: &[&str]) -> Result<(), OpError> {
        let params = &self.op.signature().params;
        let positional = self.slots.len() - names.len();
        if positional > params.len() {
            return Err(OpError::TooManyArguments {
                op: self.op.name().to_owned(),
                expected: params.len(),
                found: positional,
                signature: self.op.signature().to_string(),
            });
        }
        let mut given = 0;
        let mut values = mem::take(&mut self.slots).into_iter();
        for (position, value) in values.by_ref().take(positional).enumerate() {
            self.place(position, value, &mut given)?;
        }
        for (name, value) in names.iter().zip(values) {
            match params.iter().position(|p| p.name == *name) {
                Some(position) => self.place(position, value, &mut given)?,
                None => return Err(self.unknown_argument(name)),
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
        if !convert_kind(op, param, &mut value, self.needs_data) {
            return Err(self.unfit(param, &value));
        }
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
            match param.default() {
                Presence::Flag(value) => self.set(index, Value::Flag(value)),
                Presence::Optional => {}
                Presence::Required => {
                    return Err(OpError::MissingArgument {
                        op: self.op.name().to_owned(),
                        argument: self.op.shown_name(param).to_owned(),
                        expected: param.kind().expected().to_owned(),
                        signature: self.op.signature().to_string(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The one element type of the tensors that share it.
    fn find_shared_dtype(&self) -> Result<DType, OpError> {
        let op = self.op;
        let name_of = |param| op.shown_name(param).to_owned();
        let mut first: Option<(&Param, DType)> = None;
        for (param, value) in op.definition().parameters().iter().zip(&self.slots) {
            let ParamKind::Tensor(class) = param.kind() else {
                continue;
            };
            let Some(found) = value.tensor_dtype() else {
                // The node of an op that is not registered may lack an element type.
                if matches!(value, Value::Typed(..)) {
                    let expected = "a tensor of known dtype";
                    return Err(self.wrong_kind(op.shown_name(param), expected, value));
                }
                continue;
            };
            if !class.allows(found) {
                return Err(OpError::DTypeNotAllowed {
                    op: op.name().to_owned(),
                    argument: name_of(param),
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
                        op: op.name().to_owned(),
                        argument: name_of(param),
                        found,
                        other: name_of(other),
                        expected,
                    });
                }
            }
        }
        Ok(first.map_or(self.shared, |(_, dtype)| dtype))
    }

    /// The error for an argument that is not of its parameter's kind.
    #[cold]
    fn unfit(&self, shown: &SignatureParam, found: &Value<'_>) -> OpError {
        let kind = self.param(shown.slot).kind();
        self.wrong_kind(shown.name(), kind.expected(), found)
    }
}

/// An argument at `position` where another name for it was bound before.
fn both_given(op: &NamedOp, position: usize, given: u64) -> OpError {
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

/// Whether `value` is of the kind that the parameter takes; an axis becomes a
/// list of one.
fn convert_kind(
    op: &NamedOp,
    shown: &SignatureParam,
    value: &mut Value<'_>,
    needs_data: bool,
) -> bool {
    match (op.definition().parameters()[shown.slot].kind(), &*value) {
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
    }
}
