//! Output files: each is written piece by piece to a temporary file beside it. When all of them are on
//! the disk they are renamed, so that there is never half an output, nor one without the others.

use std::borrow::Cow;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ops_nn::tensor_core::{DType, DynTensor, Shape};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use tempfile::NamedTempFile;

use crate::bytes;
use crate::error::CliError;
use crate::interrupt::Interrupt;
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
        interrupt: &Interrupt,
    ) -> Result<Self, CliError> {
        let header = header(path, dtype, shape)?;
        let write = || {
            let file = interrupt.temporary(|| temporary_beside(path))?;
            let mut file = BufWriter::new(file);
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

    /// Brings all that is written to the disk: what can fail for want of space fails here.
    fn finish(self) -> Result<(NamedTempFile, Written), CliError> {
        let unwritable = |source| unwritable(&self.path, source);
        let file = self.file.into_inner();
        let file = file.map_err(|error| unwritable(error.into_error()))?;
        file.as_file().sync_all().map_err(unwritable)?;
        let written = Written {
            content: self.content,
            path: self.path,
            dtype: self.dtype,
            shape: self.shape,
        };
        Ok((file, written))
    }
}

/// Puts all outputs in their places, or none.
///
/// # Errors
/// What cannot be written. If that shows only when files are renamed, outputs that are new are removed
/// again; [`CliError::PartlyReplaced`] lists the others.
pub(crate) fn commit(sinks: Vec<Sink>, interrupt: &Interrupt) -> Result<Vec<Written>, CliError> {
    let finished = sinks.into_iter().map(Sink::finish);
    let finished = finished.collect::<Result<Vec<_>, _>>()?;
    let _uninterrupted = interrupt.hold();
    interrupt.check()?;
    let (mut written, mut created, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
    for (file, output) in finished {
        let existed = output.path.symlink_metadata().is_ok();
        if let Err(error) = file.persist(&output.path) {
            let error = unwritable(&output.path, error.error);
            return Err(undo(&created, replaced, error));
        }
        let places = if existed { &mut replaced } else { &mut created };
        places.push(output.path.clone());
        written.push(output);
    }
    Ok(written)
}

/// Removes the outputs that are new; the error to report.
fn undo(created: &[PathBuf], replaced: Vec<PathBuf>, error: CliError) -> CliError {
    for path in created {
        // There is nothing more to be done about one that cannot be removed.
        let _ = fs::remove_file(path);
    }
    if replaced.is_empty() {
        return error;
    }
    CliError::PartlyReplaced {
        source: Box::new(error),
        replaced,
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
    Ok(npy_text(descr, shape))
}

/// The header as NumPy writes it: padded, so that the elements are aligned to 64 bytes. The count of
/// two bytes suffices for every shape of at most 254 dimensions.
fn npy_text(descr: &str, shape: &Shape) -> Vec<u8> {
    const START: usize = 10;
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let length = (START + text.len() + 1).next_multiple_of(64) - START;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend_from_slice(&(length as u16).to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    header.resize(START + length - 1, b' ');
    header.push(b'\n');
    header
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
        folder: directory_of(path).to_owned(),
        source: cause(source),
    }
}

/// The error without the temporary file's name, which `tempfile` appends and which means nothing to the
/// user.
fn cause(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((cause, _)) => io::Error::new(error.kind(), cause.to_owned()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(path: &Path, interrupt: &Interrupt) -> Sink {
        let value = DynTensor::scalar(DType::F32, 1.0);
        let mut sink =
            Sink::create("result", path, value.dtype(), value.shape(), interrupt).unwrap();
        sink.write(&value).unwrap();
        sink
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn npy_headers_are_those_that_numpy_writes() {
        for (name, dims) in [
            ("breast_cancer_labels.npy", &[569][..]),
            ("breast_cancer_features.npy", &[569, 30]),
        ] {
            let file = fs::read(testkit::fixtures::data(name)).unwrap();
            let header = npy_text("<f4", &Shape::new(dims).unwrap());
            assert!(file.starts_with(&header), "{name}");
            assert_eq!(
                file.len() - header.len(),
                4 * dims.iter().product::<usize>()
            );
        }
    }

    #[test]
    fn if_one_output_cannot_be_renamed_the_new_ones_are_removed_and_the_others_listed() {
        for is_replaced in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let [first, second, third] =
                ["a.npy", "b.npy", "c.npy"].map(|name| directory.path().join(name));
            if is_replaced {
                fs::write(&first, "earlier").unwrap();
            }
            let interrupt = Interrupt::default();
            let sinks = [&first, &second, &third].map(|path| sink(path, &interrupt));
            // A directory that appears in the last moment cannot be renamed over.
            fs::create_dir(&third).unwrap();
            let error = commit(sinks.into(), &interrupt).unwrap_err();
            let message = error.to_string();
            assert_eq!(error.exit_code(), 8);
            assert!(message.contains("c.npy: cannot write"), "{message}");
            assert!(!message.contains(".opsnn-"), "{message}");
            let is_listed = message.contains("already replaced: ") && message.ends_with("a.npy");
            assert_eq!(is_listed, is_replaced, "{message}");
            let expected: &[&str] = if is_replaced {
                &["a.npy", "c.npy"]
            } else {
                &["c.npy"]
            };
            assert_eq!(names(directory.path()), expected);
        }
    }
}
