//! Errors of reading and writing `GraphDef`s: the invalid node, what was expected, what was found.
//!
//! A message contains the message of its cause, so `source()` does not return that cause again.

use tensor_core::TensorError;

use crate::error::OpError;

/// Why a `GraphDef` could not be read or written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphDefError {
    /// The bytes are not an encoded `GraphDef`.
    #[error("not a binary GraphDef: {reason}; a text form is read from .pbtxt files")]
    Wire {
        /// The decoder's message.
        reason: String,
    },
    /// The text is not the text form of a `GraphDef`.
    #[error("not a GraphDef in text form: {reason}")]
    Text {
        /// The parser's message, with the place in the text.
        reason: String,
    },
    /// The text form cannot hold a part of the graph.
    #[error("{place} cannot be written as text: {reason}; use the binary form")]
    NotText {
        /// The part of the graph.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The graph could not be decomposed.
    #[error(transparent)]
    Graph(#[from] OpError),
    /// One node is invalid.
    #[error("node '{}': {fault}", .node.escape_debug())]
    Node {
        /// The node's name, or its number in the file if it has none.
        node: String,
        /// What is wrong with it.
        fault: NodeFault,
    },
}

impl GraphDefError {
    pub(super) fn node(node: &str, fault: impl Into<NodeFault>) -> Self {
        Self::Node {
            node: node.to_owned(),
            fault: fault.into(),
        }
    }
}

/// What is wrong with a node.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeFault {
    /// The node has no name.
    #[error("it has no name; expected one")]
    NoName,
    /// The op type cannot be the name of an op.
    #[error("its op type {op:?} is no name; expected a text without control characters")]
    NoOpType {
        /// The op type, as it is written.
        op: String,
    },
    /// Another node has this name.
    #[error("there are two nodes of this name; expected every name once")]
    SecondOfName,
    /// An input names no node.
    #[error("its input '{}' names no node of the graph", .input.escape_debug())]
    NoSuchInput {
        /// The input, as it is written.
        input: String,
    },
    /// An input names an output that the other node does not have.
    #[error(
        "its input '{}' does not exist: that node has one output, number 0",
        .input.escape_debug()
    )]
    NoSuchOutput {
        /// The input, as it is written.
        input: String,
    },
    /// The node depends on itself.
    #[error("it needs itself: {path}; expected a graph without cycles")]
    Cycle {
        /// The cycle, each node before one that it needs.
        path: String,
    },
    /// The number of inputs is not the op's.
    #[error("expected {expected} inputs of {op}, found {found}")]
    InputCount {
        /// The op's own name.
        op: String,
        /// How many inputs it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// An attribute cannot be decoded.
    #[error("the attribute '{attr}' cannot be read: {reason}")]
    MalformedAttr {
        /// The attribute.
        attr: String,
        /// The decoder's message.
        reason: String,
    },
    /// An attribute that the op needs is missing.
    #[error("the attribute '{attr}' is missing; expected {expected}")]
    MissingAttr {
        /// The attribute.
        attr: String,
        /// What it should be.
        expected: &'static str,
    },
    /// An attribute is not what the op needs.
    #[error("the attribute '{attr}' is {found}; expected {expected}")]
    WrongAttr {
        /// The attribute.
        attr: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A `GraphDef` cannot hold an argument.
    #[error("its argument '{argument}' cannot be exported: {reason}")]
    NotExported {
        /// The op's own name for the argument.
        argument: String,
        /// What is wrong, and what to do.
        reason: &'static str,
    },
    /// The graph refused the node.
    #[error(transparent)]
    Op(Box<OpError>),
    /// A dimension is negative and not -1, or too large for this machine.
    #[error("dimension {axis} is {found}; expected 0 or more, or -1 for an unknown one")]
    Dimension {
        /// Which dimension.
        axis: usize,
        /// Its size.
        found: i64,
    },
    /// A constant's shape lacks a dimension or its rank.
    #[error("the shape of a constant is {found}; expected all dimensions to be known")]
    UnknownShape {
        /// The shape.
        found: String,
    },
    /// A constant has more or fewer bytes than its shape needs.
    #[error("tensor_content has {found} bytes; expected {expected} for shape {shape} of {dtype}")]
    ContentLength {
        /// The bytes needed.
        expected: usize,
        /// The bytes found.
        found: usize,
        /// The shape declared.
        shape: String,
        /// The element type declared.
        dtype: String,
    },
    /// A constant has more values than its shape holds.
    #[error("{found} values are given; expected at most {expected} for shape {shape}")]
    TooManyValues {
        /// How many the shape holds.
        expected: usize,
        /// How many there are.
        found: usize,
        /// The shape declared.
        shape: String,
    },
    /// The bits of a 16-bit float do not fit in 16 bits.
    #[error("half_val has {found}; expected the 16 bits of a float")]
    HalfBits {
        /// The number found.
        found: i32,
    },
    /// A constant, expanded from few values, would be out of proportion to the file.
    #[error(
        "shape {shape} of {dtype} would need {found} bytes, more than the {expected} left for \
         constants that a file gives by one value; feed it through a placeholder"
    )]
    TooLarge {
        /// The bytes left.
        expected: usize,
        /// The bytes needed.
        found: usize,
        /// The shape declared.
        shape: String,
        /// The element type declared.
        dtype: String,
    },
    /// A shape was refused by `tensor-core`.
    #[error(transparent)]
    Tensor(#[from] TensorError),
}

impl From<OpError> for NodeFault {
    /// Drops the name of the node, which [`GraphDefError::Node`] has.
    fn from(error: OpError) -> Self {
        match error {
            OpError::Node { cause, .. } => Self::Op(cause),
            other => Self::Op(Box::new(other)),
        }
    }
}
