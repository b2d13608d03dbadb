//! Where arrays come from: a file that is read piece by piece, or memory.

mod array_file;
mod csv;
mod decimal;
mod fortran;
mod npy;
mod safetensors;

use std::fs::File;
use std::io::{ErrorKind, Read};

use ops_nn::OpError;
use ops_nn::tensor_core::{DType, DynSliceMut, DynTensor, Element, Shape};

pub(crate) use self::array_file::ArrayFile;
use self::fortran::FortranFile;
use crate::error::CliError;
use crate::value::{Format, Place};

/// Opens an array whose file knows its element type; none for text, which does not.
pub(crate) fn open(place: &Place) -> Result<Option<ArrayFile>, CliError> {
    match place.format {
        Format::Npy => npy::open(place).map(Some),
        Format::Safetensors => safetensors::open(place).map(Some),
        Format::Csv => Ok(None),
    }
}

/// Reads an array of text as elements of `dtype`.
pub(crate) fn read_text(place: &Place, dtype: DType) -> Result<Source, CliError> {
    csv::read(place, dtype).map(Source::Memory)
}

/// An array of known shape and dtype whose elements can be had piece by piece.
#[derive(Debug)]
pub(crate) enum Source {
    /// Elements in a file, row-major.
    File(ArrayFile),
    /// Elements in a file, column-major.
    Fortran(FortranFile),
    /// Elements in memory.
    Memory(DynTensor<'static>),
}

impl Source {
    pub(crate) fn shape(&self) -> &Shape {
        match self {
            Self::File(file) => file.shape(),
            Self::Fortran(array) => array.file().shape(),
            Self::Memory(tensor) => tensor.shape(),
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        match self {
            Self::File(file) => file.dtype(),
            Self::Fortran(array) => array.file().dtype(),
            Self::Memory(tensor) => tensor.dtype(),
        }
    }

    /// Fills `out`, which is of this source's dtype, with the elements from `start` on.
    pub(crate) fn read(&mut self, start: usize, out: DynSliceMut<'_>) -> Result<(), CliError> {
        match self {
            Self::File(file) => file.read(start, out),
            Self::Fortran(array) => array.read(start, out),
            Self::Memory(tensor) => copy(tensor, start, out),
        }
    }

    /// All elements.
    pub(crate) fn load(&mut self) -> Result<DynTensor<'static>, CliError> {
        let mut tensor =
            DynTensor::try_zeros(self.dtype(), self.shape().clone()).map_err(OpError::from)?;
        self.read(0, tensor.as_slice_mut())?;
        Ok(tensor)
    }
}

/// Copies the elements from `start` on; both sides are of one dtype.
pub(crate) fn copy(
    tensor: &DynTensor<'_>,
    start: usize,
    out: DynSliceMut<'_>,
) -> Result<(), CliError> {
    fn run<T: Element>(
        tensor: &DynTensor<'_>,
        start: usize,
        out: &mut [T],
    ) -> Result<(), CliError> {
        let from = tensor.downcast_ref::<T>().map_err(OpError::from)?;
        out.copy_from_slice(&from.as_slice()[start..start + out.len()]);
        Ok(())
    }
    match out {
        DynSliceMut::Bool(out) => run(tensor, start, out),
        DynSliceMut::F16(out) => run(tensor, start, out),
        DynSliceMut::BF16(out) => run(tensor, start, out),
        DynSliceMut::F32(out) => run(tensor, start, out),
        DynSliceMut::F64(out) => run(tensor, start, out),
    }
}

/// How many names a message lists.
const LISTED: usize = 20;

/// The names of a file's tensors or columns, for messages.
fn listed(names: &[String]) -> String {
    let shown = names[..names.len().min(LISTED)].join(", ");
    match names.len() {
        0 => "none".to_owned(),
        count if count > LISTED => format!("{shown} and {} more", count - LISTED),
        _ => shown,
    }
}

/// What readers of all formats do and say.
impl Place {
    fn open(&self) -> Result<File, CliError> {
        File::open(&self.path).map_err(|source| self.unreadable(source))
    }

    /// The name behind the `#`; without one, that of the only item.
    fn item_of<'a>(&'a self, kind: &'static str, names: &'a [String]) -> Result<&'a str, CliError> {
        match (&self.item, names) {
            (Some(name), _) => Ok(name),
            (None, [only]) => Ok(only),
            (None, []) => Err(self.malformed(
                format!("at least one {kind}"),
                "none",
                "save the file again",
            )),
            (None, [first, ..]) => Err(CliError::ItemNotNamed {
                path: self.path.clone(),
                kind,
                example: first.clone(),
                available: listed(names),
            }),
        }
    }

    fn length(&self, file: &File) -> Result<u64, CliError> {
        let metadata = file.metadata().map_err(|source| self.unreadable(source))?;
        Ok(metadata.len())
    }

    fn read_header(&self, file: &mut File, bytes: &mut [u8]) -> Result<(), CliError> {
        file.read_exact(bytes)
            .map_err(|source| match source.kind() {
                ErrorKind::UnexpectedEof => self.malformed(
                    "a header",
                    "the end of the file",
                    "the file is truncated: copy or save it again",
                ),
                _ => self.unreadable(source),
            })
    }

    fn unreadable(&self, source: std::io::Error) -> CliError {
        CliError::Read {
            path: self.path.clone(),
            cause: source,
        }
    }

    fn malformed(
        &self,
        expected: impl Into<String>,
        found: impl Into<String>,
        remedy: &'static str,
    ) -> CliError {
        CliError::Malformed {
            path: self.path.clone(),
            expected: expected.into(),
            found: found.into(),
            remedy,
        }
    }
}
