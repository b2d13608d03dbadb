//! Calls of ops that add nodes. Arguments are bound by the rules of eager calls.

use tensor_core::{DType, DynTensor, PartialShape};

use super::{Graph, Node, NodeId, NodeKind, OpNode};
use crate::call::DEFAULT_DTYPE;
use crate::call::args::Args;
use crate::call::infer::Inferred;
use crate::error::OpError;
use crate::op::inputs::Inputs;
use crate::op::param::ParamKind;
use crate::op::signature::{SignatureParam, Warning};
use crate::op::value::Value;
use crate::registry::Op;

impl Graph {
    /// Adds a call of an op, looked up by any of its names. Arguments are bound by the signature of
    /// that name, as by [`Op::bind`]; a tensor argument may be a node of this graph, a tensor or a
    /// number.
    ///
    /// Tensors and numbers become constants in the scope of the node (`logistic_loss/logits`,
    /// `mul/x`), except numbers that the op keeps, such as `pos_weight`. The argument `name` names
    /// the node, by default after its op; with a slash at the end, it is the node's whole name.
    ///
    /// ```
    /// # use ops_nn::{Args, Graph, OpError, tensor_core::DType};
    /// let mut graph = Graph::new();
    /// let x = graph.placeholder("x", DType::F32, [2])?;
    /// let double = graph.call("math.multiply", Args::new().arg(2.0).arg(x))?;
    /// let names: Vec<_> = graph.nodes().map(|(_, node)| node.name()).collect();
    /// assert_eq!(names, ["x", "mul/x", "mul"]);
    /// # Ok::<(), OpError>(())
    /// ```
    ///
    /// # Errors
    /// [`OpError::UnknownOp`], [`OpError::InvalidNodeName`],
    /// [`OpError::DuplicateNode`]; [`OpError::Node`] with the node's name and the error of an eager
    /// call. The graph is then unchanged.
    pub fn call(&mut self, op: &str, args: Args<'_>) -> Result<NodeId, OpError> {
        self.call_with_default(op, args, DEFAULT_DTYPE)
    }

    /// As [`call`](Self::call); if no argument is a tensor, numbers have this dtype.
    pub(super) fn call_with_default(
        &mut self,
        op: &str,
        args: Args<'_>,
        dtype: DType,
    ) -> Result<NodeId, OpError> {
        let registry = self.registry.clone();
        let op = registry.get(op)?;
        let bound = self.bind(op, args, dtype)?;
        self.names.take(&bound.request)?;
        self.warnings.extend(bound.warnings);
        let args = self.convert(op, &bound.name, bound.args)?;
        let kind = NodeKind::Op(OpNode::new(op, args));
        self.push(Node::new(bound.name, kind, Some(bound.dtype), bound.shape))
    }

    /// Adds a call under its final name, with arguments in the order of the op's own parameters.
    pub(crate) fn push_op(
        &mut self,
        name: String,
        op: Op<'_>,
        args: Vec<Value<'static>>,
    ) -> Result<NodeId, OpError> {
        let (dtype, shape) = self.infer(op, &args).map_err(|e| e.at_node(&name))?;
        let kind = NodeKind::Op(OpNode::new(op, args));
        self.push(Node::new(name, kind, Some(dtype), shape))
    }

