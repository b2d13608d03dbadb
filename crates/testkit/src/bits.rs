//! Floats as bits: conversion that does not depend on the machine, and comparison.

use std::fmt::{Debug, Display};

use half::{bf16, f16};

/// A binary floating-point format of 16, 32 or 64 bits.
pub trait Float: Copy + Debug {
    /// The number of bits.
    const WIDTH: u32;

    /// The number with these bits; higher ones are ignored.
    fn from_bits(bits: u64) -> Self;

    /// The bits, zero-extended.
    fn bits(self) -> u64;

    /// The number nearest to `value`, ties to even.
    fn about(value: f64) -> Self;

    /// The same number.
    fn to_f64(self) -> f64;

    /// Whether it is neither infinite nor NaN.
    fn is_number(self) -> bool {
        self.to_f64().is_finite()
    }
}

macro_rules! float {
    ($type:ty, $unsigned:ty, $nearest:expr) => {
        impl Float for $type {
            const WIDTH: u32 = <$unsigned>::BITS;

            fn from_bits(bits: u64) -> Self {
                <$type>::from_bits(bits as $unsigned)
            }

            fn bits(self) -> u64 {
                self.to_bits().into()
            }

            fn about(value: f64) -> Self {
                $nearest(value)
            }

            fn to_f64(self) -> f64 {
                self.into()
            }
        }
    };
}

// `half` rounds twice on the way from f64 where the processor converts from f32 only. It gets a
// number that the format holds.
float!(f16, u16, |value| f16::from_f64(round(value, 11, -24)));
float!(bf16, u16, |value| bf16::from_f64(round(value, 8, -133)));
float!(f32, u32, |value| value as f32);
float!(f64, u64, |value| value);

/// Rounds to a number of significant bits and to multiples of 2^`quantum`, ties to even.
///
/// Magnitudes above the format's range stay above it.
fn round(value: f64, precision: i32, quantum: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    // Subnormals of f64 come out as -1023, which is far below every quantum here.
    let exponent = (value.to_bits() >> 52 & 0x7ff) as i32 - 1023;
    let unit = 2.0_f64.powi(quantum.max(exponent + 1 - precision));
    (value / unit).round_ties_even() * unit
}

/// Fails if two numbers differ in any bit, and shows both with their bits.
///
/// Takes floats of every width; `context` says which case it was.
///
/// # Panics
///
/// If the bits differ.
#[track_caller]
pub fn assert_same_bits<T: Float>(expected: T, found: T, context: impl Display) {
    assert!(
        expected.bits() == found.bits(),
        "{context}: expected {}, found {}",
        shown(expected),
        shown(found)
    );
}

fn shown<T: Float>(value: T) -> impl Display {
    let digits = T::WIDTH as usize / 4;
    format!("{value:?} (0x{:0digits$x})", value.bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_rounds_to_nearest_once() {
        // Half-way between 1 and its successor, and a little more than f32 can tell.
        let above_tie = 1.0 + 2.0_f64.powi(-11) + 2.0_f64.powi(-40);
        assert_eq!(f16::about(above_tie).to_bits(), 0x3c01);
        assert_eq!(f16::about(1.0 + 2.0_f64.powi(-11)).to_bits(), 0x3c00);
        assert_eq!(
            bf16::about(1.0 + 2.0_f64.powi(-8) * 1.0000001).to_bits(),
            0x3f81
        );
        // Subnormals, zeros with a sign, and what is out of range.
        assert_eq!(f16::about(1.5 * 2.0_f64.powi(-24)).to_bits(), 2);
        assert_eq!(f16::about(2.0_f64.powi(-25)).to_bits(), 0);
        assert_eq!(f16::about(-5e-324).to_bits(), 0x8000);
        assert_eq!(bf16::about(2.0_f64.powi(-133)).to_bits(), 1);
        assert_eq!(f16::about(65519.9).to_bits(), 0x7bff);
        assert_eq!(f16::about(65520.0).to_bits(), 0x7c00);
        assert_eq!(bf16::about(f64::MAX).to_bits(), 0x7f80);
    }

    #[test]
    #[should_panic(expected = "logits 2: expected 1.0 (0x3f800000), found -0.0 (0x80000000)")]
    fn a_difference_is_shown_with_both_numbers_and_their_bits() {
        assert_same_bits(1.0_f32, -0.0, "logits 2");
    }
}
