//! Replacing documented formulas by exact ops.

use std::collections::HashMap;

use super::pattern::{Found, Pattern};
use super::rewrite::Rewrite;
use super::{Graph, Node, NodeId};
use crate::error::OpError;
use crate::op::rules::DEEPEST;
use crate::op::value::Value;
use crate::registry::Op;

impl Graph {
    /// This graph with every formula that is the decomposition of an op of the registry replaced by
    /// one exact node. Formulas are recognised by their ops and edges, not by names.
    ///
    /// The new node has the name of the formula's last one. The other nodes of the formula are
    /// removed, unless another node uses them or they are among `keep`.
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
    /// A formula stays as it is if one of its nodes was imported with control inputs. The formula
    /// has a plain weight only as the constant `weight - 1`. The weight is the shortest decimal
    /// that gives this constant, if a short one does, else the constant plus 1. So `lift` inverts
    /// [`decompose`](Self::decompose), except for weights with more digits than the constant can
    /// hold.
    ///
    /// # Errors
    /// [`OpError::ForeignNode`] if a node of `keep` is not of this graph.
    pub fn lift(&self, keep: &[NodeId]) -> Result<Self, OpError> {
        if let Some(id) = keep.iter().find(|id| self.get(**id).is_none()) {
            return Err(self.foreign_node(*id));
        }
        let keep: Vec<&str> = keep.iter().map(|id| self[*id].name()).collect();
        let mut graph = self.clone();
        // A lifted node may be part of a larger formula.
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

    /// The nodes that can be replaced, with their replacements.
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

    /// Whether the node was imported with control inputs: something, such as an assertion, must run
    /// before it.
    fn waits(&self, id: NodeId) -> bool {
        let origin = self[id].origin.as_ref();
        origin.is_some_and(|origin| origin.has_control_inputs())
    }

    /// Whether the op gives a result of the node's dtype and shape for the arguments found. The
    /// formula may broadcast where the op does not.
    fn is_same(&self, node: &Node, op: Op<'_>, found: &Found) -> bool {
        let Ok((dtype, shape)) = self.infer(op, &found.args) else {
            return false;
        };
        node.dtype() == Some(dtype) && shape.is_compatible_with(node.shape())
    }

    /// Whether each node belongs to a formula and is not needed after these replacements.
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
        // Nodes come after their inputs.
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
