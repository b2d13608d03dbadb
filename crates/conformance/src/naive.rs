//! An implementation that the suite must fail: the documented formulas, computed in the dtype step
//! by step, each step correctly rounded. No library could do better without changing the formula.

use crate::formula::{DOCUMENTATION, Formula};
use crate::function::{SIGMOID, WEIGHTED};
use crate::suite::{Failure, FailureKind, Implementation};
use crate::{ConformanceError, DType, Function};

/// The documented formulas, evaluated literally in the dtype.
#[derive(Debug, Clone, Copy, Default)]
pub struct NaiveImplementation;

impl NaiveImplementation {
    /// The formula that it evaluates and, for each variable of that, the index of the argument.
    fn formula(function: &Function) -> Result<(Formula, Vec<usize>), ConformanceError> {
        let [.., weighted, sigmoid] = DOCUMENTATION;
        let line = match function.op() {
            WEIGHTED => weighted,
            SIGMOID => sigmoid,
            _ => {
                let arguments = (0..function.arguments().len()).collect();
                return Ok((function.parsed().clone(), arguments));
            }
        };
        // The documentation's variables x, y, z, q; there is no y in it.
        let [x, y, z, q] = [1, 0, 0, 2];
        Ok((line.formula()?, vec![x, y, z, q]))
    }
}

impl Implementation for NaiveImplementation {
    fn name(&self) -> String {
        "the documented formulas, step by step".to_owned()
    }

    fn supports(&self, _: &Function, _: DType) -> bool {
        true
    }

    fn run(
        &mut self,
        function: &Function,
        dtype: DType,
        columns: &[&[u64]],
    ) -> Result<Vec<u64>, Failure> {
        let refused = |error: ConformanceError| Failure {
            kind: FailureKind::Refused,
            message: error.to_string(),
        };
        let (formula, places) = Self::formula(function).map_err(refused)?;
        let steps = formula.steps();
        let count = columns.first().map_or(0, |column| column.len());
        let result = |index: usize| {
            let argument = |place: &usize| {
                columns
                    .get(*place)
                    .map_or(1.0, |column| dtype.to_f64(column[index]))
            };
            let arguments: Vec<f64> = places.iter().map(argument).collect();
            steps.result_in_dtype(dtype, &arguments)
        };
        Ok((0..count).map(result).collect())
    }
}
