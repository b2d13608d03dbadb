//! Rules: derivatives and formulas as small programs over op calls.

use std::fmt;
use std::sync::Arc;

use crate::op::builder::{CallSite, OpBuilder};
use crate::op::value::{RuleResult, Value};

/// How deep rules may call ops whose computation is a rule; more is a circle.
pub(crate) const DEEPEST: usize = 64;

type RuleFn = dyn Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync;
type VjpFn = dyn Fn(&mut dyn OpBuilder, &CallSite<'_>, Value<'static>) -> RuleResult + Send + Sync;

/// A value of a call, as calls of other ops.
#[derive(Clone)]
pub struct Rule(Arc<RuleFn>);

impl Rule {
    /// A rule by a function of the call's arguments.
    pub fn new(
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(rule))
    }

    /// Builds the value.
    pub(crate) fn apply(&self, builder: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
        (self.0)(builder, call)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rule(..)")
    }
}

/// The vector-Jacobian product of an op: the gradient of one argument from the
/// gradient of the result.
#[derive(Clone)]
pub struct Vjp {
    wrt: &'static str,
    rule: Arc<VjpFn>,
}

impl Vjp {
    /// The gradient of `wrt`, by a rule that is given the gradient of the
    /// result.
    pub fn new(
        wrt: &'static str,
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>, Value<'static>) -> RuleResult
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            wrt,
            rule: Arc::new(rule),
        }
    }

    /// The argument differentiated by.
    pub fn wrt(&self) -> &'static str {
        self.wrt
    }

    /// Builds the gradient of the argument.
    pub(crate) fn apply(
        &self,
        builder: &mut dyn OpBuilder,
        call: &CallSite<'_>,
        upstream: Value<'static>,
    ) -> RuleResult {
        (self.rule)(builder, call, upstream)
    }
}

impl fmt::Debug for Vjp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vjp({})", self.wrt)
    }
}

/// The derivative of element `i` of an element-wise op with respect to the
/// element of one argument that it depends on.
#[derive(Clone, Debug)]
pub struct Partial {
    wrt: &'static str,
    rule: Rule,
    product: Option<Vjp>,
}

impl Partial {
    /// The derivative with respect to the argument `wrt`, by a rule. A number
    /// stands for that number in every element.
    pub fn new(
        wrt: &'static str,
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        Self {
            wrt,
            rule: Rule::new(rule),
            product: None,
        }
    }

    /// A rule of its own for the product with the gradient of the result, where
    /// multiplying would lose more: infinity times a slope of 0 is NaN, and a
    /// slope may overflow where the product does not.
    #[must_use]
    pub fn product(
        mut self,
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>, Value<'static>) -> RuleResult
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.product = Some(Vjp::new(self.wrt, rule));
        self
    }

    /// The derivative with respect to `wrt` is the op `op` at `args`,
    /// arguments of the call differentiated.
    pub fn op(wrt: &'static str, op: &'static str, args: &'static [&'static str]) -> Self {
        Self::new(wrt, move |b, call| b.call(op, &call.args(args)))
    }

    /// A derivative that is the same number everywhere.
    pub fn constant(wrt: &'static str, value: f64) -> Self {
        Self::new(wrt, move |_, _| Ok(Value::Number(value)))
    }

    /// The argument differentiated by.
    pub fn wrt(&self) -> &'static str {
        self.wrt
    }

    /// The derivative itself.
    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Builds the gradient of the result times the derivative.
    pub(crate) fn times(
        &self,
        builder: &mut dyn OpBuilder,
        call: &CallSite<'_>,
        upstream: Value<'static>,
    ) -> RuleResult {
        if let Some(product) = &self.product {
            return product.apply(builder, call, upstream);
        }
        match self.rule.apply(builder, call)? {
            Value::Number(1.0) => Ok(upstream),
            slope => builder.mul(upstream, slope),
        }
    }
}

/// The first derivatives of an op.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Gradient {
    /// It has none.
    None,
    /// It is zero everywhere: the result depends on no argument's value, so that
    /// a graph's gradients end here.
    Zero,
    /// One per differentiable argument of an element-wise op; calls and graphs
    /// add the chain rule (product with the upstream gradient, sum over
    /// broadcast axes).
    Elementwise(Vec<Partial>),
    /// Whole rules, for other ops.
    Vjp(Vec<Vjp>),
}

impl Gradient {
    /// One partial derivative per differentiable argument.
    pub fn elementwise(partials: impl IntoIterator<Item = Partial>) -> Self {
        Self::Elementwise(partials.into_iter().collect())
    }

    /// One vector-Jacobian product per differentiable argument.
    pub fn vjp(vjps: impl IntoIterator<Item = Vjp>) -> Self {
        Self::Vjp(vjps.into_iter().collect())
    }

    /// The arguments that have a derivative.
    pub fn arguments(&self) -> Vec<&'static str> {
        match self {
            Self::None | Self::Zero => Vec::new(),
            Self::Elementwise(partials) => partials.iter().map(Partial::wrt).collect(),
            Self::Vjp(vjps) => vjps.iter().map(Vjp::wrt).collect(),
        }
    }
}
