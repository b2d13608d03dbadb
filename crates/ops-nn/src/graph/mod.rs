//! Graphs of placeholders, constants and op calls, which are defined first and run later. Nodes are
//! named as in TensorFlow 1.
//!
//! Every op of the registry, built-in or the host's own, can be a node. Its definition is the one
//! that eager calls use: a node has the same signatures, the same rules for dtypes and shapes and
//! the same errors, at the time when the node is added.
//!
//! ```
//! use ops_nn::tensor_core::DType;
//! use ops_nn::{Args, Graph};
//!
//! let mut graph = Graph::new();
//! let loss = graph.name_scope("tower", |graph| {
//!     let labels = graph.placeholder("labels", DType::F32, [None, Some(3)])?;
//!     let logits = graph.placeholder("logits", DType::F32, [None, Some(3)])?;
//!     let args = Args::new().arg(labels).arg(logits).kwarg("pos_weight", 2.0);
//!     graph.call("tf.nn.weighted_cross_entropy_with_logits", args)
//! })?;
//! assert_eq!(graph[loss].name(), "tower/logistic_loss");
//! assert_eq!(graph[loss].shape().to_string(), "(None, 3)");
//! # Ok::<(), ops_nn::OpError>(())
//! ```

mod build;
mod calls;
mod compile;
mod decimals;
mod decompose;
mod gradients;
mod lift;
mod names;
pub(crate) mod node;
mod pattern;
mod plan;
mod recipe;
mod rewrite;
mod show;

use std::any::Any;
use std::collections::HashMap;
use std::ops::Index;
use std::sync::Arc;

use tensor_core::{DType, DynTensor, PartialShape};

use crate::call::DEFAULT_DTYPE;
use crate::call::infer::check_valid;
use crate::error::OpError;
use crate::op::signature::Warning;
use crate::op::tf_node::is_node_name;
use crate::op::value::Value;
use crate::registry::Registry;
use crate::suggest::nearest;

use names::Names;
pub use node::{Node, NodeId, NodeKind, OpNode, OpaqueNode};
pub use plan::{Feeds, Plan};

/// A computation that is defined before it is run.
///
/// Nodes are in the order of their creation, each after its inputs.
#[derive(Clone, Debug)]
pub struct Graph {
    registry: Arc<Registry>,
    nodes: Vec<Node>,
    by_name: HashMap<String, NodeId>,
    names: Names,
    warnings: Vec<Warning>,
    /// The parts of an imported file besides its nodes, for the format that imported them.
    pub(crate) origin: Option<Arc<dyn Any + Send + Sync>>,
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Graph {
    /// An empty graph over the built-in ops.
    pub fn new() -> Self {
        Self::with_registry(Arc::new(Registry::with_builtins()))
    }

    /// An empty graph over the ops of a host's registry.
    pub fn with_registry(registry: Arc<Registry>) -> Self {
        Self {
            registry,
            nodes: Vec::new(),
            by_name: HashMap::new(),
            names: Names::default(),
            warnings: Vec::new(),
            origin: None,
        }
    }

    /// The ops that the graph can call.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The nodes in the order of creation, each after its inputs.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node)> + ExactSizeIterator {
        let nodes = self.nodes.iter().enumerate();
        nodes.map(|(index, node)| (NodeId(index), node))
    }

    /// The node, unless it is of another, longer graph.
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// The node of that name.
    ///
    /// # Errors
    /// [`OpError::UnknownNode`], with the nearest names.
    pub fn find(&self, name: &str) -> Result<NodeId, OpError> {
        self.by_name
            .get(name)
            .copied()
            .ok_or_else(|| OpError::UnknownNode {
                name: name.to_owned(),
                nearest: nearest(name, self.by_name.keys().map(String::as_str)),
            })
    }

    /// What callers should change, although the calls so far succeeded.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The open scope with a slash at the end, with which [`name_scope`](Self::name_scope) enters
    /// it again; `""` at the root.
    pub fn scope(&self) -> String {
        match self.names.scope() {
            "" => String::new(),
            scope => format!("{scope}/"),
        }
    }

