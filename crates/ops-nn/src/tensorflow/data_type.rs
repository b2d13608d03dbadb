//! TensorFlow's numbers for element types.

use std::fmt;

use tensor_core::DType;

/// A `DataType` of TensorFlow, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataType(pub(crate) i32);

/// The numbers of the element types of `tensor-core`.
const DTYPES: [(DType, i32); 5] = [
    (DType::F32, 1),
    (DType::F64, 2),
    (DType::Bool, 10),
    (DType::BF16, 14),
    (DType::F16, 19),
];

impl DataType {
    pub(crate) const INT32: Self = Self(3);
    pub(crate) const INT64: Self = Self(9);

    /// TensorFlow's name of each number.
    #[rustfmt::skip]
    pub(crate) const NAMES: &'static [(i32, &'static str)] = &[
        (0, "DT_INVALID"), (1, "DT_FLOAT"), (2, "DT_DOUBLE"), (3, "DT_INT32"), (4, "DT_UINT8"),
        (5, "DT_INT16"), (6, "DT_INT8"), (7, "DT_STRING"), (8, "DT_COMPLEX64"), (9, "DT_INT64"),
        (10, "DT_BOOL"), (11, "DT_QINT8"), (12, "DT_QUINT8"), (13, "DT_QINT32"),
        (14, "DT_BFLOAT16"), (15, "DT_QINT16"), (16, "DT_QUINT16"), (17, "DT_UINT16"),
        (18, "DT_COMPLEX128"), (19, "DT_HALF"), (20, "DT_RESOURCE"), (21, "DT_VARIANT"),
        (22, "DT_UINT32"), (23, "DT_UINT64"), (24, "DT_FLOAT8_E5M2"), (25, "DT_FLOAT8_E4M3FN"),
        (26, "DT_FLOAT8_E4M3FNUZ"), (27, "DT_FLOAT8_E4M3B11FNUZ"), (28, "DT_FLOAT8_E5M2FNUZ"),
        (29, "DT_INT4"), (30, "DT_UINT4"), (31, "DT_INT2"), (32, "DT_UINT2"),
    ];

    /// The element type, if `tensor-core` has it.
    pub(crate) fn dtype(self) -> Option<DType> {
        let row = DTYPES.iter().find(|(_, number)| *number == self.0);
        row.map(|(dtype, _)| *dtype)
    }
}

impl From<DType> for DataType {
    fn from(dtype: DType) -> Self {
        let row = DTYPES.iter().find(|(found, _)| *found == dtype);
        Self(row.map_or(0, |(_, number)| *number))
    }
}

/// `DT_FLOAT`, or `DataType 99` for a number without a name.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(number, _)| *number == self.0) {
            Some((_, name)) => f.write_str(name),
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
