//! The judge of logistic losses: documented formulas, arbitrary precision, golden vectors and
//! a verdict on any implementation.
//!
//! This crate knows no implementation. [`correctly_rounded`] gives the bits that an op must
//! return; everything else measures against them.

mod budget;
mod cases;
mod dtype;
mod error;
mod exact;
mod explain;
mod external;
mod formula;
pub mod goldens;
mod naive;
mod numbers;
mod oracle;
mod quantity;
pub mod scoreboard;
mod suite;

pub use budget::{Budget, Verdict, Violation};
pub use cases::{Case, Class, cases};
pub use dtype::DType;
pub use error::ConformanceError;
pub use explain::{Explanation, Form, Traced, explain};
pub use external::{ExternalImplementation, Limits};
pub use formula::{DOCUMENTATION, Documented, Formula, Variable};
pub use naive::NaiveImplementation;
pub use oracle::{correctly_rounded, correctly_rounded_without_filter, exact_decimal};
pub use quantity::Quantity;
pub use suite::{Example, Failure, FailureKind, Finding, Implementation, Report, Row, Suite};
