//! The Rust blocks of the README and of every page under `docs/`, run as doc
//! tests.
//!
//! The build script finds the pages: a new one needs no entry here. The crate
//! holds nothing else.
//!
//! ```sh
//! cargo test -p ops-nn-book --doc
//! ```

#[cfg(doctest)]
include!(concat!(env!("OUT_DIR"), "/pages.rs"));
