//! The program `opsnn`, run as users run it.

mod bad_input;
mod common;
mod formats;
mod graph;
mod main_job;
mod streaming;
