//! The builder that rules are written against: "call this op on these values".
//! An eager builder computes at once, a graph's adds nodes, so that a rule is
//! written once.

use smallvec::SmallVec;

use crate::op::definition::OpDef;
use crate::op::value::{RuleResult, Value};

/// Calls ops for a rule: at once, or as nodes of a graph.
///
/// [`call`](Self::call) takes the op's name; the most used ops have methods, so
/// that a rule reads like its formula.
pub trait OpBuilder {
    /// Calls `op` on `args`, in the order of the op's own parameters.
    ///
    /// # Errors
    /// What look-up, binding or the computation refuses.
    fn call(&mut self, op: &str, args: &[Value<'static>]) -> RuleResult;
}

/// A method for each op that many rules call.
macro_rules! calls {
    ($($(#[$doc:meta])* $method:ident($($arg:ident),*) = $op:literal;)*) => {
        #[expect(missing_docs, reason = "each is the registry's op of that name")]
        #[expect(clippy::missing_errors_doc, reason = "as OpBuilder::call")]
        impl dyn OpBuilder + '_ {
            $(
                $(#[$doc])*
                pub fn $method(&mut self, $($arg: impl Into<Value<'static>>),*) -> RuleResult {
                    self.call($op, &[$($arg.into()),*])
                }
            )*
        }
    };
}

calls! {
    abs(x) = "math.abs";
    add(x, y) = "math.add";
    div(x, y) = "math.divide";
    exp(x) = "math.exp";
    greater_equal(x, y) = "math.greater_equal";
    log1p(x) = "math.log1p";
    maximum(x, y) = "math.maximum";
    mul(x, y) = "math.multiply";
    neg(x) = "math.negative";
    relu(x) = "nn.relu";
    select(condition, x, y) = "where";
    sigmoid(x) = "math.sigmoid";
    softplus(x) = "math.softplus";
    sub(x, y) = "math.subtract";
    sum_like(input, like) = "grad.sum_like";
    ones_like(input) = "ones_like";
    zeros_like(input) = "zeros_like";
}

/// The call that a rule is about: its arguments as values of the builder.
#[derive(Clone, Debug)]
pub struct CallSite<'a> {
    definition: &'a OpDef,
    values: SmallVec<[Value<'static>; 4]>,
}

impl<'a> CallSite<'a> {
    /// A call of an op with these values, one for each of its parameters.
    pub(crate) fn new(
        definition: &'a OpDef,
        values: impl IntoIterator<Item = Value<'static>>,
    ) -> Self {
        Self {
            definition,
            values: values.into_iter().collect(),
        }
    }

    /// The argument for a parameter of the op; [`Value::None`] if it was left
    /// out or there is no such parameter.
    pub fn arg(&self, param: &str) -> Value<'static> {
        let index = self.definition.param_index(param);
        let value = index.and_then(|index| self.values.get(index));
        value.cloned().unwrap_or(Value::None)
    }

    /// The arguments for several parameters, in that order.
    pub fn args(&self, params: &[&str]) -> Vec<Value<'static>> {
        params.iter().map(|p| self.arg(p)).collect()
    }
}
