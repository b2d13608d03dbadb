//! The accumulator of `DISTINCT`: each combination of arguments counts once.

use std::collections::HashSet;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err, internal_datafusion_err};
use datafusion::logical_expr::Accumulator;
use datafusion::logical_expr::function::AccumulatorArgs;
use ops_nn::exact_kernels::{ExactSum, WeightedMean};
use tensor_core::{DynTensor, Tensor};

use super::single::travelled;
use super::terms::Terms;
use super::total::Total;
use crate::column::{column, doubles, dtype_of, tensor};

/// The version of the state's byte form.
const VERSION: u8 = 1;

/// The distinct rows of arguments without a NULL. Zeros of both signs are one number, NaNs are another.
#[derive(Debug)]
pub(crate) struct DistinctAccumulator {
    terms: Terms,
    types: Vec<DataType>,
    rows: HashSet<Box<[u64]>>,
}

impl DistinctAccumulator {
    pub(crate) fn new(terms: Terms, args: &AccumulatorArgs<'_>) -> Self {
        let types = args.expr_fields.iter().map(|f| f.data_type().clone());
        Self {
            terms,
            types: types.collect(),
            rows: HashSet::new(),
        }
    }

    /// The arguments of the distinct rows, as columns of the types they came in.
    fn columns(&self) -> Result<Vec<ArrayRef>> {
        let argument = |(index, data_type)| {
            let values = self.rows.iter().map(|row| f64::from_bits(row[index]));
            let values = Tensor::from(values.collect::<Vec<f64>>());
            let dtype = dtype_of(data_type).ok_or_else(|| {
                internal_datafusion_err!("an argument of {data_type} was not coerced to floats")
            })?;
            column(DynTensor::from(values).cast(dtype), None)
        };
        self.types.iter().enumerate().map(argument).collect()
    }

    /// The result over the distinct rows.
    fn result<T: Total>(&self) -> Result<ScalarValue> {
        let mut total = T::default();
        self.terms.add_to(&mut total, &self.columns()?)?;
        total.value(self.terms.statistic(), self.terms.dtype())
    }

    /// Adds the rows of a state that travelled.
    fn add_state(&mut self, bytes: &[u8]) -> Result<()> {
        let width = 8 * self.types.len();
        let rows = match bytes {
            [VERSION, rows @ ..] if rows.len().is_multiple_of(width) => rows,
            _ => return exec_err!("{} bytes are no state of distinct rows", bytes.len()),
        };
        let word = |bytes: &[u8]| {
            bytes
                .iter()
                .rev()
                .fold(0, |word, &b| word << 8 | u64::from(b))
        };
        for row in rows.chunks_exact(width) {
            self.rows.insert(row.chunks_exact(8).map(word).collect());
        }
        Ok(())
    }
}

impl Accumulator for DistinctAccumulator {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let values = columns.iter().map(|c| doubles(tensor(c)?));
        let values: Vec<Tensor<'_, f64>> = values.collect::<Result<_>>()?;
        for row in 0..columns.first().map_or(0, Array::len) {
            if columns.iter().all(|c| c.is_valid(row)) {
                let key = values.iter().map(|v| key(v.as_slice()[row]));
                self.rows.insert(key.collect());
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.terms.are_weighted() {
            self.result::<WeightedMean>()
        } else {
            self.result::<ExactSum>()
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let words = self.rows.iter().flat_map(|row| row.iter());
        let bytes = words.flat_map(|word| word.to_le_bytes());
        let state = std::iter::once(VERSION).chain(bytes).collect();
        Ok(vec![ScalarValue::LargeBinary(Some(state))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for bytes in travelled(states)?.into_iter().flatten() {
            self.add_state(bytes)?;
        }
        Ok(())
    }

    fn size(&self) -> usize {
        let row = size_of::<Box<[u64]>>() + size_of::<u64>() * self.types.len();
        size_of_val(self) + self.rows.capacity() * row
    }
}

/// The bits that stand for a number.
fn key(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        (value + 0.0).to_bits()
    }
}
