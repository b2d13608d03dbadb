//! From a `GraphDef` to a graph.

use std::collections::HashMap;
use std::sync::Arc;

use prost::Message;
use tensor_core::{DType, PartialShape, Shape};

use super::GraphDef;
use super::data_type::DataType;
use super::error::{GraphDefError, NodeFault};
use super::input_name::InputName;
use super::op_types::{CONSTANT, FILL, OpTypes, PLACEHOLDER, attr_of, dtype_attr, shared_dtype};
use super::order::{Cycle, after_inputs};
use super::tensor::{self, Budget};
use super::wire::{Attr, AttrValue, NodeDef, TensorProto};
use crate::error::OpError;
use crate::graph::{Graph, Node, NodeId, NodeKind, OpNode, OpaqueNode};
use crate::op::param::{Param, ParamKind, Presence};
use crate::op::value::Value;
use crate::registry::{Op, Registry};

/// How many nodes of a circle an error names.
const SHOWN_OF_CYCLE: usize = 8;

impl GraphDef {
    /// The graph, over the ops of this registry.
    ///
    /// TensorFlow's op types become the ops that claim them in their
    /// definitions. Others are kept as opaque nodes: shown, exported again as
    /// they are, and refused only when run. So are constants and placeholders
    /// of other dtypes than the registry's ops know. Nodes keep their order,
    /// but each stands after its inputs.
    ///
    /// # Errors
    /// [`GraphDefError::Node`] with the node at fault.
    pub fn into_graph(self, registry: &Arc<Registry>) -> Result<Graph, GraphDefError> {
        let mut message = self.message;
        let nodes = std::mem::take(&mut message.node);
        let nodes: Vec<_> = nodes.into_iter().map(Arc::new).collect();
        let inputs = resolve(&nodes)?;
        let needed: Vec<Vec<usize>> = inputs
            .iter()
            .map(|inputs| inputs.iter().map(|input| input.node).collect())
            .collect();
        let order = after_inputs(&needed).map_err(|cycle| cycle_error(&nodes, &cycle))?;
        let types = OpTypes::of(registry);
        let mut import = Import {
            dtypes: dtypes_by_use(&nodes, &inputs, &types),
            nodes: &nodes,
            inputs: &inputs,
            types,
            places: vec![None; nodes.len()],
            shape_origins: Vec::with_capacity(nodes.len()),
            budget: Budget::new(),
            graph: Graph::with_registry(registry.clone()),
        };
        for position in order {
            import.add(position)?;
        }
        let mut graph = import.graph;
        graph.source = Some(Arc::new(message));
        Ok(graph)
    }
}

/// An input of a node, by the position of the node that gives it.
#[derive(Clone, Copy)]
struct Input {
    node: usize,
    output: usize,
    is_control: bool,
}

/// The inputs of each node.
fn resolve(nodes: &[Arc<NodeDef>]) -> Result<Vec<Vec<Input>>, GraphDefError> {
    let mut by_name = HashMap::with_capacity(nodes.len());
    for (position, node) in nodes.iter().enumerate() {
        if node.name.is_empty() {
            return Err(GraphDefError::node(
                &format!("number {position}"),
                NodeFault::NoName,
            ));
        }
        if !is_op_type(&node.op) {
            let op = node.op.clone();
            return Err(GraphDefError::node(&node.name, NodeFault::NoOpType { op }));
        }
        if by_name.insert(node.name.as_str(), position).is_some() {
            return Err(GraphDefError::node(&node.name, NodeFault::SecondOfName));
        }
    }
    let inputs = nodes.iter().map(|node| {
        let inputs = node.input.iter().map(|text| {
            let input = InputName::parse(text);
            let position = by_name.get(input.node).ok_or_else(|| {
                let input = text.clone();
                GraphDefError::node(&node.name, NodeFault::NoSuchInput { input })
            })?;
            Ok(Input {
                node: *position,
                output: input.output,
                is_control: input.is_control,
            })
        });
        inputs.collect()
    });
    inputs.collect()
}

