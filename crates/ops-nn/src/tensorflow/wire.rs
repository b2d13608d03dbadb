//! The protobuf messages of a `GraphDef`.
//!
//! The value of an attribute stays encoded until it is used, so that what this library does not
//! understand is exported as it was imported.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

/// A graph: its nodes in the order of their creation.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GraphDef {
    #[prost(message, repeated, tag = "1")]
    pub(crate) node: Vec<NodeDef>,
    /// Functions that nodes may call; kept unread.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) library: Option<Vec<u8>>,
    /// The predecessor of `versions`.
    #[prost(int32, tag = "3")]
    pub(crate) version: i32,
    /// Which TensorFlow wrote the graph; kept unread.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) versions: Option<Vec<u8>>,
    /// Where in a program the nodes were created; kept unread.
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) debug_info: Option<Vec<u8>>,
}

/// A node. The map is sorted, so that equal nodes are written as the same bytes.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct NodeDef {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) op: String,
    /// `node`, `node:output` or `^node`.
    #[prost(string, repeated, tag = "3")]
    pub(crate) input: Vec<String>,
    #[prost(string, tag = "4")]
    pub(crate) device: String,
    /// Values are [`AttrValue`] messages.
    #[prost(btree_map = "string, bytes", tag = "5")]
    pub(crate) attr: BTreeMap<String, Vec<u8>>,
    /// Where the node was created; kept unread.
    #[prost(bytes = "vec", optional, tag = "6")]
    pub(crate) debug_info: Option<Vec<u8>>,
    /// The node's full type; kept unread.
    #[prost(bytes = "vec", optional, tag = "7")]
    pub(crate) full_type: Option<Vec<u8>>,
}

/// The value of an attribute, of the kinds that this library reads.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AttrValue {
    #[prost(oneof = "Attr", tags = "5, 6, 7, 8")]
    pub(crate) value: Option<Attr>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Attr {
    #[prost(bool, tag = "5")]
    Bool(bool),
    /// A [`DataType`](super::data_type::DataType).
    #[prost(int32, tag = "6")]
    Type(i32),
    #[prost(message, tag = "7")]
    Shape(TensorShapeProto),
    #[prost(message, tag = "8")]
    Tensor(TensorProto),
}

/// A shape, perhaps with unknown dimensions or rank.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorShapeProto {
    #[prost(message, repeated, tag = "2")]
    pub(crate) dim: Vec<Dim>,
    #[prost(bool, tag = "3")]
    pub(crate) unknown_rank: bool,
}

/// A dimension; -1 is an unknown one.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Dim {
    #[prost(int64, tag = "1")]
    pub(crate) size: i64,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
}

/// A tensor: little-endian bytes in `tensor_content`, or a list of values of its type, the last of
/// which fills the rest.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorProto {
    #[prost(int32, tag = "1")]
    pub(crate) dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) tensor_shape: Option<TensorShapeProto>,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) tensor_content: Vec<u8>,
    #[prost(float, repeated, tag = "5")]
    pub(crate) float_val: Vec<f32>,
    #[prost(double, repeated, tag = "6")]
    pub(crate) double_val: Vec<f64>,
    #[prost(int32, repeated, tag = "7")]
    pub(crate) int_val: Vec<i32>,
    #[prost(int64, repeated, tag = "10")]
    pub(crate) int64_val: Vec<i64>,
    #[prost(bool, repeated, tag = "11")]
    pub(crate) bool_val: Vec<bool>,
    /// The bits of float16 and bfloat16 elements.
    #[prost(int32, repeated, tag = "13")]
    pub(crate) half_val: Vec<i32>,
}

/// Which TensorFlow wrote a graph.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct VersionDef {
    #[prost(int32, tag = "1")]
    pub(crate) producer: i32,
}
