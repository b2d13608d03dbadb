//! Rules that add nodes: derivatives are written once, for eager calls and for
//! graphs.

use tensor_core::DType;

use super::{Graph, NodeArg, NodeId};
use crate::args::{Arg, Args};
use crate::error::OpError;
use crate::gradient::{Build, Sym, Term};

/// A build that adds nodes.
pub(super) struct GraphBuild<'g> {
    pub(super) graph: &'g mut Graph,
    /// The dtype of numbers beside which no tensor stands.
    pub(super) dtype: DType,
}

impl Build for GraphBuild<'_> {
    fn call(&mut self, op: &str, args: &[Term]) -> Result<Term, OpError> {
        let args = args.iter().fold(Args::new(), |args, term| match term {
            Term::None => args.arg(Arg::None),
            Term::Sym(Sym(index)) => args.arg(NodeId(*index)),
            Term::Number(value) => args.arg(*value),
            Term::Flag(value) => args.arg(*value),
            Term::DType(value) => args.arg(*value),
            Term::Ints(values) => args.arg(values.as_slice()),
        });
        let id = self.graph.call_with_default(op, args, self.dtype)?;
        Ok(id.into())
    }
}

impl From<NodeId> for Term {
    fn from(id: NodeId) -> Self {
        Self::Sym(Sym(id.0))
    }
}

impl From<&NodeArg> for Term {
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
