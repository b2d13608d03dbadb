//! From a graph to a `GraphDef`.

use std::any::Any;
use std::collections::HashSet;

use prost::Message;
use tensor_core::{DType, DynTensor, Shape};

use super::GraphDef;
use super::data_type::DataType;
use super::error::{GraphDefError, NodeFault};
use super::op_types::{FILL, attr_of, dtype_attr, shared_dtype};
use super::tensor;
use super::wire::{self, Attr, NodeDef, TensorProto, VersionDef};
use crate::graph::{Graph, Node, NodeKind, OpNode};
use crate::op::param::{Param, ParamKind};
use crate::op::tf_node::{CONSTANT, LARGEST_FOLDED, PLACEHOLDER};
use crate::op::value::Value;

/// The version of the format that TensorFlow 2.21 writes.
const PRODUCER: i32 = 2474;

impl GraphDef {
    /// The graph as TensorFlow writes it, each loss as its documented formula.
    ///
    /// Nodes that were imported are written as they were read. Ops that TensorFlow does not have,
    /// such as derivatives of losses and the host's own ops, are written under their own names;
    /// this library reads them again.
    ///
    /// # Errors
    /// [`GraphDefError::Node`] for an argument that a `GraphDef` cannot hold; the errors of
    /// [`Graph::decompose`].
    pub fn from_graph(graph: &Graph) -> Result<Self, GraphDefError> {
        let graph = graph.decompose()?;
        let mut export = Export {
            graph: &graph,
            nodes: Vec::new(),
            names: graph
                .nodes()
                .map(|(_, node)| node.name().to_owned())
                .collect(),
        };
        for (_, node) in graph.nodes() {
            let added = export.add(node);
            added.map_err(|fault| GraphDefError::node(node.name(), fault))?;
        }
        let versions = VersionDef { producer: PRODUCER };
        let origin = graph.origin.as_deref();
        let rest = match origin.and_then(|origin| origin.downcast_ref::<wire::GraphDef>()) {
            Some(origin) => origin.clone(),
            None => wire::GraphDef {
                versions: Some(versions.encode_to_vec()),
                ..wire::GraphDef::default()
            },
        };
        Ok(Self {
            message: wire::GraphDef {
                node: export.nodes,
                ..rest
            },
        })
    }
}

/// An export in progress.
struct Export<'a> {
    graph: &'a Graph,
    nodes: Vec<NodeDef>,
    /// The names of the graph's nodes and of the constants added.
    names: HashSet<String>,
}

