//! The tests of the public interface and of the program.

#[cfg(feature = "cli")]
mod cli;
mod common;
mod external;
mod goldens;
mod oracle;
mod stated;
mod suite;
