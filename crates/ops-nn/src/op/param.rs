//! Parameters of an op: what each takes, and what leaving it out means.

use exact_kernels::Domain;

use crate::op::definition::Text;
use crate::op::dtypes::DTypes;

/// A parameter of an op.
#[derive(Clone, Debug)]
pub struct Param {
    pub(crate) name: Text,
    kind: ParamKind,
    default: Presence,
    domain: Domain,
    doc: Text,
    keeps_number: bool,
}

impl Param {
    /// Starts a required parameter.
    pub fn builder(name: impl Into<Text>, kind: ParamKind) -> ParamBuilder {
        ParamBuilder(Self {
            name: name.into(),
            kind,
            default: Presence::Required,
            domain: Domain::Any,
            doc: Text::default(),
            keeps_number: false,
        })
    }

    /// Starts a required parameter that takes a tensor, or a number in its place.
    pub fn tensor(name: impl Into<Text>, dtypes: DTypes) -> ParamBuilder {
        Self::builder(name, ParamKind::Tensor(dtypes))
    }

    /// Starts a tensor of the shared floating-point type, or a number.
    pub fn float(name: impl Into<Text>) -> ParamBuilder {
        Self::tensor(name, DTypes::Float)
    }

    /// The optional `name` of the node, the last parameter of every op.
    pub(crate) fn name_of_node() -> Self {
        Self::builder("name", ParamKind::Text)
            .default(Presence::Optional)
            .doc("The node's name in a graph; a call without a graph has no use for it.")
            .into()
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

    /// Whether it takes a tensor.
    pub(crate) fn is_tensor(&self) -> bool {
        matches!(self.kind, ParamKind::Tensor(_))
    }

    /// What leaving it out means.
    pub fn default(&self) -> Presence {
        self.default
    }

    /// Whether a number given here keeps all its digits in a graph: a weight,
    /// which does not influence the dtype of the rest.
    pub fn keeps_number(&self) -> bool {
        self.keeps_number
    }

    /// The values that a checked call accepts.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// Meaning and shape, in a sentence.
    pub fn doc(&self) -> &str {
        &self.doc
    }
}

/// A [`Param`] that is being defined.
#[derive(Clone, Debug)]
pub struct ParamBuilder(Param);

impl ParamBuilder {
    /// What leaving it out means.
    #[must_use]
    pub fn default(mut self, presence: Presence) -> Self {
        self.0.default = presence;
        self
    }

    /// The values that a checked call accepts.
    #[must_use]
    pub fn domain(mut self, domain: Domain) -> Self {
        self.0.domain = domain;
        self
    }

    /// One sentence: meaning, shape.
    #[must_use]
    pub fn doc(mut self, text: impl Into<Text>) -> Self {
        self.0.doc = text.into();
        self
    }

    /// In a graph, a number given here stays a number of the node; elsewhere it
    /// becomes a constant.
    #[must_use]
    pub fn keep_number(mut self) -> Self {
        self.0.keeps_number = true;
        self
    }
}

impl From<ParamBuilder> for Param {
    fn from(builder: ParamBuilder) -> Self {
        builder.0
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
