//! Ziv's method: error-bounded estimates, the rounding test and the stages of growing precision.

pub(crate) mod compiled;
#[cfg(test)]
pub(crate) mod constants;
pub(crate) mod elementary;
pub(crate) mod exact_form;
pub(crate) mod first_stage;
pub(crate) mod first_stage_f64;
#[cfg(test)]
pub(crate) mod hard_cases;
pub(crate) mod quantity;
pub(crate) mod second_stage;
pub(crate) mod stages;
pub(crate) mod third_stage;
pub(crate) mod tiles;
