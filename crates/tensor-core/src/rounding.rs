//! Correct rounding of `f64` to the 16-bit formats, in one step and without branches on the value.
//!
//! The hardware rounds: adding 2^52 target ulps to a magnitude leaves a sum whose own ulp is the
//! target's, so the addition rounds to nearest, ties to even, and its low bits are the result.
//! Going through `f32` instead would round twice, and wrongly beside every tie.

/// A 16-bit binary floating-point format.
struct Format {
    /// Bits of the fraction field.
    fraction_bits: u32,
    /// The smallest normal number, a power of two.
    smallest_normal: f64,
    /// The power of two after the largest finite number's binade; encodes to infinity.
    overflow: f64,
    /// The canonical quiet NaN.
    nan: u16,
}

const F16: Format = Format {
    fraction_bits: 10,
    smallest_normal: power_of_two(-14),
    overflow: power_of_two(16),
    nan: 0x7e00,
};

const BF16: Format = Format {
    fraction_bits: 7,
    smallest_normal: power_of_two(-126),
    overflow: power_of_two(128),
    nan: 0x7fc0,
};

/// The bits of the binary16 number nearest to `value`, ties to even; the canonical NaN for a NaN.
pub(crate) fn f16_bits(value: f64) -> u16 {
    round(value, &F16)
}

/// The bits of the bfloat16 number nearest to `value`, ties to even; the canonical NaN for a NaN.
pub(crate) fn bf16_bits(value: f64) -> u16 {
    round(value, &BF16)
}

#[inline(always)]
fn round(value: f64, format: &Format) -> u16 {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    const MAGNITUDE: u64 = 0x7fff_ffff_ffff_ffff;

    let bits = value.to_bits();
    let sign = (bits >> 48) as u16 & 0x8000;
    // `min` also maps a NaN to `overflow`, which keeps the arithmetic below finite.
    let magnitude = f64::from_bits(bits & MAGNITUDE).min(format.overflow);
    // Subnormal results share the ulp of the smallest normal binade.
    let binade = f64::from_bits(magnitude.to_bits() & EXPONENT).max(format.smallest_normal);
    let shift = binade * power_of_two(52 - format.fraction_bits as i32);
    // Both lie in [2^52, 2^53) target ulps, so their bits differ by the number of ulps.
    let ulps = (magnitude + shift).to_bits() - shift.to_bits();
    // Binades above the smallest; `ulps` brings the leading bit and, on rounding up, the carry.
    let binades = (binade.to_bits() - format.smallest_normal.to_bits()) >> 52;
    let rounded = sign | ((binades << format.fraction_bits) + ulps) as u16;
    if value.is_nan() { format.nan } else { rounded }
}

/// `2^exponent` for the exponent of a normal `f64`.
const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}
