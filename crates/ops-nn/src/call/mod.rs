//! How an op is called: arguments, binding and eager evaluation.

pub(crate) mod args;
pub(crate) mod binding;
pub(crate) mod eager;
