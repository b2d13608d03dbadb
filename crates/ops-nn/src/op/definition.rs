//! What an op is: one value that holds its names, parameters, rules,
//! documentation, computation, gradient and decomposition.

use std::borrow::Cow;

use exact_kernels::Domain;
use tensor_core::{DType, Tensor};

use crate::call::args::Args;
use crate::op::compute::Compute;
use crate::op::rules::{Decomposition, Gradient, Partial};
use crate::op::shapes::ShapeRule;
use crate::op::signature::Signature;
use crate::op::tf_node::TfNode;
use crate::op::value::Value;

pub(crate) type Text = Cow<'static, str>;

/// The definition of an op, as data.
///
/// Everything that shows or runs an op (look-up by name, calls, the command
/// line, documentation) reads it from here, so an op is written in one place.
#[derive(Clone, Debug)]
pub struct OpDef {
    pub(crate) name: Text,
    pub(crate) aliases: Vec<Text>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) params: Vec<Param>,
    pub(crate) dtype: DTypeRule,
    pub(crate) shape: ShapeRule,
    pub(crate) compute: Option<Compute>,
    pub(crate) gradient: Gradient,
    pub(crate) second: Vec<Partial>,
    pub(crate) decomposition: Option<Decomposition>,
    pub(crate) other_forms: Vec<Decomposition>,
    pub(crate) is_commutative: bool,
    pub(crate) is_loss: bool,
    pub(crate) summary: Text,
    pub(crate) formula: Text,
    pub(crate) special_values: Vec<(Text, Text)>,
    pub(crate) source: Text,
    pub(crate) since: Text,
    pub(crate) example: Option<Example>,
    pub(crate) tf_node: TfNode,
}