    /// Runs `body`, which adds its nodes in the scope `name`. The scope is closed when `body`
    /// returns, fails or panics.
    ///
    /// The scope gets a suffix (`tower_1`) if the name is taken. A name with a slash at the end
    /// enters the scope of that name again. None or `""` is the root.
    ///
    /// ```
    /// # use ops_nn::{Graph, OpError, tensor_core::DType};
    /// let mut graph = Graph::new();
    /// let x = graph.name_scope("a", |graph| {
    ///     graph.name_scope("b", |graph| graph.placeholder("x", DType::F32, [2]))
    /// })?;
    /// assert_eq!(graph[x].name(), "a/b/x");
    /// # Ok::<(), OpError>(())
    /// ```
    ///
    /// # Errors
    /// [`OpError::InvalidScopeName`]; the error that `body` returns.
    pub fn name_scope<'n, T>(
        &mut self,
        name: impl Into<Option<&'n str>>,
        body: impl FnOnce(&mut Self) -> Result<T, OpError>,
    ) -> Result<T, OpError> {
        let scope = self.names.scope_for(name.into())?;
        let outer = self.names.replace_scope(scope);
        let open = OpenScope { graph: self, outer };
        body(open.graph)
    }

    /// Adds a value that each run is given, with this dtype and a shape that fits this one.
    ///
    /// # Errors
    /// [`OpError::InvalidNodeName`].
    pub fn placeholder<'n>(
        &mut self,
        name: impl Into<Option<&'n str>>,
        dtype: DType,
        shape: impl Into<PartialShape>,
    ) -> Result<NodeId, OpError> {
        let (request, shape) = (name.into().unwrap_or("Placeholder"), shape.into());
        let name = self.names.node_name(request)?;
        check_valid(&shape).map_err(|e| e.at_node(&name))?;
        let name = self.names.take(request)?;
        self.push(Node::new(name, NodeKind::Placeholder, Some(dtype), shape))
    }

    /// Adds a value that never changes.
    ///
    /// # Errors
    /// [`OpError::InvalidNodeName`].
    pub fn constant<'n>(
        &mut self,
        name: impl Into<Option<&'n str>>,
        value: impl Into<DynTensor<'static>>,
    ) -> Result<NodeId, OpError> {
        let name = self.names.take(name.into().unwrap_or("Const"))?;
        self.push(Node::constant(name, value.into()))
    }

    /// The node itself, or a new constant from a tensor or from a number (as float32).
    ///
    /// # Errors
    /// [`OpError::ForeignNode`] for a node that this graph does not have,
    /// [`OpError::ArgumentKind`] for a value that is not a tensor,
    /// [`OpError::InvalidNodeName`].
    pub fn convert_to_tensor<'n, 'v>(
        &mut self,
        value: impl Into<Value<'v>>,
        name: impl Into<Option<&'n str>>,
    ) -> Result<NodeId, OpError> {
        match value.into() {
            Value::Id(id) => match self.get(id) {
                Some(_) => Ok(id),
                None => Err(self.foreign_node(id)),
            },
            Value::Tensor(tensor) => self.constant(name, tensor.view().into_owned()),
            Value::Owned(tensor) => self.constant(name, tensor.into_owned()),
            Value::Number(value) => self.constant(name, DynTensor::scalar(DEFAULT_DTYPE, value)),
            other => Err(OpError::ArgumentKind {
                op: "convert_to_tensor".to_owned(),
                argument: "value".to_owned(),
                expected: "a node, a tensor or a number".into(),
                found: other.describe(),
            }),
        }
    }

    /// Adds a node whose name is final, after its inputs.
    ///
    /// # Errors
    /// [`OpError::InvalidNodeName`], [`OpError::DuplicateNode`], and
    /// [`OpError::ForeignNode`] for an input that does not come before it.
    pub(crate) fn push(&mut self, node: Node) -> Result<NodeId, OpError> {
        if !is_node_name(node.name()) {
            return Err(OpError::InvalidNodeName {
                name: node.info.name,
            });
        }
        self.check_unused(node.name())?;
        if let Some(id) = node.inputs().find(|id| self.get(*id).is_none()) {
            return Err(self.foreign_node(id).at_node(node.name()));
        }
        check_valid(node.shape()).map_err(|e| e.at_node(node.name()))?;
        let id = NodeId(self.nodes.len());
        self.names.mark(node.name());
        self.by_name.insert(node.info.name.clone(), id);
        self.nodes.push(node);
        Ok(id)
    }

    fn check_unused(&self, name: &str) -> Result<(), OpError> {
        if self.by_name.contains_key(name) {
            return Err(OpError::DuplicateNode {
                name: name.to_owned(),
            });
        }
        Ok(())
    }

    /// The error for a node of another graph.
    fn foreign_node(&self, id: NodeId) -> OpError {
        OpError::ForeignNode {
            expected: self.nodes.len(),
            found: id.0,
        }
    }
}

/// The node, which must be of this graph.
///
/// # Panics
/// If it is not; see [`Graph::get`].
impl Index<NodeId> for Graph {
    type Output = Node;

    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }
}

/// Closes the scope when dropped, even if the code in it panics.
struct OpenScope<'g> {
    graph: &'g mut Graph,
    /// The scope around it.
    outer: String,
}

impl Drop for OpenScope<'_> {
    fn drop(&mut self) {
        let outer = std::mem::take(&mut self.outer);
        self.graph.names.replace_scope(outer);
    }
}
