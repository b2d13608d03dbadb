//! Derivative and decomposition rules as small programs over op calls, and
//! their eager evaluation.
//!
//! A rule speaks to a [`OpBuilder`]: "call this op on these terms". An eager
//! build computes at once; a graph would add nodes. So a rule is written once.

use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;
use tensor_core::{DType, DynTensor};

use crate::call::args::Args;
use crate::call::eager::Call;
use crate::error::OpError;
use crate::op::definition::{OpDef, Param};
use crate::op::value::{RuleResult, Value, ValueId};
use crate::registry::Registry;

/// How deep rules may call ops whose computation is a rule; more is a circle.
pub(crate) const DEEPEST: usize = 64;

/// Something that can be told to call ops: at once, or as nodes of a graph.
pub trait OpBuilder {
    /// Calls `op` on `args`, in the order of the op's own parameters.
    ///
    /// # Errors
    /// What look-up, binding or the computation refuses.
    fn call(&mut self, op: &str, args: &[Value<'static>]) -> RuleResult;
}

/// The call that a rule is asked about: its arguments as terms.
#[derive(Clone, Debug)]
pub struct CallSite<'a> {
    names: SmallVec<[&'a str; 4]>,
    terms: SmallVec<[Value<'static>; 4]>,
}

impl<'a> CallSite<'a> {
    /// A call of an op with these terms, one for each of its parameters.
    pub(crate) fn new(definition: &'a OpDef, terms: &[Value<'static>]) -> Self {
        Self {
            names: definition.params.iter().map(|p| &*p.name).collect(),
            terms: terms.into(),
        }
    }
}

impl CallSite<'_> {
    /// The argument for a parameter of the op; [`Value::None`] if it was left
    /// out or there is no such parameter.
    pub fn arg(&self, param: &str) -> Value<'static> {
        let index = self.names.iter().position(|n| *n == param);
        index.map_or(Value::None, |i| self.terms[i].clone())
    }

    /// The arguments for several parameters, in that order.
    pub fn args(&self, params: &[&str]) -> Vec<Value<'static>> {
        params.iter().map(|p| self.arg(p)).collect()
    }
}

pub(crate) type Rule = dyn Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync;
type VjpRule =
    dyn Fn(&mut dyn OpBuilder, &CallSite<'_>, Value<'static>) -> RuleResult + Send + Sync;

/// The derivative of element `i` of an element-wise op with respect to the
/// element of one argument that it depends on.
#[derive(Clone)]
pub struct Partial {
    wrt: &'static str,
    rule: Arc<Rule>,
    product: Option<Arc<VjpRule>>,
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
            rule: Arc::new(rule),
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
        self.product = Some(Arc::new(rule));
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
    pub fn wrt(&self) -> &str {
        self.wrt
    }

    /// Has the derivative of a call built.
    pub(crate) fn apply(&self, build: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
        (self.rule)(build, call)
    }

    /// Has the gradient of the result times the derivative of a call built.
    pub(crate) fn times(
        &self,
        build: &mut dyn OpBuilder,
        call: &CallSite<'_>,
        upstream: Value<'static>,
    ) -> RuleResult {
        if let Some(product) = &self.product {
            return product(build, call, upstream);
        }
        match self.apply(build, call)? {
            Value::Number(1.0) => Ok(upstream),
            slope => build.call("math.multiply", &[upstream, slope]),
        }
    }
}

impl fmt::Debug for Partial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partial({})", self.wrt)
    }
}

/// The vector-Jacobian product of an op that is not element-wise: the gradient
/// of one argument from the gradient of the result.
#[derive(Clone)]
pub struct Vjp {
    wrt: &'static str,
    rule: Arc<VjpRule>,
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
}

impl Vjp {
    /// The argument differentiated by.
    pub fn wrt(&self) -> &str {
        self.wrt
    }

