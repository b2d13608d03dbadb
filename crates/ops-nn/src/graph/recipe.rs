//! A decomposition as a list of calls: what its rule asks for, written down
//! instead of done.

use crate::error::OpError;
use crate::op::builder::{CallSite, OpBuilder};
use crate::op::rules::Rule;
use crate::op::value::{RuleResult, Value, ValueId};
use crate::registry::Op;

/// The calls that a decomposition consists of, each after those it needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recipe {
    /// How many symbols stand for the op's own arguments.
    arguments: usize,
    pub(super) calls: Vec<RecipeCall>,
    /// Which call makes the result.
    pub(super) result: usize,
}

/// A call of a [`Recipe`], by the called op's own order of parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RecipeCall {
    pub(super) op: String,
    pub(super) args: Vec<Value<'static>>,
}

/// What a symbol in a recipe stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ingredient {
    /// The argument for the parameter of that index.
    Argument(usize),
    /// The value of the call of that index.
    Call(usize),
}

impl Recipe {
    /// What a decomposition of `op` calls for these arguments, one per parameter;
    /// [`Recipe::argument`] for one that stands for itself.
    pub(super) fn of(
        op: Op<'_>,
        rule: &Rule,
        arguments: &[Value<'static>],
    ) -> Result<Self, OpError> {
        let mut recorder = Recorder {
            arguments: arguments.len(),
            calls: Vec::new(),
        };
        let site = CallSite::new(op.definition(), arguments.iter().cloned());
        match rule.apply(&mut recorder, &site)? {
            Value::Id(sym) if sym.0 >= arguments.len() => Ok(Self {
                arguments: arguments.len(),
                calls: recorder.calls,
                result: sym.0 - arguments.len(),
            }),
            other => Err(OpError::InvalidDefinition {
                op: op.definition().name().to_owned(),
                reason: format!("its decomposition ended in {other:?}; let it end in a call"),
            }),
        }
    }

    /// The argument for the parameter of that index, as itself.
    pub(super) fn argument(index: usize) -> Value<'static> {
        Value::Id(ValueId(index))
    }

    pub(super) fn ingredient(&self, sym: ValueId) -> Ingredient {
        match sym.0.checked_sub(self.arguments) {
            None => Ingredient::Argument(sym.0),
            Some(call) => Ingredient::Call(call),
        }
    }
}

/// A build that writes calls down.
struct Recorder {
    arguments: usize,
    calls: Vec<RecipeCall>,
}

impl OpBuilder for Recorder {
    fn call(&mut self, op: &str, args: &[Value<'static>]) -> RuleResult {
        self.calls.push(RecipeCall {
            op: op.to_owned(),
            args: args.to_vec(),
        });
        Ok(Value::Id(ValueId(self.arguments + self.calls.len() - 1)))
    }
}
