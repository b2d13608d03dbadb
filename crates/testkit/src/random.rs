//! Random inputs, the same in every run.

use crate::Float;

/// A small generator with a fixed sequence (splitmix64) from a seed, so that a failure is found
/// again.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// An integer below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Any number of the format, infinities and NaN included.
    pub fn any<T: Float>(&mut self) -> T {
        T::from_bits(self.bits() >> (64 - T::WIDTH))
    }

    /// A logit of one of a few kinds, for tests: everyday, wide, logarithmic, any bits.
    pub fn logit<T: Float>(&mut self) -> T {
        let sign = if self.below(2) == 0 { 1.0 } else { -1.0 };
        match self.below(6) {
            0 | 1 => T::about(sign * 8.0 * self.unit()),
            2 => T::about(sign * 110.0 * self.unit()),
            3 => T::about(sign * 800.0 * self.unit()),
            4 => T::about(sign * (400.0 * self.unit() - 200.0).exp2()),
            _ => self.any(),
        }
    }

    /// A label of one of a few kinds, for tests: hard, soft, tiny, outside [0, 1], any bits.
    pub fn label<T: Float>(&mut self) -> T {
        match self.below(8) {
            0 => T::about(0.0),
            1 => T::about(1.0),
            2 | 3 => T::about(self.unit()),
            4 => T::about((-60.0 * self.unit()).exp2()),
            5 => T::about(4.0 * self.unit() - 2.0),
            6 => T::about([0.05, 0.1, 0.25, 0.3, 0.5, 0.9, 0.95][self.below(7) as usize]),
            _ => self.any(),
        }
    }

    /// A weight of one of a few kinds, for tests: 1, 0, 2, moderate, negative, any bits.
    pub fn weight<T: Float>(&mut self) -> T {
        match self.below(8) {
            0 | 1 => T::about(1.0),
            2 => T::about(0.0),
            3 => T::about(2.0),
            4 | 5 => T::about(10.0 * self.unit()),
            6 => T::about(-3.0 * self.unit()),
            _ => self.any(),
        }
    }

    /// A logit as models give them, for benchmarks: a sum of uniform numbers with a standard
    /// deviation of 4.
    pub fn usual_logit(&mut self) -> f64 {
        7.0 * (self.unit() + self.unit() + self.unit() + self.unit() - 2.0)
    }

    /// A label that is 0 or 1.
    pub fn hard_label(&mut self) -> f64 {
        if self.unit() < 0.5 { 0.0 } else { 1.0 }
    }
}
