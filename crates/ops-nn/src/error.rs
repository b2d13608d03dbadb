//! What can go wrong between a name and a number: one error type, each
//! variant with what was expected, what was found and the way out.

use std::borrow::Cow;

use exact_kernels::KernelError;
use tensor_core::{DType, PartialShape, Shape, TensorError};

/// The class of an [`OpError`], stable enough to choose an exit code or a
/// retry by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No op of that name, or a definition that cannot be registered.
    Name,
    /// The arguments do not fit the signature.
    Argument,
    /// An element type does not fit.
    DType,
    /// A shape does not fit.
    Shape,
    /// A checked call met a value outside its argument's domain.
    Domain,
    /// What was asked for is not defined for this op.
    Unsupported,
}

/// Why an op could not be registered, found, bound or run.
///
/// A message is complete: where another error is the cause, the message contains
/// the cause's. `source()` therefore does not return it again, so that a report
/// that walks the chain prints every cause once.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// No op, alias or versioned signature has this name.
    #[error("Op type not registered '{name}'{}", did_you_mean(.nearest))]
    UnknownOp {
        /// The name asked for.
        name: String,
        /// The registered names nearest to it, best first.
        nearest: Vec<String>,
    },
    /// The name already belongs to an op of this registry.
    #[error(
        "cannot register '{op}': the name '{name}' already belongs to '{owner}'; choose another \
         name"
    )]
    NameTaken {
        /// The op to be registered.
        op: String,
        /// Which of its names is taken.
        name: String,
        /// The op that has it.
        owner: String,
    },
    /// A host may register only under a scope of its own.
    #[error(
        "cannot register '{name}': {} belongs to the built-in ops; use a scope of your own, as \
         in 'acme.{name}'", scope_text(.scope)
    )]
    ReservedScope {
        /// The name refused.
        name: String,
        /// Its scope.
        scope: String,
    },
    /// The definition contradicts itself or lacks a part.
    #[error("cannot register '{op}': {reason}")]
    InvalidDefinition {
        /// The op to be registered.
        op: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A required argument was not given (or given as none).
    #[error("{op}: missing argument '{argument}' ({expected}); the signature is {op}{signature}")]
    MissingArgument {
        /// The name the op was called by.
        op: String,
        /// The argument that is missing.
        argument: String,
        /// What it should be.
        expected: String,
        /// The signature of the name called.
        signature: String,
    },
    /// The signature has no argument of this name.
    #[error(
        "{op}: got an unexpected argument '{argument}'{}; the signature is {op}{signature}",
        did_you_mean(.nearest)
    )]
    UnknownArgument {
        /// The name the op was called by.
        op: String,
        /// The argument given.
        argument: String,
        /// Argument names of the signature near to it.
        nearest: Vec<String>,
        /// The signature of the name called.
        signature: String,
    },
    /// One argument was given twice.
    #[error("{op}: got multiple values for argument '{argument}'; give it once")]
    RepeatedArgument {
        /// The name the op was called by.
        op: String,
        /// The argument.
        argument: String,
    },
    /// An argument and its deprecated alias were both given.
    #[error("{op}: Cannot specify both '{deprecated}' and '{argument}'")]
    BothGiven {
        /// The name the op was called by.
        op: String,
        /// The argument.
        argument: String,
        /// Its deprecated alias.
        deprecated: String,
    },
    /// More positional arguments than the signature has.
    #[error(
        "{op}: takes at most {expected} positional arguments but {found} were given; the \
         signature is {op}{signature}"
    )]
    TooManyArguments {
        /// The name the op was called by.
        op: String,
        /// How many the signature has.
        expected: usize,
        /// How many were given.
        found: usize,
        /// The signature of the name called.
        signature: String,
    },
    /// The argument can only be given by name in this signature.
    #[error("{op}: Only call '{op}' with named arguments ({hint})")]
    NamedOnly {
        /// The name the op was called by.
        op: String,
        /// How the call should look.
        hint: String,
    },
    /// The argument is of another kind than the parameter.
    #[error("{op}: argument '{argument}' must be {expected}, found {found}")]
    ArgumentKind {
        /// The name the op was called by.
        op: String,
        /// The argument.
        argument: String,
        /// What it should be.
        expected: Cow<'static, str>,
        /// What it is.
        found: String,
    },
    /// Two arguments that share an element type have different ones.
    #[error(
        "{op}: '{argument}' is {found} but '{other}' is {expected}; cast one of them so that \
         both have one dtype"
    )]
    DTypeMismatch {
        /// The name the op was called by.
        op: String,
        /// The argument that differs.
        argument: String,
        /// Its dtype.
        found: DType,
        /// The argument it differs from.
        other: String,
        /// The dtype of that one.
        expected: DType,
    },
    /// The element type is outside those that the parameter takes.
    #[error("{op}: '{argument}' must have {expected}, found {found}; cast it first")]
    DTypeNotAllowed {
        /// The name the op was called by.
        op: String,
        /// The argument.
        argument: String,
        /// The dtypes allowed, as text.
        expected: Cow<'static, str>,
        /// The dtype found.
        found: DType,
    },
    /// Arguments that must have one shape have two.
    #[error("{op}: {message} Reshape one of them, or check which file or axis is meant.")]
    ShapesDiffer {
        /// The name the op was called by.
        op: String,
        /// TensorFlow's sentence for this signature, with both shapes.
        message: String,
        /// The shape that the first argument sets.
        expected: Box<PartialShape>,
        /// The other argument's shape.
        found: Box<PartialShape>,
    },
    /// The argument does not broadcast to the shape of the result.
    #[error(
        "{op}: '{argument}' of shape {found} does not broadcast to the shape {expected}; give a \
         number, or a shape whose trailing dimensions are 1 or equal"
    )]
    NotBroadcastable {
        /// The name the op was called by.
        op: String,
        /// The argument.
        argument: String,
        /// The shape of the result.
        expected: Box<PartialShape>,
        /// The argument's shape.
        found: Box<PartialShape>,
    },
    /// The caller's output does not fit the result.
    #[error(
        "{op}: the output holds {found_len} elements of {found_dtype}, but the result has \
         {expected_len} of {expected_dtype}; allocate it from Call::dtype and Call::shape"
    )]
    Output {
        /// The name the op was called by.
        op: String,
        /// The result's dtype.
        expected_dtype: DType,
        /// The output's dtype.
        found_dtype: DType,
        /// The result's element count.
        expected_len: usize,
        /// The output's element count.
        found_len: usize,
    },
    /// The upstream gradient has not the result's shape and dtype.
    #[error(
        "{op}: the upstream gradient is {found_dtype} of shape {found}, but the result is \
         {expected_dtype} of shape {expected}; give one gradient for each element of the result"
    )]
    Upstream {
        /// The name the op was called by.
        op: String,
        /// The result's dtype.
        expected_dtype: DType,
        /// The result's shape.
        expected: Box<Shape>,
        /// The upstream gradient's dtype.
        found_dtype: DType,
        /// The upstream gradient's shape.
        found: Box<Shape>,
    },
    /// A checked call met a value outside the argument's domain; nothing was
    /// computed.
    #[error(
        "{op}: '{argument}'[{index}] is {value}, but must be {expected}; mend the data, or call \
         without the check"
    )]
    OutsideDomain {
        /// The name the op was called by.
        op: String,
        /// The argument.
        argument: String,
        /// The flat, row-major index of the first offender.
        index: usize,
        /// Its value.
        value: f64,
        /// The domain, as text.
        expected: &'static str,
    },
    /// The op has no derivative with respect to this argument.
    #[error("{op}: no {order} derivative with respect to '{argument}'; it has one for {available}")]
    NoDerivative {
        /// The name the op was called by.
        op: String,
        /// The argument.
        argument: String,
        /// `first` or `second`.
        order: &'static str,
        /// The arguments that have one, as text.
        available: String,
    },
    /// The op defines no decomposition into primitives.
    #[error("{op}: has no decomposition; it is a primitive")]
    NoDecomposition {
        /// The name the op was called by.
        op: String,
    },
    /// The name cannot be that of a scope.
    #[error(
        "'{name}' is not a valid scope name; use letters, digits, '_', '.', '\\', '/', '>' and \
         '-', at the root a letter, a digit or '.' first"
    )]
    InvalidScopeName {
        /// The name given.
        name: String,
    },
    /// The name cannot be that of a node.
    #[error(
        "'{name}' is not a valid node name; use a letter, a digit or '.' first, then also '_', \
         '\\', '/', '>' and '-'"
    )]
    InvalidNodeName {
        /// The name given.
        name: String,
    },
    /// The graph has a node of this name already.
    #[error("the graph has a node '{name}' already; give the new one another name")]
    DuplicateNode {
        /// The name.
        name: String,
    },
    /// The graph has no such node.
    #[error("the graph has no node '{name}'{}", did_you_mean(.nearest))]
    UnknownNode {
        /// The name asked for.
        name: String,
        /// The names nearest to it, best first.
        nearest: Vec<String>,
    },
    /// The node is of another graph.
    #[error(
        "node number {found} is not of this graph, which has {expected} nodes; use what this \
         graph returned"
    )]
    ForeignNode {
        /// How many nodes the graph has.
        expected: usize,
        /// The node's position.
        found: usize,
    },
    /// A placeholder that is needed was not fed.
    #[error("the placeholder '{node}' was not fed; give it a {dtype} tensor of shape {shape}")]
    MissingFeed {
        /// The placeholder's name.
        node: String,
        /// Its dtype.
        dtype: DType,
        /// Its shape.
        shape: PartialShape,
    },
    /// A placeholder was fed twice.
    #[error("'{node}' was fed more than once; feed it once")]
    RepeatedFeed {
        /// The placeholder's name.
        node: String,
    },
    /// Only placeholders can be fed.
    #[error("'{node}' is no placeholder, so it cannot be fed; feed the placeholders that it needs")]
    NotAPlaceholder {
        /// The node's name.
        node: String,
    },
    /// What was fed does not fit the placeholder.
    #[error(
        "the placeholder '{node}' is {expected_dtype} of shape {expected}, but was fed \
         {found_dtype} of shape {found}; cast or reshape it first"
    )]
    FeedMismatch {
        /// The placeholder's name.
        node: String,
        /// Its dtype.
        expected_dtype: DType,
        /// Its shape.
        expected: Box<PartialShape>,
        /// The dtype fed.
        found_dtype: DType,
        /// The shape fed.
        found: Box<Shape>,
    },
    /// An op that the registry does not know cannot be run.
    #[error(
        "node '{node}': Op type not registered '{op_type}', or not for such dtypes and inputs, \
         so it can be neither run nor differentiated; register such an op, or fetch what does \
         not need it"
    )]
    OpaqueNode {
        /// The node's name.
        node: String,
        /// The op's name where the node comes from.
        op_type: String,
    },
    /// Only floats have gradients.
    #[error("'{node}' is {found}, and only floats have gradients; cast it first")]
    NoGradient {
        /// The node's name.
        node: String,
        /// Its dtype.
        found: DType,
    },
    /// The upstream gradient of a node does not fit it.
    #[error(
        "the upstream gradient '{upstream}' is {found}, but '{node}' is {expected}; give one \
         gradient for each element of the node"
    )]
    UpstreamNode {
        /// The node's name.
        node: String,
        /// The name of the upstream gradient.
        upstream: String,
        /// The dtype and shape of the node.
        expected: String,
        /// The dtype and shape of the upstream gradient.
        found: String,
    },
    /// A node could not be made or run.
    #[error("node '{node}': {cause}")]
    Node {
        /// The node's name.
        node: String,
        /// What is wrong with it.
        cause: Box<OpError>,
    },
    /// A shape or element type was refused by `tensor-core`.
    #[error("{op}: {cause}")]
    Tensor {
        /// The name the op was called by.
        op: String,
        /// The refusal.
        cause: TensorError,
    },
    /// A kernel refused its slices.
    #[error("{op}: {cause}")]
    Kernel {
        /// The name the op was called by.
        op: String,
        /// The refusal.
        cause: KernelError,
    },
    /// A tensor that belongs to no op call was refused, as in a downcast.
    #[error(transparent)]
    Value(#[from] TensorError),
}

