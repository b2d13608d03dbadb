//! Running a graph: compiled once into steps over reused buffers, then run many
//! times.

use std::mem;
use std::sync::Arc;

use tensor_core::{DType, DynTensor, DynTensorRef, PartialShape, Shape};

use super::{Graph, Node, NodeArg, NodeId, NodeKind, OpNode};
use crate::args::Arg;
use crate::call::Call;
use crate::error::OpError;
use crate::registry::{Registry, ResolvedOp};

/// What it takes to compute some nodes of a graph: only the nodes that they
/// need, each after its inputs, with buffers that are used again once their
/// value is dead.
///
/// A plan knows nothing of later changes to the graph. It can be run from
/// several threads at once.
///
/// ```
/// use ops_nn::graph::Feeds;
/// use ops_nn::tensor_core::{DType, Tensor};
/// use ops_nn::{Args, Graph};
///
/// let mut graph = Graph::new();
/// let x = graph.placeholder("x", DType::F32, [None])?;
/// let double = graph.call("math.multiply", Args::new().arg(2.0).arg(x))?;
/// let plan = graph.compile(&[double])?;
/// for values in [vec![1.0_f32], vec![2.0, 3.0]] {
///     let fed = Tensor::from(values);
///     println!("{}", plan.run(&Feeds::new().feed(x, &fed))?[0]);
/// }
/// # Ok::<(), ops_nn::OpError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    registry: Arc<Registry>,
    /// The names of all nodes, for errors.
    names: Vec<String>,
    /// All placeholders of the graph, in its order.
    placeholders: Vec<Placeholder>,
    constants: Vec<DynTensor<'static>>,
    steps: Vec<Step>,
    /// The dtype of each buffer.
    buffers: Vec<DType>,
    fetches: Vec<Value>,
}

/// Where a value is found during a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Fed(usize),
    Constant(usize),
    Buffer(usize),
}

#[derive(Clone, Debug)]
struct Placeholder {
    id: NodeId,
    dtype: DType,
    shape: PartialShape,
    is_needed: bool,
}

/// The computation of one node.
#[derive(Clone, Debug)]
struct Step {
    node: NodeId,
    op: ResolvedOp,
    args: Vec<StepArg>,
    /// The element type that the op's tensors share.
    shared: DType,
    /// The shape of the result, if those of all inputs are known.
    shape: Option<Shape>,
    /// The buffer that takes the result.
    buffer: usize,
}

#[derive(Clone, Debug)]
enum StepArg {
    Value(Value),
    Plain(NodeArg),
}

/// The values that a run is given for placeholders.
#[derive(Clone, Debug, Default)]
pub struct Feeds<'a>(Vec<(NodeId, DynTensorRef<'a>)>);

impl<'a> Feeds<'a> {
    /// No values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of a placeholder.
    #[must_use]
    pub fn feed(mut self, placeholder: NodeId, value: impl Into<DynTensorRef<'a>>) -> Self {
        self.0.push((placeholder, value.into()));
        self
    }
}

impl Graph {
    /// What it takes to compute these nodes.
    ///
    /// # Errors
    /// [`OpError::ForeignNode`] for a node of another graph,
    /// [`OpError::OpaqueNode`] if they need a node whose op nobody here knows.
    pub fn compile(&self, fetches: &[NodeId]) -> Result<Plan, OpError> {
        let needed = self.needed_for(fetches)?;
        let mut compiler = Compiler::new(self, &needed, fetches);
        for (id, node) in self.nodes() {
            compiler.add(id, node, needed[id.0])?;
        }
        Ok(compiler.finish(fetches))
    }

    /// Which nodes these ones need, themselves included.
    pub(super) fn needed_for(&self, fetches: &[NodeId]) -> Result<Vec<bool>, OpError> {
        let mut needed = vec![false; self.nodes.len()];
        for &id in fetches {
            *needed.get_mut(id.0).ok_or_else(|| self.foreign_node(id))? = true;
        }
        // Inputs stand before the nodes that take them.
        for (id, node) in self.nodes().rev() {
            if needed[id.0] {
                node.inputs().for_each(|input| needed[input.0] = true);
            }
        }
        Ok(needed)
    }
}

