//! Addends that are infinite or NaN. They have no place in a fixed-point number, so a sum counts
//! which kinds it has met.

use alloc::vec::Vec;

use crate::number::format::Real;

/// The kinds of non-finite addends that a sum has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Specials(u8);

impl Specials {
    pub(crate) const NONE: Self = Self(0);
    const NAN: u8 = 1;
    const POSITIVE: u8 = 2;
    const NEGATIVE: u8 = 4;
    const ALL: u8 = Self::NAN | Self::POSITIVE | Self::NEGATIVE;

    /// Adds a value that is not finite.
    pub(crate) fn add(&mut self, value: f64) {
        self.0 |= if value.is_nan() {
            Self::NAN
        } else if value > 0.0 {
            Self::POSITIVE
        } else {
            Self::NEGATIVE
        };
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn has_nan(self) -> bool {
        self.0 & Self::NAN != 0
    }

    /// How many of `count` addends may be finite: at least one of each kind here is not. None if
    /// there cannot be so many addends.
    pub(crate) fn finite(self, count: u64) -> Option<u64> {
        let finite = count.checked_sub(self.0.count_ones().into());
        finite.filter(|_| count < 1 << 63)
    }

    /// The sum, if there are any: NaN, or the infinity of the only kind.
    pub(crate) fn sum(self) -> Option<f64> {
        match self.0 {
            0 => None,
            Self::POSITIVE => Some(f64::INFINITY),
            Self::NEGATIVE => Some(f64::NEG_INFINITY),
            _ => Some(f64::NAN),
        }
    }

    /// The sum if there are any, else that of the finite addends.
    pub(crate) fn sum_or<T: Real>(self, finite: impl FnOnce() -> T) -> T {
        self.sum().map_or_else(finite, T::round_f64_or_nan)
    }

    /// Writes the head of an encoding: its version, and a bit for each kind.
    pub(crate) fn write(self, version: u8, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&[version, self.0]);
    }

    /// Reads what [`write`](Self::write) wrote; returns it with the bytes behind it.
    pub(crate) fn read(version: u8, bytes: &[u8]) -> Option<(Self, &[u8])> {
        match bytes {
            [found, specials @ ..=Self::ALL, rest @ ..] if *found == version => {
                Some((Self(*specials), rest))
            }
            _ => None,
        }
    }
}
