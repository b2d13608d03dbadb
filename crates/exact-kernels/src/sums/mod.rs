//! Exact sums and means: any number of addends, rounded once.
//!
//! | file | subject |
//! |---|---|
//! | `exact_sum.rs` | the public sum |
//! | `weighted_mean.rs` | the public weighted sum and mean |
//! | `adaptive_fixed_point.rs` | the number behind both: small, grows when it must |
//! | `dense.rs` | the sum that vectorised loops add to |
//! | `specials.rs` | addends that are infinite or NaN |
//! | `axes.rs` | sums and means along axes |
//! | `reduce.rs` | sums and means of the loss |

mod adaptive_fixed_point;
pub(crate) mod axes;
pub(crate) mod dense;
pub(crate) mod exact_sum;
pub(crate) mod reduce;
mod specials;
pub(crate) mod weighted_mean;
