//! Gradients: nodes that compute derivatives of other nodes by the ops' own rules and the chain
//! rule (reverse-mode differentiation).

use tensor_core::DType;

use super::build::GraphBuild;
use super::{Graph, NodeId, NodeKind, OpNode};
use crate::call::args::Args;
use crate::error::OpError;
use crate::op::builder::{CallSite, OpBuilder};
use crate::op::definition::OpDef;
use crate::op::dtypes::DTypes;
use crate::op::param::ParamKind;
use crate::op::rules::Gradient;
use crate::op::shapes::ShapeRule;
use crate::op::value::Value;

impl Graph {
    /// Adds nodes, in the scope `gradients`, for the gradient of the sum of all elements of `ys`
    /// with respect to each of `xs`; `None` for an x on which no y depends.
    ///
    /// A gradient has the shape of its x. The contributions of several uses of a node are added;
    /// those of elements that broadcasting repeated are summed exactly and rounded once. Gradients
    /// are ordinary nodes, so they can be differentiated in turn.
    ///
    /// ```
    /// use ops_nn::graph::Feeds;
    /// use ops_nn::tensor_core::{DType, Tensor};
    /// use ops_nn::{Args, Graph};
    ///
    /// let mut graph = Graph::new();
    /// let labels = graph.constant("labels", Tensor::from(vec![1.0_f32, 0.0]))?;
    /// let logits = graph.placeholder("logits", DType::F32, [2])?;
    /// let args = Args::new().arg(labels).arg(logits).arg(2.0);
    /// let loss = graph.call("nn.weighted_cross_entropy_with_logits", args)?;
    /// let slope = graph.gradients(&[loss], &[logits])?[0].expect("the loss depends on it");
    ///
    /// let at = Tensor::from(vec![0.0_f32, -17.0]);
    /// let found = graph.compile(&[slope])?.run(&Feeds::new().feed(logits, &at))?;
    /// assert_eq!(found[0].downcast_ref::<f32>()?.as_slice(), [-1.0, 4.139_937_5e-8]);
    /// # Ok::<(), ops_nn::OpError>(())
    /// ```
    ///
    /// # Errors
    /// [`OpError::ForeignNode`] for a node that this graph does not have;
    /// [`OpError::NoGradient`] for a y that is not a float; [`OpError::Node`] with the name of a
    /// node between an x and a y whose op has no rule. The graph then keeps the nodes added so far.
    pub fn gradients(
        &mut self,
        ys: &[NodeId],
        xs: &[NodeId],
    ) -> Result<Vec<Option<NodeId>>, OpError> {
        self.name_scope("gradients", |graph| {
            let mut sweep = Sweep::new(graph, xs)?;
            for (index, &y) in ys.iter().enumerate() {
                sweep.start_with_ones(y, &format!("grad_ys_{index}"))?;
            }
            sweep.run(xs)
        })
    }

    /// As [`gradients`](Self::gradients), for the sum of `upstream * y` over pairs of a y and its
    /// upstream gradient.
    ///
    /// # Errors
    /// As [`gradients`](Self::gradients); [`OpError::UpstreamNode`] if an
    /// upstream gradient cannot have the dtype and shape of its y.
    pub fn gradients_with_upstream(
        &mut self,
        ys: &[(NodeId, NodeId)],
        xs: &[NodeId],
    ) -> Result<Vec<Option<NodeId>>, OpError> {
        self.name_scope("gradients", |graph| {
            let mut sweep = Sweep::new(graph, xs)?;
            for &(y, upstream) in ys {
                sweep.start_with(y, upstream)?;
            }
            sweep.run(xs)
        })
    }
}

/// One pass from the ys back to the xs. The nodes that it adds come after those that it visits.
struct Sweep<'g> {
    graph: &'g mut Graph,
    /// Whether each node depends on an x.
    dependent: Vec<bool>,
    /// The contributions to the gradient of each node so far.
    contributions: Vec<Vec<NodeId>>,
}