/// A plan in the making.
struct Compiler<'g> {
    graph: &'g Graph,
    plan: Plan,
    /// Where the value of each node so far is found.
    values: Vec<Value>,
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
            (NodeKind::Placeholder, Some(dtype)) => self.add_placeholder(Placeholder {
                id,
                dtype,
                shape: node.shape().clone(),
                is_needed,
            }),
            (NodeKind::Constant(value), _) if is_needed => {
                self.plan.constants.push(value.clone());
                Value::Constant(self.plan.constants.len() - 1)
            }
            (NodeKind::Op(op), Some(dtype)) if is_needed => {
                let step = self
                    .step(id, op, dtype)
                    .map_err(|e| e.at_node(node.name()))?;
                let value = Value::Buffer(step.buffer);
                self.plan.steps.push(step);
                // Only now: no step may write over what it reads.
                node.inputs().for_each(|input| self.release(input));
                value
            }
            (NodeKind::Opaque(opaque), _) if is_needed => {
                return Err(OpError::OpaqueNode {
                    node: node.name().to_owned(),
                    op_type: opaque.op_type.clone(),
                });
            }
            // Nobody asks for the value of a node that is not needed.
            _ => Value::Buffer(usize::MAX),
        };
        self.values.push(value);
        Ok(())
    }

    fn step(&mut self, id: NodeId, op: &OpNode, dtype: DType) -> Result<Step, OpError> {
        let graph = self.graph;
        let inputs = graph.inputs_of(op.op(&graph.registry), op.args())?;
        // Known may be what several partly known inputs must have together; whether they do is
        // for each run to see.
        let is_known = |id: NodeId| graph[id].shape().to_shape().is_some();
        let are_inputs_known = graph[id].inputs().all(is_known);
        let shape = graph[id].shape().to_shape();
        Ok(Step {
            node: id,
            op: op.resolved().clone(),
            args: self.args(op.args()),
            shared: inputs.shared_dtype(),
            shape: shape.filter(|_| are_inputs_known),
            buffer: self.buffer(dtype),
        })
    }

    fn add_placeholder(&mut self, placeholder: Placeholder) -> Value {
        self.plan.placeholders.push(placeholder);
        Value::Fed(self.plan.placeholders.len() - 1)
    }

    /// The arguments, but for those at the end that are left out.
    fn args(&self, args: &[NodeArg]) -> Vec<StepArg> {
        let given = args.iter().rposition(|arg| *arg != NodeArg::None);
        let args = args.iter().take(given.map_or(0, |last| last + 1));
        let args = args.map(|arg| match arg {
            NodeArg::Node(id) => StepArg::Value(self.values[id.0]),
            plain => StepArg::Plain(plain.clone()),
        });
        args.collect()
    }

    /// A buffer for values of this dtype whose own value is dead.
    fn buffer(&mut self, dtype: DType) -> usize {
        let fits = |&free: &usize| self.plan.buffers[free] == dtype;
        if let Some(position) = self.free.iter().rposition(fits) {
            return self.free.swap_remove(position);
        }
        self.plan.buffers.push(dtype);
        self.plan.buffers.len() - 1
    }

    /// One use less of a node's value; the last frees its buffer.
    fn release(&mut self, id: NodeId) {
        self.uses[id.0] -= 1;
        if let (0, Value::Buffer(buffer)) = (self.uses[id.0], self.values[id.0]) {
            self.free.push(buffer);
        }
    }

    fn finish(mut self, fetches: &[NodeId]) -> Plan {
        self.plan.fetches = fetches.iter().map(|id| self.values[id.0]).collect();
        self.plan
    }
}

impl Plan {
    /// How many nodes are computed in each run.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// How many buffers a run needs for their results.
    pub fn buffers(&self) -> usize {
        self.buffers.len()
    }

