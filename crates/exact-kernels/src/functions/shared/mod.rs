//! What several functions are made of.

pub(crate) mod logarithm;
pub(crate) mod logit_terms;
pub(crate) mod tails;
pub(crate) mod weighted;
