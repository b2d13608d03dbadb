//! The four element types, and their exact conversions to and correctly rounded ones from `f64`.
//!
//! The conversions are branch-free integer and `f64` arithmetic, so that loops over them vectorise;
//! `half`'s own double rounds or drops low bits on the way from `f64`.

use half::{bf16, f16};

use self::sealed::{Family, ForEachFormat, Format};
use crate::number::lane::Lane;

/// An element type of the kernels: [`struct@f16`], [`bf16`], `f32` or `f64`.
///
/// Sealed: the promise of correct rounding is proved for these four.
pub trait Real: Format {}

impl Real for f16 {}
impl Real for bf16 {}
impl Real for f32 {}
impl Real for f64 {}

pub(crate) mod sealed {
    use core::fmt::Debug;

    use half::{bf16, f16};

    use crate::number::lane::Lane;

    /// The facts about a binary floating-point format.
    ///
    /// A bound on `Real` brings these methods into scope in other crates' generic code, so they
    /// have names that no float type and no common trait of numbers has.
    pub trait Format:
        Copy + Debug + PartialEq + PartialOrd + Default + Send + Sync + 'static
    {
        /// Significant bits, the implicit one included.
        const PRECISION: i32;
        /// The exponent of the smallest subnormal: every number is a multiple of 2 to this power.
        const QUANTUM: i32;
        /// The canonical quiet NaN: sign bit clear.
        const CANONICAL_NAN: Self;

        /// The same number; exact. NaN stays NaN.
        fn as_f64(self) -> f64;
        /// The nearest number, ties to even, out of range to infinity, NaN to any NaN; the sign of
        /// zero is kept.
        fn round_f64(value: f64) -> Self;
        /// As `round_f64`, from `f32`; the identity for `f32`.
        fn round_f32(value: f32) -> Self;
        /// The bits, zero-extended.
        fn as_bits(self) -> u64;

        /// The narrowest type of plain arithmetic that exceeds the format's precision, or `f64`.
        type Lane: Lane;
        /// The same number; exact. NaN stays NaN.
        fn to_lane(self) -> Self::Lane;

        /// Whether `f32` arithmetic over- or underflows nowhere that matters to this format, for a
        /// function of this first input and with terms of this size.
        #[inline(always)]
        fn suits_f32(_input: f32, _size: f32) -> bool {
            true
        }

        /// How far the ends of an interval must lie outwards, relative to their size, for a
        /// rounding to `f32` before the one to this format not to move them inwards; infinite for
        /// `f64`, which cannot be rounded in two steps.
        const DOUBLE_ROUNDING_SLACK: f64;

        /// The bound of an interval's ends, widened where `f32` has subnormal numbers that still
        /// count in this format.
        #[inline(always)]
        fn widened(bound: f64) -> f64 {
            bound
        }

        /// The largest magnitude, by its bits: so infinity counts above all numbers, and NaN above
        /// infinity.
        fn largest_magnitude(values: &[Self]) -> Self;

        /// The entry of this format.
        fn entry<F: Family>(entries: &ForEachFormat<F>) -> &F::Of<Self>;

        /// As `round_f64`, with the canonical NaN for NaN.
        #[inline(always)]
        fn round_f64_or_nan(value: f64) -> Self {
            if value.is_nan() {
                Self::CANONICAL_NAN
            } else {
                Self::round_f64(value)
            }
        }
    }

    /// One type for each format, such as a function of that format.
    pub trait Family {
        /// The type for a format.
        type Of<T: Format>;
    }

    /// A value for each format.
    pub struct ForEachFormat<F: Family> {
        pub(crate) f16: F::Of<f16>,
        pub(crate) bf16: F::Of<bf16>,
        pub(crate) f32: F::Of<f32>,
        pub(crate) f64: F::Of<f64>,
    }

    impl<F: Family> Debug for ForEachFormat<F> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("ForEachFormat")
        }
    }
}

impl Format for f64 {
    const PRECISION: i32 = 53;
    const QUANTUM: i32 = -1074;
    const CANONICAL_NAN: Self = f64::from_bits(0x7ff8_0000_0000_0000);

