//! TensorFlow's op types and the registry's ops.

use std::collections::HashMap;

use tensor_core::DType;

use crate::graph::Graph;
use crate::op::param::{Param, ParamKind};
use crate::op::value::Value;
use crate::registry::{Op, Registry};

pub(crate) const PLACEHOLDER: &str = "Placeholder";
pub(crate) const CONSTANT: &str = "Const";
/// A large constant of one value, by its shape and that value.
pub(crate) const FILL: &str = "Fill";

/// The attribute that holds the dtype of an op's tensors, for most ops.
const DTYPE_ATTR: &str = "T";

/// The ops by the op types that mean them.
pub(super) struct OpTypes<'r> {
    registry: &'r Registry,
    ops: HashMap<&'r str, Op<'r>>,
}

impl<'r> OpTypes<'r> {
    pub(super) fn of(registry: &'r Registry) -> Self {
        let types = registry.list("").flat_map(|op| {
            let types = op.definition().tf_node().op_types();
            types.map(move |op_type| (op_type, op))
        });
        Self {
            registry,
            ops: types.collect(),
        }
    }

    /// The op that an op type means: TensorFlow's, or an op's own name, which is
    /// what nodes have that TensorFlow does not know.
    pub(super) fn get(&self, op_type: &str) -> Option<Op<'r>> {
        let named = || self.registry.get(op_type).ok();
        self.ops.get(op_type).copied().or_else(named)
    }
}

/// The attribute that holds the dtype of the op's tensors.
pub(super) fn dtype_attr(op: Op<'_>) -> &str {
    op.definition().tf_node().dtype_attr.unwrap_or(DTYPE_ATTR)
}

/// The attribute that holds the argument for a parameter that takes no tensor.
pub(super) fn attr_of<'a>(op: Op<'a>, param: &'a Param) -> &'a str {
    let attrs = &op.definition().tf_node().attrs;
    let own = attrs.iter().find(|(name, _)| *name == param.name());
    own.map_or_else(|| param.name(), |(_, attr)| attr)
}

/// The dtype that the tensors of a call share; that of the first one if the op
/// takes any.
pub(super) fn shared_dtype(graph: &Graph, op: Op<'_>, args: &[Value<'static>]) -> Option<DType> {
    let params = op.definition().parameters().iter().zip(args);
    let mut tensors = params.filter_map(|(param, arg)| match param.kind() {
        ParamKind::Tensor(class) => Some((class.is_shared(), graph[arg.id()?].dtype()?)),
        _ => None,
    });
    let first = tensors.next()?;
    let shared = std::iter::once(first)
        .chain(tensors)
        .find(|(is_shared, _)| *is_shared);
    Some(shared.unwrap_or(first).1)
}
