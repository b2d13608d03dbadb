//! The public functions over slices.

pub(crate) mod arithmetic;
pub(crate) mod checked;
pub(crate) mod domain;
pub(crate) mod loss;
pub(crate) mod unary;