    #[inline(always)]
    fn entry<F: Family>(entries: &ForEachFormat<F>) -> &F::Of<Self> {
        &entries.f64
    }

    type Lane = f64;

    #[inline(always)]
    fn to_lane(self) -> f64 {
        self
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        self
    }

    const DOUBLE_ROUNDING_SLACK: f64 = f64::INFINITY;

    #[inline(always)]
    fn round_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn round_f32(value: f32) -> Self {
        value.into()
    }

    #[inline(always)]
    fn as_bits(self) -> u64 {
        self.to_bits()
    }

    #[inline(always)]
    fn largest_magnitude(values: &[Self]) -> Self {
        let largest = values.iter().fold(0, |largest, value| {
            largest.max(value.to_bits() & (u64::MAX >> 1))
        });
        Self::from_bits(largest)
    }
}

impl Format for f32 {
    const PRECISION: i32 = 24;
    const QUANTUM: i32 = -149;
    const CANONICAL_NAN: Self = f32::from_bits(0x7fc0_0000);

    #[inline(always)]
    fn entry<F: Family>(entries: &ForEachFormat<F>) -> &F::Of<Self> {
        &entries.f32
    }

    type Lane = f64;

    #[inline(always)]
    fn to_lane(self) -> f64 {
        self.into()
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        f64::from(self)
    }

    const DOUBLE_ROUNDING_SLACK: f64 = 0.0;

