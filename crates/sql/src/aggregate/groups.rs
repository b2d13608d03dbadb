//! The accumulator of many groups at once.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, LargeBinaryArray, PrimitiveArray};
use datafusion::arrow::datatypes::{Float16Type, Float32Type, Float64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use tensor_core::DType;

use super::single::travelled;
use super::terms::{Batch, Terms};
use super::total::{Statistic, Total};

/// With so many rows of a batch for each group, it pays to bring those of a group together first.
const ROWS_PER_GROUP: usize = 16;

/// The exact sums or means of the rows of each group.
#[derive(Debug)]
pub(crate) struct ExactGroups<T> {
    terms: Terms,
    totals: Vec<T>,
}

impl<T: Total> ExactGroups<T> {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            totals: Vec::new(),
        }
    }

    /// Adds each row to its group.
    fn add_rows(&mut self, batch: &Batch<'_>, groups: &[usize]) {
        for (row, value, weight) in batch.counted() {
            self.totals[groups[row]].add(value, weight);
        }
    }

    /// Adds the rows of each group together.
    fn add_sorted(&mut self, batch: &Batch<'_>, groups: &[usize]) {
        let mut ends = vec![0; self.totals.len() + 1];
        for (row, ..) in batch.counted() {
            ends[groups[row] + 1] += 1;
        }
        for group in 1..ends.len() {
            ends[group] += ends[group - 1];
        }
        // Each group's end is its start until its rows are in place.
        let count = ends[ends.len() - 1];
        let (mut values, mut weights) = (vec![0.0; count], vec![0.0; count]);
        for (row, value, weight) in batch.counted() {
            let place = &mut ends[groups[row]];
            (values[*place], weights[*place]) = (value, weight);
            *place += 1;
        }
        let mut start = 0;
        for (total, &end) in self.totals.iter_mut().zip(&ends) {
            if start < end {
                total.add_slice(&values[start..end], &weights[start..end]);
            }
            start = end;
        }
    }
}

impl<T: Total> GroupsAccumulator for ExactGroups<T> {
    fn update_batch(
        &mut self,
        columns: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        count: usize,
    ) -> Result<()> {
        self.totals.resize(count, T::default());
        let batch = self.terms.of(columns, filter)?;
        if count * ROWS_PER_GROUP <= batch.rows() {
            self.add_sorted(&batch, groups);
        } else {
            self.add_rows(&batch, groups);
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], count: usize) -> Result<()> {
        self.totals.resize(count, T::default());
        for (state, &group) in travelled(states)?.into_iter().zip(groups) {
            if let Some(bytes) = state {
                self.totals[group].merge_bytes(bytes)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let totals = emit_to.take_needed(&mut self.totals);
        results(&totals, self.terms.statistic(), self.terms.dtype())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let totals = emit_to.take_needed(&mut self.totals);
        let states = totals.iter().map(|total| Some(total.to_bytes()));
        Ok(vec![Arc::new(LargeBinaryArray::from_iter(states))])
    }

    fn convert_to_state(
        &self,
        columns: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let batch = self.terms.of(columns, filter)?;
        let mut states = vec![None; batch.rows()];
        for (row, value, weight) in batch.counted() {
            let mut total = T::default();
            total.add(value, weight);
            states[row] = Some(total.to_bytes());
        }
        Ok(vec![Arc::new(LargeBinaryArray::from_iter(states))])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.totals.capacity() * size_of::<T>()
    }
}

/// The results of the groups as a column.
fn results<T: Total>(totals: &[T], statistic: Statistic, dtype: DType) -> Result<ArrayRef> {
    let each = totals.iter();
    Ok(match dtype {
        DType::F16 => {
            let results = each.map(|total| total.result(statistic));
            Arc::new(results.collect::<PrimitiveArray<Float16Type>>())
        }
        DType::F32 => {
            let results = each.map(|total| total.result(statistic));
            Arc::new(results.collect::<PrimitiveArray<Float32Type>>())
        }
        DType::F64 => {
            let results = each.map(|total| total.result(statistic));
            Arc::new(results.collect::<PrimitiveArray<Float64Type>>())
        }
        DType::BF16 | DType::Bool => return internal_err!("no sums of {dtype} in tables"),
    })
}
