//! Correctly rounded logistic losses, their derivatives and exact sums, over slices.
//!
//! For every element type ([`f16`](half::f16), [`bf16`](half::bf16), `f32`, `f64`) and every
//! element, a function here returns the exact value of its documented formula, at the exact values
//! of its inputs, rounded once: to nearest, ties to even. That number is unique, so it does not
//! depend on the processor, its instruction sets, the number of threads, the compiler or the
//! platform's mathematical library. Sums and means are exact before their one rounding, so they do
//! not depend on order either.
//!
//! Slices in, slices out: the crate knows no tensors and no names. [`Operand`] expresses scalars
//! and the broadcasts that repeat. Nothing panics on bad input: [`KernelError`] says what does not
//! fit. Kernels do not allocate, but threads do, and so does an [`ExactSum`] or [`WeightedMean`]
//! whose addends differ widely in size.
//!
//! Without its default feature `std` the crate is `no_std`; it needs `alloc`.
//!
//! The floating-point environment is to be IEEE 754's default: rounding to nearest, nothing flushed
//! to zero. A library that sets the processor otherwise for the whole process (as code built with
//! `-ffast-math` may) takes the promise away; so would x87 arithmetic, which is refused at compile
//! time.
//!
//! ```
//! use exact_kernels::{Operand, weighted_loss, weighted_loss_mean};
//!
//! let (labels, logits) = ([0.0_f32, 1.0, 0.25], [-17.0_f32, 3.0, 0.5]);
//! let mut loss = [0.0; 3];
//! weighted_loss(&labels, &logits, Operand::Scalar(2.0), &mut loss)?;
//! assert_eq!(loss[0], 4.1399375e-8); // computed step by step in f32: 0
//! let mean: f32 = weighted_loss_mean(&labels, &logits, Operand::Scalar(2.0))?;
//! # let _ = mean;
//! # Ok::<(), exact_kernels::KernelError>(())
//! ```
//!
//! # How
//!
//! Ziv's strategy: a fast first stage with a proved bound, and later stages, of growing precision,
//! for the few elements whose rounding it leaves open. The private modules' comments derive the
//! bounds.

#![no_std]
#![expect(
    clippy::inline_always,
    reason = "the instructions of a tier reach only what is inlined into its loop"
)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!("x87 arithmetic rounds twice; build for a target with SSE2");

mod dispatch;
mod error;
mod functions;
mod kernels;
mod number;
mod operand;
mod sums;
mod ziv;

pub use dispatch::tier::Tier;
pub use error::KernelError;
pub use functions::*;
pub use kernels::arithmetic::{add, divide, greater_equal, maximum, multiply, select, subtract};
pub use kernels::domain::{Domain, check_domains, first_outside};
pub use kernels::loss::{
    Fused, weighted_fused, weighted_fused_checked, weighted_grad_labels, weighted_grad_logits,
    weighted_grad_pos_weight, weighted_hess_logits, weighted_loss,
};
pub use kernels::unary::{abs, cast, negative, relu};
pub use number::format::Real;
pub use operand::Operand;
pub use sums::axes::{Extent, mean_axes, sum_axes};
pub use sums::exact_sum::ExactSum;
pub use sums::reduce::{divide_by_count, weighted_loss_mean, weighted_loss_sum};
pub use sums::weighted_mean::WeightedMean;
