//! Nodes: what a graph is made of.

use std::sync::Arc;

use tensor_core::{DType, DynTensor, PartialShape};

use crate::op::definition::OpDef;
use crate::op::named::NamedOp;
use crate::op::param::Presence;
use crate::op::value::{TensorInfo, Value};
use crate::registry::{Op, Registry};
use crate::tensorflow::NodeDef;

pub use crate::op::value::ValueId as NodeId;

/// A named value of a graph: a placeholder, a constant, or the result of an op.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name, element type and shape, as far as they are known.
    pub(super) info: TensorInfo,
    pub(super) kind: NodeKind,
    /// What was imported, as long as the node is what it was.
    pub(crate) source: Option<Arc<NodeDef>>,
}

impl Node {
    /// The name, scopes included.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// What the node stands for.
    pub fn kind(&self) -> &NodeKind {
        &self.kind
    }

    /// The element type; known for every node but perhaps an opaque one.
    pub fn dtype(&self) -> Option<DType> {
        self.info.dtype
    }

    /// What is known of the shape.
    pub fn shape(&self) -> &PartialShape {
        &self.info.shape
    }

    /// The nodes that this one takes, in the order of the op's parameters. They
    /// stand before it in the graph.
    pub fn inputs(&self) -> impl Iterator<Item = NodeId> {
        let (args, opaque): (&[Value<'static>], &[NodeId]) = match &self.kind {
            NodeKind::Op(op) => (&op.args, &[]),
            NodeKind::Opaque(opaque) => (&[], &opaque.inputs),
            NodeKind::Placeholder | NodeKind::Constant(_) => (&[], &[]),
        };
        let nodes = args.iter().filter_map(Value::id);
        nodes.chain(opaque.iter().copied())
    }
}

/// What a node stands for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NodeKind {
    /// A value that each run is given.
    Placeholder,
    /// A value that never changes.
    Constant(DynTensor<'static>),
    /// The result of an op of the registry.
    Op(OpNode),
    /// The result of an op that the registry does not know: kept and shown, but
    /// never run.
    Opaque(Box<OpaqueNode>),
}

/// An op and its arguments.
#[derive(Clone, Debug)]
pub struct OpNode {
    pub(super) op: NamedOp,
    /// In the order of the op's own parameters.
    pub(super) args: Vec<Value<'static>>,
}

impl OpNode {
    /// The op, called with arguments in the order of its own parameters; flags
    /// that were left out have their defaults.
    pub(crate) fn new(op: Op<'_>, args: Vec<Value<'static>>) -> Self {
        let params = op.definition().parameters().iter();
        let args = args
            .into_iter()
            .zip(params)
            .map(|(arg, param)| match (arg, param.default()) {
                (Value::None, Presence::Flag(value)) => Value::Flag(value),
                (arg, _) => arg,
            });
        Self {
            op: op.named().clone(),
            args: args.collect(),
        }
    }

    /// The name by which the op was looked up; it chose the signature.
    pub fn op_name(&self) -> &str {
        self.op.name()
    }

    /// The op's definition.
    pub fn definition(&self) -> &OpDef {
        self.op.definition()
    }

    /// The op, in the registry of its graph.
    pub(crate) fn op<'a>(&'a self, registry: &'a Registry) -> Op<'a> {
        Op::new(registry, &self.op)
    }

    pub(super) fn named(&self) -> &NamedOp {
        &self.op
    }

    /// The arguments, in the order of the op's own parameters.
    pub fn args(&self) -> &[Value<'static>] {
        &self.args
    }
}

/// A node whose op the registry does not know.
#[derive(Clone, Debug, PartialEq)]
pub struct OpaqueNode {
    /// The op's name where the node comes from.
    pub op_type: String,
    /// The nodes that it takes.
    pub inputs: Vec<NodeId>,
}
