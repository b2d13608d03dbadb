//! The inputs of nodes, which a file writes as `node`, `node:output` or `^node`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::graph::node::Origin;
use crate::tensorflow::error::{GraphDefError, NodeFault};
use crate::tensorflow::wire::NodeDef;

/// An input of a node: another node, by its name or by its position in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Input<N> {
    pub(super) node: N,
    /// Which of the other node's outputs.
    pub(super) output: usize,
    /// Whether it only says that the other node runs first.
    pub(super) is_control: bool,
}

impl<'a> Input<&'a str> {
    fn parse(text: &'a str) -> Self {
        let control = text.strip_prefix('^');
        let output = text.rsplit_once(':');
        let output = output.and_then(|(node, output)| Some((node, output.parse().ok()?)));
        let (node, output) = match control {
            Some(node) => (node, 0),
            None => output.unwrap_or((text, 0)),
        };
        Self {
            node,
            output,
            is_control: control.is_some(),
        }
    }
}

impl NodeDef {
    fn parsed_inputs(&self) -> impl Iterator<Item = Input<&str>> {
        self.input.iter().map(|text| Input::parse(text))
    }
}

impl Origin for NodeDef {
    fn op_type(&self) -> &str {
        &self.op
    }

    fn inputs(&self) -> Vec<&str> {
        self.input.iter().map(String::as_str).collect()
    }

    fn dependencies(&self) -> Vec<&str> {
        self.parsed_inputs().map(|input| input.node).collect()
    }

    fn has_control_inputs(&self) -> bool {
        self.parsed_inputs().any(|input| input.is_control)
    }
}

/// The inputs of each node by position. Checks the names and op types of all nodes.
pub(super) fn resolve(nodes: &[Arc<NodeDef>]) -> Result<Vec<Vec<Input<usize>>>, GraphDefError> {
    let mut by_name = HashMap::with_capacity(nodes.len());
    for (position, node) in nodes.iter().enumerate() {
        if node.name.is_empty() {
            let name = format!("number {position}");
            return Err(GraphDefError::node(&name, NodeFault::NoName));
        }
        if !is_op_type(&node.op) {
            let op = node.op.clone();
            return Err(GraphDefError::node(&node.name, NodeFault::NoOpType { op }));
        }
        if by_name.insert(node.name.as_str(), position).is_some() {
            return Err(GraphDefError::node(&node.name, NodeFault::SecondOfName));
        }
    }
    let inputs = nodes.iter().map(|node| {
        let inputs = node.parsed_inputs().zip(&node.input);
        let inputs = inputs.map(|(input, text)| match by_name.get(input.node) {
            Some(&node) => Ok(Input {
                node,
                output: input.output,
                is_control: input.is_control,
            }),
            None => Err(no_such_input(node, text)),
        });
        inputs.collect()
    });
    inputs.collect()
}

fn no_such_input(node: &NodeDef, input: &str) -> GraphDefError {
    let input = input.to_owned();
    GraphDefError::node(&node.name, NodeFault::NoSuchInput { input })
}

/// Whether the text can be the name of an op. Control characters could break the lines of a dump.
fn is_op_type(op: &str) -> bool {
    !op.is_empty() && !op.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_outputs_of_nodes_or_controls() {
        for (text, node, output, is_control) in [
            ("a/b", "a/b", 0, false),
            ("a:0", "a", 0, false),
            ("a:12", "a", 12, false),
            ("^a/b", "a/b", 0, true),
            ("^a:1", "a:1", 0, true),
            ("a:b", "a:b", 0, false),
            ("", "", 0, false),
        ] {
            let expected = Input {
                node,
                output,
                is_control,
            };
            assert_eq!(Input::parse(text), expected, "{text}");
        }
    }
}
