//! Exact dyadic numbers, intervals between them, and the two transcendental functions.

mod dyadic;
mod elementary;
mod interval;

pub(crate) use dyadic::Dyadic;
pub(crate) use elementary::{exp, exp_m1, ln, ln_1p};
pub(crate) use interval::Interval;
