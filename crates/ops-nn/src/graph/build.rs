//! Rules that add nodes: derivatives are written once, for eager calls and for
//! graphs.

use tensor_core::DType;

use super::{Graph, NodeArg, NodeId};
use crate::call::args::{Arg, Args};
use crate::error::OpError;
use crate::op::rules::{OpBuilder, Value, ValueId};

/// A build that adds nodes.
pub(super) struct GraphBuild<'g> {
    pub(super) graph: &'g mut Graph,
    /// The dtype of numbers beside which no tensor stands.
    pub(super) dtype: DType,
}

impl OpBuilder for GraphBuild<'_> {
    fn call(&mut self, op: &str, args: &[Value]) -> Result<Value, OpError> {
        let args = args.iter().fold(Args::new(), |args, term| match term {
            Value::None => args.arg(Arg::None),
            Value::ValueId(ValueId(index)) => args.arg(NodeId(*index)),
            Value::Number(value) => args.arg(*value),
            Value::Flag(value) => args.arg(*value),
            Value::DType(value) => args.arg(*value),
            Value::Ints(values) => args.arg(values.as_slice()),
        });
        let id = self.graph.call_with_default(op, args, self.dtype)?;
        Ok(id.into())
    }
}

impl From<NodeId> for Value {
    fn from(id: NodeId) -> Self {
        Self::ValueId(ValueId(id.0))
    }
}

impl From<&NodeArg> for Value {
    fn from(arg: &NodeArg) -> Self {
        match arg {
            NodeArg::None => Self::None,
            NodeArg::Node(id) => (*id).into(),
            NodeArg::Number(value) => Self::Number(*value),
            NodeArg::Flag(value) => Self::Flag(*value),
            NodeArg::DType(value) => Self::DType(*value),
            NodeArg::Ints(values) => Self::Ints(values.clone()),
        }
    }
}
