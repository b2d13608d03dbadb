//! The correctly rounded value of every quantity in every dtype, and its decimal reading.
//!
//! A fast filter in double-double answers where its error bound allows it; else the
//! precision grows until both ends of an enclosure round to the same bits. That ends for every
//! input, because exact results and exact heads are recognised (see `value`).

mod decimal;
mod double_double;
mod filter;
mod stated;
mod value;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::OnceLock;

use crate::exact::{Dyadic, Interval};
use crate::formula::{Bindings, Steps};
use crate::{ConformanceError, DType, Quantity};
pub use decimal::exact_decimal;
pub(crate) use value::Value;

/// The first working precision of the arbitrary-precision evaluation, in bits.
const FIRST_PRECISION: usize = 128;

/// Far more than any input needs: the longest known, a tie in `f64` between head and first-order
/// term at a logit near 2^-1074, is decided by a term 2^-2148 times smaller.
const LAST_PRECISION: usize = 1 << 15;

/// The bits that an op must return: the exact value of its documented formula at the exact
/// values of its inputs, rounded to nearest, ties to even.
///
/// `inputs` are raw bits of `dtype`, one for each of [`Quantity::arguments`], in that order.
/// NaN in gives the canonical NaN; an infinite label or weight gives NaN; a term whose weight
/// is exactly 0 contributes 0, at infinite logits too; an exact zero is `+0` (the arithmetic
/// primitives follow IEEE-754's signs of zero); a non-zero underflow keeps its sign.
///
/// # Errors
/// [`ConformanceError::Arity`] and [`ConformanceError::Width`] for inputs that do not fit.
///
/// ```
/// use conformance::{DType, Quantity, correctly_rounded};
///
/// let f32 = |value: f32| u64::from(value.to_bits());
/// let loss = correctly_rounded(Quantity::SigmoidLoss, DType::F32, &[f32(0.0), f32(-17.0)])?;
/// assert_eq!(loss, f32(4.1399375e-8));
/// // No fixed precision decides this one: 1 - z is half-way, and even is above; the gradient is
/// // smaller by e^-1e38.
/// let label = 0x3e99_9999;
/// let slope = correctly_rounded(Quantity::SigmoidGradLogits, DType::F32, &[label, f32(1e38)])?;
/// assert_eq!(slope, 0x3f33_3333);
/// assert_eq!(DType::F32.from_f64(1.0 - DType::F32.to_f64(label)), 0x3f33_3334);
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
pub fn correctly_rounded(
    quantity: Quantity,
    dtype: DType,
    inputs: &[u64],
) -> Result<u64, ConformanceError> {
    let numbers = decode(quantity, dtype, inputs)?;
    let numbers = &numbers[..inputs.len()];
    match filter::answer(quantity, dtype, numbers) {
        Some(bits) => Ok(bits),
        None => prove(quantity, dtype, numbers),
    }
}

/// As [`correctly_rounded`], by arbitrary precision alone: the witness against which the fast
/// filter is tested.
///
/// # Errors
/// As [`correctly_rounded`].
pub fn correctly_rounded_without_filter(
    quantity: Quantity,
    dtype: DType,
    inputs: &[u64],
) -> Result<u64, ConformanceError> {
    let numbers = decode(quantity, dtype, inputs)?;
    prove(quantity, dtype, &numbers[..inputs.len()])
}

/// The inputs as exact doubles, on the stack: this is the inner loop of exhaustive sweeps.
fn decode(quantity: Quantity, dtype: DType, inputs: &[u64]) -> Result<[f64; 3], ConformanceError> {
    quantity.check_arity(inputs.len())?;
    let mut numbers = [0.0; 3];
    for (number, &bits) in numbers.iter_mut().zip(inputs) {
        dtype.check(bits)?;
        *number = dtype.to_f64(bits);
    }
    Ok(numbers)
}

/// Rounds the exact value with a proof: never a guess, whatever the precision that takes.
///
/// The documented formula is what is evaluated. Its exact head and the tail's sign step in
/// where growing precision would not end, and at each precision where the formula's own
/// cancellation leaves it undecided.
fn prove(quantity: Quantity, dtype: DType, numbers: &[f64]) -> Result<u64, ConformanceError> {
    let (head, coefficient, tail, at) = match Value::of(quantity, numbers) {
        Value::Nan => return Ok(dtype.nan()),
        Value::Infinite { negative } => return Ok(dtype.signed(negative, dtype.infinity())),
        Value::Zero { negative } => return Ok(dtype.signed(negative, 0)),
        Value::Exact(value) => return Ok(value.round(dtype, Ordering::Equal)),
        Value::Quotient(x, y) => return Ok(round_quotient(&x, &y, dtype)),
        Value::Stated => return stated::prove(quantity, dtype, numbers),
        Value::Irrational {
            head,
            coefficient,
            tail,
            at,
        } => (head, coefficient, tail, at),
    };
    let head = Interval::point(head);
    let around = |tail: Interval| tail.times_exact(&coefficient).plus(&head);
    if let Some(bits) = tail
        .rough(&at)
        .and_then(|tail| around(tail).rounded_inside(dtype))
    {
        return Ok(bits);
    }
    let bindings = Bindings::of(quantity, numbers);
    let steps = formula(quantity)?;
    let mut precision = FIRST_PRECISION;
    while precision <= LAST_PRECISION {
        let documented = steps.enclose(&bindings, precision);
        if let Some(bits) = documented
            .as_ref()
            .and_then(|value| value.rounded_inside(dtype))
        {
            return Ok(bits);
        }
        let structured = tail.enclose(&at, precision).map(around);
        debug_assert!(
            documented
                .is_none_or(|value| structured.as_ref().is_none_or(|other| value.meets(other))),
            "{quantity} {numbers:?}: formula and head-and-tail form are apart"
        );
        if let Some(bits) = structured.and_then(|value| value.rounded_inside(dtype)) {
            return Ok(bits);
        }
        precision *= 2;
    }
    Err(ConformanceError::Undecided {
        op: quantity.op(),
        inputs: numbers.to_vec(),
        precision: precision / 2,
    })
}

/// The steps of each quantity's formula, read once if this crate knows it.
fn formula(quantity: Quantity) -> Result<Cow<'static, Steps>, ConformanceError> {
    static FORMULAS: [OnceLock<Steps>; Quantity::ALL.len()] =
        [const { OnceLock::new() }; Quantity::ALL.len()];
    let read = || Ok::<_, ConformanceError>(quantity.parsed()?.steps());
    let Some(index) = Quantity::ALL.iter().position(|known| *known == quantity) else {
        return read().map(Cow::Owned);
    };
    let slot = &FORMULAS[index];
    if let Some(steps) = slot.get() {
        return Ok(Cow::Borrowed(steps));
    }
    let steps = read()?;
    Ok(Cow::Borrowed(slot.get_or_init(|| steps)))
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
pub(crate) fn enclosure(quantity: Quantity, numbers: &[f64], precision: usize) -> Option<Interval> {
    match Value::of(quantity, numbers) {
        Value::Nan | Value::Infinite { .. } | Value::Stated => None,
        Value::Zero { .. } => Some(Interval::point(Dyadic::zero())),
        Value::Exact(value) => Some(Interval::point(value)),
        Value::Quotient(x, y) => Interval::point(x).over(&Interval::point(y), precision),
        Value::Irrational {
            head,
            coefficient,
            tail,
            at,
        } => {
            let term = tail.enclose(&at, precision)?.times_exact(&coefficient);
            Some(term.plus(&Interval::point(head)))
        }
    }
}
