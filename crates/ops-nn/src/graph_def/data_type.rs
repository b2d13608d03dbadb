//! TensorFlow's numbers for element types.

use tensor_core::DType;

/// A `DataType` of TensorFlow's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataType(pub(crate) i32);

/// Number, TensorFlow's name, ours if there is one.
type Row = (i32, &'static str, Option<DType>);

const TABLE: &[Row] = &[
    (0, "DT_INVALID", None),
    (1, "DT_FLOAT", Some(DType::F32)),
    (2, "DT_DOUBLE", Some(DType::F64)),
    (3, "DT_INT32", None),
    (4, "DT_UINT8", None),
    (5, "DT_INT16", None),
    (6, "DT_INT8", None),
    (7, "DT_STRING", None),
    (8, "DT_COMPLEX64", None),
    (9, "DT_INT64", None),
    (10, "DT_BOOL", Some(DType::Bool)),
    (11, "DT_QINT8", None),
    (12, "DT_QUINT8", None),
    (13, "DT_QINT32", None),
    (14, "DT_BFLOAT16", Some(DType::BF16)),
    (15, "DT_QINT16", None),
    (16, "DT_QUINT16", None),
    (17, "DT_UINT16", None),
    (18, "DT_COMPLEX128", None),
    (19, "DT_HALF", Some(DType::F16)),
    (20, "DT_RESOURCE", None),
    (21, "DT_VARIANT", None),
    (22, "DT_UINT32", None),
    (23, "DT_UINT64", None),
];

impl DataType {
    pub(crate) const INT32: Self = Self(3);
    pub(crate) const INT64: Self = Self(9);

    /// The element type of ours, if it is one.
    pub(crate) fn dtype(self) -> Option<DType> {
        self.row().and_then(|row| row.2)
    }

    /// Every number with its name, for the text form.
    pub(crate) fn names() -> impl Iterator<Item = (i32, &'static str)> {
        TABLE.iter().map(|row| (row.0, row.1))
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.0 == self.0)
    }
}

impl From<DType> for DataType {
    fn from(dtype: DType) -> Self {
        let row = TABLE.iter().find(|row| row.2 == Some(dtype));
        Self(row.map_or(0, |row| row.0))
    }
}

/// `DT_FLOAT`, or `DataType 99` for a number without a name.
impl std::fmt::Display for DataType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.row() {
            Some(row) => f.write_str(row.1),
            None => write!(f, "DataType {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_has_a_number() {
        for dtype in DType::ALL {
            assert_eq!(DataType::from(dtype).dtype(), Some(dtype));
        }
    }
}
