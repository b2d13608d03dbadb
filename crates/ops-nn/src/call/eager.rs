//! Eager evaluation of rules: a builder that computes at once.

use tensor_core::{DType, DynTensor};

use crate::call::args::Args;
use crate::call::bound::Call;
use crate::error::OpError;
use crate::op::builder::{CallSite, OpBuilder};
use crate::op::rules::{DEEPEST, Rule};
use crate::op::value::{RuleResult, Value, ValueId};
use crate::registry::Registry;

impl Call<'_> {
    /// Runs the documented formula in primitives, step by step, each step
    /// rounded to the element type: what TensorFlow and PyTorch do.
    ///
    /// # Errors
    /// [`OpError::NoDecomposition`] for a primitive.
    pub fn run_decomposed(&self) -> Result<DynTensor<'static>, OpError> {
        match self.op().definition().decomposition() {
            Some(rule) => self.evaluate(rule),
            None => Err(OpError::NoDecomposition {
                op: self.op().name().to_owned(),
            }),
        }
    }

    /// Evaluates a rule on this call's arguments, in the result's shape.
    pub(super) fn evaluate(&self, rule: &Rule) -> Result<DynTensor<'static>, OpError> {
        let value = self.evaluate_with(|builder, site| rule.apply(builder, site))?;
        self.in_result_shape(value)
    }

    /// A value as large as the result.
    pub(super) fn in_result_shape(
        &self,
        value: DynTensor<'static>,
    ) -> Result<DynTensor<'static>, OpError> {
        if value.shape() == self.shape() {
            return Ok(value);
        }
        let expanded = value.broadcast_to(self.shape());
        expanded.map_err(|source| self.task.tensor_error(source))
    }

    /// The tensor that a rule ends in.
    pub(super) fn evaluate_with<'a>(
        &'a self,
        rule: impl FnOnce(&mut EagerBuilder<'a>, &CallSite<'_>) -> RuleResult,
    ) -> Result<DynTensor<'static>, OpError> {
        let mut builder = EagerBuilder {
            registry: self.registry,
            dtype: self.task.shared_dtype(),
            depth: self.depth + 1,
            values: Vec::new(),
        };
        let definition = self.task.inputs.definition();
        let params = 0..definition.parameters().len();
        let values = params.map(|i| match self.task.inputs.at(i) {
            Value::Tensor(tensor) => builder.push(tensor.view()),
            Value::Owned(tensor) => builder.push(tensor.view()),
            Value::Text(_) => Value::None,
            other => other.clone().into_owned(),
        });
        let site = CallSite::new(definition, values);
        match rule(&mut builder, &site)? {
            Value::Id(ValueId(index)) if index < builder.values.len() => {
                Ok(builder.values.swap_remove(index).into_owned())
            }
            Value::Number(value) => Ok(DynTensor::scalar(self.dtype(), value)),
            other => Err(OpError::rule_result(definition.name(), &other)),
        }
    }
}

/// A builder that computes at once.
pub(super) struct EagerBuilder<'a> {
    registry: &'a Registry,
    /// What a rule's numbers are rounded to.
    dtype: DType,
    /// How many rules called ops to get here.
    depth: usize,
    values: Vec<DynTensor<'a>>,
}

impl<'a> EagerBuilder<'a> {
    /// The tensor as a value of a rule.
    pub(super) fn push(&mut self, value: DynTensor<'a>) -> Value<'static> {
        self.values.push(value);
        Value::Id(ValueId(self.values.len() - 1))
    }
}

impl OpBuilder for EagerBuilder<'_> {
    fn call(&mut self, op: &str, args: &[Value<'static>]) -> RuleResult {
        let broken = |reason: &str| OpError::InvalidDefinition {
            op: op.to_owned(),
            reason: reason.to_owned(),
        };
        if self.depth > DEEPEST {
            return Err(broken("the rules that call it call each other without end"));
        }
        let mut bound = Args::new();
        for value in args {
            bound = match value {
                Value::Id(ValueId(index)) => {
                    let value = self.values.get(*index);
                    let foreign = "a rule passed it a value of another build";
                    bound.arg(value.ok_or_else(|| broken(foreign))?)
                }
                Value::Number(value) => bound.arg(DynTensor::scalar(self.dtype, *value)),
                other => bound.arg(other),
            };
        }
        let value = Call::bind(self.registry.get(op)?, bound, self.depth)?.run()?;
        Ok(self.push(value))
    }
}