    /// Has the gradient of the argument of a call built.
    pub(crate) fn apply(
        &self,
        build: &mut dyn OpBuilder,
        call: &CallSite<'_>,
        upstream: Value<'static>,
    ) -> RuleResult {
        (self.rule)(build, call, upstream)
    }
}

impl fmt::Debug for Vjp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vjp({})", self.wrt)
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
    /// One per differentiable argument of an element-wise op; the chain rule
    /// (product with the upstream gradient, sum over broadcast axes) is ours.
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
    pub fn arguments(&self) -> Vec<&str> {
        match self {
            Self::None | Self::Zero => Vec::new(),
            Self::Elementwise(partials) => partials.iter().map(|p| p.wrt).collect(),
            Self::Vjp(vjps) => vjps.iter().map(|a| a.wrt).collect(),
        }
    }
}

/// An op's documented formula in primitives.
#[derive(Clone)]
pub struct Decomposition(Arc<Rule>);

impl Decomposition {
    /// The formula, as calls of other ops.
    pub fn new(
        rule: impl Fn(&mut dyn OpBuilder, &CallSite<'_>) -> RuleResult + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(rule))
    }

    /// Has the formula of a call built.
    pub(crate) fn apply(&self, build: &mut dyn OpBuilder, call: &CallSite<'_>) -> RuleResult {
        (self.0)(build, call)
    }
}

impl fmt::Debug for Decomposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decomposition(..)")
    }
}

