//! The `conformance` program.

use std::path::Path;

fn main() {
    let directory = std::env::args().nth(1).unwrap_or_default();
    conformance::goldens::write(Path::new(&directory)).unwrap();
}
