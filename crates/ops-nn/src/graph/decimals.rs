//! Which number somebody wrote, given its value after rounding to an element type.

use tensor_core::{DType, DynTensor};

/// No double needs more significant digits.
const MAX_DIGITS: i32 = 17;

/// A decimal is taken for what somebody wrote only if decimals of its length are this many times
/// as far apart as the values of the element type: then one of them hardly fits by chance.
const MIN_SPACING: f64 = 16.0;

/// Candidates for a number whose value is `guess`, known to within `resolution`: short decimals
/// near it, those of fewest digits first, then `guess` itself.
pub(super) fn candidates(guess: f64, resolution: f64) -> impl Iterator<Item = f64> {
    let first = guess.abs().log10().floor() as i32;
    let lengths = (1..=MAX_DIGITS).take_while(move |digits| {
        10_f64.powi(first.saturating_add(1 - digits)) >= MIN_SPACING * resolution
    });
    let decimals = lengths.flat_map(move |digits| nearby_decimals(guess, digits as usize));
    decimals.chain([guess])
}

/// The decimals with this many significant digits at `value`: the nearest and its two neighbours.
fn nearby_decimals(value: f64, digits: usize) -> impl Iterator<Item = f64> {
    let text = format!("{value:.*e}", digits - 1);
    let parts = text.split_once('e').and_then(|(mantissa, exponent)| {
        let mantissa: i64 = mantissa.replace('.', "").parse().ok()?;
        let exponent: i64 = exponent.parse().ok()?;
        Some((mantissa, exponent - (digits as i64 - 1)))
    });
    let decimals = parts.map(|(mantissa, exponent)| {
        [0, -1, 1].map(|step| format!("{}e{exponent}", mantissa + step).parse())
    });
    decimals.into_iter().flatten().filter_map(Result::ok)
}

/// The distance from 1 to the next value of an element type.
pub(super) fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => f64::EPSILON,
        DType::F32 => f64::from(f32::EPSILON),
        DType::F16 => 2_f64.powi(-10),
        _ => 2_f64.powi(-7),
    }
}

/// Whether `value` is `number`, rounded to `dtype`.
pub(super) fn is_rounded(number: f64, dtype: DType, value: f64) -> bool {
    let rounded = DynTensor::scalar(dtype, number).get_f64(0);
    rounded.is_some_and(|rounded| rounded == value || (rounded.is_nan() && value.is_nan()))
}
