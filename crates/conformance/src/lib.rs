//! The judge of logistic losses: documented formulas, arbitrary precision, golden vectors and
//! a verdict on any implementation.
//!
//! This crate knows no implementation. [`correctly_rounded`] gives the bits that an op must
//! return; everything else measures against them.

mod dtype;
mod error;
mod exact;
mod formula;
mod oracle;
mod quantity;
#[cfg(test)]
mod test_numbers;

pub use dtype::DType;
pub use error::ConformanceError;
pub use formula::{DOCUMENTATION, Documented, Formula, Variable};
pub use oracle::{correctly_rounded, correctly_rounded_without_filter, exact_decimal};
pub use quantity::Quantity;
