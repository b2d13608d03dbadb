//! The arguments of one call: positional ones, then keywords, as in Python.

use std::borrow::Cow;

use smallvec::SmallVec;
use tensor_core::{DType, DynTensor, DynTensorRef, Element, Shape, Tensor};

use crate::graph::{NodeId, NodeRef};

/// The shape of a number.
pub(crate) static SCALAR: Shape = Shape::scalar();

/// One argument: a tensor, or one of the plain values that ops take.
///
/// A number stands for a rank-0 tensor of the op's element type; it is
/// rounded to that type once, to nearest with ties to even.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Arg<'a> {
    /// Not given: Python's `None`.
    None,
    /// A tensor of the caller's.
    Tensor(DynTensorRef<'a>),
    /// A tensor given away.
    Owned(Box<DynTensor<'a>>),
    /// A node, for a call that adds one to the same graph.
    Node(NodeRef<'a>),
    /// A number, for a parameter that takes tensors.
    Number(f64),
    /// A flag such as `keepdims`.
    Flag(bool),
    /// An element type.
    DType(DType),
    /// A shape or a list of axes.
    Ints(Cow<'a, [i64]>),
    /// A text such as `name`.
    Text(Cow<'a, str>),
}

impl Arg<'_> {
    /// The tensor, if it is one.
    #[inline]
    pub fn as_tensor(&self) -> Option<DynTensorRef<'_>> {
        match self {
            Self::Tensor(tensor) => Some(*tensor),
            Self::Owned(tensor) => Some((&**tensor).into()),
            _ => None,
        }
    }

    /// The element type of a tensor, if this is one and it is known.
    pub(crate) fn tensor_dtype(&self) -> Option<DType> {
        match self {
            Self::Node(node) => node.dtype(),
            other => other.as_tensor().map(DynTensorRef::dtype),
        }
    }

    /// The shape of a tensor; that of a number otherwise.
    #[inline]
    pub(crate) fn shape(&self) -> &Shape {
        match self {
            Self::Tensor(tensor) => tensor.shape(),
            Self::Owned(tensor) => tensor.shape(),
            _ => &SCALAR,
        }
    }

    /// What this is, for error messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Tensor(t) => format!("a {} tensor of shape {}", t.dtype(), t.shape()),
            Self::Owned(t) => format!("a {} tensor of shape {}", t.dtype(), t.shape()),
            Self::Node(node) => node.describe(),
            Self::Number(v) => format!("the number {v}"),
            Self::Flag(v) => format!("the flag {v}"),
            Self::DType(d) => format!("the dtype {d}"),
            Self::Ints(v) => format!("the integers {v:?}"),
            Self::Text(v) => format!("the text {v:?}"),
        }
    }
}

impl<'a, T: Element> From<&'a Tensor<'_, T>> for Arg<'a> {
    fn from(tensor: &'a Tensor<'_, T>) -> Self {
        Self::Tensor(tensor.into())
    }
}

impl<'a, T: Element> From<Tensor<'a, T>> for Arg<'a> {
    fn from(tensor: Tensor<'a, T>) -> Self {
        Self::Owned(Box::new(tensor.into()))
    }
}

impl<'a> From<&'a DynTensor<'_>> for Arg<'a> {
    fn from(tensor: &'a DynTensor<'_>) -> Self {
        Self::Tensor(tensor.into())
    }
}

impl<'a> From<DynTensor<'a>> for Arg<'a> {
    fn from(tensor: DynTensor<'a>) -> Self {
        Self::Owned(Box::new(tensor))
    }
}

impl From<NodeId> for Arg<'_> {
    fn from(id: NodeId) -> Self {
        Self::Node(id.into())
    }
}

impl From<f64> for Arg<'_> {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<f32> for Arg<'_> {
    fn from(value: f32) -> Self {
        Self::Number(f64::from(value))
    }
}

impl From<i32> for Arg<'_> {
    fn from(value: i32) -> Self {
        Self::Number(f64::from(value))
    }
}

impl From<bool> for Arg<'_> {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl From<DType> for Arg<'_> {
    fn from(value: DType) -> Self {
        Self::DType(value)
    }
}

impl<'a> From<&'a [i64]> for Arg<'a> {
    fn from(value: &'a [i64]) -> Self {
        Self::Ints(Cow::Borrowed(value))
    }
}

impl<const N: usize> From<[i64; N]> for Arg<'_> {
    fn from(value: [i64; N]) -> Self {
        Self::Ints(Cow::Owned(value.to_vec()))
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

/// The arguments of one call.
///
/// ```
/// use ops_nn::Args;
/// let args = Args::new().arg(1.0).arg(0.0).kwarg("pos_weight", 2.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Args<'a> {
    /// The positional ones, then those given by name.
    pub(crate) values: SmallVec<[Arg<'a>; 4]>,
    /// The names of the last values.
    pub(crate) names: SmallVec<[&'a str; 4]>,
}

impl<'a> Args<'a> {
    /// No arguments yet.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next positional argument.
    #[must_use]
    #[inline]
    pub fn arg(mut self, value: impl Into<Arg<'a>>) -> Self {
        let value = value.into();
        if self.names.is_empty() && self.has_room() {
            self.values.push(value);
            self
        } else {
            self.insert(value)
        }
    }

    /// Adds an argument by name.
    #[must_use]
    #[inline]
    pub fn kwarg(mut self, name: &'a str, value: impl Into<Arg<'a>>) -> Self {
        let value = value.into();
        if self.has_room() {
            self.names.push(name);
            self.values.push(value);
            self
        } else {
            self.append(name, value)
        }
    }

    /// Whether one more argument, named or not, fits without memory from the
    /// heap. Known to be so, the arguments of most calls are never moved.
    #[inline]
    fn has_room(&self) -> bool {
        !self.values.spilled()
            && self.values.len() < self.values.inline_size()
            && !self.names.spilled()
            && self.names.len() < self.names.inline_size()
    }

    /// [`arg`](Self::arg), in all cases.
    #[cold]
    fn insert(mut self, value: Arg<'a>) -> Self {
        let positional = self.values.len() - self.names.len();
        self.values.insert(positional, value);
        self
    }

    /// [`kwarg`](Self::kwarg), in all cases.
    #[cold]
    fn append(mut self, name: &'a str, value: Arg<'a>) -> Self {
        self.names.push(name);
        self.values.push(value);
        self
    }
}
