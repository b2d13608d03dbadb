//! Losses as the documented formula in primitives, named as TensorFlow names
//! them.

use tensor_core::{DType, DynTensor};

use super::recipe::{Ingredient, Recipe};
use super::rewrite::Rewrite;
use super::{Graph, NodeId, NodeKind, OpNode};
use crate::call::args::Args;
use crate::error::OpError;
use crate::op::rules::DEEPEST;
use crate::op::value::Value;
use crate::registry::Op;

/// Up to so many elements, a value that follows from a known shape becomes a
/// constant, as in TensorFlow.
pub(crate) const LARGEST_FOLDED: usize = 999;

impl Graph {
    /// This graph with the documented formula, in primitives, in the place of
    /// every op that has one.
    ///
    /// The nodes of a formula stand in the scope named as the node was, with
    /// TensorFlow's names and constants, in TensorFlow's order; the last of them
    /// has the node's name.
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
    /// assert_eq!(names[2..5], ["logistic_loss/mul/x", "logistic_loss/mul", "logistic_loss/add/x"]);
    /// assert_eq!(names[17], "logistic_loss");
    /// # Ok::<(), OpError>(())
    /// ```
    ///
    /// # Errors
    /// [`OpError::InvalidDefinition`] if decompositions of a host's go round in
    /// a circle; what the calls of a decomposition refuse.
    pub fn decompose(&self) -> Result<Self, OpError> {
        let mut graph = self.clone();
        for _ in 0..DEEPEST {
            match graph.first_decomposable() {
                None => return Ok(graph),
                Some(_) => graph = graph.decompose_once()?,
            }
        }
        match graph.first_decomposable() {
            None => Ok(graph),
            Some(op) => Err(OpError::InvalidDefinition {
                op: op.definition().name().to_owned(),
                reason: "its decomposition contains it again, without end".to_owned(),
            }),
        }
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

    /// Adds the formula of `op` on these arguments; the last node has this name.
    fn call_formula(
        &mut self,
        name: &str,
        op: Op<'_>,
        args: &[Value<'static>],
        dtype: DType,
    ) -> Result<NodeId, OpError> {
        let terms = args.iter().enumerate().map(|(index, arg)| match arg {
            Value::Id(_) => Recipe::argument(index),
            plain => plain.clone(),
        });
        let terms: Vec<_> = terms.collect();
        let rule = op.definition().decomposition();
        let rule = rule.ok_or_else(|| OpError::NoDecomposition {
            op: op.name().to_owned(),
        })?;
        let recipe = Recipe::of(op, rule, &terms)?;
        let whole_name = format!("{name}/");
        self.name_scope(whole_name.as_str(), |graph| {
            let mut values: Vec<NodeId> = Vec::new();
            for (index, call) in recipe.calls.iter().enumerate() {
                let mut bound = Args::new();
                for term in &call.args {
                    bound = bound.arg(argument(&recipe, term, args, &values));
                }
                if index == recipe.result {
                    bound = bound.kwarg("name", whole_name.as_str());
                }
                let id = graph.call_with_default(&call.op, bound, dtype)?;
                graph.fold(id)?;
                values.push(id);
            }
            Ok(values[recipe.result])
        })
    }

    /// Makes the node a constant if its op says that the value follows from a
    /// known shape alone.
    fn fold(&mut self, id: NodeId) -> Result<(), OpError> {
        let node = &self[id];
        let NodeKind::Op(op) = &node.kind else {
            return Ok(());
        };
        let shape = node.shape().to_shape();
        let shape = shape.filter(|shape| shape.len() <= LARGEST_FOLDED);
        let (true, Some(shape), Some(dtype)) =
            (op.definition().tf_node().is_folded, shape, node.dtype())
        else {
            return Ok(());
        };
        let any = DynTensor::zeros(dtype, shape);
        let value = op.op(&self.registry).call(Args::new().arg(&any))?;
        self.nodes[id.0].kind = NodeKind::Constant(value);
        Ok(())
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

/// An argument of a recipe as one of the call.
fn argument<'a>(
    recipe: &Recipe,
    value: &'a Value<'static>,
    args: &[Value<'static>],
    values: &[NodeId],
) -> Value<'a> {
    let Value::Id(id) = value else {
        return value.view();
    };
    let id = match recipe.ingredient(*id) {
        Ingredient::Call(call) => values.get(call).copied(),
        Ingredient::Argument(index) => args.get(index).and_then(Value::id),
    };
    id.map_or(Value::None, Value::Id)
}
