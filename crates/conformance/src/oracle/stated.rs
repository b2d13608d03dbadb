//! The correctly rounded value of a formula that somebody states, of which nothing is known but how
//! it is written.

use std::cmp::Ordering;

use super::{FIRST_PRECISION, formula};
use crate::exact::Interval;
use crate::formula::{Bindings, NoValue, Steps};
use crate::{ConformanceError, DType, Quantity};

/// What 4096 bits do not decide is most often on a boundary, which no precision decides.
const LAST_PRECISION: usize = 1 << 12;

/// Grows the precision until both ends of an enclosure round to the same bits. A formula of sums and
/// products alone is exact after the first try; one on a rounding boundary that is neither ends undecided.
pub(super) fn prove(
    quantity: Quantity,
    dtype: DType,
    numbers: &[f64],
) -> Result<u64, ConformanceError> {
    let steps = formula(quantity)?;
    let bindings = Bindings::of(quantity, numbers);
    let by_ieee = || ieee(&steps, dtype, &bindings);
    if numbers.iter().any(|number| number.is_infinite()) {
        return Ok(by_ieee());
    }
    let mut precision = FIRST_PRECISION;
    while precision <= LAST_PRECISION {
        match steps.enclosed(&bindings, precision) {
            Ok(value) if value.low == value.high => {
                return Ok(exact(&value, dtype, by_ieee()));
            }
            Ok(value) => {
                if let Some(bits) = value.rounded_inside(dtype) {
                    return Ok(bits);
                }
            }
            Err(NoValue::NotFinite) => return Ok(by_ieee()),
            Err(NoValue::Unknown) => {}
        }
        precision *= 2;
    }
    Err(ConformanceError::Undecided {
        op: quantity.op(),
        inputs: numbers.to_vec(),
        precision: precision / 2,
    })
}

/// A value known exactly; a zero has the sign that IEEE-754 gives it, if that is a zero too.
fn exact(value: &Interval, dtype: DType, by_ieee: u64) -> u64 {
    if value.low.is_zero() && dtype.is_zero(by_ieee) {
        return by_ieee;
    }
    value.low.round(dtype, Ordering::Equal)
}

/// The formula in IEEE-754 arithmetic, step by step in `f64`.
fn ieee(steps: &Steps, dtype: DType, bindings: &Bindings) -> u64 {
    let wide = steps.result_in_dtype(DType::F64, bindings);
    dtype.from_f64(DType::F64.to_f64(wide))
}