/// Whether the text can be the name of an op: nothing in it could break a line of a dump.
fn is_op_type(op: &str) -> bool {
    !op.is_empty() && !op.chars().any(char::is_control)
}

fn cycle_error(nodes: &[Arc<NodeDef>], cycle: &Cycle) -> GraphDefError {
    let shown = cycle.0.iter().chain(cycle.0.first()).take(SHOWN_OF_CYCLE);
    let names: Vec<_> = shown
        .map(|&position| nodes[position].name.as_str())
        .collect();
    GraphDefError::node(
        names.first().unwrap_or(&""),
        NodeFault::Cycle {
            path: names.join(" <- "),
        },
    )
}

/// What those that use a node say of its dtype, for nodes that do not say it
/// themselves.
fn dtypes_by_use(
    nodes: &[Arc<NodeDef>],
    inputs: &[Vec<Input>],
    types: &OpTypes<'_>,
) -> Vec<Option<DType>> {
    let mut dtypes = vec![None; nodes.len()];
    for (node, inputs) in nodes.iter().zip(inputs) {
        let Some(op) = types.get(&node.op) else {
            continue;
        };
        let Ok(Some(Attr::Type(number))) = read_attr(node, dtype_attr(op)) else {
            continue;
        };
        let data = inputs.iter().filter(|input| !input.is_control);
        for (param, input) in op.definition().parameters().iter().zip(data) {
            let is_shared = matches!(param.kind(), ParamKind::Tensor(class) if class.is_shared());
            if is_shared && input.output == 0 && dtypes[input.node].is_none() {
                dtypes[input.node] = DataType(number).dtype();
            }
        }
    }
    dtypes
}

