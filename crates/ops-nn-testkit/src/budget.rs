//! The errors that the registry's ops are allowed.

use conformance::{Budget, ConformanceError, DType, Function};

/// The ops that are not correctly rounded yet: name, dtype, allowed error in ulp. A row that allows
/// more than is needed fails the tests.
const ALLOWED: [(&str, DType, u64); 0] = [];

/// The budget of these ops: no error in any dtype, but for the rows of the table.
///
/// # Errors
///
/// If the table names an op that is not among these.
pub fn budget(functions: &[Function]) -> Result<Budget, ConformanceError> {
    let cell = |op: &str, dtype: DType| {
        let row = ALLOWED.iter().find(|row| (row.0, row.1) == (op, dtype));
        format!("\"{dtype}\": {}", row.map_or(0, |row| row.2))
    };
    let rows = functions.iter().map(|function| {
        let op = function.op();
        format!(
            "\"{op}\": {{{}}}",
            DType::ALL.map(|dtype| cell(op, dtype)).join(", ")
        )
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    Budget::read_for(
        &format!("{{\"schema\": 1, \"allowed\": {{{rows}}}}}"),
        functions,
    )
}
