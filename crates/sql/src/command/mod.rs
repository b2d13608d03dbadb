//! The command line.

pub(crate) mod cli;
pub(crate) mod cluster;
pub(crate) mod error;
pub(crate) mod functions;
mod interrupt;
mod output;
pub(crate) mod parquet;
mod progress;
pub(crate) mod query;
mod table;
