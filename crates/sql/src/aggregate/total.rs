//! What one group holds: an exact sum, or the exact sums of a weighted mean.

use std::fmt::Debug;

use datafusion::common::{Result, ScalarValue, internal_err};
use ops_nn::exact_kernels::{ExactSum, KernelError, Operand, Real, WeightedMean};
use tensor_core::{DType, f16};

use crate::column::external;

/// Which number an aggregate gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Statistic {
    Sum,
    Mean,
}

impl Statistic {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
        }
    }
}

/// The terms of one group, added up exactly.
pub(crate) trait Total: Clone + Debug + Default + Send + Sync + 'static {
    /// Adds one row.
    fn add(&mut self, value: f64, weight: f64);

    /// Adds many rows; there are as many weights, or none where none are asked for.
    fn add_slice<T: Real>(&mut self, values: &[T], weights: &[f64]) -> Result<()>;

    /// Takes a row away that was added before, if it is finite.
    fn remove(&mut self, value: f64, weight: f64) -> bool;

    /// Adds what another one holds.
    fn merge(&mut self, other: &Self);

    /// The sum, rounded once.
    fn sum<T: Real>(&self) -> T;

    /// The mean, rounded once; an error of no rows and of weights that sum to 0.
    fn mean<T: Real>(&self) -> Result<T, KernelError>;

    /// The sum or mean; none of no rows, and no mean of weights that sum to 0.
    fn result<T: Real>(&self, statistic: Statistic) -> Option<T> {
        match statistic {
            Statistic::Sum => (self.count() > 0).then(|| self.sum()),
            Statistic::Mean => self.mean().ok(),
        }
    }

    /// How many rows there were.
    fn count(&self) -> u64;

    /// The memory that it holds beside itself.
    fn heap_size(&self) -> usize;

    /// Appends the state that travels.
    fn write_to(&self, bytes: &mut Vec<u8>);

    /// The state that travelled.
    fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError>;

    /// Adds a state that travelled.
    fn merge_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.merge(&Self::from_bytes(bytes).map_err(external)?);
        Ok(())
    }

    /// The state as a value of a column.
    fn state(&self) -> ScalarValue {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes);
        ScalarValue::LargeBinary(Some(bytes))
    }

    /// The result as a value of a column.
    fn value(&self, statistic: Statistic, dtype: DType) -> Result<ScalarValue> {
        Ok(match dtype {
            DType::F16 => ScalarValue::Float16(self.result::<f16>(statistic)),
            DType::F32 => ScalarValue::Float32(self.result(statistic)),
            DType::F64 => ScalarValue::Float64(self.result(statistic)),
            DType::BF16 | DType::Bool => return internal_err!("no sums of {dtype} in tables"),
        })
    }
}

impl Total for ExactSum {
    fn add(&mut self, value: f64, _: f64) {
        Self::add(self, value);
    }

    fn add_slice<T: Real>(&mut self, values: &[T], _: &[f64]) -> Result<()> {
        Self::add_slice(self, values);
        Ok(())
    }

    fn remove(&mut self, value: f64, _: f64) -> bool {
        Self::remove(self, value)
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }

    fn sum<T: Real>(&self) -> T {
        Self::sum(self)
    }

    fn mean<T: Real>(&self) -> Result<T, KernelError> {
        Self::mean(self)
    }

    fn count(&self) -> u64 {
        Self::count(self)
    }

    fn heap_size(&self) -> usize {
        Self::heap_size(self)
    }

    fn write_to(&self, bytes: &mut Vec<u8>) {
        Self::write_to(self, bytes);
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError> {
        Self::from_bytes(bytes)
    }
}

impl Total for WeightedMean {
    fn add(&mut self, value: f64, weight: f64) {
        Self::add(self, value, weight);
    }

    fn add_slice<T: Real>(&mut self, values: &[T], weights: &[f64]) -> Result<()> {
        Self::add_slice(self, values, Operand::Full(weights)).map_err(external)
    }

    fn remove(&mut self, value: f64, weight: f64) -> bool {
        Self::remove(self, value, weight)
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }

    fn sum<T: Real>(&self) -> T {
        Self::sum(self)
    }

    fn mean<T: Real>(&self) -> Result<T, KernelError> {
        Self::mean(self)
    }

    fn count(&self) -> u64 {
        Self::count(self)
    }

    fn heap_size(&self) -> usize {
        Self::heap_size(self)
    }

    fn write_to(&self, bytes: &mut Vec<u8>) {
        Self::write_to(self, bytes);
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError> {
        Self::from_bytes(bytes)
    }
}
