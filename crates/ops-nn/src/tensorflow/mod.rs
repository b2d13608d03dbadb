//! TensorFlow's `GraphDef`, in its binary form (`.pb`) and its text form (`.pbtxt`), converted from
//! and to a [`Graph`](crate::Graph).
//!
//! ```
//! use std::sync::Arc;
//!
//! use ops_nn::Registry;
//! use ops_nn::tensorflow::GraphDef;
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/graphs/weighted_named.pb");
//! // A graph that TensorFlow wrote: the documented formula, in 18 nodes.
//! let bytes = std::fs::read(path)?;
//! let registry = Arc::new(Registry::with_builtins());
//! let graph = GraphDef::from_bytes(&bytes)?.into_graph(&registry)?;
//! assert_eq!(graph.nodes().len(), 18);
//!
//! // The formula is one exact op.
//! let exact = graph.lift(&[])?;
//! assert_eq!(exact.nodes().len(), 3);
//! assert_eq!(exact[exact.find("mybce")?].op_type(), "nn.weighted_cross_entropy_with_logits");
//!
//! // Exported, it is what TensorFlow wrote.
//! assert_eq!(GraphDef::from_graph(&exact)?.to_bytes(), bytes);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attrs;
mod data_type;
mod error;
mod export;
mod import;
mod op_types;
mod tensor;
mod text;
mod wire;

pub use error::{GraphDefError, NodeFault};

use prost::Message;

/// The content of a TensorFlow graph file.
///
/// Attributes and parts that this library does not understand are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphDef {
    message: wire::GraphDef,
}

impl GraphDef {
    /// Reads the binary form (`.pb`).
    ///
    /// # Errors
    /// [`GraphDefError::Wire`] if the bytes are no `GraphDef`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GraphDefError> {
        match wire::GraphDef::decode(bytes) {
            Ok(message) => Ok(Self { message }),
            Err(error) => Err(GraphDefError::Wire {
                reason: error.to_string(),
            }),
        }
    }

    /// The binary form; the same bytes for the same graph.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.message.encode_to_vec()
    }

    /// Reads the text form (`.pbtxt`).
    ///
    /// # Errors
    /// [`GraphDefError::Text`] with the place if the text is no `GraphDef`.
    pub fn from_text(text: &str) -> Result<Self, GraphDefError> {
        Self::from_bytes(&text::parse(text)?)
    }

    /// The text form, as TensorFlow prints it.
    ///
    /// # Errors
    /// [`GraphDefError::NotText`] if an attribute is malformed, or the graph
    /// has parts that the text form of this library does not know.
    pub fn to_text(&self) -> Result<String, GraphDefError> {
        text::print(&self.message)
    }
}
