//! The terms that a batch of rows adds: their values and weights, as doubles, which hold every float exactly.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;
use tensor_core::{DType, Tensor};

use super::total::{Statistic, Total};
use crate::column::{doubles, dtype_of, tensor};
use crate::form::Form;

/// How to find the terms of an aggregate, and what its result is.
#[derive(Debug)]
pub(crate) struct Terms {
    loss: Option<Form>,
    statistic: Statistic,
    dtype: DType,
    arity: usize,
    /// The arguments that are the same number for all rows.
    literals: Vec<Option<ScalarValue>>,
}

/// The terms of one batch.
pub(crate) struct Batch<'a> {
    values: Tensor<'a, f64>,
    weights: Option<Tensor<'a, f64>>,
    /// The rows that count, if not all do.
    counted: Option<BooleanBuffer>,
}

impl Terms {
    pub(crate) fn new(
        loss: Option<Form>,
        statistic: Statistic,
        arity: usize,
        args: &AccumulatorArgs<'_>,
    ) -> Result<Self> {
        let Some(dtype) = dtype_of(args.return_type()).filter(|dtype| dtype.is_float()) else {
            return internal_err!("{}: no sums of {}", args.name, args.return_type());
        };
        Ok(Self {
            loss,
            statistic,
            dtype,
            arity,
            literals: args.exprs.iter().map(literal).collect(),
        })
    }

    /// Whether each row has a weight.
    pub(crate) fn are_weighted(&self) -> bool {
        self.literals.len() > self.arity
    }

    pub(crate) fn statistic(&self) -> Statistic {
        self.statistic
    }

    /// The element type of the result.
    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    /// The terms of a batch. Rows with a NULL, and rows that the filter leaves out, do not count.
    pub(crate) fn of<'a>(
        &self,
        columns: &'a [ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Batch<'a>> {
        let (own, weights) = columns.split_at(self.arity.min(columns.len()));
        let (values, nulls) = match (&self.loss, own) {
            (Some(form), _) => {
                form.call(&self.arguments(own), own.first().map_or(0, Array::len))?
            }
            (None, [column]) => (tensor(column)?, column.logical_nulls()),
            (None, _) => return internal_err!("an aggregate of {} columns", columns.len()),
        };
        let weight_nulls = weights.first().and_then(|w| w.logical_nulls());
        let nulls = NullBuffer::union(nulls.as_ref(), weight_nulls.as_ref());
        let weights = weights.first().map(|w| doubles(tensor(w)?)).transpose()?;
        Ok(Batch {
            values: doubles(values)?,
            weights,
            counted: counted(nulls, filter),
        })
    }

    /// Adds the rows of a batch to a total.
    pub(crate) fn add_to<T: Total>(&self, total: &mut T, columns: &[ArrayRef]) -> Result<()> {
        let batch = self.of(columns, None)?;
        if let Some((values, weights)) = batch.whole() {
            total.add_slice(values, weights);
            return Ok(());
        }
        let counted = batch.counted().map(|(_, value, weight)| (value, weight));
        let (values, weights): (Vec<f64>, Vec<f64>) = counted.unzip();
        total.add_slice(&values, &weights);
        Ok(())
    }

    /// The arguments of the loss; literals as numbers.
    fn arguments(&self, columns: &[ArrayRef]) -> Vec<ColumnarValue> {
        let pairs = columns.iter().zip(&self.literals);
        let arguments = pairs.map(|(column, literal)| match literal {
            Some(value) => ColumnarValue::Scalar(value.clone()),
            None => ColumnarValue::Array(column.clone()),
        });
        arguments.collect()
    }
}

impl Batch<'_> {
    /// How many rows there are, those that do not count included.
    pub(crate) fn rows(&self) -> usize {
        self.values.len()
    }

    /// The values and weights of the rows, if all count.
    pub(crate) fn whole(&self) -> Option<(&[f64], &[f64])> {
        match self.counted {
            None => Some((self.values.as_slice(), self.weights())),
            Some(_) => None,
        }
    }

    /// The rows that count: index, value, weight (1 where there are no weights).
    pub(crate) fn counted(&self) -> impl Iterator<Item = (usize, f64, f64)> {
        let weights = self.weights();
        let rows = self.values.as_slice().iter().enumerate();
        let rows = rows.filter(|(row, _)| self.counts(*row));
        rows.map(|(row, &value)| (row, value, weights.get(row).copied().unwrap_or(1.0)))
    }

    fn weights(&self) -> &[f64] {
        self.weights.as_ref().map_or(&[], Tensor::as_slice)
    }

    /// Whether a row counts.
    pub(crate) fn counts(&self, row: usize) -> bool {
        self.counted.as_ref().is_none_or(|rows| rows.value(row))
    }
}

/// The rows without a NULL for which the filter is true.
fn counted(nulls: Option<NullBuffer>, filter: Option<&BooleanArray>) -> Option<BooleanBuffer> {
    let valid = nulls
        .filter(|n| n.null_count() > 0)
        .map(|n| n.inner().clone());
    let chosen = filter.map(|filter| match filter.nulls() {
        Some(nulls) => filter.values() & nulls.inner(),
        None => filter.values().clone(),
    });
    match (valid, chosen) {
        (Some(valid), Some(chosen)) => Some(&valid & &chosen),
        (valid, chosen) => valid.or(chosen),
    }
}

/// The number that an argument is for all rows.
fn literal(expr: &Arc<dyn PhysicalExpr>) -> Option<ScalarValue> {
    let value = expr.downcast_ref::<Literal>()?.value();
    (!value.is_null()).then(|| value.clone())
}
