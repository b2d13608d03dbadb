//! Numbers for benchmarks, the same in every run.

/// A generator (xorshift, 64 bits), begun anew from one seed.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// Between 0 and 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// As models give logits: a sum of uniform numbers, standard deviation 4.
    #[allow(dead_code)] // not every benchmark wants logits
    pub(crate) fn logit(&mut self) -> f64 {
        7.0 * (self.unit() + self.unit() + self.unit() + self.unit() - 2.0)
    }

    /// 0 or 1.
    #[allow(dead_code)]
    pub(crate) fn label(&mut self) -> f64 {
        if self.unit() < 0.5 { 0.0 } else { 1.0 }
    }
}
