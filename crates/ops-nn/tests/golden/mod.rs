//! The graphs that TensorFlow wrote; `tests/graphs/README.md` says which.

#![cfg(feature = "tensorflow")]
#![allow(dead_code)] // Not every test needs all of it.

pub(crate) mod calls;

use std::fs;
use std::path::{Path, PathBuf};

/// One graph.
#[derive(Clone, Debug)]
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Golden {
    /// All of them, by name.
    pub(crate) fn all() -> Vec<Self> {
        let entries = fs::read_dir(folder()).expect("the folder of graphs");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<_> = paths
            .filter(|path| path.extension().is_some_and(|e| e == "pb"))
            .collect();
        paths.sort();
        assert_eq!(paths.len(), 15, "one graph per call pattern");
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// The one of that name.
    pub(crate) fn named(name: &str) -> Self {
        Self::read(&folder().join(name).with_extension("pb"))
    }

    fn read(path: &Path) -> Self {
        let stem = path.file_stem().expect("a name");
        Self {
            name: stem.to_string_lossy().into_owned(),
            bytes: fs::read(path).expect("a graph"),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphs")
}
