//! Import of calls of ops that the registry knows.

use super::inputs::Input;
use super::{Import, wrong_dtype};
use crate::graph::{Node, NodeId, NodeKind, OpNode};
use crate::op::param::{Param, ParamKind, Presence};
use crate::op::value::Value;
use crate::registry::Op;
use crate::tensorflow::data_type::DataType;
use crate::tensorflow::error::NodeFault;
use crate::tensorflow::op_types::{attr_of, dtype_attr, shared_dtype};
use crate::tensorflow::wire::NodeDef;

impl Import<'_> {
    /// A call of an op. None if the registry's op does not cover this use of it.
    pub(super) fn op(&mut self, position: usize, op: Op<'_>) -> Result<Option<Node>, NodeFault> {
        let node = &self.nodes[position];
        let declared = node.data_type(dtype_attr(op))?;
        if declared.is_some_and(|declared| declared.dtype().is_none()) {
            return Ok(None);
        }
        let Some(args) = self.args(position, op)? else {
            return Ok(None);
        };
        let tensors: Vec<NodeId> = args.iter().filter_map(Value::id).collect();
        if tensors.iter().any(|id| self.graph[*id].dtype().is_none()) {
            return Ok(None);
        }
        // The op type for equal shapes means something else where the shapes differ.
        let broadcasting = op.definition().tf_node().broadcasting_type;
        let is_other = broadcasting.is_some_and(|broadcasting| broadcasting != node.op);
        if is_other && !self.have_one_shape(&tensors) {
            return Ok(None);
        }
        let (dtype, shape) = self.graph.infer(op, &args)?;
        let shared = shared_dtype(&self.graph, op, &args).map(DataType::from);
        match (declared, shared) {
            (Some(declared), Some(shared)) if declared != shared => {
                Err(wrong_dtype(dtype_attr(op), shared, "the inputs", declared))
            }
            _ => {
                let kind = NodeKind::Op(OpNode::new(op, args));
                Ok(Some(Node::new(node.name.clone(), kind, Some(dtype), shape)))
            }
        }
    }

    /// Whether these nodes certainly have shapes of one rank: their ranks are known, or they are
    /// computed element by element from one node.
    fn have_one_shape(&self, ids: &[NodeId]) -> bool {
        let mut ranks = ids.iter().map(|id| self.graph[*id].shape().rank());
        let first = ranks.next().flatten();
        let mut origins = ids.iter().map(|id| self.shape_origins[id.index()]);
        let origin = origins.next();
        (first.is_some() && ranks.all(|rank| rank == first)) || origins.all(|id| Some(id) == origin)
    }

    /// The node whose shape an element-wise node has; the node itself if there is no single one.
    pub(super) fn shape_origin(&self, id: NodeId) -> NodeId {
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

    /// The arguments, in the order of the op's own parameters. None if one of them is not known
    /// before the graph runs, or is of a kind that the registry's op does not take.
    fn args(
        &mut self,
        position: usize,
        op: Op<'_>,
    ) -> Result<Option<Vec<Value<'static>>>, NodeFault> {
        let data = self.data_inputs(position);
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
        input: Option<Input<usize>>,
    ) -> Result<Option<Value<'static>>, NodeFault> {
        Ok(match (param.kind(), input) {
            (ParamKind::Tensor(_), Some(input)) => self.places[input.node].map(Value::Id),
            (ParamKind::Shape | ParamKind::Axes, Some(input)) => {
                let integers = self.integers(input)?;
                integers.map(|values| Value::Ints(values.into()))
            }
            (ParamKind::Flag, _) => {
                let flag = node.flag(attr_of(op, param))?;
                Some(flag.map_or(Value::None, Value::Flag))
            }
            (ParamKind::DType, _) => match node.data_type(attr_of(op, param))? {
                Some(data_type) => data_type.dtype().map(Value::DType),
                None => Some(Value::None),
            },
            _ => Some(Value::None),
        })
    }
}

fn takes_input(param: &Param) -> bool {
    use ParamKind::{Axes, Shape, Tensor};
    matches!(param.kind(), Tensor(_) | Shape | Axes)
}

fn check_input_count(op: Op<'_>, found: usize) -> Result<(), NodeFault> {
    let params = op.definition().parameters().iter();
    let params: Vec<&Param> = params.filter(|param| takes_input(param)).collect();
    let is_required = |param: &&&Param| param.default() == Presence::Required;
    let required = params.iter().filter(is_required).count();
    if (required..=params.len()).contains(&found) {
        return Ok(());
    }
    Err(NodeFault::InputCount {
        op: op.definition().name().to_owned(),
        expected: params.len(),
        found,
    })
}
