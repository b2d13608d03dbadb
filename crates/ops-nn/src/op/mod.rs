//! What an op is: its definition, parameters, signatures, rules and kernels.

pub(crate) mod compute;
pub(crate) mod definition;
pub(crate) mod rules;
pub(crate) mod shapes;
pub(crate) mod signature;
pub(crate) mod tf_node;
pub(crate) mod value;
