//! Ziv's method: an estimate with a proved error bound for every element, and stages of growing
//! precision for the few elements whose rounding it leaves open. No module here knows a particular
//! function.
//!
//! A [`Function`](function::Function) of I numbers supplies three things: an estimate in lanes, an
//! estimate for `f64`, and its [exact form](exact_form). The [driver] cuts slices into tiles, the
//! [first stage](first_stage) rounds both ends of the estimates' intervals, and the
//! [second](second_stage) and [third](third_stage) stage round the exact form of what is left.
//!
//! The later stages need the transcendental part of an exact form, its tail, in double-double and
//! in wide floating-point numbers of two lengths. A function's file writes that formula once,
//! generic over [`Elementary`](crate::number::elementary::Elementary) numbers (`t / (t + 1)` with
//! `t = N::exp(-x)`), and [`Tail`](exact_form::Tail) keeps it as one plain function for each
//! precision. So there is no list of tails, an exact form stays plain data, and the later stages
//! are compiled once for each format, not for each function.

pub(crate) mod driver;
pub(crate) mod estimate;
pub(crate) mod exact_form;
pub(crate) mod first_stage;
pub(crate) mod function;
pub(crate) mod second_stage;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod third_stage;