    #[inline(always)]
    fn round_f64(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn round_f32(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn as_bits(self) -> u64 {
        self.to_bits().into()
    }

    #[inline(always)]
    fn largest_magnitude(values: &[Self]) -> Self {
        let largest = values.iter().fold(0, |largest, value| {
            largest.max(value.to_bits() & (u32::MAX >> 1))
        });
        Self::from_bits(largest)
    }
}

impl Format for bf16 {
    const PRECISION: i32 = 8;
    const QUANTUM: i32 = -133;
    const CANONICAL_NAN: Self = bf16::from_bits(0x7fc0);

    #[inline(always)]
    fn entry<F: Family>(entries: &ForEachFormat<F>) -> &F::Of<Self> {
        &entries.bf16
    }

    type Lane = f32;

    #[inline(always)]
    fn to_lane(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    // Its exponents are those of `f32`. A product that underflows is off by 2^-150, and `q z` may
    // be multiplied by softplus, up to about 64, after that: 2^-144, far below the bound of 2^-130
    // that terms of size 2^-110 have. Below a size of 2^-130 the bound itself underflows to 0, and
    // results close to a half-way number would be taken for it. The exponentials, at least 2^-92.4,
    // are normal.
    #[inline(always)]
    fn suits_f32(input: f32, size: f32) -> bool {
        (input.abs() <= <f32 as Lane>::FAR) & (size >= power_of_two(-110) as f32)
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        self.to_lane().into()
    }

    #[inline(always)]
    fn round_f64(value: f64) -> Self {
        // bf16 is f32 without its lower half, and `round_to_grid` leaves nothing there.
        let single = round_to_grid::<Self>(value) as f32;
        bf16::from_bits((single.to_bits() >> 16) as u16)
    }

    const DOUBLE_ROUNDING_SLACK: f64 = F32_SLACK;

    /// Results above 2^-135 may be next to a half-way number by less than the 2^-150 that a
    /// rounding to a subnormal `f32` costs; smaller ones are 0, of their sign.
    #[inline(always)]
    fn widened(bound: f64) -> f64 {
        let more = bound * 1024.0;
        let least = power_of_two(-149);
        let more = if more < least { more } else { least };
        if more > bound { more } else { bound }
    }

    #[inline(always)]
    fn round_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let even = (bits >> 16) & 1;
        let rounded = bits.wrapping_add(0x7fff + even) >> 16;
        let bits = if value.is_nan() { 0x7fc0 } else { rounded };
        bf16::from_bits(bits as u16)
    }

    #[inline(always)]
    fn as_bits(self) -> u64 {
        self.to_bits().into()
    }

    #[inline(always)]
    fn largest_magnitude(values: &[Self]) -> Self {
        let largest = values.iter().fold(0, |largest, value| {
            largest.max(value.to_bits() & (u16::MAX >> 1))
        });
        Self::from_bits(largest)
    }
}

impl Format for f16 {
    const PRECISION: i32 = 11;
    const QUANTUM: i32 = -24;
    const CANONICAL_NAN: Self = f16::from_bits(0x7e00);

    #[inline(always)]
    fn entry<F: Family>(entries: &ForEachFormat<F>) -> &F::Of<Self> {
        &entries.f16
    }

    type Lane = f32;

    #[inline(always)]
    fn to_lane(self) -> f32 {
        let bits = u32::from(self.to_bits());
        let magnitude = (bits & 0x7fff) << 13;
        let normal = f32::from_bits(magnitude + (112 << 23));
        // 2^-14 put in front of a subnormal's bits makes it a normal number; taken away again, it
        // is exact.
        let subnormal = f32::from_bits(magnitude + (113 << 23)) - f32::from_bits(113 << 23);
        let special = f32::from_bits(magnitude | 0x7f80_0000);
        let finite = if magnitude < 0x0080_0000 {
            subnormal
        } else {
            normal
        };
        let value = if magnitude < 0x0f80_0000 {
            finite
        } else {
            special
        };
        f32::from_bits(value.to_bits() | (bits & 0x8000) << 16)
    }

    #[inline(always)]
    fn as_f64(self) -> f64 {
        self.to_lane().into()
    }

    #[inline(always)]
    fn round_f64(value: f64) -> Self {
        Self::round_f32(round_to_grid::<Self>(value) as f32)
    }

    const DOUBLE_ROUNDING_SLACK: f64 = F32_SLACK;

    #[inline(always)]
    fn round_f32(value: f32) -> Self {
        let bits = value.to_bits();
        let sign = (bits >> 16) as u16 & 0x8000;
        let magnitude = f32::from_bits(bits & 0x7fff_ffff);
        // Subnormals: adding 0.5 rounds to a whole number of quanta, in the low bits.
        let subnormal = (magnitude + 0.5).to_bits().wrapping_sub(0.5_f32.to_bits());
        let even = (bits >> 13) & 1;
        let rounded = magnitude.to_bits().wrapping_add(0xfff + even) >> 13;
        let normal = rounded.wrapping_sub(112 << 10);
        let finite = if magnitude < f32::from_bits(113 << 23) {
            subnormal
        } else {
            normal
        };
        let bounded = if magnitude < 65520.0 { finite } else { 0x7c00 };
        let bits = if magnitude.is_nan() { 0x7e00 } else { bounded };
        f16::from_bits(bits as u16 | sign)
    }

    #[inline(always)]
    fn as_bits(self) -> u64 {
        self.to_bits().into()
    }

    #[inline(always)]
    fn largest_magnitude(values: &[Self]) -> Self {
        let largest = values.iter().fold(0, |largest, value| {
            largest.max(value.to_bits() & (u16::MAX >> 1))
        });
        Self::from_bits(largest)
    }
}

/// Half a unit in the last place of `f32`, and a sixteenth of that for what `f64` rounds.
const F32_SLACK: f64 = 1.0625 * power_of_two(-24);

/// `value` rounded to the grid of the narrow format `T` (ties to even), as if its exponents had no
/// upper end.
#[inline(always)]
fn round_to_grid<T: Format>(value: f64) -> f64 {
    let bits = value.to_bits();
    let sign = bits & (1 << 63);
    let magnitude = f64::from_bits(bits ^ sign);
    let dropped = 53 - T::PRECISION;
    let half_less_one = (1_u64 << (dropped - 1)) - 1;
    let even = (bits >> dropped) & 1;
    let normal = (magnitude.to_bits() + half_less_one + even) & !((1 << dropped) - 1);
    // Where the quanta stop shrinking, adding 2^52 of them rounds to a whole number of them.
    let shift = power_of_two(T::QUANTUM + 52);
    let subnormal = (magnitude + shift) - shift;
    let smallest_normal = power_of_two(T::QUANTUM + T::PRECISION - 1);
    let finite = if magnitude < smallest_normal {
        subnormal
    } else {
        f64::from_bits(normal)
    };
    // The integer step would carry a NaN's payload away.
    let result = if magnitude.is_nan() { f64::NAN } else { finite };
    f64::from_bits(result.to_bits() | sign)
}

/// 2 to a power within the normal range of `f64`.
#[inline(always)]
pub(crate) const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number of `T` survives the way to f64 and back; halves between neighbours go to the
    /// even one, and what is a hair off goes to its own side.
    fn check_sixteen_bit<T: Format>(from_bits: fn(u16) -> T, to_f64: fn(T) -> f64, infinity: u16) {
        for bits in 0..infinity {
            for sign in [0, 0x8000] {
                let value = from_bits(bits | sign);
                assert_eq!(
                    value.as_f64().to_bits(),
                    to_f64(value).to_bits(),
                    "{bits:#x}"
                );
                assert_eq!(
                    T::round_f64(value.as_f64()).as_bits(),
                    u64::from(bits | sign),
                    "{bits:#x}"
                );
                let next = from_bits((bits + 1) | sign);
                let ahead = if bits + 1 < infinity {
                    next.as_f64()
                } else {
                    2.0 * value.as_f64() - from_bits((bits - 1) | sign).as_f64()
                };
                let half = f64::midpoint(value.as_f64(), ahead);
                let even = if bits % 2 == 0 { bits } else { bits + 1 };
                assert_eq!(
                    T::round_f64(half).as_bits(),
                    u64::from(even | sign),
                    "{bits:#x}"
                );
                let below = f64::from_bits(half.to_bits() - 1);
                let above = f64::from_bits(half.to_bits() + 1);
                assert_eq!(
                    T::round_f64(below).as_bits(),
                    u64::from(bits | sign),
                    "{bits:#x}"
                );
                assert_eq!(
                    T::round_f64(above).as_bits(),
                    u64::from((bits + 1) | sign),
                    "{bits:#x}"
                );
                for value in [half, below, above] {
                    let single = value as f32;
                    assert_eq!(
                        T::round_f32(single).as_bits(),
                        T::round_f64(single.into()).as_bits(),
                        "{single:?}"
                    );
                    for single in [single.to_bits() - 1, single.to_bits() + 1].map(f32::from_bits) {
                        assert_eq!(
                            T::round_f32(single).as_bits(),
                            T::round_f64(single.into()).as_bits(),
                            "{single:?}"
                        );
                    }
                }
            }
        }
        for value in [f64::INFINITY, f64::MAX] {
            assert_eq!(T::round_f64(value).as_bits(), u64::from(infinity));
            assert_eq!(T::round_f64(-value).as_bits(), u64::from(infinity | 0x8000));
        }
        for bits in infinity + 1..0x8000 {
            assert!(from_bits(bits).as_f64().is_nan());
        }
        assert_eq!(from_bits(infinity).as_f64(), f64::INFINITY);
        assert!(T::round_f64(f64::NAN).as_f64().is_nan());
        for bits in [0x7fff_ffff, 0xffff_ffff, 0x7f80_0001] {
            assert!(T::round_f32(f32::from_bits(bits)).as_f64().is_nan());
        }
        assert!(T::round_f64(f64::from_bits(u64::MAX)).as_f64().is_nan());
        assert!(
            T::round_f64(f64::from_bits(0x7ff0_0000_0000_0001))
                .as_f64()
                .is_nan()
        );
        assert_eq!(T::round_f64(5e-324).as_bits(), 0);
        assert_eq!(T::round_f64(-5e-324).as_bits(), 0x8000);
    }

    #[test]
    fn f16_conversions_are_exact_one_way_and_correctly_rounded_the_other() {
        check_sixteen_bit(f16::from_bits, f16::to_f64, 0x7c00);
    }

    #[test]
    fn bf16_conversions_are_exact_one_way_and_correctly_rounded_the_other() {
        check_sixteen_bit(bf16::from_bits, bf16::to_f64, 0x7f80);
    }
}
