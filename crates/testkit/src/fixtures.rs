//! Files of the repository that tests of several crates read.

use std::path::{Path, PathBuf};

/// A file of `data/`, the real data sets.
pub fn data(name: &str) -> PathBuf {
    repository().join("data").join(name)
}

/// A graph that TensorFlow wrote, by its name without the extension.
pub fn graph(name: &str) -> PathBuf {
    graphs().join(name).with_extension("pb")
}

/// The folder of the graphs that TensorFlow wrote; its README says how each was made.
pub fn graphs() -> PathBuf {
    repository().join("crates/ops-nn/tests/graphs")
}

/// The folder of the golden vectors.
pub fn goldens() -> PathBuf {
    repository().join("crates/conformance/goldens")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
