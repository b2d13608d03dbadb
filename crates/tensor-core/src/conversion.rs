//! The 16-bit formats to and from wider ones: exact widening, and correct rounding of an `f64` in
//! one step. Plain arithmetic and selections, so that loops over slices vectorise.
//!
//! In rounding, the hardware decides: adding 2^52 target ulps to a magnitude leaves a sum whose own
//! ulp is the target's, so the addition rounds to nearest, ties to even, and its low bits are the
//! result. Going through `f32` instead would round twice, and wrongly beside every tie.

/// The bits of the binary16 number nearest to `value`, ties to even; the canonical NaN for a NaN.
#[inline]
pub(crate) fn f16_bits(value: f64) -> u16 {
    round(value, &F16)
}

/// The bits of the bfloat16 number nearest to `value`, ties to even; the canonical NaN for a NaN.
#[inline]
pub(crate) fn bf16_bits(value: f64) -> u16 {
    round(value, &BF16)
}

/// The value of a binary16 number; a NaN stays one.
#[inline]
pub(crate) fn widen_f16(bits: u16) -> f32 {
    /// The difference of the exponent biases of binary32 and binary16, in the exponent field.
    const REBIAS: u32 = (127 - 15) << 23;
    /// One in the exponent field.
    const ONE_BINADE: u32 = 1 << 23;

    let magnitude = u32::from(bits & 0x7fff) << 13;
    let exponent = bits & 0x7c00;
    let widened = if exponent == 0 {
        // A subnormal counts from 0 in the ulps of the smallest normal binade: put it there, and
        // take the binade's start off again.
        f32::from_bits(magnitude + REBIAS + ONE_BINADE) - power_of_two(-14) as f32
    } else if exponent == 0x7c00 {
        f32::from_bits(magnitude | 0x7f80_0000)
    } else {
        f32::from_bits(magnitude + REBIAS)
    };
    f32::from_bits(widened.to_bits() | u32::from(bits & 0x8000) << 16)
}

/// The value of a bfloat16 number, which is the upper half of a binary32; a NaN stays one.
#[inline]
pub(crate) fn widen_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

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
