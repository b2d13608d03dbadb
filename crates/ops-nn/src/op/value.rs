//! Values: what calls, rules and nodes pass to an op.

use std::borrow::Cow;

use tensor_core::{DType, DynTensor, DynTensorRef, Element, PartialShape, Shape, Tensor};

use crate::error::OpError;

/// The shape of a number.
pub(crate) static SCALAR: Shape = Shape::scalar();

/// A tensor, or one of the plain values that ops take.
///
/// A number stands for a rank-0 tensor of the op's element type; it is
/// rounded to that type once, to nearest with ties to even.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Not given: Python's `None`.
    None,
    /// A tensor of the caller's.
    Tensor(DynTensorRef<'a>),
    /// A tensor given away.
    Owned(Box<DynTensor<'a>>),
    /// A node of a graph, or what an [`OpBuilder`](crate::OpBuilder) returned.
    Id(ValueId),
    /// A tensor without data, for inference: its dtype and shape, and which
    /// node it is if it is one.
    Typed(&'a TensorInfo, Option<ValueId>),
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

/// A node of a graph, by its position in the order of creation, or a value of
/// another [`OpBuilder`](crate::OpBuilder).
///
/// A graph refuses positions that it does not have, but it cannot tell the ids of
/// another graph, or of itself before it was lifted, from its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub(crate) usize);

impl ValueId {
    /// The position of the node in the order of creation, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// What a rule returns.
pub type RuleResult = Result<Value<'static>, OpError>;

/// What is known of a tensor before it has data.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorInfo {
    /// The node's name; empty if it is no node.
    pub(crate) name: String,
    pub(crate) dtype: Option<DType>,
    pub(crate) shape: PartialShape,
}

impl TensorInfo {
    /// A tensor of this dtype, whose shape fits this one.
    pub fn new(dtype: DType, shape: impl Into<PartialShape>) -> Self {
        Self {
            name: String::new(),
            dtype: Some(dtype),
            shape: shape.into(),
        }
    }

    /// The dtype and the shape, for messages: `float32 of shape (2,)`.
    pub(crate) fn type_text(&self) -> String {
        let dtype = self.dtype.map_or("unknown dtype", DType::name);
        format!("{dtype} of shape {}", self.shape)
    }

    fn describe(&self) -> String {
        match &*self.name {
            "" => format!(
                "a tensor without data, {}, which only Op::infer takes",
                self.type_text()
            ),
            name => format!("the node '{name}', {}", self.type_text()),
        }
    }
}

impl Value<'_> {
    /// The tensor, if it is one.
    #[inline]
    pub fn as_tensor(&self) -> Option<DynTensorRef<'_>> {
        match self {
            Self::Tensor(tensor) => Some(*tensor),
            Self::Owned(tensor) => Some((&**tensor).into()),
            _ => None,
        }
    }

    /// The node, if it is one.
    pub fn id(&self) -> Option<ValueId> {
        match self {
            Self::Id(id) | Self::Typed(_, Some(id)) => Some(*id),
            _ => None,
        }
    }

    /// The same value, borrowed.
    #[inline]
    pub fn view(&self) -> Value<'_> {
        match self {
            Self::Owned(tensor) => Value::Tensor((&**tensor).into()),
            Self::Ints(values) => Value::Ints(Cow::Borrowed(values)),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::None => Value::None,
            Self::Tensor(tensor) => Value::Tensor(*tensor),
            Self::Id(id) => Value::Id(*id),
            Self::Typed(info, id) => Value::Typed(info, *id),
            Self::Number(value) => Value::Number(*value),
            Self::Flag(value) => Value::Flag(*value),
            Self::DType(value) => Value::DType(*value),
        }
    }

    /// The same value, which borrows nothing; of a tensor without data, only
    /// which node it is.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Tensor(tensor) => tensor.view().into_owned().into(),
            Self::Owned(tensor) => tensor.into_owned().into(),
            Self::Typed(_, id) => id.map_or(Value::None, Value::Id),
            Self::Ints(values) => Value::Ints(Cow::Owned(values.into_owned())),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::None => Value::None,
            Self::Id(id) => Value::Id(id),
            Self::Number(value) => Value::Number(value),
            Self::Flag(value) => Value::Flag(value),
            Self::DType(value) => Value::DType(value),
        }
    }

    /// The element type of a tensor, if this is one and it is known.
    pub(crate) fn tensor_dtype(&self) -> Option<DType> {
        match self {
            Self::Typed(info, _) => info.dtype,
            other => other.as_tensor().map(DynTensorRef::dtype),
        }
    }

    /// The shape of a tensor with data; that of a number otherwise.
    #[inline]
    pub(crate) fn shape(&self) -> &Shape {
        match self {
            Self::Tensor(tensor) => tensor.shape(),
            Self::Owned(tensor) => tensor.shape(),
            _ => &SCALAR,
        }
    }

    /// What is known of the shape.
    pub(crate) fn known_shape(&self) -> PartialShape {
        match self {
            Self::Typed(info, _) => info.shape.clone(),
            other => other.shape().into(),
        }
    }

    /// What this is, for error messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Tensor(t) => format!("a {} tensor of shape {}", t.dtype(), t.shape()),
            Self::Owned(t) => format!("a {} tensor of shape {}", t.dtype(), t.shape()),
            Self::Id(_) => "a node of a graph; call the op by Graph::call".to_owned(),
            Self::Typed(info, _) => info.describe(),
            Self::Number(v) => format!("the number {v}"),
            Self::Flag(v) => format!("the flag {v}"),
            Self::DType(d) => format!("the dtype {d}"),
            Self::Ints(v) => format!("the integers {v:?}"),
            Self::Text(v) => format!("the text {v:?}"),
        }
    }
}

/// `From` for each type, by the value it becomes.
macro_rules! from {
    ($([$($generics:tt)*] $type:ty => |$from:ident| $value:expr;)*) => {
        $(impl<'a, $($generics)*> From<$type> for Value<'a> {
            fn from($from: $type) -> Self {
                $value
            }
        })*
    };
}

from! {
    [T: Element] &'a Tensor<'_, T> => |tensor| Self::Tensor(tensor.into());
    [T: Element] Tensor<'a, T> => |tensor| DynTensor::from(tensor).into();
    [] &'a DynTensor<'_> => |tensor| Self::Tensor(tensor.into());
    [] DynTensor<'a> => |tensor| Self::Owned(Box::new(tensor));
    [const N: usize] [f32; N] => |values| Tensor::from(values.to_vec()).into();
    [const N: usize] [bool; N] => |values| Tensor::from(values.to_vec()).into();
    [] &'a TensorInfo => |info| Self::Typed(info, None);
    [] &'a Value<'_> => |value| value.view();
    [] ValueId => |id| Self::Id(id);
    [] f64 => |value| Self::Number(value);
    [] f32 => |value| Self::Number(f64::from(value));
    [] i32 => |value| Self::Number(f64::from(value));
    [] bool => |value| Self::Flag(value);
    [] DType => |value| Self::DType(value);
    [] &'a [i64] => |values| Self::Ints(Cow::Borrowed(values));
    [const N: usize] [i64; N] => |values| Self::Ints(Cow::Owned(values.to_vec()));
    [] &'a str => |text| Self::Text(Cow::Borrowed(text));
}