impl OpError {
    /// The error for a rule of `op` that returned something that it did not get
    /// from its builder.
    pub(crate) fn rule_result(op: &str, found: &dyn std::fmt::Debug) -> Self {
        Self::InvalidDefinition {
            op: op.to_owned(),
            reason: format!("a rule of it ended in {found:?}; return what OpBuilder::call gave"),
        }
    }

    /// This error, as one of the node of that name.
    pub(crate) fn at_node(self, node: &str) -> Self {
        Self::Node {
            node: node.to_owned(),
            cause: Box::new(self),
        }
    }

    /// The class of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownOp { .. }
            | Self::NameTaken { .. }
            | Self::ReservedScope { .. }
            | Self::InvalidDefinition { .. }
            | Self::InvalidScopeName { .. }
            | Self::InvalidNodeName { .. }
            | Self::DuplicateNode { .. }
            | Self::UnknownNode { .. }
            | Self::ForeignNode { .. } => ErrorKind::Name,
            Self::MissingArgument { .. }
            | Self::UnknownArgument { .. }
            | Self::RepeatedArgument { .. }
            | Self::BothGiven { .. }
            | Self::TooManyArguments { .. }
            | Self::NamedOnly { .. }
            | Self::ArgumentKind { .. } => ErrorKind::Argument,
            Self::DTypeMismatch { .. } | Self::DTypeNotAllowed { .. } | Self::NoGradient { .. } => {
                ErrorKind::DType
            }
            Self::FeedMismatch {
                expected_dtype,
                found_dtype,
                ..
            } if expected_dtype != found_dtype => ErrorKind::DType,
            Self::ShapesDiffer { .. }
            | Self::FeedMismatch { .. }
            | Self::NotBroadcastable { .. }
            | Self::Output { .. }
            | Self::Upstream { .. }
            | Self::UpstreamNode { .. }
            | Self::Tensor { .. }
            | Self::Kernel { .. }
            | Self::Value(_) => ErrorKind::Shape,
            Self::OutsideDomain { .. } => ErrorKind::Domain,
            Self::Node { cause, .. } => cause.kind(),
            Self::NoDerivative { .. } | Self::NoDecomposition { .. } | Self::OpaqueNode { .. } => {
                ErrorKind::Unsupported
            }
            Self::MissingFeed { .. } | Self::RepeatedFeed { .. } | Self::NotAPlaceholder { .. } => {
                ErrorKind::Argument
            }
        }
    }
}

/// `; did you mean 'a', 'b' or 'c'?`, or nothing.
fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!("; did you mean '{one}'?"),
        [init @ .., last] => {
            let init = init.iter().map(|n| format!("'{n}'")).collect::<Vec<_>>();
            format!("; did you mean {} or '{last}'?", init.join(", "))
        }
    }
}

/// `the scope 'nn'`, or the root without one.
fn scope_text(scope: &str) -> String {
    match scope {
        "" => "the root, without a scope,".to_owned(),
        scope => format!("the scope '{scope}'"),
    }
}
