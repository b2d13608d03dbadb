//! What the tests share: running `opsnn`, and making files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use testkit::fixtures;

pub(crate) const WEIGHTED: &str = "nn.weighted_cross_entropy_with_logits";

/// A file of `data/`.
pub(crate) fn data(name: &str) -> String {
    fixtures::data(name).display().to_string()
}

/// The command, ready to be started.
pub(crate) fn command<S: AsRef<str>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_opsnn"));
    command
        .args(args.iter().map(AsRef::as_ref))
        .stdin(Stdio::null());
    command
}

pub(crate) fn opsnn<S: AsRef<str>>(args: &[S]) -> Output {
    command(args).output().expect("opsnn starts")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs `opsnn run ARGS --json` and returns its object.
pub(crate) fn json<S: AsRef<str>>(args: &[S]) -> Value {
    let args: Vec<_> = ["run"]
        .into_iter()
        .chain(args.iter().map(AsRef::as_ref))
        .chain(["--json"])
        .collect();
    let output = opsnn(&args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// A directory of its own for a test's files.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.path().join(name), bytes).expect("written");
        self.path(name)
    }

    /// A `.npy` file with these elements, little-endian, row-major.
    pub(crate) fn npy<T: bytemuck::NoUninit>(
        &self,
        name: &str,
        descr: &str,
        shape: &str,
        elements: &[T],
    ) -> String {
        let bytes = little_endian(elements);
        self.write(name, [npy_header(descr, false, shape), bytes].concat())
    }

    /// The names of all files, sorted.
    pub(crate) fn names(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.path()).expect("listed");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("listed").path()).collect();
        names.sort();
        names
    }
}

/// The header that NumPy writes.
pub(crate) fn npy_header(descr: &str, is_fortran: bool, shape: &str) -> Vec<u8> {
    let fortran = if is_fortran { "True" } else { "False" };
    npy_header_of(&format!(
        "{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    ))
}

/// A header with this dict, padded as NumPy pads it.
pub(crate) fn npy_header_of(dict: &str) -> Vec<u8> {
    let length = (10 + dict.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(length as u16).to_le_bytes());
    bytes.extend_from_slice(format!("{dict:<width$}\n", width = length - 1).as_bytes());
    bytes
}

pub(crate) fn little_endian<T: bytemuck::NoUninit>(elements: &[T]) -> Vec<u8> {
    swapped_unless(cfg!(target_endian = "little"), elements)
}

pub(crate) fn big_endian<T: bytemuck::NoUninit>(elements: &[T]) -> Vec<u8> {
    swapped_unless(cfg!(target_endian = "big"), elements)
}

fn swapped_unless<T: bytemuck::NoUninit>(is_native: bool, elements: &[T]) -> Vec<u8> {
    let mut bytes = bytemuck::cast_slice(elements).to_vec();
    if !is_native {
        bytes
            .chunks_exact_mut(size_of::<T>())
            .for_each(<[u8]>::reverse);
    }
    bytes
}

/// The elements of a file that ends in `count` elements of `size` bytes.
pub(crate) fn tail(path: &str, count: usize, size: usize) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(path).expect("read");
    let start = bytes.len() - count * size;
    bytes[start..]
        .chunks_exact(size)
        .map(<[u8]>::to_vec)
        .collect()
}
