//! The benchmarks of the workspace, in `benches/`; `cargo xtask bench` runs them.
//!
//! They are a crate of their own, so that no library's tests wait for the benchmark harness.