impl<'g> Sweep<'g> {
    fn new(graph: &'g mut Graph, xs: &[NodeId]) -> Result<Self, OpError> {
        let mut dependent = vec![false; graph.nodes.len()];
        for &x in xs {
            *dependent
                .get_mut(x.0)
                .ok_or_else(|| graph.foreign_node(x))? = true;
        }
        for (id, node) in graph.nodes() {
            dependent[id.0] |= node.inputs().any(|input| dependent[input.0]);
        }
        Ok(Self {
            contributions: vec![Vec::new(); dependent.len()],
            graph,
            dependent,
        })
    }

    /// Starts with ones as the gradient of `y`.
    fn start_with_ones(&mut self, y: NodeId, name: &str) -> Result<(), OpError> {
        if self.is_dependent_float(y)? {
            let args = Args::new().arg(y).kwarg("name", name);
            let ones = self.graph.call("ones_like", args)?;
            self.contributions[y.0].push(ones);
        }
        Ok(())
    }

    /// Starts with this gradient of `y`.
    fn start_with(&mut self, y: NodeId, upstream: NodeId) -> Result<(), OpError> {
        if self.is_dependent_float(y)? {
            self.check_upstream(y, upstream)?;
            let upstream = self.in_shape_of(y, upstream)?;
            self.contributions[y.0].push(upstream);
        }
        Ok(())
    }

    /// Whether `y` depends on an x; an error if it is not a float.
    fn is_dependent_float(&self, y: NodeId) -> Result<bool, OpError> {
        let Some(&is_dependent) = self.dependent.get(y.0) else {
            return Err(self.graph.foreign_node(y));
        };
        let node = &self.graph[y];
        match node.dtype().filter(|dtype| !dtype.is_float()) {
            Some(found) => Err(OpError::NoGradient {
                node: node.name().to_owned(),
                found,
            }),
            None => Ok(is_dependent),
        }
    }

    fn check_upstream(&self, y: NodeId, upstream: NodeId) -> Result<(), OpError> {
        let graph = &self.graph;
        let found = graph.get(upstream);
        let found = found.ok_or_else(|| graph.foreign_node(upstream))?;
        let y = &graph[y];
        if found.dtype() == y.dtype() && found.shape().is_compatible_with(y.shape()) {
            return Ok(());
        }
        Err(OpError::UpstreamNode {
            node: y.name().to_owned(),
            upstream: found.name().to_owned(),
            expected: y.info.type_text(),
            found: found.info.type_text(),
        })
    }

    /// The upstream gradient in the shape of `y`; a run fails if it does not have as many elements.
    fn in_shape_of(&mut self, y: NodeId, upstream: NodeId) -> Result<NodeId, OpError> {
        if shapes_surely_equal(self.graph, y, upstream) {
            return Ok(upstream);
        }
        let args = Args::new().arg(upstream).arg(y);
        self.graph.call("grad.reshape_like", args)
    }

    /// Visits all nodes, each after those that take it.
    fn run(mut self, xs: &[NodeId]) -> Result<Vec<Option<NodeId>>, OpError> {
        let mut totals = vec![None; self.contributions.len()];
        for index in (0..self.contributions.len()).rev() {
            let contributions = std::mem::take(&mut self.contributions[index]);
            if let Some(total) = self.sum(&contributions)? {
                totals[index] = Some(total);
                self.propagate(NodeId(index), total)?;
            }
        }
        Ok(xs.iter().map(|x| totals[x.0]).collect())
    }

    fn sum(&mut self, contributions: &[NodeId]) -> Result<Option<NodeId>, OpError> {
        let Some((&first, rest)) = contributions.split_first() else {
            return Ok(None);
        };
        let sum = rest.iter().try_fold(first, |sum, &next| {
            self.graph.call("math.add", Args::new().arg(sum).arg(next))
        });
        sum.map(Some)
    }

