//! The accumulator of a window's frame that moves on: rows enter at its end and leave at its start.

use std::collections::VecDeque;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::Accumulator;

use super::single::travelled;
use super::terms::Terms;
use super::total::Total;

/// The exact sum or mean of the rows in a frame. Exact sums lose nothing when rows are taken away; only
/// what is not finite cannot be subtracted, so it is kept apart.
#[derive(Debug)]
pub(crate) struct SlidingAccumulator<T> {
    terms: Terms,
    finite: T,
    /// Values and weights of which one is not finite, in the order in which they entered.
    others: VecDeque<(f64, f64)>,
}

impl<T: Total> SlidingAccumulator<T> {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            finite: T::default(),
            others: VecDeque::new(),
        }
    }

    fn total(&self) -> T {
        let mut total = self.finite.clone();
        for &(value, weight) in &self.others {
            total.add(value, weight);
        }
        total
    }
}

impl<T: Total> Accumulator for SlidingAccumulator<T> {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for (value, weight) in self.terms.pairs(columns)? {
            if value.is_finite() && weight.is_finite() {
                self.finite.add(value, weight);
            } else {
                self.others.push_back((value, weight));
            }
        }
        Ok(())
    }

    fn retract_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for (value, weight) in self.terms.pairs(columns)? {
            let removed = if value.is_finite() && weight.is_finite() {
                self.finite.remove(value, weight)
            } else {
                self.others.pop_front().is_some()
            };
            if !removed {
                return internal_err!("a row left a frame that it had not entered");
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.total()
            .value(self.terms.statistic(), self.terms.dtype())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.total().state()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for bytes in travelled(states)?.into_iter().flatten() {
            self.finite.merge_bytes(bytes)?;
        }
        Ok(())
    }

    fn size(&self) -> usize {
        let others = self.others.capacity() * size_of::<(f64, f64)>();
        size_of_val(self) + self.finite.heap_size() + others
    }
}
