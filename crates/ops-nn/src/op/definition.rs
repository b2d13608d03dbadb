//! What an op is: one value that holds its names, parameters, rules,
//! documentation, computation, gradient and decomposition.

use std::borrow::Cow;

use crate::op::compute::Compute;
use crate::op::def_builder::OpDefBuilder;
use crate::op::dtypes::{DTypeRule, DTypes};
use crate::op::example::Example;
use crate::op::param::{Param, ParamKind};
use crate::op::rules::{Gradient, Partial, Rule};
use crate::op::shapes::{ShapePlan, ShapeRule};
use crate::op::signature::Signature;
use crate::op::tf_node::TfNode;

pub(crate) type Text = Cow<'static, str>;

/// The definition of an op, as data.
///
/// Everything that shows or runs an op (look-up by name, calls, the command
/// line, documentation) reads it from here, so an op is written in one place.
/// [`OpDefBuilder::build`] has checked that no part contradicts another.
#[derive(Clone, Debug)]
pub struct OpDef {
    pub(super) name: Text,
    /// The op's own one first, for its name and the plain aliases.
    pub(super) signatures: Vec<Signature>,
    pub(super) params: Vec<Param>,
    pub(super) dtype: DTypeRule,
    pub(super) shape: ShapeRule,
    pub(super) compute: Compute,
    pub(super) gradient: Gradient,
    pub(super) second: Vec<Partial>,
    pub(super) decomposition: Option<Rule>,
    pub(super) other_forms: Vec<Rule>,
    pub(super) is_commutative: bool,
    pub(super) is_loss: bool,
    pub(super) summary: Text,
    pub(super) formula: Text,
    pub(super) special_values: Vec<(Text, Text)>,
    pub(super) source: Text,
    pub(super) since: Text,
    pub(super) example: Option<Example>,
    pub(super) tf_node: TfNode,
    /// The shape rule by the indices of the parameters.
    pub(super) shape_plan: ShapePlan,
    /// How many parameters, from the first on, cannot just be left out.
    pub(super) needed: usize,
}

impl OpDef {
    /// Starts the definition of the op `name`, scope included
    /// (`nn.relu`, `acme.hinge`).
    pub fn builder(name: impl Into<Text>) -> OpDefBuilder {
        OpDefBuilder::new(name.into())
    }

    /// The op's own name, scope included.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scope: what is before the last dot, or `""`.
    pub fn scope(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(scope, _)| scope)
    }

    /// Every name: the own one, the aliases, those of the signatures.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().flat_map(Signature::names)
    }

    /// The signatures, the op's own one first.
    pub(crate) fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The parameters, in positional order, `name` last.
    pub fn parameters(&self) -> &[Param] {
        &self.params
    }

    /// The index of a parameter.
    pub(crate) fn param_index(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.name == name)
    }

    /// How many parameters, from the first on, cannot just be left out.
    pub(crate) fn needed(&self) -> usize {
        self.needed
    }

    /// The computation.
    pub fn compute(&self) -> &Compute {
        &self.compute
    }

    /// The first derivatives.
    pub fn gradient(&self) -> &Gradient {
        &self.gradient
    }

    /// The second derivatives with respect to one argument each.
    pub fn second_derivatives(&self) -> &[Partial] {
        &self.second
    }

    /// The rule for the shape of the result.
    pub fn shape(&self) -> &ShapeRule {
        &self.shape
    }

    pub(crate) fn shape_plan(&self) -> &ShapePlan {
        &self.shape_plan
    }

    /// The rule for the element type of the result.
    pub fn dtype(&self) -> DTypeRule {
        self.dtype
    }

    /// Whether element `i` of the result depends on element `i` (or the
    /// broadcast one) of each tensor only, so that a call can be cut into
    /// pieces.
    pub fn is_elementwise(&self) -> bool {
        self.shape.is_elementwise()
    }

    /// Whether each element is a real function of the elements of float tensors in
    /// its place: whether the formula can be judged number by number.
    pub fn is_real_function(&self) -> bool {
        let takes_floats = |param: &Param| {
            param.is_name_of_node() || param.kind() == ParamKind::Tensor(DTypes::Float)
        };
        self.is_elementwise()
            && self.dtype == DTypeRule::Shared
            && self.params.iter().all(takes_floats)
    }

    /// One sentence that says what the op returns.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The formula, in the parameters' names.
    pub fn formula(&self) -> &str {
        &self.formula
    }

    /// The table of special values: inputs, result.
    pub fn special_values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.special_values.iter().map(|(i, r)| (&**i, &**r))
    }

    /// Where the definition comes from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The version that introduced the op.
    pub fn since(&self) -> &str {
        &self.since
    }

    /// A call that can be run, with its result.
    pub fn example(&self) -> Option<&Example> {
        self.example.as_ref()
    }

    /// How the op's nodes look in a graph.
    pub fn tf_node(&self) -> &TfNode {
        &self.tf_node
    }

    /// What a node of the op is called if the call gives no name.
    pub fn node_name(&self) -> &str {
        match &*self.tf_node.name {
            "" => self.name.rsplit('.').next().unwrap_or_default(),
            name => name,
        }
    }

    /// Whether the op has a decomposition into primitives.
    pub fn has_decomposition(&self) -> bool {
        self.decomposition.is_some()
    }

    /// The documented formula in primitives.
    pub(crate) fn decomposition(&self) -> Option<&Rule> {
        self.decomposition.as_ref()
    }

    /// The ways to write the formula that are recognised in graphs.
    pub(crate) fn recognised(&self) -> impl Iterator<Item = &Rule> {
        self.decomposition.iter().chain(&self.other_forms)
    }

    /// Whether the op gives the loss of each example.
    pub fn is_loss(&self) -> bool {
        self.is_loss
    }

    /// Whether the first two parameters may change places.
    pub fn is_commutative(&self) -> bool {
        self.is_commutative
    }
}
