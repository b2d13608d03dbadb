//! The terms that a batch of rows adds: their values and weights, as doubles, which hold every float exactly.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::compute::filter;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::function::AccumulatorArgs;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;
use tensor_core::{DType, DynTensor, Tensor};

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

/// The rows of a batch that count: those without a NULL for which the filter is true.
pub(crate) struct Rows<'a> {
    columns: Cow<'a, [ArrayRef]>,
    /// Which they are, if not all.
    chosen: Option<BooleanBuffer>,
}

/// The terms of such rows.
pub(crate) struct Batch<'a> {
    values: DynTensor<'a>,
    weights: Option<Tensor<'a, f64>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(columns: &'a [ArrayRef], chosen: Option<&BooleanArray>) -> Result<Self> {
        let nulls: Vec<_> = columns.iter().map(Array::logical_nulls).collect();
        let nulls = NullBuffer::union_many(nulls.iter().map(Option::as_ref));
        let chosen = match (nulls.filter(|nulls| nulls.null_count() > 0), chosen) {
            (None, None) => {
                return Ok(Self {
                    columns: Cow::Borrowed(columns),
                    chosen: None,
                });
            }
            (Some(nulls), None) => nulls.into_inner(),
            (None, Some(chosen)) => is_true(chosen),
            (Some(nulls), Some(chosen)) => nulls.inner() & &is_true(chosen),
        };
        let mask = BooleanArray::new(chosen.clone(), None);
        let columns = columns.iter().map(|column| filter(column, &mask));
        Ok(Self {
            columns: columns.collect::<Result<_, _>>()?,
            chosen: Some(chosen),
        })
    }

    /// Of one value for each row of the batch, those of the rows that count.
    pub(crate) fn of<'v, T: Copy>(&self, values: &'v [T]) -> Cow<'v, [T]> {
        match &self.chosen {
            None => Cow::Borrowed(values),
            Some(chosen) => chosen.set_indices().map(|row| values[row]).collect(),
        }
    }

    /// Whether each row of so many counts.
    pub(crate) fn counts(&self, rows: usize) -> impl Iterator<Item = bool> {
        (0..rows).map(|row| self.chosen.as_ref().is_none_or(|chosen| chosen.value(row)))
    }
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

    /// The terms of these rows.
    pub(crate) fn of<'a>(&self, rows: &'a Rows<'_>) -> Result<Batch<'a>> {
        let columns = &rows.columns[..];
        let (own, weights) = columns.split_at(self.arity.min(columns.len()));
        let values = match (&self.loss, own) {
            (Some(form), [first, ..]) => form.call(&self.arguments(own), first.len())?.0,
            (None, [column]) => tensor(column)?,
            _ => return internal_err!("an aggregate of {} columns", columns.len()),
        };
        let weights = weights.first().map(|w| doubles(tensor(w)?)).transpose()?;
        Ok(Batch { values, weights })
    }

    /// Adds the rows of a batch to a total.
    pub(crate) fn add_to<T: Total>(&self, total: &mut T, columns: &[ArrayRef]) -> Result<()> {
        let rows = Rows::new(columns, None)?;
        self.of(&rows)?.add_to(total)
    }

    /// The values and weights of the rows that count; 1 where there are no weights.
    pub(crate) fn pairs(&self, columns: &[ArrayRef]) -> Result<Vec<(f64, f64)>> {
        let rows = Rows::new(columns, None)?;
        let batch = self.of(&rows)?;
        let (values, weights) = (batch.values()?, batch.weights());
        let ones = std::iter::repeat(&1.0);
        let weights = weights.iter().chain(ones);
        let pairs = values.as_slice().iter().zip(weights);
        Ok(pairs.map(|(&value, &weight)| (value, weight)).collect())
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
    /// Adds all rows to a total.
    fn add_to<T: Total>(&self, total: &mut T) -> Result<()> {
        let weights = self.weights();
        match &self.values {
            DynTensor::F16(values) => total.add_slice(values.as_slice(), weights),
            DynTensor::F32(values) => total.add_slice(values.as_slice(), weights),
            DynTensor::F64(values) => total.add_slice(values.as_slice(), weights),
            other => internal_err!("no sums of {}", other.dtype()),
        }
    }

    /// The value of each row.
    pub(crate) fn values(&self) -> Result<Tensor<'_, f64>> {
        doubles(self.values.view())
    }

    /// The weight of each row; empty where there are none.
    pub(crate) fn weights(&self) -> &[f64] {
        self.weights.as_ref().map_or(&[], Tensor::as_slice)
    }
}

/// Where a filter is true, and not NULL.
fn is_true(chosen: &BooleanArray) -> BooleanBuffer {
    match chosen.nulls() {
        Some(nulls) => chosen.values() & nulls.inner(),
        None => chosen.values().clone(),
    }
}

/// The number that an argument is for all rows.
fn literal(expr: &Arc<dyn PhysicalExpr>) -> Option<ScalarValue> {
    let value = expr.downcast_ref::<Literal>()?.value();
    (!value.is_null()).then(|| value.clone())
}
