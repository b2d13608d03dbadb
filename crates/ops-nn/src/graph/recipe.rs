//! A decomposition as a list of calls, recorded from its rule.

use crate::error::OpError;
use crate::op::builder::{CallSite, OpBuilder};
use crate::op::rules::Rule;
use crate::op::value::{RuleResult, Value, ValueId};
use crate::registry::Op;

/// The calls of a decomposition, each after the calls whose results it takes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recipe {
    /// The id of the first call's result; smaller ids are arguments of the decomposed op.
    first_id: usize,
    pub(super) calls: Vec<RecipeCall>,
    /// The index of the call that computes the result.
    pub(super) result: usize,
}

/// A call of a [`Recipe`], with arguments in the order of the called op's own parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RecipeCall {
    pub(super) op: String,
    pub(super) args: Vec<Value<'static>>,
}

impl Recipe {
    /// The calls of a decomposition of `op` for these arguments, one per parameter; all ids among
    /// them are smaller than `first_id`.
    pub(super) fn of(
        op: Op<'_>,
        rule: &Rule,
        arguments: &[Value<'static>],
        first_id: usize,
    ) -> Result<Self, OpError> {
        let mut recipe = Self {
            first_id,
            calls: Vec::new(),
            result: 0,
        };
        let site = CallSite::new(op.definition(), arguments.iter().cloned());
        let result = rule.apply(&mut recipe, &site)?;
        let call = result.id().and_then(|id| recipe.call_of(id));
        let call = call.filter(|call| *call < recipe.calls.len());
        recipe.result = call.ok_or_else(|| OpError::InvalidDefinition {
            op: op.definition().name().to_owned(),
            reason: format!("its decomposition ended in {result:?}; let it end in a call"),
        })?;
        Ok(recipe)
    }

    /// The index of the call with this result; none for an argument.
    pub(super) fn call_of(&self, id: ValueId) -> Option<usize> {
        id.0.checked_sub(self.first_id)
    }
}

impl OpBuilder for Recipe {
    fn call(&mut self, op: &str, args: &[Value<'static>]) -> RuleResult {
        let next = ValueId(self.first_id + self.calls.len());
        if let Some(id) = args.iter().filter_map(Value::id).find(|id| *id >= next) {
            return Err(OpError::ForeignNode {
                expected: next.0,
                found: id.0,
            });
        }
        self.calls.push(RecipeCall {
            op: op.to_owned(),
            args: args.to_vec(),
        });
        Ok(Value::Id(next))
    }
}
