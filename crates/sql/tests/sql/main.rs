//! The functions in the engine, the program, and clusters of processes.

mod aggregates;
mod cluster;
mod data;
mod functions;
mod process;
mod program;
mod scalars;
mod states;
