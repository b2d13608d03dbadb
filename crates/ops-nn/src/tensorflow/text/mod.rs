//! The text form of a `GraphDef` (`.pbtxt`).
//!
//! Text and encoded bytes are converted directly by a table of fields, without message types in
//! between. Attributes that only TensorFlow understands are therefore converted as well.

mod lexer;
mod parse;
mod print;
mod schema;

use prost::Message as _;

use super::error::GraphDefError;
use super::wire;

/// How deep messages may be nested, as in the binary form.
const MAX_DEPTH: usize = 100;

/// The binary form of a graph's text.
pub(super) fn parse(text: &str) -> Result<Vec<u8>, GraphDefError> {
    let mut lexer = lexer::Lexer::new(text);
    parse::message(&mut lexer, &schema::GRAPH_DEF, None, 0).map_err(|reason| GraphDefError::Text {
        reason: format!("{reason}, at {}", lexer.place()),
    })
}

/// The text of a graph.
pub(super) fn print(graph: &wire::GraphDef) -> Result<String, GraphDefError> {
    let mut text = String::new();
    for node in &graph.node {
        text.push_str("node {\n");
        let printed = print::message(&mut text, &schema::NODE_DEF, &node.encode_to_vec(), 1);
        printed.map_err(|reason| GraphDefError::NotText {
            place: format!("the node '{}'", node.name),
            reason,
        })?;
        text.push_str("}\n");
    }
    let rest = wire::GraphDef {
        node: Vec::new(),
        ..graph.clone()
    };
    let printed = print::message(&mut text, &schema::GRAPH_DEF, &rest.encode_to_vec(), 0);
    printed.map_err(|reason| GraphDefError::NotText {
        place: "the graph".to_owned(),
        reason,
    })?;
    Ok(text)
}
