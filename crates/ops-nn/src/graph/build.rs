//! Rules that add nodes: derivatives are written once, for eager calls and for
//! graphs.

use tensor_core::DType;

use super::Graph;
use crate::call::args::Args;
use crate::op::builder::OpBuilder;
use crate::op::value::{RuleResult, Value};

/// A builder that adds nodes.
pub(super) struct GraphBuild<'g> {
    pub(super) graph: &'g mut Graph,
    /// The dtype of numbers beside which there is no tensor.
    pub(super) dtype: DType,
}

impl OpBuilder for GraphBuild<'_> {
    fn call(&mut self, op: &str, args: &[Value<'static>]) -> RuleResult {
        let args = args.iter().fold(Args::new(), Args::arg);
        let id = self.graph.call_with_default(op, args, self.dtype)?;
        Ok(id.into())
    }
}
