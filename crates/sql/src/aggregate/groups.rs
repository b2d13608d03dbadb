//! The accumulator of many groups at once.

use std::borrow::Borrow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, LargeBinaryBuilder, PrimitiveArray};
use datafusion::arrow::datatypes::{Float16Type, Float32Type, Float64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use tensor_core::DType;

use super::single::travelled;
use super::terms::{Rows, Terms};
use super::total::{Statistic, Total};

/// With so many rows of a batch for each group, it pays to bring those of a group together first.
const ROWS_PER_GROUP: usize = 128;

/// The totals of so many rows are fetched from memory together.
const FETCHED: usize = 32;

/// The exact sums or means of the rows of each group.
#[derive(Debug)]
pub(crate) struct ExactGroups<T> {
    terms: Terms,
    totals: Vec<T>,
    /// The memory that the totals hold beside themselves.
    heap: usize,
}

impl<T: Total> ExactGroups<T> {
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            totals: Vec::new(),
            heap: 0,
        }
    }

    /// Changes the total of a group.
    fn change<R>(&mut self, group: usize, change: impl FnOnce(&mut T) -> R) -> R {
        let total = &mut self.totals[group];
        let before = total.heap_size();
        let result = change(total);
        self.heap = self.heap + total.heap_size() - before;
        result
    }

    /// Every `FETCHED` rows, reads from the totals of the next groups, for nothing but to have them in the cache
    /// when they are changed one by one: memory answers many reads in the time of one.
    #[inline]
    fn fetch(&self, groups: &[usize], row: usize) {
        if !row.is_multiple_of(FETCHED) {
            return;
        }
        let next = groups.iter().skip(row).take(FETCHED);
        let totals = next.map(|&group| &self.totals[group]);
        let read = totals.map(|total| total.count() ^ total.heap_size() as u64);
        std::hint::black_box(read.fold(0, |all, read| all ^ read));
    }

    /// Adds each row to its group.
    fn add_rows(&mut self, values: &[f64], weights: &[f64], groups: &[usize]) {
        for (row, (&value, &group)) in values.iter().zip(groups).enumerate() {
            self.fetch(groups, row);
            self.change(group, |total| total.add(value, weight(weights, row)));
        }
    }

    /// Adds the rows of each group together.
    fn add_sorted(&mut self, values: &[f64], weights: &[f64], groups: &[usize]) -> Result<()> {
        let mut ends = vec![0; self.totals.len() + 1];
        for &group in groups {
            ends[group + 1] += 1;
        }
        for group in 1..ends.len() {
            ends[group] += ends[group - 1];
        }
        // Each group's end is its start until its rows are in place.
        let mut sorted = vec![0.0; values.len()];
        let mut sorted_weights = vec![0.0; weights.len()];
        for (row, (&value, &group)) in values.iter().zip(groups).enumerate() {
            let place = &mut ends[group];
            sorted[*place] = value;
            if let Some(&weight) = weights.get(row) {
                sorted_weights[*place] = weight;
            }
            *place += 1;
        }
        let mut start = 0;
        for (group, &end) in ends[..self.totals.len()].iter().enumerate() {
            let weights = sorted_weights.get(start..end).unwrap_or(&[]);
            if start < end {
                self.change(group, |total| total.add_slice(&sorted[start..end], weights))?;
            }
            start = end;
        }
        Ok(())
    }

    /// The totals of groups that leave.
    fn take(&mut self, emit_to: EmitTo) -> Vec<T> {
        let totals = emit_to.take_needed(&mut self.totals);
        self.heap -= totals.iter().map(T::heap_size).sum::<usize>();
        totals
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
        let rows = Rows::new(columns, filter)?;
        let groups = rows.of(groups);
        let batch = self.terms.of(&rows)?;
        let (values, weights) = (batch.values()?, batch.weights());
        if count * ROWS_PER_GROUP <= groups.len() {
            self.add_sorted(values.as_slice(), weights, &groups)?;
        } else {
            self.add_rows(values.as_slice(), weights, &groups);
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], count: usize) -> Result<()> {
        self.totals.resize(count, T::default());
        for (row, (state, &group)) in travelled(states)?.into_iter().zip(groups).enumerate() {
            self.fetch(groups, row);
            if let Some(bytes) = state {
                self.change(group, |total| total.merge_bytes(bytes))?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let totals = self.take(emit_to);
        results(&totals, self.terms.statistic(), self.terms.dtype())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let totals = self.take(emit_to);
        Ok(states::<T, &T>(totals.iter().map(Some)))
    }

    fn convert_to_state(
        &self,
        columns: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = Rows::new(columns, filter)?;
        let batch = self.terms.of(&rows)?;
        let (values, weights) = (batch.values()?, batch.weights());
        let mut counted = values.as_slice().iter().enumerate();
        let each = rows.counts(columns.first().map_or(0, Array::len));
        let totals = each.map(|counts| {
            let (row, &value) = counts.then(|| counted.next()).flatten()?;
            let mut total = T::default();
            total.add(value, weight(weights, row));
            Some(total)
        });
        Ok(states::<T, T>(totals))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.totals.capacity() * size_of::<T>() + self.heap
    }
}

/// The weight of a row, 1 where there are none.
fn weight(weights: &[f64], row: usize) -> f64 {
    weights.get(row).copied().unwrap_or(1.0)
}

/// The states of totals as a column; NULL for none.
fn states<T: Total, B: Borrow<T>>(totals: impl Iterator<Item = Option<B>>) -> Vec<ArrayRef> {
    let mut states = LargeBinaryBuilder::new();
    let mut bytes = Vec::new();
    for total in totals {
        bytes.clear();
        match total {
            Some(total) => {
                total.borrow().write_to(&mut bytes);
                states.append_value(&bytes);
            }
            None => states.append_null(),
        }
    }
    vec![Arc::new(states.finish())]
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
