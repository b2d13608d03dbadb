//! What TensorFlow calls the nodes of an op, and how it writes them.

use crate::op::definition::Text;

/// How the nodes of an op look in a graph, after TensorFlow.
#[derive(Clone, Debug, Default)]
pub struct TfNode {
    pub(crate) name: Text,
    pub(crate) types: Vec<Text>,
    pub(crate) first: Vec<&'static str>,
    pub(crate) constants: Vec<(&'static str, Text)>,
    pub(crate) attrs: Vec<(&'static str, &'static str)>,
    pub(crate) dtype_attr: Option<&'static str>,
    pub(crate) broadcasting_type: Option<&'static str>,
    pub(crate) is_folded: bool,
}

impl TfNode {
    /// A node that is called `name` if the call gives no name, and that is the
    /// scope of the constants made from its arguments.
    pub fn named(name: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// A node that is called as its op type, which no other op has.
    pub fn of_type(op_type: &'static str) -> Self {
        Self::named(op_type).types([op_type])
    }

    /// TensorFlow's op types that mean this op, the one to write first.
    #[must_use]
    pub fn types<N: Into<Text>>(mut self, types: impl IntoIterator<Item = N>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }

    /// The parameters that are made into constants first, in this order; the
    /// others follow in the op's own order.
    #[must_use]
    pub fn first(mut self, params: impl IntoIterator<Item = &'static str>) -> Self {
        self.first = params.into_iter().collect();
        self
    }

    /// What a constant made from the argument for `param` is called (default: as
    /// the signature called has it).
    #[must_use]
    pub fn constant(mut self, param: &'static str, name: impl Into<Text>) -> Self {
        self.constants.push((param, name.into()));
        self
    }

    /// TensorFlow's attribute that holds the argument for `param`.
    #[must_use]
    pub fn attr(mut self, param: &'static str, attr: &'static str) -> Self {
        self.attrs.push((param, attr));
        self
    }

    /// TensorFlow's attribute that holds the dtype that the tensors share
    /// (default: `T`).
    #[must_use]
    pub fn dtype_attr(mut self, attr: &'static str) -> Self {
        self.dtype_attr = Some(attr);
        self
    }

    /// TensorFlow's op type where the tensors' shapes differ.
    #[must_use]
    pub fn broadcasting_type(mut self, op_type: &'static str) -> Self {
        self.broadcasting_type = Some(op_type);
        self
    }

    /// Says that the value follows from the shape alone, so that TensorFlow writes
    /// a constant if the shape is known.
    #[must_use]
    pub fn folded(mut self) -> Self {
        self.is_folded = true;
        self
    }

    /// TensorFlow's op types that mean this op, the one to write first.
    pub fn op_types(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(AsRef::as_ref)
    }
}

/// Whether this can be the whole name of a node, or a scope at the root:
/// `^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$`.
pub(crate) fn is_node_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.')
        && name.chars().all(is_name_char)
}

pub(crate) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '\\' | '/' | '>' | '-')
}
