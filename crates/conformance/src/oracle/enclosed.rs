//! The correctly rounded value of a formula of which nothing is known but how it is written.

use std::cmp::Ordering;

use super::{FIRST_PRECISION, undecided};
use crate::formula::{Extended, Steps};
use crate::{ConformanceError, DType, Function};

/// What 4096 bits do not decide is most often on a boundary, which no precision decides.
pub(super) const LAST_PRECISION: usize = 1 << 12;

/// Grows the precision until both ends of an enclosure round to the same bits. A formula of sums
/// and products alone is exact after the first try; one on a rounding boundary that is neither ends
/// undecided.
pub(super) fn prove(
    function: &Function,
    dtype: DType,
    numbers: &[f64],
) -> Result<u64, ConformanceError> {
    let steps = function.steps();
    let mut precision = FIRST_PRECISION;
    while precision <= LAST_PRECISION {
        match steps.extended(numbers, precision) {
            Ok(Extended::Nan) => return Ok(dtype.nan()),
            Ok(Extended::Infinite { negative }) => {
                return Ok(dtype.signed(negative, dtype.infinity()));
            }
            Ok(Extended::Finite(value)) if value.low == value.high => {
                let negative = value.low.is_zero() && is_negative_zero(steps, numbers);
                return Ok(if negative {
                    dtype.signed(true, 0)
                } else {
                    value.low.round(dtype, Ordering::Equal)
                });
            }
            Ok(Extended::Finite(value)) => {
                if let Some(bits) = value.rounded_inside(dtype) {
                    return Ok(bits);
                }
            }
            Err(_) => {}
        }
        precision *= 2;
    }
    Err(undecided(function, numbers, precision / 2))
}

/// Whether IEEE-754 arithmetic in `f64`, step by step, ends in -0.
pub(super) fn is_negative_zero(steps: &Steps, numbers: &[f64]) -> bool {
    steps.result_in_dtype(DType::F64, numbers) == (-0.0_f64).to_bits()
}
