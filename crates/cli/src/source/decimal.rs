//! Decimal text to 16-bit floats in one rounding.
//!
//! The nearest double of a text may be half-way between two values of a 16-bit format although the
//! text is not; rounding it would then round twice. Here the text's side is kept.

use std::cmp::Ordering;

/// Bits at the end of a double that are all 0 in every tie of float16 and bfloat16, whose ties have at
/// most 12 significant bits.
const BELOW_TIES: u64 = (1 << 41) - 1;

/// A double that rounds to float16 and bfloat16 as the number in `text` does.
pub(super) fn parse_beside_ties(text: &str) -> Option<f64> {
    let nearest: f64 = text.parse().ok()?;
    if !nearest.is_normal() || nearest.to_bits() & BELOW_TIES != 0 {
        return Some(nearest);
    }
    // 12 significant bits and an exponent of a double take less than 1100 decimal digits.
    let exact = Decimal::new(&format!("{nearest:.1100e}"))?;
    let toward = match Decimal::new(text)?.cmp(&exact) {
        Ordering::Less => nearest.to_bits() - 1,
        Ordering::Equal => nearest.to_bits(),
        Ordering::Greater => nearest.to_bits() + 1,
    };
    Some(f64::from_bits(toward))
}

/// The magnitude of a number: `0.DIGITS` times ten to `exponent`; the order is that of the numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Decimal {
    exponent: i64,
    /// Without zeros at either end, so that the order of the texts is that of the fractions.
    digits: String,
}

impl Decimal {
    /// The magnitude of the number in a text that is known to be a finite, non-zero number.
    fn new(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['+', '-']);
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let leading_zeros = all.len() - digits.len();
        Some(Self {
            exponent: exponent.checked_add(whole.len() as i64 - leading_zeros as i64)?,
            digits: digits.trim_end_matches('0').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use ops_nn::tensor_core::{Float, f16};

    use super::*;

    #[test]
    fn a_text_beside_a_tie_rounds_to_its_side() {
        // 1 + 2^-11 = 1.00048828125 is half-way between 1 and 1 + 2^-10.
        let up = 1.0 + 2.0_f64.powi(-10);
        for (text, expected) in [
            ("1.00048828125", 1.0),
            ("1.000488281250000000000000000000", 1.0),
            ("1.000488281250000000000000000001", up),
            ("-1.000488281250000000000000000001", -up),
            ("1.000488281249999999999999999999", 1.0),
            ("100048828124999999999999999999e-29", 1.0),
            ("100048828125000000000000000001e-29", up),
            ("0.00001000488281250000000000000000001E+5", up),
            ("1", 1.0),
            ("2.50", 2.5),
            ("0", 0.0),
            ("-inf", f64::NEG_INFINITY),
        ] {
            let value = parse_beside_ties(text).unwrap();
            assert_eq!(<f16 as Float>::from_f64(value).to_f64(), expected, "{text}");
        }
        assert_eq!(parse_beside_ties("one"), None);
    }
}