impl Call<'_> {
    /// The derivative of each element of an element-wise op's result with
    /// respect to the element of `wrt` that it depends on; the result's shape.
    ///
    /// `wrt` is an argument by the op's own name or by that of the signature
    /// called.
    ///
    /// # Errors
    /// [`OpError::NoDerivative`] if the op has none for this argument, or if
    /// the argument or the result is no float.
    pub fn partial(&self, wrt: &str) -> Result<DynTensor<'static>, OpError> {
        self.apply(self.partials(wrt)?, wrt, "first")
    }

    /// The first derivatives, of an element-wise op.
    fn partials(&self, wrt: &str) -> Result<&[Partial], OpError> {
        match self.op().definition().gradient_rule() {
            Gradient::Elementwise(partials) => Ok(partials),
            _ => Err(self.no_derivative(wrt, "element-wise first", &[])),
        }
    }

    /// The second derivative of each element of an element-wise op's result
    /// with respect to the element of `wrt` that it depends on.
    ///
    /// # Errors
    /// As [`partial`](Self::partial).
    pub fn second_partial(&self, wrt: &str) -> Result<DynTensor<'static>, OpError> {
        self.apply(&self.op().definition().second, wrt, "second")
    }

    /// The gradient of `sum(upstream * result)` with respect to `wrt`, in the
    /// shape of that argument; without `upstream`, of `sum(result)`.
    ///
    /// Where `wrt` was broadcast, the exact sum of its elements' derivatives,
    /// rounded once.
    ///
    /// # Errors
    /// As [`partial`](Self::partial); [`OpError::Upstream`] if `upstream` has
    /// not the result's shape and dtype.
    pub fn gradient(
        &self,
        wrt: &str,
        upstream: Option<&DynTensor<'_>>,
    ) -> Result<DynTensor<'static>, OpError> {
        if let Some(upstream) = upstream {
            self.check_upstream(upstream)?;
        }
        match self.op().definition().gradient_rule() {
            Gradient::Vjp(vjps) => self.vjp(vjps, wrt, upstream),
            _ => self.chain(wrt, upstream),
        }
    }

    fn check_upstream(&self, upstream: &DynTensor<'_>) -> Result<(), OpError> {
        if upstream.shape() == self.shape() && upstream.dtype() == self.dtype() {
            return Ok(());
        }
        Err(OpError::Upstream {
            op: self.op().name().to_owned(),
            expected_dtype: self.dtype(),
            expected: Box::new(self.shape().clone()),
            found_dtype: upstream.dtype(),
            found: Box::new(upstream.shape().clone()),
        })
    }

    /// The rule of an op that is not element-wise.
    fn vjp(
        &self,
        vjps: &[Vjp],
        wrt: &str,
        upstream: Option<&DynTensor<'_>>,
    ) -> Result<DynTensor<'static>, OpError> {
        let own = self.own_name(wrt);
        let found = vjps.iter().find(|a| a.wrt == own);
        let Some(vjp) = found.filter(|_| self.is_differentiable(own)) else {
            let available: Vec<_> = vjps.iter().map(|a| a.wrt).collect();
            return Err(self.no_derivative(wrt, "first", &available));
        };
        let mut eager = Eager::new(self);
        let site = eager.enter(self);
        let upstream = match upstream {
            Some(tensor) => tensor.view(),
            None => DynTensor::try_full(self.dtype(), self.shape().clone(), 1.0)
                .map_err(|source| self.tensor_error(source))?,
        };
        let upstream = eager.push(upstream);
        let term = (vjp.rule)(&mut eager, &site, upstream)?;
        eager.leave(&term, self)
    }

    /// The chain rule of an element-wise op.
    fn chain(
        &self,
        wrt: &str,
        upstream: Option<&DynTensor<'_>>,
    ) -> Result<DynTensor<'static>, OpError> {
        let registry = self.op().registry();
        let gradient = match upstream {
            None => self.partial(wrt)?,
            Some(upstream) => {
                let partial = self.find_partial(self.partials(wrt)?, wrt, "first")?;
                self.evaluate_all(|eager, site| {
                    let upstream = eager.push(upstream.view());
                    partial.times(eager, site, upstream)
                })?
            }
        };
        let like = self.tensor(self.own_name(wrt))?;
        if gradient.shape() == like.shape() {
            return Ok(gradient);
        }
        let args = Args::new().arg(&gradient).arg(&like);
        registry.get("grad.sum_like")?.call(args)
    }

    /// The op's own name for an argument that the signature may call otherwise.
    fn own_name<'n>(&'n self, wrt: &'n str) -> &'n str {
        self.op().parameter(wrt).map_or(wrt, Param::name)
    }

    /// Both the result and the argument are floats.
    fn is_differentiable(&self, own: &str) -> bool {
        let argument = self.tensor(own).map(|tensor| tensor.dtype());
        self.dtype().is_float() && argument.is_ok_and(DType::is_float)
    }

    /// Runs the documented formula in primitives, step by step, each step
    /// rounded to the element type: what TensorFlow and PyTorch do.
    ///
    /// # Errors
    /// [`OpError::NoDecomposition`] for a primitive.
    pub fn run_decomposed(&self) -> Result<DynTensor<'static>, OpError> {
        let definition = self.op().definition();
        let Some(Decomposition(rule)) = &definition.decomposition else {
            return Err(OpError::NoDecomposition {
                op: self.op().name().to_owned(),
            });
        };
        self.evaluate(&**rule)
    }

    fn apply(
        &self,
        partials: &[Partial],
        wrt: &str,
        order: &'static str,
    ) -> Result<DynTensor<'static>, OpError> {
        self.evaluate(&*self.find_partial(partials, wrt, order)?.rule)
    }

    /// The derivative by an argument, which must be a float, as must the result.
    fn find_partial<'p>(
        &self,
        partials: &'p [Partial],
        wrt: &str,
        order: &'static str,
    ) -> Result<&'p Partial, OpError> {
        let own = self.own_name(wrt);
        let found = partials.iter().find(|p| p.wrt == own);
        found
            .filter(|_| self.is_differentiable(own))
            .ok_or_else(|| {
                let available: Vec<_> = partials.iter().map(Partial::wrt).collect();
                self.no_derivative(wrt, order, &available)
            })
    }

    /// Evaluates a rule on this call's arguments, in the result's shape.
    pub(crate) fn evaluate(&self, rule: &Rule) -> Result<DynTensor<'static>, OpError> {
        self.evaluate_all(|eager, site| rule(eager, site))
    }

    fn evaluate_all<'a>(
        &'a self,
        rule: impl FnOnce(&mut Eager<'a>, &CallSite<'_>) -> RuleResult,
    ) -> Result<DynTensor<'static>, OpError> {
        let mut eager = Eager::new(self);
        let site = eager.enter(self);
        let term = rule(&mut eager, &site)?;
        let value = eager.leave(&term, self)?;
        if value.shape() == self.shape() {
            return Ok(value);
        }
        let expanded = value.broadcast_to(self.shape());
        expanded.map_err(|source| self.tensor_error(source))
    }

    fn no_derivative(&self, wrt: &str, order: &'static str, available: &[&str]) -> OpError {
        OpError::NoDerivative {
            op: self.op().name().to_owned(),
            argument: wrt.to_owned(),
            order,
            available: match available {
                [] => "no argument".to_owned(),
                names => names.join(", "),
            },
        }
    }
}

