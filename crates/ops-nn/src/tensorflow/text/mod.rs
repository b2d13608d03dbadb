//! The text form: protobuf's, for the messages that graphs are made of.
//!
//! Text and wire are turned into each other by one table of fields, without a
//! message in between, so an attribute that only TensorFlow understands is
//! printed and read as well.

mod lexer;
mod parse;
mod print;
mod schema;

use prost::Message as _;

use super::error::GraphDefError;
use super::wire;

/// How many messages may stand in each other, as for the binary form.
const DEEPEST: usize = 100;

/// The wire form of a graph's text.
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
        print::message(&mut text, &schema::NODE_DEF, &node.encode_to_vec(), 1).map_err(
            |reason| GraphDefError::NotText {
                place: format!("the node '{}'", node.name),
                reason,
            },
        )?;
        text.push_str("}\n");
    }
    let rest = wire::GraphDef {
        node: Vec::new(),
        ..graph.clone()
    };
    print::message(&mut text, &schema::GRAPH_DEF, &rest.encode_to_vec(), 0).map_err(|reason| {
        GraphDefError::NotText {
            place: "the graph".to_owned(),
            reason,
        }
    })?;
    Ok(text)
}
