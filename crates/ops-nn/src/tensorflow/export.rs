//! From a graph to a `GraphDef`.

use std::collections::HashSet;

use prost::Message;
use tensor_core::{DType, DynTensor, PartialShape, Shape};

use super::GraphDef;
use super::data_type::DataType;
use super::error::{GraphDefError, NodeFault};
use super::op_types::{CONSTANT, FILL, PLACEHOLDER, attr_of, dtype_attr, shared_dtype};
use super::tensor;
use super::wire::{self, Attr, AttrValue, NodeDef, TensorProto, VersionDef};
use crate::call::args::Args;
use crate::graph::{Graph, LARGEST_FOLDED, Node, NodeId, NodeKind, OpNode};
use crate::op::param::{Param, ParamKind};
use crate::op::value::Value;

/// The version of the format that TensorFlow 2.21 writes.
const PRODUCER: i32 = 2474;

impl GraphDef {
    /// The graph as TensorFlow writes it, each loss as its documented formula.
    ///
    /// Nodes that were imported come out as they were. Ops that TensorFlow does
    /// not know, such as derivatives of losses and a host's own, are written
    /// under their own names; this library reads them again.
    ///
    /// # Errors
    /// [`GraphDefError::Node`] for an argument that has no place in a
    /// `GraphDef`; what [`Graph::decompose`] refuses.
    pub fn from_graph(graph: &Graph) -> Result<Self, GraphDefError> {
        let graph = graph.decompose()?;
        let mut export = Export {
            graph: &graph,
            nodes: Vec::new(),
            added: HashSet::new(),
        };
        for (_, node) in graph.nodes() {
            let added = export.add(node);
            added.map_err(|fault| GraphDefError::node(node.name(), fault))?;
        }
        let versions = VersionDef { producer: PRODUCER };
        let rest = match &graph.source {
            Some(source) => (**source).clone(),
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

/// A graph that is being exported.
struct Export<'a> {
    graph: &'a Graph,
    nodes: Vec<NodeDef>,
    /// The names of constants that the graph does not have as nodes.
    added: HashSet<String>,
}

impl Export<'_> {
    fn add(&mut self, node: &Node) -> Result<(), NodeFault> {
        let exported = match (&node.source, node.kind()) {
            (Some(source), _) => (**source).clone(),
            (None, NodeKind::Placeholder) => placeholder(node),
            (None, NodeKind::Constant(value)) => constant(node.name(), tensor::write(value)),
            (None, NodeKind::Op(op)) => match folded_value(self.graph, node, op)? {
                Some((shape, value)) if shape.len() <= LARGEST_FOLDED => {
                    constant(node.name(), tensor::write(&value.broadcast_to(&shape)?))
                }
                Some((shape, value)) => self.fill(node, &shape, &value)?,
                None => self.op(node, op)?,
            },
            (None, NodeKind::Opaque(opaque)) => NodeDef {
                name: node.name().to_owned(),
                op: opaque.op_type.clone(),
                input: self.names(opaque.inputs.iter().copied()),
                ..NodeDef::default()
            },
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
        let mut exported = NodeDef {
            name: node.name().to_owned(),
            op: FILL.to_owned(),
            ..NodeDef::default()
        };
        for (name, value) in [("shape_as_tensor", dims), (CONSTANT, tensor::write(value))] {
            let name = self.unused_name(node, name);
            self.nodes.push(constant(&name, value));
            exported.input.push(name);
        }
        set(&mut exported, "T", data_type(value.dtype()));
        set(&mut exported, "index_type", Attr::Type(DataType::INT32.0));
        Ok(exported)
    }

    fn names(&self, ids: impl Iterator<Item = NodeId>) -> Vec<String> {
        ids.map(|id| self.graph[id].name().to_owned()).collect()
    }

    fn op(&mut self, node: &Node, op_node: &OpNode) -> Result<NodeDef, NodeFault> {
        let op = op_node.op(self.graph.registry());
        let dtype = shared_dtype(self.graph, op, op_node.args()).or(node.dtype());
        let mut exported = NodeDef {
            name: node.name().to_owned(),
            op: self.op_type(node, op_node),
            ..NodeDef::default()
        };
        if let Some(dtype) = dtype {
            set(&mut exported, dtype_attr(op), data_type(dtype));
        }
        for (param, arg) in op.definition().parameters().iter().zip(op_node.args()) {
            match arg {
                Value::Id(id) => exported.input.push(self.graph[*id].name().to_owned()),
                Value::Flag(value) => {
                    set(&mut exported, attr_of(op, param), Attr::Bool(*value));
                }
                Value::DType(value) => {
                    set(&mut exported, attr_of(op, param), data_type(*value));
                }
                _ => {
                    let value = self.constant_for(op_node, param, arg, dtype)?;
                    if let Some(value) = value {
                        let name =
                            self.unused_name(node, op_node.definition().constant_name(param));
                        self.nodes.push(constant(&name, value));
                        exported.input.push(name);
                    }
                }
            }
        }
        Ok(exported)
    }

    /// TensorFlow's op type, or the op's own name.
    fn op_type(&self, node: &Node, op: &OpNode) -> String {
        let form = op.definition().tf_node();
        let shapes = || {
            op.args()
                .iter()
                .filter_map(Value::id)
                .map(|id| self.graph[id].shape())
        };
        match form.broadcasting_type {
            Some(wide) if shapes().any(|shape| shape != node.shape()) => wide.to_owned(),
            _ => node.op_type().to_owned(),
        }
    }

    /// The constant that stands for an argument that is no node, if one must.
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
            // No axes means all of them, which TensorFlow writes down.
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

    /// A name in the scope of a node that nothing else has.
    fn unused_name(&mut self, node: &Node, name: &str) -> String {
        let name = format!("{}/{name}", node.name());
        let numbered = (1_usize..).map(|suffix| format!("{name}_{suffix}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        let unused = candidates
            .find(|candidate| !self.graph.has_node(candidate) && !self.added.contains(candidate));
        let unused = unused.unwrap_or(name);
        self.added.insert(unused.clone());
        unused
    }
}

/// The shape and the value of a node whose value follows from a known shape.
fn folded_value(
    graph: &Graph,
    node: &Node,
    op: &OpNode,
) -> Result<Option<(Shape, DynTensor<'static>)>, NodeFault> {
    let is_folded = op.definition().tf_node().is_folded;
    let (true, Some(shape), Some(dtype)) = (is_folded, node.shape().to_shape(), node.dtype())
    else {
        return Ok(None);
    };
    let any = DynTensor::scalar(dtype, 0.0);
    let value = op.op(graph.registry()).call(Args::new().arg(&any))?;
    Ok(Some((shape, value)))
}

fn placeholder(node: &Node) -> NodeDef {
    let mut exported = NodeDef {
        name: node.name().to_owned(),
        op: PLACEHOLDER.to_owned(),
        ..NodeDef::default()
    };
    if let Some(dtype) = node.dtype() {
        set(&mut exported, "dtype", data_type(dtype));
    }
    let shape: &PartialShape = node.shape();
    set(
        &mut exported,
        "shape",
        Attr::Shape(tensor::write_shape(shape)),
    );
    exported
}

fn constant(name: &str, value: TensorProto) -> NodeDef {
    let mut exported = NodeDef {
        name: name.to_owned(),
        op: CONSTANT.to_owned(),
        ..NodeDef::default()
    };
    set(&mut exported, "dtype", Attr::Type(value.dtype));
    set(&mut exported, "value", Attr::Tensor(value));
    exported
}

fn data_type(dtype: DType) -> Attr {
    Attr::Type(DataType::from(dtype).0)
}

fn set(node: &mut NodeDef, attr: &str, value: Attr) {
    let value = AttrValue { value: Some(value) };
    node.attr.insert(attr.to_owned(), value.encode_to_vec());
}
