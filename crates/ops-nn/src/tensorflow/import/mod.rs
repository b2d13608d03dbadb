//! From a `GraphDef` to a graph.

mod constant;
mod inputs;
mod op;
mod order;

use std::sync::Arc;

use tensor_core::{DType, PartialShape};

use super::GraphDef;
use super::data_type::DataType;
use super::error::{GraphDefError, NodeFault};
use super::op_types::{FILL, OpTypes, dtype_attr};
use super::tensor::Budget;
use super::wire::NodeDef;
use crate::graph::{Graph, Node, NodeId, NodeKind, OpaqueNode};
use crate::op::param::ParamKind;
use crate::op::tf_node::{CONSTANT, PLACEHOLDER};
use crate::registry::Registry;
use inputs::Input;
use order::{Cycle, after_inputs};

/// How many nodes of a cycle an error names.
const SHOWN_OF_CYCLE: usize = 8;

impl GraphDef {
    /// The graph, over the ops of this registry.
    ///
    /// A TensorFlow op type becomes the op whose definition lists it. Other op types become opaque
    /// nodes: they are shown and exported as they are, and refused when they are run. So do
    /// constants and placeholders of dtypes that no op of a registry takes. Nodes keep their
    /// order, except that each comes after its inputs.
    ///
    /// # Errors
    /// [`GraphDefError::Node`] with the name of the invalid node.
    pub fn into_graph(self, registry: &Arc<Registry>) -> Result<Graph, GraphDefError> {
        let mut message = self.message;
        let nodes = std::mem::take(&mut message.node);
        let nodes: Vec<_> = nodes.into_iter().map(Arc::new).collect();
        let inputs = inputs::resolve(&nodes)?;
        let needed = inputs
            .iter()
            .map(|inputs| inputs.iter().map(|i| i.node).collect());
        let needed: Vec<Vec<usize>> = needed.collect();
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
        graph.origin = Some(Arc::new(message));
        Ok(graph)
    }
}

fn cycle_error(nodes: &[Arc<NodeDef>], cycle: &Cycle) -> GraphDefError {
    let shown = cycle.0.iter().chain(cycle.0.first()).take(SHOWN_OF_CYCLE);
    let names: Vec<_> = shown
        .map(|&position| nodes[position].name.as_str())
        .collect();
    let path = names.join(" <- ");
    GraphDefError::node(names.first().unwrap_or(&""), NodeFault::Cycle { path })
}

/// The dtypes of nodes according to the nodes that use them, for nodes that do not state their own.
fn dtypes_by_use(
    nodes: &[Arc<NodeDef>],
    inputs: &[Vec<Input<usize>>],
    types: &OpTypes<'_>,
) -> Vec<Option<DType>> {
    let mut dtypes = vec![None; nodes.len()];
    for (node, inputs) in nodes.iter().zip(inputs) {
        let Some(op) = types.get(&node.op) else {
            continue;
        };
        let Ok(Some(data_type)) = node.data_type(dtype_attr(op)) else {
            continue;
        };
        let data = inputs.iter().filter(|input| !input.is_control);
        for (param, input) in op.definition().parameters().iter().zip(data) {
            let is_shared = matches!(param.kind(), ParamKind::Tensor(class) if class.is_shared());
            if is_shared && input.output == 0 && dtypes[input.node].is_none() {
                dtypes[input.node] = data_type.dtype();
            }
        }
    }
    dtypes
}

/// An import in progress. Nodes of the file are given by their positions.
struct Import<'a> {
    nodes: &'a [Arc<NodeDef>],
    inputs: &'a [Vec<Input<usize>>],
    types: OpTypes<'a>,
    /// The dtypes of opaque nodes, as far as they are known.
    dtypes: Vec<Option<DType>>,
    /// The nodes of the graph so far, by position in the file.
    places: Vec<Option<NodeId>>,
    /// For each node of the graph, a node that certainly has the same shape.
    shape_origins: Vec<NodeId>,
    budget: Budget,
    graph: Graph,
}

impl Import<'_> {
    /// Adds a node whose inputs were added before.
    fn add(&mut self, position: usize) -> Result<(), GraphDefError> {
        let source = &self.nodes[position];
        let node = self.node(position);
        let mut node = node.map_err(|fault| GraphDefError::node(&source.name, fault))?;
        node.origin = Some(source.clone());
        let place = self.graph.push(node);
        let place = place.map_err(|error| GraphDefError::node(&source.name, error))?;
        self.shape_origins.push(self.shape_origin(place));
        self.places[position] = Some(place);
        Ok(())
    }

    fn node(&mut self, position: usize) -> Result<Node, NodeFault> {
        self.check_outputs(position)?;
        let node = &self.nodes[position];
        let known = match node.op.as_str() {
            PLACEHOLDER => constant::placeholder(node)?,
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
        let mut inputs = self.inputs[position]
            .iter()
            .zip(&self.nodes[position].input);
        match inputs.find(|(input, _)| input.output > 0 && !self.is_opaque(input.node)) {
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

    fn opaque(&self, position: usize) -> Node {
        let inputs = self.inputs[position].iter();
        let kind = NodeKind::Opaque(Box::new(OpaqueNode {
            op_type: self.unknown_op(position),
            inputs: inputs.filter_map(|input| self.places[input.node]).collect(),
        }));
        let (name, dtype) = (self.nodes[position].name.clone(), self.dtypes[position]);
        Node::new(name, kind, dtype, PartialShape::unknown())
    }

    /// What the registry does not know: the op, or the op for a dtype.
    fn unknown_op(&self, position: usize) -> String {
        let node = &self.nodes[position];
        let attr = match node.op.as_str() {
            PLACEHOLDER | CONSTANT => Some("dtype"),
            op_type => self.types.get(op_type).map(dtype_attr),
        };
        let data_type = attr.and_then(|attr| node.data_type(attr).ok()?);
        match data_type.filter(|data_type| data_type.dtype().is_none()) {
            Some(data_type) => format!("{} of {data_type}", node.op),
            None => node.op.clone(),
        }
    }

    /// The inputs whose values the node takes.
    fn data_inputs(&self, position: usize) -> Vec<Input<usize>> {
        let inputs = self.inputs[position].iter().copied();
        inputs.filter(|input| !input.is_control).collect()
    }
}

/// The error for a declared dtype that differs from the actual one, which `owner` has.
fn wrong_dtype(attr: &str, actual: DataType, owner: &str, declared: DataType) -> NodeFault {
    NodeFault::WrongAttr {
        attr: attr.to_owned(),
        expected: format!("{actual}, that of {owner}"),
        found: declared.to_string(),
    }
}
