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

/// Reads `NAME=VALUE` texts: placeholders and their values, those of files converted to `dtype` if
/// there is one.
pub(super) fn read(
    graph: &Graph,
    texts: &[String],
    dtype: Option<DType>,
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
        let placeholder = Fed {
            name,
            dtype: dtype_of(graph, id),
        };
        feeds.push((id, placeholder.tensor(value, dtype)?));
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

/// A node that is fed.
struct Fed<'a> {
    name: &'a str,
    dtype: DType,
}

/// The dtype of a placeholder; any for what is none, which is for the plan to refuse.
fn dtype_of(graph: &Graph, id: NodeId) -> DType {
    match (graph[id].kind(), graph[id].dtype()) {
        (NodeKind::Placeholder, Some(dtype)) => dtype,
        _ => DType::F32,
    }
}

impl Fed<'_> {
    fn tensor(&self, text: &str, files_as: Option<DType>) -> Result<DynTensor<'static>, CliError> {
        if let Some(place) = value::place(text) {
            return self.file(&place, files_as);
        }
        if let Some(list) = list::parse(text) {
            let list = list.map_err(|expected| self.wrong(expected, text))?;
            let tensor = Tensor::new(list.dims, list.values).map_err(OpError::from)?;
            return Ok(DynTensor::from(tensor).cast(self.dtype));
        }
        match value::number(text) {
            Ok(number) => Ok(DynTensor::scalar(self.dtype, number)),
            Err(NotANumber::TooLarge) => Err(self.wrong(value::IN_RANGE, text)),
            Err(NotANumber::Text) => Err(self.wrong(VALUE, text)),
        }
    }

    fn file(&self, place: &Place, files_as: Option<DType>) -> Result<DynTensor<'static>, CliError> {
        let source = match (source::open(place)?, files_as) {
            (Some(file), _) if self.dtype == DType::Bool => file.into_bool(),
            (Some(file), Some(dtype)) => file.converted(dtype),
            (Some(file), None) => file.unconverted(false),
            (None, files_as) => source::read_text(place, files_as.unwrap_or(self.dtype)),
        };
        source?.load()
    }

    fn wrong(&self, expected: &str, found: &str) -> CliError {
        CliError::Value {
            argument: self.name.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}
