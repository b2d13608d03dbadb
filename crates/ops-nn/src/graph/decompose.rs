//! Replacing losses by their documented formulas in primitives, named as in TensorFlow.

use tensor_core::{DType, DynTensor, Shape};

use super::recipe::Recipe;
use super::rewrite::Rewrite;
use super::{Graph, Node, NodeId, NodeKind, OpNode};
use crate::call::args::Args;
use crate::error::OpError;
use crate::op::rules::DEEPEST;
use crate::op::tf_node::LARGEST_FOLDED;
use crate::op::value::Value;
use crate::registry::Op;

impl Graph {
    /// This graph with every op that has a documented formula replaced by that formula in
    /// primitives.
    ///
    /// The nodes of a formula have TensorFlow's names, constants and order, in a scope with the
    /// name of the replaced node. The last of them has that name itself.
    ///
    /// ```
    /// # use ops_nn::{Args, Graph, OpError, tensor_core::DType};
    /// let mut graph = Graph::new();
    /// let z = graph.placeholder("z", DType::F32, [2])?;
    /// let x = graph.placeholder("x", DType::F32, [2])?;
    /// let args = Args::new().arg(z).arg(x).arg(3.0);
    /// graph.call("nn.weighted_cross_entropy_with_logits", args)?;
    /// let formula = graph.decompose()?;
    /// let names: Vec<_> = formula.nodes().map(|(_, node)| node.name()).collect();
    /// assert_eq!(names[2..4], ["logistic_loss/mul/x", "logistic_loss/mul"]);
    /// assert_eq!(names[17], "logistic_loss");
    /// # Ok::<(), OpError>(())
    /// ```
    ///
    /// # Errors
    /// [`OpError::InvalidDefinition`] if the decompositions of a host's ops contain each other
    /// without end; the errors of the calls in a decomposition.
    pub fn decompose(&self) -> Result<Self, OpError> {
        let mut graph = self.clone();
        let mut passes = 0;
        while let Some(op) = graph.first_decomposable() {
            if passes == DEEPEST {
                return Err(OpError::InvalidDefinition {
                    op: op.definition().name().to_owned(),
                    reason: "its decomposition contains it again, without end".to_owned(),
                });
            }
            graph = graph.decompose_once()?;
            passes += 1;
        }
        Ok(graph)
    }

    fn first_decomposable(&self) -> Option<&OpNode> {
        let mut kinds = self.nodes.iter().map(|node| &node.kind);
        kinds.find_map(NodeKind::decomposable)
    }

    fn decompose_once(&self) -> Result<Self, OpError> {
        let mut rewrite = Rewrite::of(self, |_| true);
        for (id, node) in self.nodes() {
            match node.kind.decomposable() {
                None => rewrite.copy(id)?,
                Some(op) => {
                    let args = rewrite.args(op.args())?;
                    let op = op.op(&self.registry);
                    let dtype = node.dtype().unwrap_or(DType::F32);
                    let formula = rewrite.new.call_formula(node.name(), op, &args, dtype);
                    let place = formula.map_err(|e| e.at_node(node.name()))?;
                    rewrite.put(id, place);
                }
            }
        }
        Ok(rewrite.new)
    }

    /// Adds the formula of `op` for these arguments; the last node has this name.
    fn call_formula(
        &mut self,
        name: &str,
        op: Op<'_>,
        args: &[Value<'static>],
        dtype: DType,
    ) -> Result<NodeId, OpError> {
        let rule = op.definition().decomposition();
        let rule = rule.ok_or_else(|| OpError::NoDecomposition {
            op: op.name().to_owned(),
        })?;
        let recipe = Recipe::of(op, rule, args, self.nodes.len())?;
        let whole_name = format!("{name}/");
        self.name_scope(whole_name.as_str(), |graph| {
            let mut results: Vec<NodeId> = Vec::new();
            for (index, call) in recipe.calls.iter().enumerate() {
                let args = call.args.iter().fold(Args::new(), |args, arg| {
                    let result = arg.id().and_then(|id| recipe.call_of(id));
                    args.arg(result.map_or(arg.view(), |call| Value::Id(results[call])))
                });
                let args = if index == recipe.result {
                    args.kwarg("name", whole_name.as_str())
                } else {
                    args
                };
                let id = graph.call_with_default(&call.op, args, dtype)?;
                graph.fold(id)?;
                results.push(id);
            }
            Ok(results[recipe.result])
        })
    }

    /// Makes the node a constant if its value follows from its shape and is not too large.
    fn fold(&mut self, id: NodeId) -> Result<(), OpError> {
        match self.folded_value(&self[id])? {
            Some((shape, value)) if shape.len() <= LARGEST_FOLDED => {
                self.nodes[id.0].kind = NodeKind::Constant(value.broadcast_to(&shape)?);
            }
            _ => {}
        }
        Ok(())
    }

    /// The known shape of a node and the value of all its elements, if its op says that the value
    /// follows from the shape alone.
    pub(crate) fn folded_value(
        &self,
        node: &Node,
    ) -> Result<Option<(Shape, DynTensor<'static>)>, OpError> {
        let (NodeKind::Op(op), Some(shape), Some(dtype)) =
            (&node.kind, node.shape().to_shape(), node.dtype())
        else {
            return Ok(None);
        };
        if !op.definition().tf_node().is_folded {
            return Ok(None);
        }
        let any = DynTensor::scalar(dtype, 0.0);
        let value = op.op(&self.registry).call(Args::new().arg(&any))?;
        Ok(Some((shape, value)))
    }
}

impl NodeKind {
    /// The op, if it has a decomposition.
    fn decomposable(&self) -> Option<&OpNode> {
        match self {
            Self::Op(op) if op.definition().has_decomposition() => Some(op),
            _ => None,
        }
    }
}
