//! The exact op in the place of its documented formula.

use std::collections::HashMap;

use super::pattern::{Found, Pattern};
use super::rewrite::Rewrite;
use super::{Graph, Node, NodeId};
use crate::error::OpError;
use crate::op::rules::DEEPEST;
use crate::op::value::Value;
use crate::registry::Op;

impl Graph {
    /// This graph with one exact node in the place of every formula that is the
    /// decomposition of an op of the registry, by ops and wiring, whatever the
    /// nodes are called.
    ///
    /// The new node has the name of the formula's last one. The others go,
    /// unless something else uses them or they are among `keep`.
    ///
    /// ```
    /// # use ops_nn::{Args, Graph, OpError, tensor_core::DType};
    /// let mut graph = Graph::new();
    /// let z = graph.placeholder("z", DType::F32, [2])?;
    /// let x = graph.placeholder("x", DType::F32, [2])?;
    /// let args = Args::new().arg(z).arg(x).arg(3.0);
    /// graph.call("nn.weighted_cross_entropy_with_logits", args)?;
    /// let lifted = graph.decompose()?.lift(&[])?;
    /// assert_eq!(lifted.to_string(), graph.to_string());
    /// # Ok::<(), OpError>(())
    /// ```
    ///
    /// A formula any of whose nodes was imported with control inputs stays as it
    /// is. A plain weight is known only by the constant `weight - 1` of the
    /// formula: it is the decimal of few digits that gives this constant, if
    /// there is one, as for all that people write, else the constant plus 1. So
    /// `lift` undoes [`decompose`](Self::decompose) but for weights of so many
    /// digits that the constant does not hold them.
    ///
    /// # Errors
    /// [`OpError::ForeignNode`] if a node of `keep` is not of this graph.
    pub fn lift(&self, keep: &[NodeId]) -> Result<Self, OpError> {
        if let Some(id) = keep.iter().find(|id| self.get(**id).is_none()) {
            return Err(self.foreign_node(*id));
        }
        let keep: Vec<&str> = keep.iter().map(|id| self[*id].name()).collect();
        let mut graph = self.clone();
        // What is lifted may be a part of the formula of something larger.
        for _ in 0..DEEPEST {
            match graph.lift_once(&keep)? {
                Some(lifted) => graph = lifted,
                None => break,
            }
        }
        Ok(graph)
    }

    /// None if there is nothing to lift.
    fn lift_once(&self, keep: &[&str]) -> Result<Option<Self>, OpError> {
        let lifts = self.find_lifts();
        if lifts.is_empty() {
            return Ok(None);
        }
        let keep = keep.iter().filter_map(|name| self.by_name.get(*name));
        let removed = self.unused_after(&lifts, keep.copied());
        let mut rewrite = Rewrite::of(self, |id| !removed[id.0]);
        for (id, node) in self.nodes() {
            match lifts.get(&id) {
                _ if removed[id.0] => {}
                None => rewrite.copy(id)?,
                Some((op, found)) => {
                    let args = rewrite.args(&found.args)?;
                    let place = rewrite.new.push_op(node.name().to_owned(), *op, args)?;
                    rewrite.put(id, place);
                }
            }
        }
        Ok(Some(rewrite.new))
    }

    /// The nodes that can be replaced, with what replaces them.
    fn find_lifts(&self) -> HashMap<NodeId, (Op<'_>, Found)> {
        let patterns = Pattern::all(&self.registry);
        let found = self.nodes().filter_map(|(id, node)| {
            let mut found = patterns.iter().filter_map(|pattern| {
                let found = pattern.find(self, id)?;
                let is_free = [id].iter().chain(&found.inner).all(|id| !self.waits(*id));
                (is_free && self.is_same(node, pattern.op(), &found))
                    .then_some((id, (pattern.op(), found)))
            });
            found.next()
        });
        found.collect()
    }

    /// Whether the node was imported with control inputs: something, such as an
    /// assertion, is to happen before it.
    fn waits(&self, id: NodeId) -> bool {
        let origin = self[id].origin.as_ref();
        origin.is_some_and(|origin| origin.has_control_inputs())
    }

    /// Whether the op on the arguments found gives what the node gives. The
    /// formula may broadcast where the op does not.
    fn is_same(&self, node: &Node, op: Op<'_>, found: &Found) -> bool {
        let Ok((dtype, shape)) = self.infer(op, &found.args) else {
            return false;
        };
        node.dtype() == Some(dtype) && shape.is_compatible_with(node.shape())
    }

    /// Which nodes of the formulas nothing needs once these are replaced.
    fn unused_after(
        &self,
        lifts: &HashMap<NodeId, (Op<'_>, Found)>,
        keep: impl Iterator<Item = NodeId>,
    ) -> Vec<bool> {
        let inputs = |id: NodeId| match lifts.get(&id) {
            Some((_, found)) => found.args.iter().filter_map(Value::id).collect(),
            None => self.dependencies(id),
        };
        let mut uses = vec![0_usize; self.nodes.len()];
        for input in self.nodes().flat_map(|(id, _)| inputs(id)).chain(keep) {
            uses[input.0] += 1;
        }
        let mut is_inner = vec![false; self.nodes.len()];
        for id in lifts.values().flat_map(|(_, found)| &found.inner) {
            is_inner[id.0] = true;
        }
        let mut removed = vec![false; self.nodes.len()];
        // Users stand behind what they use.
        for index in (0..self.nodes.len()).rev() {
            if is_inner[index] && uses[index] == 0 {
                removed[index] = true;
                for input in inputs(NodeId(index)) {
                    uses[input.0] -= 1;
                }
            }
        }
        removed
    }
}
