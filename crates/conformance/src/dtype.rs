//! The four IEEE-754 interchange formats that ops are judged in, as plain parameters.
//! Numbers travel as raw bits in a `u64`; every one of them is an exact `f64`.

use std::fmt;
use std::str::FromStr;

use crate::ConformanceError;

/// A floating-point dtype, known by its IEEE-754 parameters only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DType {
    /// IEEE binary16.
    F16,
    /// The upper half of binary32.
    BF16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl DType {
    /// All dtypes, narrow to wide.
    pub const ALL: [DType; 4] = [DType::F16, DType::BF16, DType::F32, DType::F64];

    /// Short name: `f16`, `bf16`, `f32`, `f64`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::F16 => "f16",
            DType::BF16 => "bf16",
            DType::F32 => "f32",
            DType::F64 => "f64",
        }
    }

    /// Storage width in bits.
    pub const fn width(self) -> u32 {
        match self {
            DType::F16 | DType::BF16 => 16,
            DType::F32 => 32,
            DType::F64 => 64,
        }
    }

    /// Significand precision in bits, the hidden bit included.
    pub const fn precision(self) -> u32 {
        match self {
            DType::F16 => 11,
            DType::BF16 => 8,
            DType::F32 => 24,
            DType::F64 => 53,
        }
    }

    /// Largest exponent of a finite number, `floor(log2 |x|)`.
    pub const fn max_exponent(self) -> i64 {
        (1 << (self.width() - self.precision() - 1)) - 1
    }

    /// Smallest exponent of a normal number.
    pub const fn min_exponent(self) -> i64 {
        1 - self.max_exponent()
    }

    /// Exponent of the smallest subnormal: every finite number is a multiple of two to this power.
    pub const fn quantum_exponent(self) -> i64 {
        self.min_exponent() - (self.precision() as i64 - 1)
    }

    /// Bits of `+inf`.
    pub const fn infinity(self) -> u64 {
        ((1 << (self.width() - self.precision())) - 1) << (self.precision() - 1)
    }

    /// Bits of the canonical NaN: quiet, sign clear, no payload.
    pub const fn nan(self) -> u64 {
        self.infinity() | 1 << (self.precision() - 2)
    }

    /// Bits of the largest finite number.
    pub const fn max_finite(self) -> u64 {
        self.infinity() - 1
    }

    /// The sign bit.
    pub const fn sign_bit(self) -> u64 {
        1 << (self.width() - 1)
    }

    /// Bits of the number one.
    pub const fn one(self) -> u64 {
        (self.max_exponent() as u64) << (self.precision() - 1)
    }

    /// True if the bits hold a NaN.
    pub const fn is_nan(self, bits: u64) -> bool {
        bits & !self.sign_bit() > self.infinity()
    }

    /// True if the bits hold an infinity of either sign.
    pub const fn is_infinite(self, bits: u64) -> bool {
        bits & !self.sign_bit() == self.infinity()
    }

    /// True if the bits hold a zero of either sign.
    pub const fn is_zero(self, bits: u64) -> bool {
        bits & !self.sign_bit() == 0
    }

    /// The number that the bits hold, exactly (a NaN loses its payload).
    ///
    /// ```
    /// use conformance::DType;
    /// assert_eq!(DType::BF16.to_f64(0xc2c8), -100.0);
    /// ```
    pub fn to_f64(self, bits: u64) -> f64 {
        if self == DType::F64 {
            return if self.is_nan(bits) {
                f64::NAN
            } else {
                f64::from_bits(bits)
            };
        }
        let magnitude = bits & !self.sign_bit();
        let value = if self.is_nan(bits) {
            return f64::NAN;
        } else if self.is_infinite(bits) {
            f64::INFINITY
        } else {
            let field = (magnitude >> (self.precision() - 1)) as i64;
            let fraction = magnitude & ((1 << (self.precision() - 1)) - 1);
            let hidden = u64::from(field > 0) << (self.precision() - 1);
            let exponent = self.quantum_exponent() + (field - 1).max(0);
            // At most 24 bits times a power of two that f64 holds: exact.
            (fraction | hidden) as f64 * power_of_two(exponent)
        };
        if bits & self.sign_bit() == 0 {
            value
        } else {
            -value
        }
    }

    /// Bits of the number of this dtype nearest to `value`, ties to even.
    ///
    /// ```
    /// use conformance::DType;
    /// assert_eq!(DType::F16.from_f64(1.0 / 3.0), 0x3555);
    /// ```
    #[allow(clippy::wrong_self_convention)] // the dtype is the receiver, the number the argument
    pub fn from_f64(self, value: f64) -> u64 {
        if value.is_nan() {
            self.nan()
        } else if value.is_infinite() {
            self.signed(value < 0.0, self.infinity())
        } else {
            let (mantissa, exponent) = split_f64(value.abs());
            self.round(
                value.is_sign_negative(),
                u128::from(mantissa),
                exponent,
                false,
            )
        }
    }

    /// The shortest decimal that rounds to these bits, for people to read.
    ///
    /// ```
    /// use conformance::DType;
    /// assert_eq!(DType::F16.reading(0x3555), "0.3333");
    /// assert_eq!(DType::F32.reading(0x8000_0000), "-0");
    /// ```
    pub fn reading(self, bits: u64) -> String {
        let value = self.to_f64(bits);
        if !value.is_finite() || value == 0.0 {
            return value.to_string();
        }
        let shortest = (0..17)
            .map(|digits| format!("{value:.digits$e}"))
            .find_map(|text| {
                let parsed: f64 = text.parse().ok()?;
                (self.from_f64(parsed) == bits).then_some(parsed)
            });
        let shortest = shortest.unwrap_or(value);
        if (1e-4..1e7).contains(&shortest.abs()) {
            shortest.to_string()
        } else {
            format!("{shortest:e}")
        }
    }

    /// Raw bits as a hexadecimal literal of the dtype's width, the form used in files.
    pub fn hex(self, bits: u64) -> String {
        format!("{bits:#0width$x}", width = self.width() as usize / 4 + 2)
    }

    /// Reads what [`DType::hex`] writes.
    pub(crate) fn parse_hex(self, text: &str) -> Option<u64> {
        let digits = text.strip_prefix("0x")?;
        let bits = u64::from_str_radix(digits, 16).ok()?;
        (!digits.starts_with('+') && self.check(bits).is_ok()).then_some(bits)
    }

    /// Distance in units in the last place: how many numbers of the dtype lie from one to the
    /// other, both zeros counting as one. `None` unless both are finite.
    ///
    /// ```
    /// use conformance::DType;
    /// assert_eq!(DType::F32.ulps_between(0x8000_0001, 0x0000_0002), Some(3));
    /// ```
    pub fn ulps_between(self, one: u64, other: u64) -> Option<u64> {
        let position = |bits: u64| {
            let magnitude = bits & !self.sign_bit();
            let finite = magnitude < self.infinity();
            let signed = if bits & self.sign_bit() == 0 {
                i128::from(magnitude)
            } else {
                -i128::from(magnitude)
            };
            finite.then_some(signed)
        };
        Some(position(one)?.abs_diff(position(other)?) as u64)
    }

    /// Rounds `mantissa * 2^exponent`, plus a positive excess below one unit of the mantissa
    /// where `sticky`, to nearest-even. With `sticky`, the mantissa must hold at least two bits
    /// more than the precision, so that the excess cannot reach the next rounding boundary.
    pub(crate) fn round(self, negative: bool, mantissa: u128, exponent: i64, sticky: bool) -> u64 {
        if mantissa == 0 {
            return self.signed(negative, 0);
        }
        let precision = i64::from(self.precision());
        let top = exponent + i64::from(mantissa.ilog2());
        if top > self.max_exponent() {
            return self.signed(negative, self.infinity());
        }
        let unit = (top - (precision - 1)).max(self.quantum_exponent());
        let dropped = unit - exponent;
        let rounded = if dropped <= 0 {
            mantissa << -dropped
        } else if dropped > 127 {
            0
        } else {
            let kept = mantissa >> dropped;
            let rest = mantissa & ((1 << dropped) - 1);
            let half = 1 << (dropped - 1);
            let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
            kept + u128::from(up)
        };
        // The hidden bit, and a carry out of the significand, add themselves to the exponent field.
        let scale = (unit - self.quantum_exponent()) as u64;
        let magnitude = (scale << (self.precision() - 1)) + rounded as u64;
        self.signed(negative, magnitude.min(self.infinity()))
    }

    pub(crate) const fn signed(self, negative: bool, magnitude: u64) -> u64 {
        if negative {
            magnitude | self.sign_bit()
        } else {
            magnitude
        }
    }

    pub(crate) fn check(self, bits: u64) -> Result<(), ConformanceError> {
        if self.width() < 64 && bits >> self.width() != 0 {
            return Err(ConformanceError::Width {
                dtype: self.name(),
                width: self.width(),
                found: bits,
            });
        }
        Ok(())
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DType {
    type Err = ConformanceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DType::ALL
            .into_iter()
            .find(|dtype| dtype.name() == text)
            .ok_or_else(|| ConformanceError::UnknownDType {
                found: text.to_owned(),
            })
    }
}

