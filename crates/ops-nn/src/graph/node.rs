//! Nodes: what a graph is made of.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tensor_core::{DType, DynTensor, PartialShape};

use crate::call::args::Arg;
use crate::op::definition::{OpDef, Presence};
use crate::registry::{Op, Registry, ResolvedOp};

/// A node of one graph: its position in the order of creation.
///
/// A graph refuses positions that it does not have, but it cannot tell the ids of
/// another graph, or of itself before it was lifted, from its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) usize);

impl NodeId {
    /// The position of the node in the order of creation, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// A named value of a graph: a placeholder, a constant, or the result of an op.
#[derive(Clone, Debug)]
pub struct Node {
    pub(super) name: String,
    pub(super) kind: NodeKind,
    pub(super) dtype: Option<DType>,
    pub(super) shape: PartialShape,
    /// What the node was imported from, as long as the node is what it was.
    pub(crate) origin: Option<Arc<dyn Origin>>,
}

/// What a node was imported from. The format that the node came from downcasts it to write the
/// node again as it was.
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
    /// The name, scopes included.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the node stands for.
    pub fn kind(&self) -> &NodeKind {
        &self.kind
    }

    /// The element type; known for every node but perhaps an opaque one.
    pub fn dtype(&self) -> Option<DType> {
        self.dtype
    }

    /// What is known of the shape.
    pub fn shape(&self) -> &PartialShape {
        &self.shape
    }

    /// The dtype and the shape, for error messages: `float32 of shape (2,)`.
    pub(super) fn type_text(&self) -> String {
        let dtype = self.dtype.map_or("unknown dtype", DType::name);
        format!("{dtype} of shape {}", self.shape)
    }

    /// The nodes that this one takes, in the order of the op's parameters. They
    /// stand before it in the graph.
    pub fn inputs(&self) -> impl Iterator<Item = NodeId> {
        let (args, opaque): (&[NodeArg], &[NodeId]) = match &self.kind {
            NodeKind::Op(op) => (&op.args, &[]),
            NodeKind::Opaque(opaque) => (&[], &opaque.inputs),
            NodeKind::Placeholder | NodeKind::Constant(_) => (&[], &[]),
        };
        let nodes = args.iter().filter_map(|arg| match arg {
            NodeArg::Node(id) => Some(*id),
            _ => None,
        });
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
    pub(super) op: ResolvedOp,
    /// In the order of the op's own parameters.
    pub(super) args: Vec<NodeArg>,
}

impl OpNode {
    /// The op, called with arguments in the order of its own parameters; flags
    /// that were left out have their defaults.
    pub(crate) fn new(op: Op<'_>, args: Vec<NodeArg>) -> Self {
        let params = op.definition().parameters().iter();
        let args =
            args.into_iter()
                .zip(params)
                .map(|(arg, param)| match (arg, param.default_value()) {
                    (NodeArg::None, Presence::Flag(value)) => NodeArg::Flag(value),
                    (arg, _) => arg,
                });
        Self {
            op: op.resolved(),
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
        self.op.within(registry)
    }

    pub(super) fn resolved(&self) -> &ResolvedOp {
        &self.op
    }

    /// The arguments, in the order of the op's own parameters.
    pub fn args(&self) -> &[NodeArg] {
        &self.args
    }
}

/// An argument of a node.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeArg {
    /// Left out.
    None,
    /// The value of another node.
    Node(NodeId),
    /// A number of the op's element type.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// An element type.
    DType(DType),
    /// A shape or axes.
    Ints(Vec<i64>),
}

impl NodeArg {
    /// The node, if it is one.
    pub(crate) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Node(id) => Some(*id),
            _ => None,
        }
    }

    /// As an argument of a call, which has yet to say which node this is.
    pub(super) fn to_arg(&self) -> Arg<'_> {
        match self {
            Self::None => Arg::None,
            Self::Node(id) => Arg::Node((*id).into()),
            Self::Number(value) => Arg::Number(*value),
            Self::Flag(value) => Arg::Flag(*value),
            Self::DType(value) => Arg::DType(*value),
            Self::Ints(values) => Arg::Ints(values.into()),
        }
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

/// A node as an argument of a call.
///
/// A host makes one from a [`NodeId`]; the graph that is called adds what it
/// knows of the node.
#[derive(Clone, Copy, Debug)]
pub struct NodeRef<'a> {
    pub(super) id: NodeId,
    pub(super) node: Option<&'a Node>,
}

impl NodeRef<'_> {
    /// Which node.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// Whether a graph has said which node of its own this is.
    pub(crate) fn is_of_graph(self) -> bool {
        self.node.is_some()
    }

    pub(crate) fn dtype(self) -> Option<DType> {
        self.node?.dtype
    }

    pub(crate) fn shape(self) -> PartialShape {
        self.node
            .map_or(PartialShape::unknown(), |node| node.shape.clone())
    }

    /// What this is, for error messages.
    pub(crate) fn describe(self) -> String {
        match self.node {
            Some(node) => format!("the node '{}', {}", node.name, node.type_text()),
            None => "a node of a graph; call the op by Graph::call".to_owned(),
        }
    }
}

impl From<NodeId> for NodeRef<'_> {
    fn from(id: NodeId) -> Self {
        Self { id, node: None }
    }
}