impl OpDef {
    /// Starts the definition of the op `name`, scope included
    /// (`nn.relu`, `acme.hinge`).
    pub fn new(name: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            aliases: Vec::new(),
            signatures: Vec::new(),
            params: Vec::new(),
            dtype: DTypeRule::Shared,
            shape: ShapeRule::Broadcast,
            compute: None,
            gradient: Gradient::None,
            second: Vec::new(),
            decomposition: None,
            other_forms: Vec::new(),
            is_commutative: false,
            is_loss: false,
            summary: Text::default(),
            formula: Text::default(),
            special_values: Vec::new(),
            source: Text::default(),
            since: Text::default(),
            example: None,
            tf_node: TfNode::default(),
        }
    }

    /// Other names with the same signature.
    #[must_use]
    pub fn aliases<N: Into<Text>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.aliases.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds a signature of its own for further names.
    #[must_use]
    pub fn signature(mut self, signature: Signature) -> Self {
        self.signatures.push(signature);
        self
    }

    /// The parameters, in positional order. An optional `name` follows them by
    /// itself: it names the node in a graph and changes nothing in a call.
    #[must_use]
    pub fn params(mut self, params: impl IntoIterator<Item = Param>) -> Self {
        self.params = params.into_iter().chain([Param::name_of_node()]).collect();
        self
    }

    /// The element type of the result (default: the shared one).
    #[must_use]
    pub fn dtype(mut self, rule: DTypeRule) -> Self {
        self.dtype = rule;
        self
    }

    /// The shape of the result (default: the tensors broadcast together).
    #[must_use]
    pub fn shape(mut self, rule: ShapeRule) -> Self {
        self.shape = rule;
        self
    }

    /// The computation.
    #[must_use]
    pub fn compute(mut self, compute: Compute) -> Self {
        self.compute = Some(compute);
        self
    }

    /// The first derivatives.
    #[must_use]
    pub fn gradient(mut self, gradient: Gradient) -> Self {
        self.gradient = gradient;
        self
    }

    /// The second derivatives with respect to one argument each (the diagonal
    /// of an element-wise op's Hessian).
    #[must_use]
    pub fn second_derivatives(mut self, partials: impl IntoIterator<Item = Partial>) -> Self {
        self.second = partials.into_iter().collect();
        self
    }

    /// The documented formula in primitives.
    #[must_use]
    pub fn decomposition(mut self, decomposition: Decomposition) -> Self {
        self.decomposition = Some(decomposition);
        self
    }

    /// Another way to write the documented formula: recognised in graphs, never
    /// written.
    #[must_use]
    pub fn other_form(mut self, form: Decomposition) -> Self {
        self.other_forms.push(form);
        self
    }

    /// Says that the first two parameters may change places.
    #[must_use]
    pub fn commutative(mut self) -> Self {
        self.is_commutative = true;
        self
    }

    /// Says that the op gives the loss of each example, so that its sum and its
    /// mean over many mean something.
    #[must_use]
    pub fn loss(mut self) -> Self {
        self.is_loss = true;
        self
    }

    /// One sentence that says what the op returns.
    #[must_use]
    pub fn summary(mut self, text: impl Into<Text>) -> Self {
        self.summary = text.into();
        self
    }

    /// The formula, in the parameters' names.
    #[must_use]
    pub fn formula(mut self, text: impl Into<Text>) -> Self {
        self.formula = text.into();
        self
    }

    /// Adds a row to the table of special values: inputs, result.
    #[must_use]
    pub fn special(mut self, inputs: impl Into<Text>, result: impl Into<Text>) -> Self {
        self.special_values.push((inputs.into(), result.into()));
        self
    }

    /// Where the definition comes from.
    #[must_use]
    pub fn source(mut self, text: impl Into<Text>) -> Self {
        self.source = text.into();
        self
    }

    /// The version that introduced the op.
    #[must_use]
    pub fn since(mut self, version: impl Into<Text>) -> Self {
        self.since = version.into();
        self
    }

    /// A call that can be run, with its result.
    #[must_use]
    pub fn example(mut self, example: Example) -> Self {
        self.example = Some(example);
        self
    }

    /// How the op's nodes look in a graph (default: named after the last part
    /// of the op's name, unknown to TensorFlow).
    #[must_use]
    pub fn node(mut self, form: TfNode) -> Self {
        self.tf_node = form;
        self
    }

    /// The op's own name, scope included.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scope: what stands before the last dot, or `""`.
    pub fn scope(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(scope, _)| scope)
    }

    /// Every name: the own one, the aliases, those of the signatures.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name())
            .chain(self.aliases.iter().map(AsRef::as_ref))
            .chain(self.signatures.iter().flat_map(Signature::names))
    }

    /// The parameters, in positional order, `name` last.
    pub fn parameters(&self) -> &[Param] {
        &self.params
    }

    /// The index of a parameter.
    pub(crate) fn param_index(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.name == name)
    }

    /// The first derivatives.
    pub fn gradient_rule(&self) -> &Gradient {
        &self.gradient
    }

    /// The arguments that have a second derivative.
    pub fn second_derivative_arguments(&self) -> impl Iterator<Item = &str> {
        self.second.iter().map(super::rules::Partial::wrt)
    }

    /// The rule for the shape of the result.
    pub fn shape_rule(&self) -> &ShapeRule {
        &self.shape
    }

    /// The rule for the element type of the result.
    pub fn dtype_rule(&self) -> DTypeRule {
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
            param.is_name_of_node() || param.kind == ParamKind::Tensor(DTypes::Float)
        };
        self.is_elementwise()
            && self.dtype == DTypeRule::Shared
            && self.params.iter().all(takes_floats)
    }

    /// One sentence that says what the op returns.
    pub fn summary_text(&self) -> &str {
        &self.summary
    }

    /// The formula, in the parameters' names.
    pub fn formula_text(&self) -> &str {
        &self.formula
    }

    /// The table of special values: inputs, result.
    pub fn special_values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.special_values.iter().map(|(i, r)| (&**i, &**r))
    }

    /// Where the definition comes from.
    pub fn source_text(&self) -> &str {
        &self.source
    }

    /// The version that introduced the op.
    pub fn since_version(&self) -> &str {
        &self.since
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

    /// A call that can be run, with its result.
    pub fn runnable_example(&self) -> Option<&Example> {
        self.example.as_ref()
    }

    /// Whether the op has a decomposition into primitives.
    pub fn has_decomposition(&self) -> bool {
        self.decomposition.is_some()
    }

    /// The ways to write the formula that are recognised in graphs.
    pub(crate) fn recognised(&self) -> impl Iterator<Item = &Decomposition> {
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

/// The element type of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DTypeRule {
    /// The one that the tensors share.
    Shared,
    /// Always this one.
    Fixed(DType),
    /// The one given in the op's dtype argument; the shared one without it.
    Argument,
    /// That of this tensor argument.
    Like(&'static str),
}

/// A parameter of an op.
#[derive(Clone, Debug)]
pub struct Param {
    pub(crate) name: Text,
    pub(crate) kind: ParamKind,
    pub(crate) presence: Presence,
    pub(crate) domain: Domain,
    pub(crate) doc: Text,
    pub(crate) keeps_number: bool,
}

impl Param {
    /// A required parameter.
    pub fn new(name: impl Into<Text>, kind: ParamKind) -> Self {
        Self {
            name: name.into(),
            kind,
            presence: Presence::Required,
            domain: Domain::Any,
            doc: Text::default(),
            keeps_number: false,
        }
    }

    /// A tensor of the shared floating-point type, or a number.
    pub fn float(name: impl Into<Text>) -> Self {
        Self::new(name, ParamKind::Tensor(DTypes::Float))
    }

    /// What it takes when left out.
    #[must_use]
    pub fn presence(mut self, presence: Presence) -> Self {
        self.presence = presence;
        self
    }

    /// The values that a checked call accepts.
    #[must_use]
    pub fn domain(mut self, domain: Domain) -> Self {
        self.domain = domain;
        self
    }

    /// One sentence: meaning, shape.
    #[must_use]
    pub fn doc(mut self, text: impl Into<Text>) -> Self {
        self.doc = text.into();
        self
    }

    /// In a graph, a number given here stays a number of the node; elsewhere it
    /// becomes a constant.
    #[must_use]
    pub fn keep_number(mut self) -> Self {
        self.keeps_number = true;
        self
    }

    fn name_of_node() -> Self {
        Self::new("name", ParamKind::Text)
            .presence(Presence::Optional)
            .doc("The node's name in a graph; a call without a graph has no use for it.")
    }

    /// Whether it names the node, as the last parameter of every op does.
    pub fn is_name_of_node(&self) -> bool {
        self.kind == ParamKind::Text && self.name == "name"
    }

    /// The parameter's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it takes.
    pub fn kind(&self) -> ParamKind {
        self.kind
    }

    /// What leaving it out means.
    pub fn default_value(&self) -> Presence {
        self.presence
    }

    /// Whether a number given here keeps all its digits in a graph: a weight,
    /// which has no say in the dtype of the rest.
    pub fn keeps_number(&self) -> bool {
        self.keeps_number
    }

    /// The values that a checked call accepts.
    pub fn checked_domain(&self) -> Domain {
        self.domain
    }

    /// Meaning and shape, in a sentence.
    pub fn doc_text(&self) -> &str {
        &self.doc
    }
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParamKind {
    /// A tensor, or a number in its place.
    Tensor(DTypes),
    /// An element type.
    DType,
    /// A shape: non-negative dimensions; one may be -1 where the op says so.
    Shape,
    /// Axes; negative ones count from the last.
    Axes,
    /// True or false.
    Flag,
    /// A text.
    Text,
}

impl ParamKind {
    /// What an argument of this kind must be, for messages and listings.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Tensor(DTypes::Bool) => "a bool tensor",
            Self::Tensor(_) => "a tensor or a number",
            Self::DType => "a dtype such as float32",
            Self::Shape => "a shape such as [2, 3]",
            Self::Axes => "a list of axes such as [0, -1]",
            Self::Flag => "true or false",
            Self::Text => "a text",
        }
    }
}

/// The element types that a tensor parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DTypes {
    /// The op's shared type, which must be one of float16, bfloat16, float32,
    /// float64.
    Float,
    /// The op's shared type, of whichever kind.
    Any,
    /// `bool`, whatever the shared type is.
    Bool,
    /// Any type; only the shape or the type of this tensor matters.
    Like,
}

