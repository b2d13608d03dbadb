//! The values that a graph is fed.

use ops_nn::graph::{NodeId, NodeKind};
use ops_nn::tensor_core::{DType, DynTensor, Tensor};
use ops_nn::{Graph, OpError};

use super::list;
use crate::error::CliError;
use crate::source;
use crate::value::{self, NotANumber, Place};

/// What a value may be, for messages.
const VALUE: &str =
    "a number, a list of numbers, FILE.npy, FILE.safetensors#TENSOR or FILE.csv#COLUMN";

/// Reads `NAME=VALUE` texts: placeholders and their values.
pub(super) fn read(
    graph: &Graph,
    texts: &[String],
) -> Result<Vec<(NodeId, DynTensor<'static>)>, CliError> {
    let mut feeds: Vec<(NodeId, DynTensor<'static>)> = Vec::new();
    for text in texts {
        let wrong = |expected| CliError::Feed {
            found: text.clone(),
            expected,
        };
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| wrong("NAME=VALUE, such as logits=x.npy"))?;
        let id = graph.find(node_name(name))?;
        if feeds.iter().any(|(fed, _)| *fed == id) {
            return Err(wrong("every placeholder once"));
        }
        feeds.push((id, tensor(graph, id, name, value)?));
    }
    Ok(feeds)
}

/// The files among the values.
pub(super) fn places(texts: &[String]) -> impl Iterator<Item = Place> {
    let values = texts.iter().filter_map(|text| text.split_once('='));
    values.filter_map(|(_, value)| value::place(value))
}

/// A node's name, of which TensorFlow writes the only output as `name:0`.
pub(super) fn node_name(text: &str) -> &str {
    text.strip_suffix(":0").unwrap_or(text)
}

fn tensor(
    graph: &Graph,
    id: NodeId,
    name: &str,
    text: &str,
) -> Result<DynTensor<'static>, CliError> {
    let node = &graph[id];
    // What is no placeholder is for the plan to refuse.
    let dtype = match node.kind() {
        NodeKind::Placeholder => node.dtype().unwrap_or(DType::F32),
        _ => DType::F32,
    };
    if let Some(place) = value::place(text) {
        return match source::open(&place)? {
            Some(file) => file.unconverted(true)?.load(),
            None => source::read_text(&place, dtype)?.load(),
        };
    }
    let wrong = |expected: &str| CliError::Value {
        argument: name.to_owned(),
        expected: expected.to_owned(),
        found: text.to_owned(),
    };
    if let Some(list) = list::parse(text) {
        let list = list.map_err(wrong)?;
        let tensor = Tensor::new(list.dims, list.values).map_err(OpError::from)?;
        return Ok(DynTensor::from(tensor).cast(dtype));
    }
    match value::number(text) {
        Ok(number) => Ok(DynTensor::scalar(dtype, number)),
        Err(NotANumber::TooLarge) => Err(wrong(value::IN_RANGE)),
        Err(NotANumber::Text) => Err(wrong(VALUE)),
    }
}
