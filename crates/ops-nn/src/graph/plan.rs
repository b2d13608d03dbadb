//! Plans, which are compiled once and run many times.

use std::mem;
use std::sync::Arc;

use tensor_core::{DType, DynTensor, DynTensorRef, PartialShape, Shape};

use super::NodeId;
use crate::call::bound::Call;
use crate::error::OpError;
use crate::op::named::NamedOp;
use crate::op::value::Value;
use crate::registry::{Op, Registry};

/// The computation of some nodes of a graph: only the nodes that they need, each after its inputs,
/// in buffers that are reused as soon as their values are not needed any more.
///
/// A plan does not follow later changes to the graph. Several threads can run it at once.
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
    pub(super) registry: Arc<Registry>,
    /// The names of all nodes, for errors.
    pub(super) names: Vec<String>,
    /// All placeholders of the graph, in its order.
    pub(super) placeholders: Vec<Placeholder>,
    pub(super) constants: Vec<DynTensor<'static>>,
    pub(super) steps: Vec<Step>,
    /// The dtype of each buffer.
    pub(super) buffers: Vec<DType>,
    pub(super) fetches: Vec<Place>,
}

/// Where a value is during a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Fed(usize),
    Constant(usize),
    Buffer(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Placeholder {
    pub(super) id: NodeId,
    pub(super) dtype: DType,
    pub(super) shape: PartialShape,
    pub(super) is_needed: bool,
}

/// The computation of one node.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) node: NodeId,
    pub(super) op: NamedOp,
    pub(super) args: Vec<StepArg>,
    /// The element type that the op's tensors share.
    pub(super) shared: DType,
    /// The shape of the result, if those of all inputs are known.
    pub(super) shape: Option<Shape>,
    /// The buffer that takes the result.
    pub(super) buffer: usize,
}

#[derive(Clone, Debug)]
pub(super) enum StepArg {
    Place(Place),
    Plain(Value<'static>),
}

/// The values of placeholders in a run.
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

impl Plan {
    /// The number of nodes computed in each run.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The number of buffers that a run needs for their results.
    pub fn buffers(&self) -> usize {
        self.buffers.len()
    }

    /// Computes the fetched nodes, in the order in which they were given to
    /// [`Graph::compile`](super::Graph::compile).
    ///
    /// # Errors
    /// [`OpError::MissingFeed`], [`OpError::FeedMismatch`],
    /// [`OpError::NotAPlaceholder`], [`OpError::RepeatedFeed`] or
    /// [`OpError::ForeignNode`] for feeds that do not fit; [`OpError::Node`] with the name of a
    /// node whose arguments are invalid.
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
        let tensor = |value: Place| match value {
            Place::Fed(index) => self.fed[index],
            Place::Constant(index) => Some((&self.plan.constants[index]).into()),
            Place::Buffer(index) if index < step.buffer => Some((&before[index]).into()),
            Place::Buffer(index) => Some((&after[index - step.buffer - 1]).into()),
        };
        let args = step.args.iter().map(|arg| match arg {
            StepArg::Place(place) => tensor(*place).map_or(Value::None, Value::Tensor),
            StepArg::Plain(plain) => plain.view(),
        });
        let op = Op::new(&self.plan.registry, &step.op);
        Call::run_bound(op, step.shared, args, step.shape.as_ref(), &mut out[0])
    }

    /// The fetched values, moved out of their buffers at their last use.
    fn fetch(mut self) -> Vec<DynTensor<'static>> {
        let fetches = &self.plan.fetches;
        let owned = |(position, value): (usize, &Place)| match *value {
            Place::Fed(index) => self.fed[index].map(|tensor| tensor.view().into_owned()),
            Place::Constant(index) => Some(self.plan.constants[index].clone()),
            Place::Buffer(index) if fetches[position + 1..].contains(value) => {
                Some(self.buffers[index].clone())
            }
            Place::Buffer(index) => Some(mem::replace(
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