impl DTypes {
    /// Whether tensors of this class share the op's one element type.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self, Self::Float | Self::Any)
    }

    /// The class as text.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Float => "dtype float16, bfloat16, float32 or float64",
            Self::Any | Self::Like => "any dtype",
            Self::Bool => "dtype bool",
        }
    }

    pub(crate) fn allows(self, dtype: DType) -> bool {
        match self {
            Self::Float => dtype.is_float(),
            Self::Any | Self::Like => true,
            Self::Bool => dtype == DType::Bool,
        }
    }
}

/// Whether an argument may be left out, and what that means.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Presence {
    /// It must be given.
    Required,
    /// Left out, it is none.
    Optional,
    /// Left out, it is this flag.
    Flag(bool),
}

impl Presence {
    /// The default as Python prints it.
    pub(crate) fn python_default(self) -> Option<&'static str> {
        match self {
            Self::Required => None,
            Self::Optional => Some("None"),
            Self::Flag(true) => Some("True"),
            Self::Flag(false) => Some("False"),
        }
    }
}

/// A call that can be run, in float32, with the result that it must give.
///
/// The result comes from arbitrary-precision arithmetic on the formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The arguments, by name.
    pub args: Vec<(Text, ExampleArg)>,
    /// The elements of the result, exact in float32 (`true` is 1).
    pub result: Vec<f64>,
}

impl Example {
    /// A call of these arguments with this result.
    pub fn new<const N: usize>(
        args: [(&'static str, ExampleArg); N],
        result: impl Into<Vec<f64>>,
    ) -> Self {
        Self {
            args: args.into_iter().map(|(n, a)| (n.into(), a)).collect(),
            result: result.into(),
        }
    }

    /// The arguments of the call, all by name.
    pub fn call_args(&self) -> Args<'_> {
        let named = self.args.iter();
        named.fold(Args::new(), |args, (name, arg)| args.kwarg(name, arg))
    }

    /// The argument for a parameter, if the example gives it.
    pub fn argument(&self, param: &str) -> Option<&ExampleArg> {
        let (_, arg) = self.args.iter().find(|(name, _)| name == param)?;
        Some(arg)
    }
}

/// An argument of an [`Example`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ExampleArg {
    /// A rank-1 float32 tensor.
    Values(Vec<f32>),
    /// A rank-1 bool tensor.
    Bools(Vec<bool>),
    /// A number.
    Number(f64),
    /// An element type.
    DType(DType),
    /// A shape or axes.
    Ints(Vec<i64>),
}

impl<'a> From<&'a ExampleArg> for Value<'a> {
    fn from(arg: &'a ExampleArg) -> Self {
        match arg {
            ExampleArg::Values(values) => Tensor::from(values.clone()).into(),
            ExampleArg::Bools(values) => Tensor::from(values.clone()).into(),
            ExampleArg::Number(value) => (*value).into(),
            ExampleArg::DType(dtype) => (*dtype).into(),
            ExampleArg::Ints(values) => values.as_slice().into(),
        }
    }
}
