//! An output file: written piece by piece to a temporary file beside it, and renamed when all is
//! well, so that there is never half an output.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use npyz::{WriteOptions, WriterBuilder};
use ops_nn::tensor_core::{DType, DynTensor, Shape};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use tempfile::NamedTempFile;

use crate::bytes;
use crate::error::CliError;
use crate::value::{self, Format};

/// The name of the tensor in a `.safetensors` output.
const TENSOR_NAME: &str = "result";

/// An output that is being written.
#[derive(Debug)]
pub(crate) struct Sink {
    content: String,
    path: PathBuf,
    dtype: DType,
    shape: Shape,
    file: BufWriter<NamedTempFile>,
}

/// An output that has been written.
#[derive(Debug)]
pub(crate) struct Written {
    /// What the file holds, in words.
    pub(crate) content: String,
    pub(crate) path: PathBuf,
    pub(crate) dtype: DType,
    pub(crate) shape: Shape,
}

impl Sink {
    /// Starts an output of this dtype and shape, in the format that the path's extension names.
    pub(crate) fn create(
        content: impl Into<String>,
        path: &Path,
        dtype: DType,
        shape: &Shape,
    ) -> Result<Self, CliError> {
        let header = header(path, dtype, shape)?;
        let write = || {
            let mut file = BufWriter::new(temporary_beside(path)?);
            file.write_all(&header)?;
            Ok(file)
        };
        Ok(Self {
            content: content.into(),
            file: write().map_err(|source| unwritable(path, source))?,
            path: path.to_owned(),
            dtype,
            shape: shape.clone(),
        })
    }

    /// Appends elements, which are of this output's dtype.
    pub(crate) fn write(&mut self, elements: &DynTensor<'_>) -> Result<(), CliError> {
        let mut bytes = Cow::Borrowed(bytes::of_tensor(elements));
        if cfg!(target_endian = "big") {
            bytes::swap(bytes.to_mut(), self.dtype.size_of());
        }
        self.file
            .write_all(&bytes)
            .map_err(|source| unwritable(&self.path, source))
    }

    /// Puts the file in its place.
    pub(crate) fn commit(self) -> Result<Written, CliError> {
        let unwritable = |source| unwritable(&self.path, source);
        let file = self.file.into_inner();
        let file = file.map_err(|error| unwritable(error.into_error()))?;
        file.persist(&self.path)
            .map_err(|error| unwritable(error.error))?;
        Ok(Written {
            content: self.content,
            path: self.path,
            dtype: self.dtype,
            shape: self.shape,
        })
    }
}

/// Refuses a path whose extension names no output format.
pub(crate) fn check_format(path: &Path) -> Result<(), CliError> {
    output_format(path).map(|_| ())
}

/// The file that a path stands for, symbolic links resolved, whether it exists or not.
pub(crate) fn identity(path: &Path) -> PathBuf {
    let resolved = path.canonicalize().ok().or_else(|| {
        let directory = directory_of(path).canonicalize().ok()?;
        Some(directory.join(path.file_name()?))
    });
    resolved.unwrap_or_else(|| path.to_owned())
}

#[derive(Clone, Copy)]
enum OutputFormat {
    Npy,
    Safetensors,
}

fn output_format(path: &Path) -> Result<OutputFormat, CliError> {
    match value::format_of(path) {
        Some(Format::Npy) => Ok(OutputFormat::Npy),
        Some(Format::Safetensors) => Ok(OutputFormat::Safetensors),
        Some(Format::Csv) | None => Err(CliError::OutputFormat {
            path: path.to_owned(),
            expected: "an output named *.npy or *.safetensors",
            found: "another extension".to_owned(),
            remedy: "rename it",
        }),
    }
}

fn header(path: &Path, dtype: DType, shape: &Shape) -> Result<Vec<u8>, CliError> {
    match output_format(path)? {
        OutputFormat::Npy => npy_header(path, dtype, shape),
        OutputFormat::Safetensors => {
            safetensors_header(dtype, shape).map_err(|source| unwritable(path, source))
        }
    }
}

fn npy_header(path: &Path, dtype: DType, shape: &Shape) -> Result<Vec<u8>, CliError> {
    let descr = match dtype {
        DType::Bool => "|b1",
        DType::F16 => "<f2",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
        DType::BF16 => {
            return Err(CliError::OutputFormat {
                path: path.to_owned(),
                expected: "a dtype that .npy has",
                found: dtype.to_string(),
                remedy: "name the output *.safetensors",
            });
        }
    };
    let dims: Vec<u64> = shape.dims().iter().map(|&dim| dim as u64).collect();
    let descr = descr.parse().map_err(io::Error::other);
    descr
        .and_then(|descr| {
            WriteOptions::new_header_only()
                .dtype(npyz::DType::new_scalar(descr))
                .shape(&dims)
                .writer(Vec::new())
                .write_header_only()
        })
        .map_err(|source| unwritable(path, source))
}

/// The length of the JSON, then the JSON, padded with spaces so that the elements are aligned.
fn safetensors_header(dtype: DType, shape: &Shape) -> io::Result<Vec<u8>> {
    const ALIGNMENT: usize = 8;
    let info = TensorInfo {
        dtype: match dtype {
            DType::Bool => Dtype::BOOL,
            DType::F16 => Dtype::F16,
            DType::BF16 => Dtype::BF16,
            DType::F32 => Dtype::F32,
            DType::F64 => Dtype::F64,
        },
        shape: shape.dims().to_vec(),
        data_offsets: (0, shape.len() * dtype.size_of()),
    };
    let metadata = Metadata::new(None, vec![(TENSOR_NAME.to_owned(), info)]);
    let mut json = serde_json::to_vec(&metadata.map_err(io::Error::other)?)?;
    json.resize(json.len().next_multiple_of(ALIGNMENT), b' ');
    let length = (json.len() as u64).to_le_bytes();
    Ok([&length[..], &json].concat())
}

/// A new file in the directory of `path`, removed if it is dropped.
fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".opsnn-");
    // Temporary files are the owner's alone unless told otherwise; outputs follow the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory_of(path))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn unwritable(path: &Path, source: io::Error) -> CliError {
    CliError::Write {
        path: path.to_owned(),
        source,
    }
}
