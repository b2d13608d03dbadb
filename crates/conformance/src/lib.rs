//! The judge of logistic losses: documented formulas, arbitrary precision, golden vectors and
//! a verdict on any implementation.
//!
//! This crate knows no implementation. What an op must return follows from its documented formula
//! alone: the exact value at the exact inputs, rounded once.
//!
//! | question | answer |
//! |---|---|
//! | Which bits are right? | [`correctly_rounded`], [`exact_decimal`] |
//! | What does the documentation say? | [`DOCUMENTATION`], [`Formula`], [`Function::formula`] |
//! | Which inputs are worth a test? | [`cases`](cases()), [`goldens`] |
//! | Is my implementation right? | [`Implementation`], [`Suite`], [`Report`], [`Budget`] |
//! | Is a program in another language right? | [`ExternalImplementation`], `docs/conformance-protocol.md` |
//! | How do several compare? | [`scoreboard`] |
//! | Why does my loss differ? | [`explain`](explain()) |
//!
//! ```
//! use conformance::{DType, Function, correctly_rounded};
//!
//! // The loss at z = 0, x = -17 as many would write it, and the right bits.
//! let (z, x) = (0.0_f32, -17.0_f32);
//! let found = x.max(0.0) - x * z + (1.0 + (-x.abs()).exp()).ln();
//! let inputs = [z, x].map(|input| u64::from(input.to_bits()));
//! let loss = Function::known("nn.sigmoid_cross_entropy_with_logits")?;
//! let right = correctly_rounded(&loss, DType::F32, &inputs)?;
//! assert_eq!(found, 0.0);
//! assert_eq!(DType::F32.reading(right), "4.1399375e-8");
//! # Ok::<(), conformance::ConformanceError>(())
//! ```
//!
//! The program `conformance` (feature `cli`, on by default) asks the same questions from the
//! command line.

mod budget;
mod cases;
mod dtype;
mod error;
mod exact;
mod explain;
mod external;
mod formula;
mod function;
pub mod goldens;
mod naive;
mod numbers;
mod oracle;
pub mod scoreboard;
mod suite;

pub use budget::{Budget, Verdict, Violation, ViolationKind};
pub use cases::{Case, Class, cases};
pub use dtype::DType;
pub use error::ConformanceError;
pub use explain::{Explanation, Form, Traced, explain};
pub use external::{ExternalImplementation, Limits};
pub use formula::{DOCUMENTATION, Documented, Formula};
pub use function::Function;
pub use naive::NaiveImplementation;
pub use oracle::{correctly_rounded, correctly_rounded_without_filter, exact_decimal};
pub use suite::{Example, Failure, FailureKind, Finding, Implementation, Report, Row, Suite};
