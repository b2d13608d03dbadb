//! The attributes of a node, read and written.

use prost::Message;
use tensor_core::DType;

use super::data_type::DataType;
use super::error::NodeFault;
use super::wire::{Attr, AttrValue, NodeDef, TensorProto, TensorShapeProto};

impl NodeDef {
    /// Sets an attribute.
    pub(super) fn set(&mut self, attr: &str, value: impl Into<Attr>) {
        let value = Some(value.into());
        let bytes = AttrValue { value }.encode_to_vec();
        self.attr.insert(attr.to_owned(), bytes);
    }

    /// An attribute that is a `DataType`, if the node has it.
    pub(super) fn data_type(&self, attr: &str) -> Result<Option<DataType>, NodeFault> {
        self.get(attr, "a DataType", |value| match value {
            Attr::Type(number) => Some(DataType(number)),
            _ => None,
        })
    }

    /// An attribute that is a flag, if the node has it.
    pub(super) fn flag(&self, attr: &str) -> Result<Option<bool>, NodeFault> {
        self.get(attr, "a flag", |value| match value {
            Attr::Bool(flag) => Some(flag),
            _ => None,
        })
    }

    /// An attribute that is a shape, if the node has it.
    pub(super) fn shape(&self, attr: &str) -> Result<Option<TensorShapeProto>, NodeFault> {
        self.get(attr, "a shape", |value| match value {
            Attr::Shape(shape) => Some(shape),
            _ => None,
        })
    }

    /// An attribute that is a tensor, if the node has it.
    pub(super) fn tensor(&self, attr: &str) -> Result<Option<TensorProto>, NodeFault> {
        self.get(attr, "a tensor", |value| match value {
            Attr::Tensor(tensor) => Some(tensor),
            _ => None,
        })
    }

    fn get<T>(
        &self,
        attr: &str,
        expected: &str,
        content: impl Fn(Attr) -> Option<T>,
    ) -> Result<Option<T>, NodeFault> {
        let Some(bytes) = self.attr.get(attr) else {
            return Ok(None);
        };
        let value = AttrValue::decode(bytes.as_slice());
        let value = value.map_err(|error| NodeFault::MalformedAttr {
            attr: attr.to_owned(),
            reason: error.to_string(),
        })?;
        let Some(value) = value.value else {
            return Ok(None);
        };
        let found = match value {
            Attr::Bool(_) => "a flag",
            Attr::Type(_) => "a DataType",
            Attr::Shape(_) => "a shape",
            Attr::Tensor(_) => "a tensor",
        };
        match content(value) {
            Some(content) => Ok(Some(content)),
            None => Err(NodeFault::WrongAttr {
                attr: attr.to_owned(),
                expected: expected.to_owned(),
                found: found.to_owned(),
            }),
        }
    }
}

/// The value of an attribute that a node must have.
pub(super) fn required<T>(
    value: Option<T>,
    attr: &str,
    expected: &'static str,
) -> Result<T, NodeFault> {
    value.ok_or_else(|| NodeFault::MissingAttr {
        attr: attr.to_owned(),
        expected,
    })
}

impl From<DataType> for Attr {
    fn from(data_type: DataType) -> Self {
        Self::Type(data_type.0)
    }
}

impl From<DType> for Attr {
    fn from(dtype: DType) -> Self {
        DataType::from(dtype).into()
    }
}
