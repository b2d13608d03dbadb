//! Which op of the registry a TensorFlow op type means, and the names of its attributes.

use std::collections::HashMap;

use tensor_core::DType;

use crate::graph::Graph;
use crate::op::param::{Param, ParamKind};
use crate::op::value::Value;
use crate::registry::{Op, Registry};

/// TensorFlow's op type of a large constant, given by its shape and one value.
pub(crate) const FILL: &str = "Fill";

/// The attribute with the dtype of an op's tensors, for most ops.
const DTYPE_ATTR: &str = "T";

/// The ops by their op types.
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

    /// The op that an op type means. For ops that TensorFlow does not have, the op type is the
    /// op's own name.
    pub(super) fn get(&self, op_type: &str) -> Option<Op<'r>> {
        let named = || self.registry.get(op_type).ok();
        self.ops.get(op_type).copied().or_else(named)
    }
}

/// The attribute with the dtype of the op's tensors.
pub(super) fn dtype_attr(op: Op<'_>) -> &str {
    op.definition().tf_node().dtype_attr.unwrap_or(DTYPE_ATTR)
}

/// The attribute with the argument for a parameter that takes no tensor.
pub(super) fn attr_of<'a>(op: Op<'a>, param: &'a Param) -> &'a str {
    let attrs = &op.definition().tf_node().attrs;
    let own = attrs.iter().find(|(name, _)| *name == param.name());
    own.map_or_else(|| param.name(), |(_, attr)| attr)
}

/// The dtype that the tensors of a call share, else the dtype of the first one.
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
