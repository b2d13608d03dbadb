//! The exact functions and their slopes, by the oracle.

use conformance::{DType, Function, correctly_rounded};

/// The exact function, to f64.
pub(crate) fn exact(function: &Function, inputs: &[f64]) -> f64 {
    let bits: Vec<u64> = inputs.iter().map(|v| v.to_bits()).collect();
    f64::from_bits(correctly_rounded(function, DType::F64, &bits).unwrap())
}

/// The slope of the exact function in one argument, by central differences.
pub(crate) fn slope(function: &Function, inputs: &[f64], by: usize) -> f64 {
    let h = 1e-5;
    let at = |step: f64| {
        let mut moved = inputs.to_vec();
        moved[by] += step;
        exact(function, &moved)
    };
    // Fourth order: the error is about h^4 plus rounding / h.
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
}
