//! Dumps of graphs: text, Graphviz and Mermaid.

mod pictures;
mod text;

use super::{Graph, Node, NodeKind};
use crate::op::tf_node::{CONSTANT, PLACEHOLDER};
use crate::op::value::Value;

impl Node {
    /// TensorFlow's op type, if the op has one, else the registry's name.
    pub fn op_type(&self) -> &str {
        if let Some(origin) = &self.origin {
            return origin.op_type();
        }
        match &self.kind {
            NodeKind::Placeholder => PLACEHOLDER,
            NodeKind::Constant(_) => CONSTANT,
            NodeKind::Op(op) => {
                let definition = op.definition();
                let mut types = definition.tf_node().op_types();
                types.next().unwrap_or_else(|| definition.name())
            }
            NodeKind::Opaque(opaque) => &opaque.op_type,
        }
    }
}

impl Graph {
    /// The inputs of a node by name: as its origin writes them, else the nodes among its arguments.
    pub fn input_names<'a>(&'a self, node: &'a Node) -> Vec<&'a str> {
        match &node.origin {
            Some(origin) => origin.inputs(),
            None => node.inputs().map(|id| self[id].name()).collect(),
        }
    }

    /// The arguments that are not nodes, as `name=value`.
    fn plain_arguments(node: &Node) -> Vec<String> {
        let NodeKind::Op(op) = &node.kind else {
            return Vec::new();
        };
        let params = op.definition().parameters().iter();
        let named = params.zip(op.args()).filter_map(|(param, arg)| {
            let value = match arg {
                Value::Number(value) => value.to_string(),
                Value::Flag(value) => value.to_string(),
                Value::DType(value) => value.to_string(),
                Value::Ints(values) => format!("{values:?}"),
                _ => return None,
            };
            Some(format!("{}={value}", param.name()))
        });
        named.collect()
    }
}

/// `float32 (2, 3)`.
fn type_text(node: &Node) -> String {
    match node.dtype() {
        Some(dtype) => format!("{dtype} {}", node.shape()),
        None => "unknown".to_owned(),
    }
}