fn read_attr(node: &NodeDef, name: &str) -> Result<Option<Attr>, NodeFault> {
    let Some(bytes) = node.attr.get(name) else {
        return Ok(None);
    };
    match AttrValue::decode(bytes.as_slice()) {
        Ok(attr) => Ok(attr.value),
        Err(error) => Err(NodeFault::MalformedAttr {
            attr: name.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// A graph that is being imported.
struct Import<'a> {
    nodes: &'a [Arc<NodeDef>],
    inputs: &'a [Vec<Input>],
    types: OpTypes<'a>,
    /// The dtypes of opaque nodes, as far as they are known.
    dtypes: Vec<Option<DType>>,
    /// Where the nodes made so far are in the graph.
    places: Vec<Option<NodeId>>,
    /// For each node of the graph, one that surely has the same shape.
    shape_origins: Vec<NodeId>,
    budget: Budget,
    graph: Graph,
}

/// What a node is to be.
struct Content {
    kind: NodeKind,
    dtype: Option<DType>,
    shape: PartialShape,
}

impl Import<'_> {
    /// Adds the node of that position; its inputs are there.
    fn add(&mut self, position: usize) -> Result<(), GraphDefError> {
        let node = &self.nodes[position];
        let content = self.content(position);
        let content = content.map_err(|fault| GraphDefError::node(&node.name, fault))?;
        let place = self
            .graph
            .push(
                node.name.clone(),
                content.kind,
                content.dtype,
                content.shape,
            )
            .map_err(|error| GraphDefError::node(&node.name, error))?;
        self.shape_origins.push(self.shape_origin(place));
        self.graph.keep_source(place, node.clone());
        self.places[position] = Some(place);
        Ok(())
    }

    fn content(&mut self, position: usize) -> Result<Content, NodeFault> {
        self.check_outputs(position)?;
        let node = &self.nodes[position];
        let known = match node.op.as_str() {
            PLACEHOLDER => placeholder(node)?,
            CONSTANT => self.constant(node)?,
            FILL => self.fill(position)?,
            op_type => match self.types.get(op_type) {
                Some(op) => self.op(position, op)?,
                None => None,
            },
        };
        Ok(known.unwrap_or_else(|| self.opaque(position)))
    }

    /// Only opaque nodes may have more than one output.
    fn check_outputs(&self, position: usize) -> Result<(), NodeFault> {
        let node = &self.nodes[position];
        let mut inputs = self.inputs[position].iter().zip(&node.input);
        let wrong = inputs.find(|(input, _)| input.output > 0 && !self.is_opaque(input.node));
        match wrong {
            None => Ok(()),
            Some((_, text)) => Err(NodeFault::NoSuchOutput {
                input: text.clone(),
            }),
        }
    }

    fn is_opaque(&self, position: usize) -> bool {
        let place = self.places[position];
        place.is_some_and(|id| matches!(self.graph[id].kind(), NodeKind::Opaque(_)))
    }

    fn opaque(&self, position: usize) -> Content {
        let inputs = self.inputs[position].iter();
        Content {
            kind: NodeKind::Opaque(Box::new(OpaqueNode {
                op_type: self.unknown_op(position),
                inputs: inputs.filter_map(|input| self.places[input.node]).collect(),
            })),
            dtype: self.dtypes[position],
            shape: PartialShape::unknown(),
        }
    }

    /// What the registry does not know: the op, or the op for a dtype.
    fn unknown_op(&self, position: usize) -> String {
        let node = &self.nodes[position];
        let attr = match node.op.as_str() {
            PLACEHOLDER | CONSTANT => Some("dtype"),
            op_type => self.types.get(op_type).map(dtype_attr),
        };
        let data_type = attr.and_then(|attr| data_type(node, attr).ok()?);
        match data_type.filter(|data_type| data_type.dtype().is_none()) {
            Some(data_type) => format!("{} of {data_type}", node.op),
            None => node.op.clone(),
        }
    }

    /// None if the dtype is not one of ours.
    fn constant(&mut self, node: &NodeDef) -> Result<Option<Content>, NodeFault> {
        let proto = tensor_attr(node)?;
        let declared = data_type(node, "dtype")?;
        if let Some(declared) = declared.filter(|declared| declared.0 != proto.dtype) {
            return Err(NodeFault::WrongAttr {
                attr: "dtype".to_owned(),
                expected: format!("{}, that of the value", DataType(proto.dtype)),
                found: declared.to_string(),
            });
        }
        let value = tensor::read(&proto, &mut self.budget)?;
        Ok(value.map(|value| Content {
            dtype: Some(value.dtype()),
            shape: value.shape().into(),
            kind: NodeKind::Constant(value),
        }))
    }

    /// A constant that is given by its shape and one value. None if one of them
    /// is not known, or the constant is too large to be worth it.
    fn fill(&mut self, position: usize) -> Result<Option<Content>, NodeFault> {
        let data = self.inputs[position]
            .iter()
            .filter(|input| !input.is_control);
        let data: Vec<Input> = data.copied().collect();
        let [dims, value] = data[..] else {
            return Ok(None);
        };
        let value = self.places[value.node].map(|id| &self.graph[id]);
        let Some(NodeKind::Constant(value)) = value.map(Node::kind) else {
            return Ok(None);
        };
        let value = value.clone();
        let dims = self.integers(dims)?.unwrap_or_else(|| vec![-1]);
        let dims: Result<Vec<usize>, _> = dims.into_iter().map(usize::try_from).collect();
        let shape = dims.ok().and_then(|dims| Shape::new(dims).ok());
        let is_worth_it = |shape: &Shape| {
            value.rank() == 0
                && self
                    .budget
                    .take(shape.len().saturating_mul(value.dtype().size_of()))
        };
        let Some(shape) = shape.filter(is_worth_it) else {
            return Ok(None);
        };
        let value = value.broadcast_to(&shape)?;
        Ok(Some(Content {
            dtype: Some(value.dtype()),
            shape: value.shape().into(),
            kind: NodeKind::Constant(value),
        }))
    }

    /// A call of an op of the registry. None if this use of it is not one that
    /// the registry's op knows.
    fn op(&mut self, position: usize, op: Op<'_>) -> Result<Option<Content>, NodeFault> {
        let declared = data_type(&self.nodes[position], dtype_attr(op))?;
        if declared.is_some_and(|declared| declared.dtype().is_none()) {
            return Ok(None);
        }
        let Some(args) = self.args(position, op)? else {
            return Ok(None);
        };
        let tensors = || args.iter().filter_map(Value::id).map(|id| &self.graph[id]);
        if tensors().any(|node| node.dtype().is_none()) {
            return Ok(None);
        }
        // The narrow form of an op that has two means something else for others.
        let wide = op.definition().tf_node().broadcasting_type;
        if wide.is_some_and(|wide| wide != self.nodes[position].op) {
            let ids: Vec<NodeId> = args.iter().filter_map(Value::id).collect();
            if !self.have_one_shape(&ids) {
                return Ok(None);
            }
        }
        let (dtype, shape) = self.graph.infer(op, &args)?;
        let shared = shared_dtype(&self.graph, op, &args);
        match (declared.and_then(DataType::dtype), shared) {
            (Some(declared), Some(shared)) if declared != shared => {
                return Err(NodeFault::WrongAttr {
                    attr: dtype_attr(op).to_owned(),
                    expected: format!("{}, that of the inputs", DataType::from(shared)),
                    found: DataType::from(declared).to_string(),
                });
            }
            _ => {}
        }
        Ok(Some(Content {
            kind: NodeKind::Op(OpNode::new(op, args)),
            dtype: Some(dtype),
            shape,
        }))
    }

    /// Whether these nodes surely have shapes of one rank: by what is known of
    /// them, or because they come element by element from one node.
    fn have_one_shape(&self, ids: &[NodeId]) -> bool {
        let mut ranks = ids.iter().map(|id| self.graph[*id].shape().rank());
        let first = ranks.next().flatten();
        let mut origins = ids.iter().map(|id| self.shape_origins[id.index()]);
        let origin = origins.next();
        (first.is_some() && ranks.all(|rank| rank == first)) || origins.all(|id| Some(id) == origin)
    }

    /// The node whose shape an element-wise node has; itself if there is no
    /// single one.
    fn shape_origin(&self, id: NodeId) -> NodeId {
        let NodeKind::Op(op) = self.graph[id].kind() else {
            return id;
        };
        if !op.definition().shape().is_elementwise() {
            return id;
        }
        // A scalar broadcasts to any shape.
        let inputs = self.graph[id].inputs();
        let tensors = inputs.filter(|id| self.graph[*id].shape().rank() != Some(0));
        let mut origins = tensors.map(|input| self.shape_origins[input.index()]);
        match origins.next() {
            Some(origin) if origins.all(|other| other == origin) => origin,
            _ => id,
        }
    }

    /// The arguments, in the order of the op's own parameters. None if one is
    /// not known before the graph runs, or is of a kind that is not ours.
    fn args(
        &mut self,
        position: usize,
        op: Op<'_>,
    ) -> Result<Option<Vec<Value<'static>>>, NodeFault> {
        let data = self.inputs[position].iter().filter(|i| !i.is_control);
        let data: Vec<Input> = data.copied().collect();
        if data.iter().any(|input| input.output > 0) {
            return Ok(None);
        }
        check_input_count(op, data.len())?;
        let node = &*self.nodes[position];
        let mut data = data.into_iter();
        let mut args = Vec::new();
        for param in op.definition().parameters() {
            let input = if takes_input(param) {
                data.next()
            } else {
                None
            };
            match self.arg(node, op, param, input)? {
                Some(arg) => args.push(arg),
                None => return Ok(None),
            }
        }
        Ok(Some(args))
    }

    fn arg(
        &mut self,
        node: &NodeDef,
        op: Op<'_>,
        param: &Param,
        input: Option<Input>,
    ) -> Result<Option<Value<'static>>, NodeFault> {
        Ok(match (param.kind(), input) {
            (ParamKind::Tensor(_), Some(input)) => self.places[input.node].map(Value::Id),
            (ParamKind::Shape | ParamKind::Axes, Some(input)) => self
                .integers(input)?
                .map(|values| Value::Ints(values.into())),
            (ParamKind::Flag, _) => match flag(node, attr_of(op, param))? {
                Some(value) => Some(Value::Flag(value)),
                None => Some(Value::None),
            },
            (ParamKind::DType, _) => match data_type(node, attr_of(op, param))? {
                Some(data_type) => data_type.dtype().map(Value::DType),
                None => Some(Value::None),
            },
            _ => Some(Value::None),
        })
    }

    /// The integers of a constant, such as axes; none if they are not known.
    fn integers(&mut self, input: Input) -> Result<Option<Vec<i64>>, NodeFault> {
        let node = &self.nodes[input.node];
        if node.op != CONSTANT {
            return Ok(None);
        }
        tensor::read_integers(&tensor_attr(node)?, &mut self.budget)
    }
}

