//! `opsnn graph show`: the nodes of a graph.

use std::collections::BTreeMap;

use ops_nn::Graph;
use ops_nn::graph::{Node, NodeKind};
use serde::Serialize;
use serde_json::Value;

use crate::cli::{GraphFormat, GraphShowArgs};
use crate::error::CliError;
use crate::report::{JsonNumber, to_json};

/// Runs the command; what it prints.
pub(crate) fn show(args: &GraphShowArgs) -> Result<String, CliError> {
    let mut graph = super::read(&args.file)?;
    if args.lift {
        graph = graph.lift(&[])?;
    }
    if args.decompose {
        graph = graph.decompose()?;
    }
    Ok(match args.format {
        GraphFormat::Text => graph.to_string(),
        GraphFormat::Dot => graph.to_dot(),
        GraphFormat::Mermaid => graph.to_mermaid(),
        GraphFormat::Json => to_json(&JsonGraph::of(&graph)),
    })
}

#[derive(Serialize)]
struct JsonGraph<'a> {
    nodes: Vec<JsonNode<'a>>,
}

#[derive(Serialize)]
struct JsonNode<'a> {
    name: &'a str,
    op: &'a str,
    inputs: Vec<&'a str>,
    /// Null if it is not known.
    dtype: Option<&'a str>,
    /// Null for unknown rank; of unknown dimensions as well.
    shape: Option<&'a [Option<usize>]>,
    /// The arguments that are no nodes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    arguments: BTreeMap<&'a str, Value>,
}

impl<'a> JsonGraph<'a> {
    fn of(graph: &'a Graph) -> Self {
        let nodes = graph.nodes().map(|(_, node)| JsonNode {
            name: node.name(),
            op: node.op_type(),
            inputs: graph.input_names(node),
            dtype: node.dtype().map(ops_nn::tensor_core::DType::name),
            shape: node.shape().dims(),
            arguments: arguments(node),
        });
        Self {
            nodes: nodes.collect(),
        }
    }
}

fn arguments(node: &Node) -> BTreeMap<&str, Value> {
    let NodeKind::Op(op) = node.kind() else {
        return BTreeMap::new();
    };
    let params = op.definition().parameters().iter().zip(op.args());
    let plain = params.filter_map(|(param, arg)| {
        let value = match arg {
            ops_nn::Value::Number(value) => serde_json::to_value(JsonNumber::new(*value)).ok()?,
            ops_nn::Value::Flag(value) => Value::from(*value),
            ops_nn::Value::DType(value) => Value::from(value.name()),
            ops_nn::Value::Ints(values) => Value::from(&**values),
            _ => return None,
        };
        Some((param.name(), value))
    });
    plain.collect()
}
