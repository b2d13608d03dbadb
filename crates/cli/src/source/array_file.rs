//! An array in a binary file: elements of one type behind a header.
//!
//! Elements of the dtype asked for go from the file straight into the typed buffer. Others are
//! converted on the way, with one rounding.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use ops_nn::tensor_core::{DType, DynSliceMut, DynTensor, Float, Shape, Tensor, bf16, f16};

use super::{FortranFile, Source};
use crate::bytes;
use crate::error::CliError;

/// An element type that files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Bool,
    F16,
    BF16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

/// Each stored type's name, size in bytes, and dtype where it is one.
const STORED: [(Stored, &str, usize, Option<DType>); 13] = [
    (Stored::Bool, "bool", 1, Some(DType::Bool)),
    (Stored::F16, "float16", 2, Some(DType::F16)),
    (Stored::BF16, "bfloat16", 2, Some(DType::BF16)),
    (Stored::F32, "float32", 4, Some(DType::F32)),
    (Stored::F64, "float64", 8, Some(DType::F64)),
    (Stored::I8, "int8", 1, None),
    (Stored::I16, "int16", 2, None),
    (Stored::I32, "int32", 4, None),
    (Stored::I64, "int64", 8, None),
    (Stored::U8, "uint8", 1, None),
    (Stored::U16, "uint16", 2, None),
    (Stored::U32, "uint32", 4, None),
    (Stored::U64, "uint64", 8, None),
];

impl Stored {
    /// The stored type of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let row = STORED.iter().find(|row| row.1 == name);
        row.map(|row| row.0)
    }

    fn row(self) -> (&'static str, usize, Option<DType>) {
        let (_, name, size, dtype) = STORED[self as usize];
        (name, size, dtype)
    }

    /// The elements in `bytes`, of this machine's byte order, as doubles that round to any `target`
    /// as the elements themselves do.
    fn decode(self, bytes: &[u8], target: DType) -> Vec<f64> {
        let integer = |value: i128| match target {
            DType::F64 => value as f64,
            _ => round_to_odd(value),
        };
        match self {
            Self::Bool => elements(bytes, |value: u8| f64::from(u8::from(value != 0))),
            Self::F16 => elements(bytes, <f16 as Float>::to_f64),
            Self::BF16 => elements(bytes, <bf16 as Float>::to_f64),
            Self::F32 => elements(bytes, <f64 as From<f32>>::from),
            Self::F64 => elements(bytes, |value: f64| value),
            Self::I8 => elements(bytes, |value: i8| integer(value.into())),
            Self::I16 => elements(bytes, |value: i16| integer(value.into())),
            Self::I32 => elements(bytes, |value: i32| integer(value.into())),
            Self::I64 => elements(bytes, |value: i64| integer(value.into())),
            Self::U8 => elements(bytes, |value: u8| integer(value.into())),
            Self::U16 => elements(bytes, |value: u16| integer(value.into())),
            Self::U32 => elements(bytes, |value: u32| integer(value.into())),
            Self::U64 => elements(bytes, |value: u64| integer(value.into())),
        }
    }
}

/// An array in a file, read in the order of the file.
#[derive(Debug)]
pub(crate) struct ArrayFile {
    path: PathBuf,
    file: File,
    /// Where the first element stands.
    offset: u64,
    shape: Shape,
    stored: Stored,
    /// Whether the elements' bytes are not in this machine's order.
    is_swapped: bool,
    is_fortran: bool,
    /// What the elements are read as.
    dtype: DType,
}

/// What a header says of its array.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) offset: u64,
    pub(super) shape: Shape,
    pub(super) stored: Stored,
    pub(super) is_big_endian: bool,
    /// Whether the first axis varies fastest.
    pub(super) is_fortran: bool,
}