fn takes_input(param: &Param) -> bool {
    let kind = param.kind();
    matches!(
        kind,
        ParamKind::Tensor(_) | ParamKind::Shape | ParamKind::Axes
    )
}

fn check_input_count(op: Op<'_>, found: usize) -> Result<(), NodeFault> {
    let takers = || {
        op.definition()
            .parameters()
            .iter()
            .filter(|p| takes_input(p))
    };
    let required = takers().filter(|p| p.default() == Presence::Required);
    if (required.count()..=takers().count()).contains(&found) {
        return Ok(());
    }
    Err(NodeFault::InputCount {
        op: op.definition().name().to_owned(),
        expected: takers().count(),
        found,
    })
}

/// None if the dtype is not one of ours.
fn placeholder(node: &NodeDef) -> Result<Option<Content>, NodeFault> {
    let Some(data_type) = data_type(node, "dtype")? else {
        return Err(NodeFault::MissingAttr {
            attr: "dtype".to_owned(),
            expected: "the dtype of what is fed",
        });
    };
    let shape = match read_attr(node, "shape")? {
        None => PartialShape::unknown(),
        Some(Attr::Shape(shape)) => tensor::read_shape(&shape)?,
        Some(found) => return Err(wrong_kind("shape", "a shape", &found)),
    };
    Ok(data_type.dtype().map(|dtype| Content {
        kind: NodeKind::Placeholder,
        dtype: Some(dtype),
        shape,
    }))
}

