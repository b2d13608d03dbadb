//! What an op is: its definition, parameters, rules, example and computation,
//! as data. Nothing here looks an op up or runs one.

pub(crate) mod builder;
pub(crate) mod compute;
pub(crate) mod def_builder;
pub(crate) mod definition;
pub(crate) mod dtypes;
pub(crate) mod example;
pub(crate) mod inputs;
pub(crate) mod named;
pub(crate) mod param;
pub(crate) mod rules;
pub(crate) mod shapes;
pub(crate) mod signature;
pub(crate) mod task;
pub(crate) mod tf_node;
pub(crate) mod value;