impl ArrayFile {
    /// The array that `header` describes; its elements are read as they are stored, integers as
    /// `float64`.
    pub(super) fn new(path: PathBuf, file: File, header: Header) -> Self {
        Self {
            path,
            file,
            offset: header.offset,
            shape: header.shape,
            stored: header.stored,
            is_swapped: header.is_big_endian != cfg!(target_endian = "big"),
            is_fortran: header.is_fortran,
            dtype: header.stored.row().2.unwrap_or(DType::F64),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    /// The dtype of the elements if they are floats.
    pub(crate) fn float_dtype(&self) -> Option<DType> {
        self.stored.row().2.filter(|dtype| dtype.is_float())
    }

    /// Whether the elements are stored as `bool`.
    pub(crate) fn is_bool(&self) -> bool {
        self.stored == Stored::Bool
    }

    /// The elements read as `dtype`, each rounded once.
    pub(crate) fn converted(self, dtype: DType) -> Result<Source, CliError> {
        Self { dtype, ..self }.into_source()
    }

    /// The elements as they are stored, `bool` among them only if `takes_bool`.
    ///
    /// # Errors
    /// [`CliError::ElementType`] for other types.
    pub(crate) fn unconverted(self, takes_bool: bool) -> Result<Source, CliError> {
        if self.float_dtype().is_some() || takes_bool && self.is_bool() {
            return self.into_source();
        }
        Err(CliError::ElementType {
            path: self.path,
            expected: "float",
            found: self.stored.row().0,
            remedy: "add --dtype float32 (or another float dtype) to convert them",
        })
    }

    /// The elements as `bool`.
    ///
    /// # Errors
    /// [`CliError::ElementType`] if they are stored as another type.
    pub(crate) fn into_bool(self) -> Result<Source, CliError> {
        if self.is_bool() {
            return self.into_source();
        }
        Err(CliError::ElementType {
            path: self.path,
            expected: "bool",
            found: self.stored.row().0,
            remedy: "save a comparison, as in array != 0",
        })
    }

    fn into_source(self) -> Result<Source, CliError> {
        // With one dimension beside those of 1, or without elements, both orders are the same.
        let dims = self.shape.dims();
        let is_line = dims.contains(&0) || dims.iter().filter(|&&dim| dim > 1).count() <= 1;
        if self.is_fortran && !is_line {
            FortranFile::new(self).map(Source::Fortran)
        } else {
            Ok(Source::File(self))
        }
    }

    /// Fills `out`, of this array's dtype, with the elements from `start` on, in
    /// the order of the file.
    pub(super) fn read(&mut self, start: usize, out: DynSliceMut<'_>) -> Result<(), CliError> {
        let (_, size, dtype) = self.stored.row();
        let (len, is_direct) = (out.len(), dtype == Some(out.dtype()));
        let position = self.offset + start as u64 * size as u64;
        let mut out = out;
        if let Some(bytes) = bytes::of_slice_mut(out.reborrow()).filter(|_| is_direct) {
            return self.read_bytes(position, bytes);
        }
        let mut stored = vec![0; len * size];
        self.read_bytes(position, &mut stored)?;
        let values = self.stored.decode(&stored, out.dtype());
        let values = DynTensor::from(Tensor::from(values)).cast(out.dtype());
        super::copy(&values, 0, out)
    }

    /// Reads bytes and puts them in this machine's order.
    fn read_bytes(&mut self, position: u64, bytes: &mut [u8]) -> Result<(), CliError> {
        self.file
            .seek(SeekFrom::Start(position))
            .and_then(|_| self.file.read_exact(bytes))
            .map_err(|source| match source.kind() {
                ErrorKind::UnexpectedEof => CliError::Malformed {
                    path: self.path.clone(),
                    expected: "the elements that its header promises".to_owned(),
                    found: "the end of the file: it was cut while it was read".to_owned(),
                    remedy: "write it anew",
                },
                _ => CliError::Read {
                    path: self.path.clone(),
                    cause: source,
                },
            })?;
        if self.is_swapped {
            bytes::swap(bytes, self.stored.row().1);
        }
        Ok(())
    }
}

impl Header {
    /// The number of bytes of the elements; none if it exceeds the address space.
    pub(super) fn data_len(&self) -> Option<u64> {
        (self.shape.len() as u64).checked_mul(self.stored.row().1 as u64)
    }
}

fn elements<T: Pod>(bytes: &[u8], value: impl Fn(T) -> f64) -> Vec<f64> {
    bytes
        .chunks_exact(size_of::<T>())
        .map(|element| value(bytemuck::pod_read_unaligned(element)))
        .collect()
}

/// The integer as a double; where it lies between two, the one with the odd last bit, which is no
/// tie of a narrower format and lies on the same side of each. So a second rounding does no harm.
fn round_to_odd(value: i128) -> f64 {
    let nearest = value as f64;
    let exact = nearest as i128;
    if exact == value {
        return nearest;
    }
    let toward_zero = if exact.unsigned_abs() > value.unsigned_abs() {
        nearest.to_bits() - 1
    } else {
        nearest.to_bits()
    };
    f64::from_bits(toward_zero | 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_stored_types_is_in_declaration_order() {
        for (index, (stored, name, ..)) in STORED.into_iter().enumerate() {
            assert_eq!(stored as usize, index);
            assert_eq!(Stored::named(name), Some(stored));
        }
    }

    /// Ties of bfloat16 and what lies beside them by less than a double can tell.
    #[test]
    fn integers_beside_a_tie_round_to_their_side_in_one_step() {
        // 2^62 has the bfloat16 ulp 2^55; half of it above is a tie.
        let (base, half) = (1_i64 << 62, 1_i64 << 54);
        let up = base + (half << 1);
        for (value, expected) in [
            (base + half, base),
            (base + half + 1, up),
            (base + half - 1, base),
            (-(base + half + 1), -up),
            (base + 3 * half, base + 4 * half),
            (base + 3 * half - 1, up),
        ] {
            let bytes = value.to_ne_bytes();
            let values = Stored::I64.decode(&bytes, DType::BF16);
            let rounded = <bf16 as Float>::from_f64(values[0]);
            assert_eq!(rounded.to_f64(), expected as f64, "{value}");
        }
    }

    #[test]
    fn integers_round_to_the_nearest_double_once() {
        let odd = (1_u64 << 53) + 1;
        let bytes = [odd, odd + 2, u64::MAX].map(u64::to_ne_bytes).concat();
        let expected = [
            9007199254740992.0,
            9007199254740996.0,
            18446744073709551616.0,
        ];
        assert_eq!(Stored::U64.decode(&bytes, DType::F64), expected);
    }
}
