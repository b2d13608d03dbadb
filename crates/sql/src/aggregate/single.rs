//! The accumulator of one group.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err, internal_err};
use datafusion::logical_expr::Accumulator;

use super::terms::Terms;
use super::total::Total;

/// The exact sum or mean of all rows.
#[derive(Debug)]
pub(crate) struct ExactAccumulator<T> {
    terms: Terms,
    total: T,
}

impl<T: Total> ExactAccumulator<T> {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            total: T::default(),
        }
    }
}

impl<T: Total> Accumulator for ExactAccumulator<T> {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.terms.add_to(&mut self.total, columns)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.total.value(self.terms.statistic(), self.terms.dtype())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.total.state()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for bytes in travelled(states)?.into_iter().flatten() {
            self.total.merge_bytes(bytes)?;
        }
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.total.heap_size()
    }
}

/// The states that travelled.
pub(crate) fn travelled(states: &[ArrayRef]) -> Result<impl IntoIterator<Item = Option<&[u8]>>> {
    let [column] = states else {
        return internal_err!("the state of a sum is one column, found {}", states.len());
    };
    column.as_binary_opt::<i64>().ok_or_else(|| {
        let found = column.data_type();
        internal_datafusion_err!("the states of a sum are LargeBinary, found {found}")
    })
}
