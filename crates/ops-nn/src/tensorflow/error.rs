//! What can be wrong with a `GraphDef`: the node at fault, what was expected,
//! what was found.

use tensor_core::TensorError;

use crate::error::OpError;

/// Why a `GraphDef` could not be read or written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphDefError {
    /// The bytes are no `GraphDef` message.
    #[error("not a binary GraphDef: {reason}; a text form is read from .pbtxt files")]
    Wire {
        /// What the decoder says.
        reason: String,
    },
    /// The text is no `GraphDef` message.
    #[error("not a GraphDef in text form: {reason}")]
    Text {
        /// What the parser says, with the place.
        reason: String,
    },
    /// A part of the graph cannot stand in the text form.
    #[error("{place} cannot be written as text: {reason}; use the binary form")]
    NotText {
        /// The part of the graph.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The graph's losses could not be decomposed.
    #[error(transparent)]
    Graph(#[from] OpError),
    /// One node is at fault.
    #[error("node '{}': {fault}", .node.escape_debug())]
    Node {
        /// The node's name, or its number in the file if it has none.
        node: String,
        /// What is wrong with it.
        fault: NodeFault,
    },
}

impl GraphDefError {
    pub(crate) fn node(node: &str, fault: impl Into<NodeFault>) -> Self {
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
    /// The text cannot be the name of an op.
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
    #[error("its input '{}' does not exist: that node has one output, number 0", .input.escape_debug())]
    NoSuchOutput {
        /// The input, as it is written.
        input: String,
    },
    /// The node needs itself.
    #[error("it needs itself: {path}; expected a graph without circles")]
    Cycle {
        /// The circle, each node before one that it needs.
        path: String,
    },
    /// The op takes another number of inputs.
    #[error("expected {expected} inputs of {op}, found {found}")]
    InputCount {
        /// The op's own name.
        op: String,
        /// How many inputs it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// An attribute is no message.
    #[error("the attribute '{attr}' cannot be read: {reason}")]
    MalformedAttr {
        /// The attribute.
        attr: String,
        /// What the decoder says.
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
    /// An argument cannot stand in a `GraphDef`.
    #[error("its argument '{argument}' cannot be exported: {reason}")]
    NotExported {
        /// The op's own name for the argument.
        argument: String,
        /// What is wrong, and what to do.
        reason: &'static str,
    },
    /// The graph does not take the node.
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
    /// A constant's bytes are not as many as its shape needs.
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
    /// A constant, expanded from few values, would be out of proportion to the
    /// file.
    #[error(
        "shape {shape} of {dtype} would need {found} bytes, more than the {expected} left for constants that a file gives by one value; feed it through a placeholder"
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
