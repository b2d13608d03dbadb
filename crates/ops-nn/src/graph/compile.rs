//! Compilation of a graph: the nodes that are needed, their order and their buffers.

use std::sync::Arc;

use tensor_core::DType;

use super::plan::{Place, Placeholder, Plan, Step, StepArg};
use super::{Graph, Node, NodeId, NodeKind, OpNode};
use crate::error::OpError;
use crate::op::value::Value;

impl Graph {
    /// A plan that computes these nodes.
    ///
    /// # Errors
    /// [`OpError::ForeignNode`] for a node that this graph does not have,
    /// [`OpError::OpaqueNode`] if they need a node whose op the registry does not have.
    pub fn compile(&self, fetches: &[NodeId]) -> Result<Plan, OpError> {
        let needed = self.needed_for(fetches)?;
        let mut compiler = Compiler::new(self, &needed, fetches);
        for (id, node) in self.nodes() {
            compiler.add(id, node, needed[id.0])?;
        }
        Ok(compiler.finish(fetches))
    }

    /// Whether each node is one of these or needed for them.
    fn needed_for(&self, fetches: &[NodeId]) -> Result<Vec<bool>, OpError> {
        let mut needed = vec![false; self.nodes.len()];
        for &id in fetches {
            *needed.get_mut(id.0).ok_or_else(|| self.foreign_node(id))? = true;
        }
        // Inputs come before the nodes that take them.
        for (id, node) in self.nodes().rev() {
            if needed[id.0] {
                node.inputs().for_each(|input| needed[input.0] = true);
            }
        }
        Ok(needed)
    }
}

/// A compilation in progress.
struct Compiler<'g> {
    graph: &'g Graph,
    plan: Plan,
    /// The place of the value of each node so far.
    values: Vec<Place>,
    /// How many steps and fetches still need the value of each node.
    uses: Vec<usize>,
    /// Buffers whose value is dead.
    free: Vec<usize>,
}

impl<'g> Compiler<'g> {
    fn new(graph: &'g Graph, needed: &[bool], fetches: &[NodeId]) -> Self {
        let mut uses = vec![0; graph.nodes.len()];
        let takers = graph.nodes().filter(|(id, _)| needed[id.0]);
        let taken = takers.flat_map(|(_, node)| node.inputs());
        for id in taken.chain(fetches.iter().copied()) {
            uses[id.0] += 1;
        }
        Self {
            graph,
            plan: Plan {
                registry: Arc::clone(&graph.registry),
                names: graph.nodes().map(|(_, n)| n.name().to_owned()).collect(),
                placeholders: Vec::new(),
                constants: Vec::new(),
                steps: Vec::new(),
                buffers: Vec::new(),
                fetches: Vec::new(),
            },
            values: Vec::with_capacity(graph.nodes.len()),
            uses,
            free: Vec::new(),
        }
    }

    fn add(&mut self, id: NodeId, node: &Node, is_needed: bool) -> Result<(), OpError> {
        let value = match (node.kind(), node.dtype()) {
            (NodeKind::Placeholder, Some(dtype)) => {
                self.plan.placeholders.push(Placeholder {
                    id,
                    dtype,
                    shape: node.shape().clone(),
                    is_needed,
                });
                Place::Fed(self.plan.placeholders.len() - 1)
            }
            (NodeKind::Constant(value), _) if is_needed => {
                self.plan.constants.push(value.clone());
                Place::Constant(self.plan.constants.len() - 1)
            }
            (NodeKind::Op(op), Some(dtype)) if is_needed => {
                let step = self
                    .step(id, op, dtype)
                    .map_err(|e| e.at_node(node.name()))?;
                let value = Place::Buffer(step.buffer);
                self.plan.steps.push(step);
                // Only now: no step may overwrite what it reads.
                node.inputs().for_each(|input| self.release(input));
                value
            }
            (NodeKind::Opaque(opaque), _) if is_needed => {
                return Err(OpError::OpaqueNode {
                    node: node.name().to_owned(),
                    op_type: opaque.op_type.clone(),
                });
            }
            // The place of a node that is not needed is never used.
            _ => Place::Buffer(usize::MAX),
        };
        self.values.push(value);
        Ok(())
    }

    fn step(&mut self, id: NodeId, op: &OpNode, dtype: DType) -> Result<Step, OpError> {
        let graph = self.graph;
        let inputs = graph.inputs_of(op.op(&graph.registry), op.args())?;
        // The shape may be known because several partly known inputs must agree. Whether they do is
        // checked in each run.
        let is_known = |id: NodeId| graph[id].shape().to_shape().is_some();
        let are_inputs_known = graph[id].inputs().all(is_known);
        let shape = graph[id].shape().to_shape();
        Ok(Step {
            node: id,
            op: op.op.clone(),
            args: self.args(op.args()),
            shared: inputs.shared_dtype(),
            shape: shape.filter(|_| are_inputs_known),
            buffer: self.buffer(dtype),
        })
    }

    /// The arguments, without those at the end that are left out.
    fn args(&self, args: &[Value<'static>]) -> Vec<StepArg> {
        let given = args.iter().rposition(|arg| *arg != Value::None);
        let args = args.iter().take(given.map_or(0, |last| last + 1));
        let args = args.map(|arg| match arg {
            Value::Id(id) => StepArg::Place(self.values[id.0]),
            plain => StepArg::Plain(plain.clone()),
        });
        args.collect()
    }

    /// A buffer of this dtype: a free one, else a new one.
    fn buffer(&mut self, dtype: DType) -> usize {
        let fits = |&free: &usize| self.plan.buffers[free] == dtype;
        if let Some(position) = self.free.iter().rposition(fits) {
            return self.free.swap_remove(position);
        }
        self.plan.buffers.push(dtype);
        self.plan.buffers.len() - 1
    }

    /// Ends one use of a node's value; the last one frees its buffer.
    fn release(&mut self, id: NodeId) {
        self.uses[id.0] -= 1;
        if let (0, Place::Buffer(buffer)) = (self.uses[id.0], self.values[id.0]) {
            self.free.push(buffer);
        }
    }

    fn finish(mut self, fetches: &[NodeId]) -> Plan {
        self.plan.fetches = fetches.iter().map(|id| self.values[id.0]).collect();
        self.plan
    }
}
