//! The nodes of a graph.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tensor_core::{DType, DynTensor, PartialShape};

use crate::op::definition::OpDef;
use crate::op::named::NamedOp;
use crate::op::param::Presence;
use crate::op::value::{TensorInfo, Value};
use crate::registry::{Op, Registry};

pub use crate::op::value::ValueId as NodeId;

/// A named value of a graph: a placeholder, a constant, or the result of an op.
#[derive(Clone, Debug)]
pub struct Node {
    /// The name, the element type and the shape, as far as they are known.
    pub(super) info: TensorInfo,
    pub(super) kind: NodeKind,
    /// What the node was imported from, until the node is changed.
    pub(crate) origin: Option<Arc<dyn Origin>>,
}

/// What a node was imported from. The format that imported the node downcasts it to export the node
/// unchanged.
pub(crate) trait Origin: Any + fmt::Debug + Send + Sync {
    /// The op type in the file.
    fn op_type(&self) -> &str;

    /// The inputs as the file writes them.
    fn inputs(&self) -> Vec<&str>;

    /// The names of the nodes that the inputs refer to.
    fn dependencies(&self) -> Vec<&str>;

    /// Whether the node must wait for other nodes whose values it does not take.
    fn has_control_inputs(&self) -> bool;
}

impl Node {
    pub(crate) fn new(
        name: String,
        kind: NodeKind,
        dtype: Option<DType>,
        shape: PartialShape,
    ) -> Self {
        Self {
            info: TensorInfo { name, dtype, shape },
            kind,
            origin: None,
        }
    }

    pub(crate) fn constant(name: String, value: DynTensor<'static>) -> Self {
        let (dtype, shape) = (value.dtype(), value.shape().into());
        Self::new(name, NodeKind::Constant(value), Some(dtype), shape)
    }

    /// The name, scopes included.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// What the node computes.
    pub fn kind(&self) -> &NodeKind {
        &self.kind
    }

    /// The element type; always known, except of opaque nodes.
    pub fn dtype(&self) -> Option<DType> {
        self.info.dtype
    }

    /// What is known of the shape.
    pub fn shape(&self) -> &PartialShape {
        &self.info.shape
    }

    /// The nodes that this one takes, in the order of the op's parameters. They come before it in
    /// the graph.
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

/// What a node computes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NodeKind {
    /// A value that each run is given.
    Placeholder,
    /// A value that never changes.
    Constant(DynTensor<'static>),
    /// The result of an op of the registry.
    Op(OpNode),
    /// The result of an op that the registry does not have: kept and shown, but never run.
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
    /// A call with arguments in the order of the op's own parameters. Flags left out get their
    /// defaults.
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

    /// The name by which the op was looked up, which determined the signature.
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

    /// The arguments, in the order of the op's own parameters.
    pub fn args(&self) -> &[Value<'static>] {
        &self.args
    }
}

/// A node whose op the registry does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct OpaqueNode {
    /// The op's name in the file.
    pub op_type: String,
    /// The nodes that it takes.
    pub inputs: Vec<NodeId>,
}
