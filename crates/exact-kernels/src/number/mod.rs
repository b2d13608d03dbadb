//! Binary floating-point formats, error-free arithmetic and wide numbers. No module here knows a
//! function of the catalogue.

pub(crate) mod double_double;
pub(crate) mod expansion;
pub(crate) mod format;
pub(crate) mod lane;
pub(crate) mod limbs;
pub(crate) mod polynomial;
pub(crate) mod tables;
