//! How TensorFlow writes the nodes of an op: names, op types and attributes, as data.

use std::borrow::Cow;

use crate::op::definition::Text;

/// TensorFlow's op type of a placeholder.
pub(crate) const PLACEHOLDER: &str = "Placeholder";

/// TensorFlow's op type of a constant.
pub(crate) const CONSTANT: &str = "Const";

/// The largest number of elements for which a value that follows from a known shape becomes a
/// constant, as in TensorFlow.
pub(crate) const LARGEST_FOLDED: usize = 999;

/// How TensorFlow writes the nodes of an op.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TfNode {
    /// The node's name if the call gives none, and the scope of constants made from its arguments.
    pub name: Cow<'static, str>,
    /// TensorFlow's op types that mean this op, the one to write first.
    pub types: Vec<Cow<'static, str>>,
    /// The parameters whose arguments become constants before those of the others.
    pub first: Vec<&'static str>,
    /// Parameters, and the names of constants made from their arguments.
    pub constants: Vec<(&'static str, Cow<'static, str>)>,
    /// Parameters, and TensorFlow's attributes for their arguments.
    pub attrs: Vec<(&'static str, &'static str)>,
    /// The attribute for the dtype that the tensors share, if it is not `T`.
    pub dtype_attr: Option<&'static str>,
    /// The op type where the shapes of the tensors differ.
    pub broadcasting_type: Option<&'static str>,
    /// Whether the value follows from the shape alone, so that TensorFlow writes a constant if the
    /// shape is known.
    pub is_folded: bool,
}

impl TfNode {
    /// A node with this name if the call gives none; see [`name`](Self::name).
    pub fn named(name: impl Into<Text>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// A node with the name of its op type, which no other op has.
    pub fn of_type(op_type: &'static str) -> Self {
        Self::named(op_type).types([op_type])
    }

    /// Sets the op types.
    #[must_use]
    pub fn types<N: Into<Text>>(mut self, types: impl IntoIterator<Item = N>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets which parameters become constants first.
    #[must_use]
    pub fn first(mut self, params: impl IntoIterator<Item = &'static str>) -> Self {
        self.first = params.into_iter().collect();
        self
    }

    /// Sets the name of a constant made from the argument for `param` (default: the parameter's
    /// name in the signature called).
    #[must_use]
    pub fn constant(mut self, param: &'static str, name: impl Into<Text>) -> Self {
        self.constants.push((param, name.into()));
        self
    }

    /// Sets the attribute for the argument for `param` (default: the parameter's name).
    #[must_use]
    pub fn attr(mut self, param: &'static str, attr: &'static str) -> Self {
        self.attrs.push((param, attr));
        self
    }

    /// Sets the attribute for the dtype that the tensors share.
    #[must_use]
    pub fn dtype_attr(mut self, attr: &'static str) -> Self {
        self.dtype_attr = Some(attr);
        self
    }

    /// Sets the op type where the shapes of the tensors differ.
    #[must_use]
    pub fn broadcasting_type(mut self, op_type: &'static str) -> Self {
        self.broadcasting_type = Some(op_type);
        self
    }

    /// Says that the value follows from the shape alone.
    #[must_use]
    pub fn folded(mut self) -> Self {
        self.is_folded = true;
        self
    }

    /// TensorFlow's op types that mean this op, the one to write first.
    pub fn op_types(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(AsRef::as_ref)
    }

    /// The name of a constant made from the argument for `param`, if the op sets one.
    pub fn constant_name(&self, param: &str) -> Option<&str> {
        let own = self.constants.iter().find(|(name, _)| *name == param);
        own.map(|(_, constant)| &**constant)
    }
}

/// Whether a node, or a scope at the root, can have this whole name:
/// `^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$`.
pub(crate) fn is_node_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.')
        && name.chars().all(is_name_char)
}

pub(crate) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '\\' | '/' | '>' | '-')
}