    /// Computes the fetched nodes, in the order in which they were asked for.
    ///
    /// # Errors
    /// [`OpError::MissingFeed`], [`OpError::FeedMismatch`],
    /// [`OpError::NotAPlaceholder`], [`OpError::RepeatedFeed`] or
    /// [`OpError::ForeignNode`] for feeds that do not fit;
    /// [`OpError::Node`] with the name of a node that refuses its arguments.
    pub fn run(&self, feeds: &Feeds<'_>) -> Result<Vec<DynTensor<'static>>, OpError> {
        let fed = self.check_feeds(feeds)?;
        let mut run = Run {
            plan: self,
            fed,
            buffers: self.buffers.iter().map(|&dtype| unused(dtype)).collect(),
        };
        for step in &self.steps {
            run.compute(step)
                .map_err(|e| e.at_node(&self.names[step.node.0]))?;
        }
        Ok(run.fetch())
    }

    /// The value of each placeholder, if it was fed.
    fn check_feeds<'a>(&self, feeds: &Feeds<'a>) -> Result<Vec<Option<DynTensorRef<'a>>>, OpError> {
        let mut fed = vec![None; self.placeholders.len()];
        for &(id, value) in &feeds.0 {
            let node = || self.names[id.0].clone();
            if id.0 >= self.names.len() {
                return Err(OpError::ForeignNode {
                    expected: self.names.len(),
                    found: id.0,
                });
            }
            let index = self.placeholders.binary_search_by_key(&id, |p| p.id);
            let index = index.map_err(|_| OpError::NotAPlaceholder { node: node() })?;
            self.check_feed(&self.placeholders[index], value)?;
            if fed[index].replace(value).is_some() {
                return Err(OpError::RepeatedFeed { node: node() });
            }
        }
        let mut all = self.placeholders.iter().zip(&fed);
        match all.find(|(placeholder, value)| placeholder.is_needed && value.is_none()) {
            Some((placeholder, _)) => Err(OpError::MissingFeed {
                node: self.names[placeholder.id.0].clone(),
                dtype: placeholder.dtype,
                shape: placeholder.shape.clone(),
            }),
            None => Ok(fed),
        }
    }

    fn check_feed(&self, expected: &Placeholder, found: DynTensorRef<'_>) -> Result<(), OpError> {
        if found.dtype() == expected.dtype && expected.shape.is_compatible_with(found.shape()) {
            return Ok(());
        }
        Err(OpError::FeedMismatch {
            node: self.names[expected.id.0].clone(),
            expected_dtype: expected.dtype,
            expected: Box::new(expected.shape.clone()),
            found_dtype: found.dtype(),
            found: Box::new(found.shape().clone()),
        })
    }
}

/// One run of a plan.
struct Run<'r> {
    plan: &'r Plan,
    fed: Vec<Option<DynTensorRef<'r>>>,
    buffers: Vec<DynTensor<'static>>,
}

impl Run<'_> {
    #[inline]
    fn compute(&mut self, step: &Step) -> Result<(), OpError> {
        let (before, rest) = self.buffers.split_at_mut(step.buffer);
        let (out, after) = rest.split_at_mut(1);
        let tensor = |value: Value| match value {
            Value::Fed(index) => self.fed[index],
            Value::Constant(index) => Some((&self.plan.constants[index]).into()),
            Value::Buffer(index) if index < step.buffer => Some((&before[index]).into()),
            Value::Buffer(index) => Some((&after[index - step.buffer - 1]).into()),
        };
        let args = step.args.iter().map(|arg| match arg {
            StepArg::Value(value) => tensor(*value).map_or(Arg::None, Arg::Tensor),
            StepArg::Plain(plain) => plain.to_arg(),
        });
        let op = step.op.within(&self.plan.registry);
        Call::run_bound(op, step.shared, args, step.shape.as_ref(), &mut out[0])
    }

    /// The fetched values: moved out where nobody else asks for the same.
    fn fetch(mut self) -> Vec<DynTensor<'static>> {
        let fetches = &self.plan.fetches;
        let owned = |(position, value): (usize, &Value)| match *value {
            Value::Fed(index) => self.fed[index].map(|tensor| tensor.view().into_owned()),
            Value::Constant(index) => Some(self.plan.constants[index].clone()),
            Value::Buffer(index) if fetches[position + 1..].contains(value) => {
                Some(self.buffers[index].clone())
            }
            Value::Buffer(index) => Some(mem::replace(
                &mut self.buffers[index],
                unused(self.plan.buffers[index]),
            )),
        };
        fetches.iter().enumerate().filter_map(owned).collect()
    }
}

/// A buffer before its first use and after its last.
fn unused(dtype: DType) -> DynTensor<'static> {
    DynTensor::scalar(dtype, 0.0)
}
