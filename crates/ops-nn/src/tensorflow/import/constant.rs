//! Import of placeholders and constants.

use tensor_core::{PartialShape, Shape};

use super::inputs::Input;
use super::{Import, wrong_dtype};
use crate::graph::{Node, NodeKind};
use crate::op::tf_node::CONSTANT;
use crate::tensorflow::attrs::required;
use crate::tensorflow::data_type::DataType;
use crate::tensorflow::error::NodeFault;
use crate::tensorflow::tensor;
use crate::tensorflow::wire::NodeDef;

/// None if no op of a registry takes the dtype.
pub(super) fn placeholder(node: &NodeDef) -> Result<Option<Node>, NodeFault> {
    let data_type = node.data_type("dtype")?;
    let data_type = required(data_type, "dtype", "the dtype of what is fed")?;
    let shape = match node.shape("shape")? {
        None => PartialShape::unknown(),
        Some(shape) => tensor::read_shape(&shape)?,
    };
    let dtype = data_type.dtype();
    Ok(dtype.map(|_| Node::new(node.name.clone(), NodeKind::Placeholder, dtype, shape)))
}

impl Import<'_> {
    /// None if no op of a registry takes the dtype.
    pub(super) fn constant(&mut self, node: &NodeDef) -> Result<Option<Node>, NodeFault> {
        let proto = required(node.tensor("value")?, "value", "the constant's tensor")?;
        let actual = DataType(proto.dtype);
        match node.data_type("dtype")? {
            Some(declared) if declared != actual => {
                Err(wrong_dtype("dtype", actual, "the value", declared))
            }
            _ => {
                let value = tensor::read(&proto, &mut self.budget)?;
                Ok(value.map(|value| Node::constant(node.name.clone(), value)))
            }
        }
    }

    /// A constant given by its shape and one value. None if one of them is not known, or if the
    /// constant exceeds the budget.
    pub(super) fn fill(&mut self, position: usize) -> Result<Option<Node>, NodeFault> {
        let [dims, value] = self.data_inputs(position)[..] else {
            return Ok(None);
        };
        let value = self.places[value.node].map(|id| self.graph[id].kind().clone());
        let Some(NodeKind::Constant(value)) = value else {
            return Ok(None);
        };
        let dims = self.integers(dims)?;
        let dims = dims.and_then(|dims| dims.into_iter().map(|dim| dim.try_into().ok()).collect());
        let Some(shape) = dims.and_then(|dims: Vec<usize>| Shape::new(dims).ok()) else {
            return Ok(None);
        };
        let bytes = shape.len().saturating_mul(value.dtype().size_of());
        if value.rank() != 0 || !self.budget.take(bytes) {
            return Ok(None);
        }
        let name = self.nodes[position].name.clone();
        Ok(Some(Node::constant(name, value.broadcast_to(&shape)?)))
    }

    /// The integers of a constant, such as axes; none if they are not known.
    pub(super) fn integers(&mut self, input: Input<usize>) -> Result<Option<Vec<i64>>, NodeFault> {
        let node = &self.nodes[input.node];
        if node.op != CONSTANT {
            return Ok(None);
        }
        let proto = required(node.tensor("value")?, "value", "the constant's tensor")?;
        tensor::read_integers(&proto, &mut self.budget)
    }
}
