//! The kernels against the oracle, exact arithmetic and committed digests.

mod checked;
mod common;
mod edges;
mod exhaustive_sixteen_bit;
mod lengths;
mod random;
mod sums;
mod tiers;
mod ties;
