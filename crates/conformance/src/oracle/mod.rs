//! The correctly rounded value of every function in every dtype, and its decimal reading.
//!
//! A fast filter in double-double answers where its error bound allows it; else the
//! precision grows until both ends of an enclosure round to the same bits. That ends for every
//! input of the known functions, and of formulas with one transcendental part, because exact
//! results and exact heads are recognised (see `value`). A sum of several parts that is exactly on
//! a rounding boundary ends undecided, as may formulas of no known form.

mod decimal;
mod double_double;
mod enclosed;
mod filter;
mod form;
mod value;

use std::cmp::Ordering;

use crate::exact::{Dyadic, Interval};
use crate::function::MOST_ARGUMENTS;
use crate::{ConformanceError, DType, Function};
pub use decimal::exact_decimal;
use enclosed::Enclosed;
pub(crate) use form::{Form, LinearForm, TermForm};
use value::total;
pub(crate) use value::{Part, Value};

/// The first working precision of the arbitrary-precision evaluation, in bits.
const FIRST_PRECISION: usize = 128;

/// Far more than any input of one transcendental part needs: the longest known, a tie in `f64`
/// between head and first-order term at a logit near 2^-1074, is decided by a term 2^-2148 times
/// smaller.
const LAST_PRECISION: usize = 1 << 15;

/// The bits that an op must return: the exact value of its documented formula at the exact
/// values of its inputs, rounded to nearest, ties to even.
///
/// `inputs` are raw bits of `dtype`, one for each of [`Function::arguments`], in that order.
/// NaN in gives the canonical NaN; an infinite label or weight gives NaN; a term whose weight
/// is exactly 0 contributes 0, at infinite logits too; an exact zero is `+0` (the arithmetic
/// primitives follow IEEE-754's signs of zero); a non-zero underflow keeps its sign.
///
/// # Errors
/// [`ConformanceError::Arity`] and [`ConformanceError::Width`] for inputs that do not fit;
/// [`ConformanceError::Undecided`] for some inputs of some [stated](Function::stated) functions.
///
/// ```
/// use conformance::{DType, Function, correctly_rounded};
///
/// let f32 = |value: f32| u64::from(value.to_bits());
/// let sigmoid_loss = Function::known("nn.sigmoid_cross_entropy_with_logits")?;
/// let loss = correctly_rounded(&sigmoid_loss, DType::F32, &[f32(0.0), f32(-17.0)])?;
/// assert_eq!(loss, f32(4.1399375e-8));
/// // No fixed precision decides this one: 1 - z is half-way, and even is above; the gradient is
/// // smaller by e^-1e38.
/// let label = 0x3e99_9999;
/// let slope = Function::known("nn.sigmoid_cross_entropy_with_logits_grad_logits")?;
/// let slope = correctly_rounded(&slope, DType::F32, &[label, f32(1e38)])?;
/// assert_eq!(slope, 0x3f33_3333);
/// assert_eq!(DType::F32.from_f64(1.0 - DType::F32.to_f64(label)), 0x3f33_3334);
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
pub fn correctly_rounded(
    function: &Function,
    dtype: DType,
    inputs: &[u64],
) -> Result<u64, ConformanceError> {
    let numbers = decode(function, dtype, inputs)?;
    let numbers = &numbers[..inputs.len()];
    match filter::answer(function, dtype, numbers) {
        Some(bits) => Ok(bits),
        None => prove(function, dtype, numbers),
    }
}

/// As [`correctly_rounded`], by arbitrary precision alone: the witness against which the fast
/// filter is tested.
///
/// # Errors
/// As [`correctly_rounded`].
pub fn correctly_rounded_without_filter(
    function: &Function,
    dtype: DType,
    inputs: &[u64],
) -> Result<u64, ConformanceError> {
    let numbers = decode(function, dtype, inputs)?;
    prove(function, dtype, &numbers[..inputs.len()])
}

/// The inputs as exact doubles, on the stack: this is the inner loop of exhaustive sweeps.
fn decode(
    function: &Function,
    dtype: DType,
    inputs: &[u64],
) -> Result<[f64; MOST_ARGUMENTS], ConformanceError> {
    function.check_arity(inputs.len())?;
    let mut numbers = [0.0; MOST_ARGUMENTS];
    for (number, &bits) in numbers.iter_mut().zip(inputs) {
        dtype.check(bits)?;
        *number = dtype.to_f64(bits);
    }
    Ok(numbers)
}

