//! Helpers of tests and benchmarks. They know no other crate of the workspace, so that every
//! crate can use them.

#[cfg(feature = "adapter")]
pub mod adapter;
mod bits;
mod digest;
pub mod fixtures;
mod random;
#[cfg(feature = "adapter")]
mod stopwatch;

pub use bits::{Float, assert_same_bits};
pub use digest::Digest;
pub use random::Random;
