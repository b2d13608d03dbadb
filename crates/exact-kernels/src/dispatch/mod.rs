//! Choice of an instruction set at run time, and threads.

pub(crate) mod threads;
pub(crate) mod tier;
