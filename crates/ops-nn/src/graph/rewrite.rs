//! Rewriting of a graph: nodes are copied or replaced one by one and their inputs renumbered. The
//! names of copied nodes are reserved before new nodes are added.

use std::collections::HashMap;

use super::{Graph, Names, Node, NodeId, NodeKind};
use crate::error::OpError;
use crate::op::value::Value;

/// A rewriting in progress.
pub(super) struct Rewrite<'g> {
    old: &'g Graph,
    pub(super) new: Graph,
    /// The new nodes by the positions of the old ones; none for those left out.
    places: Vec<Option<NodeId>>,
}

impl<'g> Rewrite<'g> {
    /// An empty copy of `old`, in which the names of `kept` nodes are taken.
    pub(super) fn of(old: &'g Graph, kept: impl Fn(NodeId) -> bool) -> Self {
        let mut names = Names::default();
        for (_, node) in old.nodes().filter(|(id, _)| kept(*id)) {
            names.mark(node.name());
        }
        let new = Graph {
            registry: old.registry.clone(),
            nodes: Vec::new(),
            by_name: HashMap::new(),
            names,
            warnings: old.warnings.clone(),
            origin: old.origin.clone(),
        };
        Self {
            old,
            new,
            places: vec![None; old.nodes.len()],
        }
    }

    /// Records that the old node `id` is now `place`.
    pub(super) fn put(&mut self, id: NodeId, place: NodeId) {
        self.places[id.0] = Some(place);
    }

    /// Copies the old node `id`.
    pub(super) fn copy(&mut self, id: NodeId) -> Result<(), OpError> {
        let mut node: Node = self.old[id].clone();
        match &mut node.kind {
            NodeKind::Op(op) => op.args = self.args(&op.args)?,
            NodeKind::Opaque(opaque) => {
                for input in &mut opaque.inputs {
                    *input = self.place(*input)?;
                }
            }
            NodeKind::Placeholder | NodeKind::Constant(_) => {}
        }
        let place = self.new.push(node)?;
        self.put(id, place);
        Ok(())
    }

    /// Arguments of an old node as arguments of a new one.
    pub(super) fn args(&self, args: &[Value<'static>]) -> Result<Vec<Value<'static>>, OpError> {
        let moved = args.iter().map(|arg| match arg {
            Value::Id(id) => self.place(*id).map(Value::Id),
            other => Ok(other.clone()),
        });
        moved.collect()
    }

    fn place(&self, id: NodeId) -> Result<NodeId, OpError> {
        self.places[id.0].ok_or_else(|| self.old.foreign_node(id))
    }
}

impl Graph {
    /// The nodes that a node depends on: those that its origin names, else those among its
    /// arguments.
    pub(super) fn dependencies(&self, id: NodeId) -> Vec<NodeId> {
        let node = &self[id];
        let Some(origin) = &node.origin else {
            return node.inputs().collect();
        };
        let names = origin.dependencies().into_iter();
        names
            .filter_map(|name| self.by_name.get(name).copied())
            .collect()
    }
}