    /// The dtype and the shape of the result of a call, with arguments in the order of the op's own
    /// parameters.
    pub(crate) fn infer(
        &self,
        op: Op<'_>,
        args: &[Value<'static>],
    ) -> Result<(DType, PartialShape), OpError> {
        let inferred = Inferred::of(self.inputs_of(op, args)?)?;
        Ok((inferred.dtype(), inferred.shape().clone()))
    }

    /// The arguments of a node, checked.
    pub(super) fn inputs_of<'a>(
        &'a self,
        op: Op<'a>,
        args: &'a [Value<'static>],
    ) -> Result<Inputs<'a>, OpError> {
        let slots = args.iter().map(|arg| self.refer(arg.view()));
        let slots = slots.collect::<Result<_, OpError>>()?;
        let mut inputs = Inputs::unbound(op.named(), slots).without_data();
        inputs.bind_in_place()?;
        Ok(inputs)
    }

    /// Binds the arguments of a call; nothing is added yet.
    fn bind(&self, op: Op<'_>, args: Args<'_>, dtype: DType) -> Result<Bound, OpError> {
        let request = requested_name(op, &args);
        let name = self.names.node_name(&request)?;
        self.check_unused(&name)?;
        let inferred = self.infer_call(op, args, dtype);
        let inferred = inferred.map_err(|e| e.at_node(&name))?;
        let inputs = inferred.inputs();
        let params = op.definition().parameters().iter().enumerate();
        let args = params.map(|(index, param)| match inputs.at(index) {
            Value::Number(value) if !param.keeps_number() => {
                Ok(DynTensor::scalar(inputs.shared_dtype(), *value).into())
            }
            Value::Text(_) => Ok(Value::None),
            value @ Value::Typed(_, None) => {
                let expected = "a node, a tensor or a number";
                let error = inputs.wrong_kind(param.name(), expected, value);
                Err(error.at_node(&name))
            }
            other => Ok(other.clone().into_owned()),
        });
        Ok(Bound {
            args: args.collect::<Result<_, _>>()?,
            warnings: inferred.warnings().to_vec(),
            dtype: inferred.dtype(),
            shape: inferred.shape().clone(),
            request,
            name,
        })
    }

    fn infer_call<'a, 'b: 'a>(
        &'a self,
        op: Op<'a>,
        args: Args<'b>,
        dtype: DType,
    ) -> Result<Inferred<'a>, OpError> {
        let values = args.values.into_iter().map(|value| self.refer(value));
        let values = values.collect::<Result<_, _>>()?;
        let inputs = Inputs::unbound(op.named(), values).without_data();
        let mut inputs = inputs.numbers_as(dtype);
        inputs.bind(&args.names)?;
        Inferred::of(inputs)
    }

    /// The value with what is known of it, if it is a node.
    fn refer<'a>(&'a self, value: Value<'a>) -> Result<Value<'a>, OpError> {
        match value {
            Value::Id(id) | Value::Typed(_, Some(id)) => match self.get(id) {
                Some(node) => Ok(Value::Typed(&node.info, Some(id))),
                None => Err(self.foreign_node(id)),
            },
            other => Ok(other),
        }
    }

    /// Adds the tensors among the arguments as constants in the scope of the node, in the order
    /// that the op defines.
    fn convert(
        &mut self,
        op: Op<'_>,
        scope: &str,
        mut args: Vec<Value<'static>>,
    ) -> Result<Vec<Value<'static>>, OpError> {
        let outer = self.names.replace_scope(scope.to_owned());
        let mut order = constants_in_order(op);
        let constants: Result<(), OpError> = order.try_for_each(|(index, name)| {
            if let Some(value) = args[index].as_tensor() {
                let name = self.names.take(name)?;
                let id = self.push(Node::constant(name, value.view().into_owned()))?;
                args[index] = Value::Id(id);
            }
            Ok(())
        });
        self.names.replace_scope(outer);
        constants?;
        Ok(args)
    }
}

/// A call whose arguments were bound and checked.
struct Bound {
    /// The name requested, or the default one.
    request: String,
    /// The name that the node gets.
    name: String,
    args: Vec<Value<'static>>,
    dtype: DType,
    shape: PartialShape,
    warnings: Vec<Warning>,
}

/// The name given with the call, else the op's own for its nodes.
fn requested_name(op: Op<'_>, args: &Args<'_>) -> String {
    let positional = args.values.len() - args.names.len();
    let positions = op.signature().params.iter().take(positional);
    let names = positions
        .map(SignatureParam::name)
        .chain(args.names.iter().copied());
    let mut texts = names
        .zip(&args.values)
        .filter_map(|(name, value)| match value {
            Value::Text(text) if op.parameter(name)?.kind() == ParamKind::Text => Some(text),
            _ => None,
        });
    match texts.next() {
        Some(text) => text.to_string(),
        None => op.definition().node_name().to_owned(),
    }
}

/// The indices of the parameters, in the order in which arguments become constants, and the names
/// of those constants.
fn constants_in_order(op: Op<'_>) -> impl Iterator<Item = (usize, &str)> {
    let definition = op.definition();
    let form = definition.tf_node();
    let first = form.first.iter().filter_map(|p| definition.param_index(p));
    let indices = first.chain(0..definition.parameters().len());
    indices.map(move |index| {
        let param = &definition.parameters()[index];
        let name = form.constant_name(param.name());
        (index, name.unwrap_or_else(|| op.named().shown_name(param)))
    })
}
