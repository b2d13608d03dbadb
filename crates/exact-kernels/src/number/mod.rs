//! Binary floating-point formats, error-free arithmetic, wide numbers and elementary functions at
//! several precisions. No module here knows a function of the catalogue.

pub(crate) mod arithmetic;
pub(crate) mod big_float;
pub(crate) mod double_double;
pub(crate) mod elementary;
pub(crate) mod error_free;
pub(crate) mod expansion;
pub(crate) mod format;
pub(crate) mod lane;
pub(crate) mod limbs;
pub(crate) mod pair;
pub(crate) mod polynomial;
pub(crate) mod tables;
#[cfg(test)]
mod tables_test;