/// A build that computes at once.
struct Eager<'a> {
    registry: &'a Registry,
    /// What a rule's numbers are rounded to.
    dtype: DType,
    /// How many rules stand around this one.
    depth: usize,
    values: Vec<DynTensor<'a>>,
}

impl<'a> Eager<'a> {
    /// For a rule of this call.
    fn new(call: &'a Call<'_>) -> Self {
        Self {
            registry: call.op().registry(),
            dtype: call.shared_dtype(),
            depth: call.depth() + 1,
            values: Vec::new(),
        }
    }

    fn push(&mut self, value: DynTensor<'a>) -> Value<'static> {
        self.values.push(value);
        Value::Id(ValueId(self.values.len() - 1))
    }

    /// The arguments of `call` as terms.
    fn enter(&mut self, call: &'a Call<'_>) -> CallSite<'a> {
        let params = call.op().definition().parameters();
        let terms = (0..params.len())
            .map(|i| match call.inputs().at(i) {
                Value::Tensor(tensor) => self.push(tensor.view()),
                Value::Owned(tensor) => self.push(tensor.view()),
                other => other.clone().into_owned(),
            })
            .collect();
        CallSite {
            names: call
                .op()
                .definition()
                .params
                .iter()
                .map(|p| &*p.name)
                .collect(),
            terms,
        }
    }

    /// The tensor that a rule for `call` ended in.
    fn leave(mut self, term: &Value<'_>, call: &Call<'_>) -> Result<DynTensor<'static>, OpError> {
        match term {
            Value::Id(ValueId(index)) if *index < self.values.len() => {
                Ok(self.values.swap_remove(*index).into_owned())
            }
            Value::Number(value) => Ok(DynTensor::scalar(call.dtype(), *value)),
            other => Err(OpError::InvalidDefinition {
                op: call.op().definition().name().to_owned(),
                reason: format!(
                    "a rule of it ended in {other:?}; return what OpBuilder::call gave"
                ),
            }),
        }
    }
}

impl OpBuilder for Eager<'_> {
    fn call(&mut self, op: &str, args: &[Value<'static>]) -> RuleResult {
        let broken = |reason: String| OpError::InvalidDefinition {
            op: op.to_owned(),
            reason,
        };
        if self.depth > DEEPEST {
            return Err(broken(
                "the rules that call it call each other without end".into(),
            ));
        }
        let mut bound = Args::new();
        for value in args {
            bound = match value {
                Value::Id(ValueId(index)) => match self.values.get(*index) {
                    Some(value) => bound.arg(value),
                    None => {
                        return Err(broken("a rule passed it a value of another build".into()));
                    }
                },
                Value::Number(value) => bound.arg(DynTensor::scalar(self.dtype, *value)),
                other => bound.arg(other),
            };
        }
        let call = Call::bind(self.registry.get(op)?, bound, self.depth)?;
        let value = call.run()?;
        drop(call);
        Ok(self.push(value))
    }
}
