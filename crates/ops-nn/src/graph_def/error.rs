//! What can be wrong with a `GraphDef`: the node at fault, what was expected,
//! what was found.

use tensor_core::TensorError;

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
    /// One node is at fault.
    #[error("node '{node}': {fault}")]
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
    /// An attribute that the op needs is missing.
    #[error("the attribute '{attr}' is missing; expected {expected}")]
    MissingAttr {
        /// The attribute.
        attr: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// An attribute is not what the op needs.
    #[error("the attribute '{attr}' is {found}; expected {expected}")]
    WrongAttr {
        /// The attribute.
        attr: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
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