/// Rounds the exact value with a proof, or fails: never a guess.
///
/// The documented formula is what is evaluated. Its exact head and the signs of the tails are used
/// where growing precision would not end, and at each precision where the formula's own
/// cancellation leaves it undecided.
fn prove(function: &Function, dtype: DType, numbers: &[f64]) -> Result<u64, ConformanceError> {
    let value = Value::of(function, numbers);
    if let Some(bits) = rounded(&value, dtype) {
        return Ok(bits);
    }
    let Value::Sum { head, parts } = value else {
        return prove_enclosed(function, dtype, numbers);
    };
    let inside = |value: Option<&Interval>| value.and_then(|value| value.rounded_inside(dtype));
    if let Some(bits) = inside(total(&head, &parts, Part::rough).as_ref()) {
        return Ok(bits);
    }
    let mut precision = FIRST_PRECISION;
    while precision <= LAST_PRECISION {
        let documented = function.steps().enclose(numbers, precision);
        if let Some(bits) = inside(documented.as_ref()) {
            return Ok(bits);
        }
        let structured = total(&head, &parts, |part| part.enclose(precision));
        if let (Some(documented), Some(structured)) = (&documented, &structured) {
            debug_assert!(
                documented.meets(structured),
                "{function} {numbers:?}: formula and head-and-tail form are apart"
            );
        }
        if let Some(bits) = inside(structured.as_ref()) {
            return Ok(bits);
        }
        precision *= 2;
    }
    Err(undecided(function, numbers, precision / 2))
}

/// Grows the precision for a function of no known form. One on a rounding boundary that is
/// neither a sum nor a product ends undecided.
fn prove_enclosed(
    function: &Function,
    dtype: DType,
    numbers: &[f64],
) -> Result<u64, ConformanceError> {
    let mut precision = FIRST_PRECISION;
    while precision <= enclosed::LAST_PRECISION {
        let bits = match enclosed::enclose(function, numbers, precision) {
            Some(Enclosed::Value(value)) => rounded(&value, dtype),
            Some(Enclosed::Inside(value)) => value.rounded_inside(dtype),
            None => None,
        };
        if let Some(bits) = bits {
            return Ok(bits);
        }
        precision *= 2;
    }
    Err(undecided(function, numbers, precision / 2))
}

/// The bits of a special or exact value.
fn rounded(value: &Value, dtype: DType) -> Option<u64> {
    Some(match value {
        Value::Nan => dtype.nan(),
        Value::Infinite { negative } => dtype.signed(*negative, dtype.infinity()),
        Value::Zero { negative } => dtype.signed(*negative, 0),
        Value::Exact(value) => value.round(dtype, Ordering::Equal),
        Value::Quotient(x, y) => round_quotient(x, y, dtype),
        Value::Unknown | Value::Sum { .. } => return None,
    })
}

fn undecided(function: &Function, numbers: &[f64], precision: usize) -> ConformanceError {
    ConformanceError::Undecided {
        op: function.to_string(),
        inputs: numbers.to_vec(),
        precision,
    }
}

/// A quotient is on a rounding boundary only if it is dyadic, and then few bits hold it.
fn round_quotient(x: &Dyadic, y: &Dyadic, dtype: DType) -> u64 {
    let precision = dtype.precision() as usize + 4;
    let (low, high) = (
        x.quotient(y, precision, false),
        x.quotient(y, precision, true),
    );
    if low == high {
        return low.round(dtype, Ordering::Equal);
    }
    // Both ends have four bits more than the dtype, hence no boundary lies strictly between them.
    low.round(dtype, Ordering::Greater)
}

/// An interval with the exact value inside, about `precision` bits narrow relative to the terms;
/// `None` where there is no finite value or the precision is not enough.
#[cfg(test)]
pub(crate) fn enclosure(
    function: &Function,
    numbers: &[f64],
    precision: usize,
) -> Option<Interval> {
    match Value::of(function, numbers) {
        Value::Nan | Value::Infinite { .. } => None,
        Value::Unknown => function.steps().enclose(numbers, precision),
        Value::Zero { .. } => Some(Interval::point(Dyadic::zero())),
        Value::Exact(value) => Some(Interval::point(value)),
        Value::Quotient(x, y) => Interval::point(x).over(&Interval::point(y), precision),
        Value::Sum { head, parts } => total(&head, &parts, |part| part.enclose(precision)),
    }
}
