//! How an op is called: arguments, binding, inference, eager evaluation,
//! derivatives.

pub(crate) mod args;
mod binding;
pub(crate) mod bound;
mod eager;
mod gradient;
pub(crate) mod infer;
mod run;

/// The element type of a call whose arguments are all numbers, as in
/// TensorFlow.
pub(crate) const DEFAULT_DTYPE: tensor_core::DType = tensor_core::DType::F32;