    /// Adds the contributions of a node to the gradients of its inputs.
    fn propagate(&mut self, id: NodeId, upstream: NodeId) -> Result<(), OpError> {
        let node = &self.graph[id];
        let name = node.name().to_owned();
        match node.kind() {
            NodeKind::Op(op) => {
                let (op, scope) = (op.clone(), format!("{name}_grad"));
                self.propagate_through(&op, upstream, &scope)
                    .map_err(|e| e.at_node(&name))
            }
            NodeKind::Opaque(opaque) if node.inputs().any(|input| self.dependent[input.0]) => {
                Err(OpError::OpaqueNode {
                    node: name,
                    op_type: opaque.op_type.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    fn propagate_through(
        &mut self,
        op: &OpNode,
        upstream: NodeId,
        scope: &str,
    ) -> Result<(), OpError> {
        for (index, arg) in op.args().iter().enumerate() {
            let Value::Id(input) = *arg else { continue };
            let is_float = self.graph[input].dtype().is_none_or(DType::is_float);
            if !self.dependent[input.0] || !is_float || !has_value(op.definition(), index) {
                continue;
            }
            let derive = |graph: &mut Graph| derive(graph, op, index, input, upstream);
            let gradient = self.graph.name_scope(scope, derive)?;
            self.contributions[input.0].push(gradient);
        }
        Ok(())
    }
}

/// Whether the result depends on the argument's value and not only on its shape or dtype.
fn has_value(definition: &OpDef, index: usize) -> bool {
    let kind = definition.parameters()[index].kind();
    kind != ParamKind::Tensor(DTypes::Like) && !matches!(definition.gradient(), Gradient::Zero)
}

/// Adds the gradient of one argument, given that of the result.
fn derive(
    graph: &mut Graph,
    op: &OpNode,
    index: usize,
    input: NodeId,
    upstream: NodeId,
) -> Result<NodeId, OpError> {
    let definition = op.definition();
    let wrt = definition.parameters()[index].name();
    let site = CallSite::new(definition, op.args().iter().cloned());
    let dtype = graph
        .inputs_of(op.op(&graph.registry), op.args())?
        .shared_dtype();
    let keeps_shape = shapes_surely_equal(graph, input, upstream) || keeps_shape(graph, op, index);
    let mut build = GraphBuild { graph, dtype };
    let rule = definition.gradient();
    let mut gradient = match rule {
        Gradient::Elementwise(partials) => {
            let partial = partials.iter().find(|partial| partial.wrt() == wrt);
            let partial = partial.ok_or_else(|| no_derivative(op, wrt))?;
            partial.times(&mut build, &site, upstream.into())?
        }
        Gradient::Vjp(vjps) => {
            let vjp = vjps.iter().find(|vjp| vjp.wrt() == wrt);
            let vjp = vjp.ok_or_else(|| no_derivative(op, wrt))?;
            vjp.apply(&mut build, &site, upstream.into())?
        }
        Gradient::None | Gradient::Zero => return Err(no_derivative(op, wrt)),
    };
    if definition.is_elementwise() && !keeps_shape {
        gradient = (&mut build as &mut dyn OpBuilder).sum_like(gradient, input)?;
    }
    match gradient {
        Value::Id(id) if id.0 < graph.nodes.len() => Ok(id),
        other => Err(OpError::rule_result(definition.name(), &other)),
    }
}

/// Whether the result of an element-wise op has the shape of this argument for all shapes.
fn keeps_shape(graph: &Graph, op: &OpNode, index: usize) -> bool {
    let definition = op.definition();
    match definition.shape() {
        ShapeRule::Like { argument, same } => {
            let name = definition.parameters()[index].name();
            name == *argument || same.contains(&name)
        }
        ShapeRule::Broadcast => op.args().iter().all(|arg| match arg {
            Value::Id(id) => *arg == op.args()[index] || graph[*id].shape().rank() == Some(0),
            _ => true,
        }),
        ShapeRule::Custom(_) => false,
    }
}

fn shapes_surely_equal(graph: &Graph, left: NodeId, right: NodeId) -> bool {
    let known = graph[left].shape().to_shape();
    left == right || (known.is_some() && known == graph[right].shape().to_shape())
}

fn no_derivative(op: &OpNode, wrt: &str) -> OpError {
    OpError::NoDerivative {
        op: op.op_name().to_owned(),
        argument: wrt.to_owned(),
        order: "first",
        available: match op.definition().gradient().arguments()[..] {
            [] => "no argument".to_owned(),
            ref names => names.join(", "),
        },
    }
}
