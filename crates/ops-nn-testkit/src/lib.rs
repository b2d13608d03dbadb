//! What tests, benchmarks and `xtask` need of the registry's ops: the judge's view of them, and
//! inputs for any op.
//!
//! A crate beside `testkit`, because it depends on `ops-nn` and `conformance` and would otherwise
//! make the tests of `exact-kernels` wait for both.

mod functions;
mod inputs;
mod judged;

pub use functions::{functions, stated};
pub use inputs::Inputs;
pub use judged::OpsNn;
