//! The messages of a `GraphDef` as data: the number, name and kind of each field.

use prost::encoding::WireType;

use crate::tensorflow::data_type::DataType;

/// The fields of a message, by number.
#[derive(Debug)]
pub(super) struct Message(pub(super) &'static [Field]);

impl Message {
    pub(super) fn by_number(&self, number: u32) -> Option<&'static Field> {
        self.0.iter().find(|field| field.number == number)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&'static Field> {
        self.0.iter().find(|field| field.name == name)
    }
}

/// A field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether it may occur several times.
    pub(super) is_repeated: bool,
}

impl Field {
    /// Whether its values are numbers encoded one after the other under one key.
    pub(super) fn is_packed(&self) -> bool {
        self.is_repeated && self.kind.wire_type() != WireType::LengthDelimited
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Bool,
    /// A signed integer of 32 or 64 bits.
    Int,
    Unsigned,
    Float,
    Double,
    /// A string or bytes.
    Bytes,
    /// A number that may have one of these names.
    Enum(&'static [(i32, &'static str)]),
    Message(&'static Message),
}

impl Kind {
    /// How one value of this kind is encoded.
    pub(super) fn wire_type(self) -> WireType {
        match self {
            Self::Float => WireType::ThirtyTwoBit,
            Self::Double => WireType::SixtyFourBit,
            Self::Bytes | Self::Message(_) => WireType::LengthDelimited,
            Self::Bool | Self::Int | Self::Unsigned | Self::Enum(_) => WireType::Varint,
        }
    }
}

const DATA_TYPE: Kind = Kind::Enum(DataType::NAMES);

/// TensorFlow's numbers for full types.
#[rustfmt::skip]
const FULL_TYPE_ID: Kind = Kind::Enum(&[
    (0, "TFT_UNSET"), (1, "TFT_VAR"), (2, "TFT_ANY"), (3, "TFT_PRODUCT"), (4, "TFT_NAMED"),
    (20, "TFT_FOR_EACH"), (100, "TFT_CALLABLE"), (200, "TFT_BOOL"), (201, "TFT_UINT8"),
    (202, "TFT_UINT16"), (203, "TFT_UINT32"), (204, "TFT_UINT64"), (205, "TFT_INT8"),
    (206, "TFT_INT16"), (207, "TFT_INT32"), (208, "TFT_INT64"), (209, "TFT_HALF"),
    (210, "TFT_FLOAT"), (211, "TFT_DOUBLE"), (212, "TFT_COMPLEX64"), (213, "TFT_COMPLEX128"),
    (214, "TFT_STRING"), (215, "TFT_BFLOAT16"), (1000, "TFT_TENSOR"), (1001, "TFT_ARRAY"),
    (1002, "TFT_OPTIONAL"), (1003, "TFT_LITERAL"), (1004, "TFT_ENCODED"),
    (1005, "TFT_SHAPE_TENSOR"), (10102, "TFT_DATASET"), (10103, "TFT_RAGGED"),
    (10104, "TFT_ITERATOR"), (10202, "TFT_MUTEX_LOCK"), (10203, "TFT_LEGACY_VARIANT"),
]);

const fn one(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        number,
        name,
        kind,
        is_repeated: false,
    }
}

const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        is_repeated: true,
        ..one(number, name, kind)
    }
}

pub(super) static GRAPH_DEF: Message = Message(&[
    many(1, "node", Kind::Message(&NODE_DEF)),
    one(3, "version", Kind::Int),
    one(4, "versions", Kind::Message(&VERSION_DEF)),
]);

pub(super) static NODE_DEF: Message = Message(&[
    one(1, "name", Kind::Bytes),
    one(2, "op", Kind::Bytes),
    many(3, "input", Kind::Bytes),
    one(4, "device", Kind::Bytes),
    many(5, "attr", Kind::Message(&ATTR_ENTRY)),
    one(6, "experimental_debug_info", Kind::Message(&DEBUG_INFO)),
    one(7, "experimental_type", Kind::Message(&FULL_TYPE)),
]);

static FULL_TYPE: Message = Message(&[
    one(1, "type_id", FULL_TYPE_ID),
    many(2, "args", Kind::Message(&FULL_TYPE)),
    one(3, "s", Kind::Bytes),
    one(4, "i", Kind::Int),
]);

static DEBUG_INFO: Message = Message(&[
    many(1, "original_node_names", Kind::Bytes),
    many(2, "original_func_names", Kind::Bytes),
]);

static VERSION_DEF: Message = Message(&[
    one(1, "producer", Kind::Int),
    one(2, "min_consumer", Kind::Int),
    many(3, "bad_consumers", Kind::Int),
]);

static ATTR_ENTRY: Message = Message(&[
    one(1, "key", Kind::Bytes),
    one(2, "value", Kind::Message(&ATTR_VALUE)),
]);

static ATTR_VALUE: Message = Message(&[
    one(1, "list", Kind::Message(&LIST_VALUE)),
    one(2, "s", Kind::Bytes),
    one(3, "i", Kind::Int),
    one(4, "f", Kind::Float),
    one(5, "b", Kind::Bool),
    one(6, "type", DATA_TYPE),
    one(7, "shape", Kind::Message(&TENSOR_SHAPE)),
    one(8, "tensor", Kind::Message(&TENSOR)),
    one(9, "placeholder", Kind::Bytes),
    one(10, "func", Kind::Message(&NAME_ATTR_LIST)),
]);

static LIST_VALUE: Message = Message(&[
    many(2, "s", Kind::Bytes),
    many(3, "i", Kind::Int),
    many(4, "f", Kind::Float),
    many(5, "b", Kind::Bool),
    many(6, "type", DATA_TYPE),
    many(7, "shape", Kind::Message(&TENSOR_SHAPE)),
    many(8, "tensor", Kind::Message(&TENSOR)),
    many(9, "func", Kind::Message(&NAME_ATTR_LIST)),
]);

static NAME_ATTR_LIST: Message = Message(&[
    one(1, "name", Kind::Bytes),
    many(2, "attr", Kind::Message(&ATTR_ENTRY)),
]);

static TENSOR_SHAPE: Message = Message(&[
    many(2, "dim", Kind::Message(&DIM)),
    one(3, "unknown_rank", Kind::Bool),
]);

static DIM: Message = Message(&[one(1, "size", Kind::Int), one(2, "name", Kind::Bytes)]);

static TENSOR: Message = Message(&[
    one(1, "dtype", DATA_TYPE),
    one(2, "tensor_shape", Kind::Message(&TENSOR_SHAPE)),
    one(3, "version_number", Kind::Int),
    one(4, "tensor_content", Kind::Bytes),
    many(5, "float_val", Kind::Float),
    many(6, "double_val", Kind::Double),
    many(7, "int_val", Kind::Int),
    many(8, "string_val", Kind::Bytes),
    many(9, "scomplex_val", Kind::Float),
    many(10, "int64_val", Kind::Int),
    many(11, "bool_val", Kind::Bool),
    many(12, "dcomplex_val", Kind::Double),
    many(13, "half_val", Kind::Int),
    many(16, "uint32_val", Kind::Unsigned),
    many(17, "uint64_val", Kind::Unsigned),
]);
