//! An implementation that the suite must fail: the documented formulas, computed in the dtype step
//! by step, each step correctly rounded. No library could do better without changing the formula.

use crate::formula::{Bindings, DOCUMENTATION, Formula};
use crate::suite::{Failure, FailureKind, Implementation};
use crate::{ConformanceError, DType, Quantity};

/// The documented formulas, evaluated literally in the dtype.
#[derive(Debug, Clone, Copy, Default)]
pub struct NaiveImplementation;

impl NaiveImplementation {
    /// The formula that it evaluates.
    ///
    /// # Errors
    /// [`ConformanceError::Formula`] never occurs for the formulas of this crate.
    pub fn formula(quantity: Quantity) -> Result<Formula, ConformanceError> {
        let [.., weighted, sigmoid] = DOCUMENTATION;
        match quantity {
            Quantity::WeightedLoss => weighted.formula(),
            Quantity::SigmoidLoss => sigmoid.formula(),
            _ => quantity.parsed(),
        }
    }
}

impl Implementation for NaiveImplementation {
    fn name(&self) -> String {
        "the documented formulas, step by step".to_owned()
    }

    fn supports(&self, _: Quantity, _: DType) -> bool {
        true
    }

    fn run(
        &mut self,
        quantity: Quantity,
        dtype: DType,
        columns: &[&[u64]],
    ) -> Result<Vec<u64>, Failure> {
        let refused = |error: ConformanceError| Failure {
            kind: FailureKind::Refused,
            message: error.to_string(),
        };
        let steps = Self::formula(quantity).map_err(refused)?.steps();
        let count = columns.first().map_or(0, |column| column.len());
        let result = |index: usize| {
            let inputs: Vec<f64> = columns
                .iter()
                .map(|column| dtype.to_f64(column[index]))
                .collect();
            steps.result_in_dtype(dtype, &Bindings::of(quantity, &inputs))
        };
        Ok((0..count).map(result).collect())
    }
}
