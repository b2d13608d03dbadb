//! One number for many results.

use crate::Float;

/// FNV-1a over 64-bit words: the order counts, and every platform computes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// The digest of nothing.
    pub const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    /// Adds a word.
    pub fn add(&mut self, word: u64) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds the bits of numbers, a word each.
    pub fn add_all<T: Float>(&mut self, values: &[T]) {
        for value in values {
            self.add(value.bits());
        }
    }

    /// The digest so far.
    pub fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_fnv_1a() {
        // Computed with Python's integers.
        let mut digest = Digest::EMPTY;
        digest.add(u64::from_le_bytes(*b"abcdefgh"));
        assert_eq!(digest.value(), 0x25da_8c18_36a8_d66d);
    }
}
