//! What the judge is asked about the registry's ops.

use conformance::{ConformanceError, Function};
use ops_nn::{OpDef, Param, Registry};

/// The judge's function for every op that is a real function: its own one where it knows the op,
/// else the formula that the op's definition states.
///
/// # Errors
///
/// If a formula is not one that the judge can read.
pub fn functions(registry: &Registry) -> Result<Vec<Function>, ConformanceError> {
    let ops = registry.list("").map(|op| op.definition());
    ops.filter(|op| op.is_real_function())
        .map(function)
        .collect()
}

fn function(op: &OpDef) -> Result<Function, ConformanceError> {
    op.name().parse().or_else(|_| stated(op, op.name()))
}

/// The formula that an op's definition states, under a name.
///
/// # Errors
///
/// If the formula is not one that the judge can read.
pub fn stated(op: &OpDef, name: &str) -> Result<Function, ConformanceError> {
    let params = op.parameters().iter();
    let arguments: Vec<&str> = params
        .filter(|param| !param.is_name_of_node())
        .map(Param::name)
        .collect();
    Function::stated(name, &arguments, op.formula())
}