fn tensor_attr(node: &NodeDef) -> Result<TensorProto, NodeFault> {
    match read_attr(node, "value")? {
        Some(Attr::Tensor(proto)) => Ok(proto),
        Some(found) => Err(wrong_kind("value", "a tensor", &found)),
        None => Err(NodeFault::MissingAttr {
            attr: "value".to_owned(),
            expected: "the constant's tensor",
        }),
    }
}

fn data_type(node: &NodeDef, attr: &str) -> Result<Option<DataType>, NodeFault> {
    match read_attr(node, attr)? {
        None => Ok(None),
        Some(Attr::Type(number)) => Ok(Some(DataType(number))),
        Some(found) => Err(wrong_kind(attr, "a DataType", &found)),
    }
}

fn flag(node: &NodeDef, attr: &str) -> Result<Option<bool>, NodeFault> {
    match read_attr(node, attr)? {
        None => Ok(None),
        Some(Attr::Bool(value)) => Ok(Some(value)),
        Some(found) => Err(wrong_kind(attr, "a flag", &found)),
    }
}

fn wrong_kind(attr: &str, expected: &str, found: &Attr) -> NodeFault {
    let found = match found {
        Attr::Bool(_) => "a flag",
        Attr::Type(_) => "a DataType",
        Attr::Shape(_) => "a shape",
        Attr::Tensor(_) => "a tensor",
    };
    NodeFault::WrongAttr {
        attr: attr.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

impl From<OpError> for NodeFault {
    fn from(error: OpError) -> Self {
        match error {
            OpError::Node { cause, .. } => Self::Op(cause),
            other => Self::Op(Box::new(other)),
        }
    }
}
