//! Exact sums and means.

pub(crate) mod axes;
#[cfg(feature = "std")]
pub(crate) mod compact;
pub(crate) mod exact_sum;
pub(crate) mod reduce;
pub(crate) mod weighted_mean;