impl Export<'_> {
    fn add(&mut self, node: &Node) -> Result<(), NodeFault> {
        let origin = node.origin.as_deref().map(|origin| origin as &dyn Any);
        let imported = origin.and_then(|origin| origin.downcast_ref::<NodeDef>());
        let exported = match (imported, node.kind()) {
            (Some(imported), _) => imported.clone(),
            (None, NodeKind::Placeholder) => placeholder(node),
            (None, NodeKind::Constant(value)) => constant(node.name(), tensor::write(value)),
            (None, NodeKind::Op(op)) => match self.graph.folded_value(node)? {
                Some((shape, value)) if shape.len() <= LARGEST_FOLDED => {
                    constant(node.name(), tensor::write(&value.broadcast_to(&shape)?))
                }
                Some((shape, value)) => self.fill(node, &shape, &value)?,
                None => self.op(node, op)?,
            },
            (None, NodeKind::Opaque(opaque)) => {
                let inputs = opaque.inputs.iter();
                NodeDef {
                    input: inputs.map(|id| self.graph[*id].name().to_owned()).collect(),
                    ..new_node(node.name(), &opaque.op_type)
                }
            }
        };
        self.nodes.push(exported);
        Ok(())
    }

    /// A constant of one value, given by its shape and that value.
    fn fill(
        &mut self,
        node: &Node,
        shape: &Shape,
        value: &DynTensor<'_>,
    ) -> Result<NodeDef, NodeFault> {
        let dims: Vec<i64> = shape.dims().iter().map(|&dim| dim as i64).collect();
        let dims = tensor::write_integers(&dims).ok_or_else(|| NodeFault::NotExported {
            argument: "shape".to_owned(),
            reason: "a dimension is beyond 32 bits; use smaller ones",
        })?;
        let mut exported = new_node(node.name(), FILL);
        self.add_constant(&mut exported, "shape_as_tensor", dims);
        self.add_constant(&mut exported, CONSTANT, tensor::write(value));
        exported.set("T", value.dtype());
        exported.set("index_type", DataType::INT32);
        Ok(exported)
    }

    fn op(&mut self, node: &Node, op_node: &OpNode) -> Result<NodeDef, NodeFault> {
        let op = op_node.op(self.graph.registry());
        let dtype = shared_dtype(self.graph, op, op_node.args()).or(node.dtype());
        let mut exported = new_node(node.name(), self.op_type(node, op_node));
        if let Some(dtype) = dtype {
            exported.set(dtype_attr(op), dtype);
        }
        for (param, arg) in op.definition().parameters().iter().zip(op_node.args()) {
            match arg {
                Value::Id(id) => exported.input.push(self.graph[*id].name().to_owned()),
                Value::Flag(value) => exported.set(attr_of(op, param), Attr::Bool(*value)),
                Value::DType(value) => exported.set(attr_of(op, param), *value),
                _ => {
                    if let Some(value) = self.constant_for(op_node, param, arg, dtype)? {
                        let form = op_node.definition().tf_node();
                        let name = form.constant_name(param.name()).unwrap_or(param.name());
                        self.add_constant(&mut exported, name, value);
                    }
                }
            }
        }
        Ok(exported)
    }

    /// TensorFlow's op type, or the op's own name.
    fn op_type<'n>(&self, node: &'n Node, op: &'n OpNode) -> &'n str {
        let has_other_shape = |id| self.graph[id].shape() != node.shape();
        match op.definition().tf_node().broadcasting_type {
            Some(op_type) if node.inputs().any(has_other_shape) => op_type,
            _ => node.op_type(),
        }
    }

    /// The constant for an argument that is no node, if it is written as one.
    fn constant_for(
        &self,
        op: &OpNode,
        param: &Param,
        arg: &Value<'_>,
        dtype: Option<DType>,
    ) -> Result<Option<TensorProto>, NodeFault> {
        let unexported = |reason| NodeFault::NotExported {
            argument: param.name().to_owned(),
            reason,
        };
        match (arg, param.kind()) {
            (Value::Number(value), _) => {
                let dtype = dtype.ok_or_else(|| unexported("its dtype is not known"))?;
                Ok(Some(tensor::write(&DynTensor::scalar(dtype, *value))))
            }
            (Value::Ints(values), _) => match tensor::write_integers(values) {
                Some(proto) => Ok(Some(proto)),
                None => Err(unexported("it is beyond 32 bits; give smaller integers")),
            },
            // No axes means all axes, which TensorFlow writes as a list.
            (Value::None, ParamKind::Axes) => {
                let first = op.args().iter().find_map(Value::id);
                let rank = first.and_then(|id| self.graph[id].shape().rank());
                let rank = rank.ok_or_else(|| {
                    unexported("all axes are meant, but the rank is not known; give the axes")
                })?;
                let axes: Vec<i64> = (0..rank as i64).collect();
                Ok(tensor::write_integers(&axes))
            }
            _ => Ok(None),
        }
    }

    /// Adds a constant in the scope of `user`, as its next input.
    fn add_constant(&mut self, user: &mut NodeDef, name: &str, value: TensorProto) {
        let name = format!("{}/{name}", user.name);
        let numbered = (1_usize..).map(|suffix| format!("{name}_{suffix}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        let unused = candidates.find(|candidate| !self.names.contains(candidate));
        let name = unused.unwrap_or(name);
        self.names.insert(name.clone());
        self.nodes.push(constant(&name, value));
        user.input.push(name);
    }
}

fn new_node(name: &str, op_type: &str) -> NodeDef {
    NodeDef {
        name: name.to_owned(),
        op: op_type.to_owned(),
        ..NodeDef::default()
    }
}

fn placeholder(node: &Node) -> NodeDef {
    let mut exported = new_node(node.name(), PLACEHOLDER);
    if let Some(dtype) = node.dtype() {
        exported.set("dtype", dtype);
    }
    exported.set("shape", Attr::Shape(tensor::write_shape(node.shape())));
    exported
}

fn constant(name: &str, value: TensorProto) -> NodeDef {
    let mut exported = new_node(name, CONSTANT);
    exported.set("dtype", Attr::Type(value.dtype));
    exported.set("value", Attr::Tensor(value));
    exported
}
