//! Closed intervals between dyadic numbers, rounded outwards to a working precision.

use std::cmp::Ordering;

use super::Dyadic;
use crate::DType;

/// All numbers from `low` to `high`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) low: Dyadic,
    pub(crate) high: Dyadic,
}

impl Interval {
    pub(crate) fn new(low: Dyadic, high: Dyadic) -> Self {
        Interval { low, high }
    }

    pub(crate) fn point(value: Dyadic) -> Self {
        Interval::new(value.clone(), value)
    }

    pub(crate) fn outwards(&self, precision: usize) -> Self {
        Interval::new(self.low.floor_to(precision), self.high.ceil_to(precision))
    }

    pub(crate) fn negated(&self) -> Self {
        Interval::new(-&self.high, -&self.low)
    }

    pub(crate) fn plus(&self, other: &Interval) -> Self {
        Interval::new(&self.low + &other.low, &self.high + &other.high)
    }

    /// The exact image of multiplication by a number.
    pub(crate) fn times_exact(&self, factor: &Dyadic) -> Self {
        let (low, high) = (&self.low * factor, &self.high * factor);
        if factor.is_negative() {
            Interval::new(high, low)
        } else {
            Interval::new(low, high)
        }
    }

    pub(crate) fn times(&self, other: &Interval) -> Self {
        let by_low = self.times_exact(&other.low);
        let by_high = self.times_exact(&other.high);
        Interval::new(by_low.low.min(by_high.low), by_low.high.max(by_high.high))
    }

    /// The quotient, or `None` where the divisor may be zero.
    pub(crate) fn over(&self, divisor: &Interval, precision: usize) -> Option<Self> {
        if divisor.low.signum() != divisor.high.signum() || divisor.low.is_zero() {
            return None;
        }
        let ends = [&divisor.low, &divisor.high];
        let low = ends.map(|end| {
            let (low, high) = (&self.low, &self.high);
            low.quotient(end, precision, false)
                .min(high.quotient(end, precision, false))
        });
        let high = ends.map(|end| {
            let (low, high) = (&self.low, &self.high);
            low.quotient(end, precision, true)
                .max(high.quotient(end, precision, true))
        });
        let ([low, other_low], [high, other_high]) = (low, high);
        Some(Interval::new(low.min(other_low), high.max(other_high)))
    }

    /// True if the two have a number in common.
    pub(crate) fn meets(&self, other: &Interval) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// The bits that every number strictly inside rounds to, if they are the same.
    pub(crate) fn rounded_inside(&self, dtype: DType) -> Option<u64> {
        let low = self.low.round(dtype, Ordering::Greater);
        let high = self.high.round(dtype, Ordering::Less);
        (low == high).then_some(low)
    }
}