/// `2^exponent` for an exponent in `f64`'s range, subnormals included.
pub(crate) fn power_of_two(exponent: i64) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}

/// Splits a finite non-negative number into an integer and a power of two.
pub(crate) fn split_f64(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let field = (bits >> 52) as i64;
    let fraction = bits & ((1 << 52) - 1);
    if field == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, field - 1075)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_those_of_ieee_754() {
        let table = [
            (DType::F16, 15, -14, -24, 0x7c00, 0x7e00, 0x3c00),
            (DType::BF16, 127, -126, -133, 0x7f80, 0x7fc0, 0x3f80),
            (
                DType::F32,
                127,
                -126,
                -149,
                0x7f80_0000,
                0x7fc0_0000,
                0x3f80_0000,
            ),
            (
                DType::F64,
                1023,
                -1022,
                -1074,
                0x7ff0 << 48,
                0x7ff8 << 48,
                0x3ff0 << 48,
            ),
        ];
        for (dtype, max, min, quantum, infinity, nan, one) in table {
            assert_eq!(dtype.max_exponent(), max, "{dtype}");
            assert_eq!(dtype.min_exponent(), min, "{dtype}");
            assert_eq!(dtype.quantum_exponent(), quantum, "{dtype}");
            assert_eq!(dtype.infinity(), infinity, "{dtype}");
            assert_eq!(dtype.nan(), nan, "{dtype}");
            assert_eq!(dtype.one(), one, "{dtype}");
        }
    }

    #[test]
    fn every_16_bit_pattern_survives_the_way_through_f64() {
        for dtype in [DType::F16, DType::BF16] {
            for bits in 0..=0xffff {
                let back = dtype.from_f64(dtype.to_f64(bits));
                let expected = if dtype.is_nan(bits) {
                    dtype.nan()
                } else {
                    bits
                };
                assert_eq!(back, expected, "{dtype} {bits:#06x}");
            }
        }
    }

    #[test]
    fn bfloat16_is_the_upper_half_of_f32() {
        for bits in (0..=0xffff).filter(|&bits| !DType::BF16.is_nan(bits)) {
            assert_eq!(
                DType::BF16.to_f64(bits),
                f64::from(f32::from_bits((bits as u32) << 16))
            );
        }
    }

    /// IEEE requires the hardware's conversion to be correctly rounded, so it is an independent
    /// witness.
    #[test]
    fn rounding_to_f32_agrees_with_the_hardware() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..1_000_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Exponents around f32's whole range, many of them subnormal or overflowing there.
            let field = 860 + (state >> 33) % 310;
            let value = f64::from_bits(state << 63 | field << 52 | (state >> 3) & ((1 << 52) - 1));
            assert_eq!(
                DType::F32.from_f64(value),
                u64::from((value as f32).to_bits()),
                "{value:e}"
            );
        }
    }

    #[test]
    fn ties_go_to_the_even_neighbour() {
        let table = [
            (DType::F16, 2049.0, 2048.0),
            (DType::F16, 2051.0, 2052.0),
            (DType::BF16, 257.0, 256.0),
            (DType::BF16, 259.0, 260.0),
            (DType::F16, 65519.996, 65504.0),
            (DType::F16, 65520.0, f64::INFINITY),
            (DType::F16, 2f64.powi(-25), 0.0),
            (DType::F16, 3.0 * 2f64.powi(-25), 2f64.powi(-23)),
        ];
        for (dtype, value, expected) in table {
            assert_eq!(
                dtype.to_f64(dtype.from_f64(value)),
                expected,
                "{dtype} {value}"
            );
        }
    }
}
