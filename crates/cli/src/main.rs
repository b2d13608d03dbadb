//! `opsnn`: look an op up by name, run it on arrays from files, print what came out.
//!
//! A front end of the library: it parses, calls and prints. It contains no numerics and no op
//! names; what an op takes and returns comes from its definition. Element-wise ops run in pieces,
//! so memory use does not grow with the size of `.npy` and `.safetensors` files.
//!
//! Data flow: [`value`] reads the arguments' texts, [`source`] opens the files,
//! [`stream`] (or [`whole`], for other ops) binds and runs the call, [`summary`] and [`sink`]
//! take the results, [`report`] prints. `opsnn --help` documents the exit codes.

mod broadcast_gradient;
mod bytes;
mod cli;
mod describe;
mod error;
mod graph;
mod inputs;
mod interrupt;
mod layout;
mod list;
mod piecewise_arg;
mod report;
mod run;
mod sink;
mod source;
mod stream;
mod summary;
mod value;
mod whole;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::error::CliError;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli.command).and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever a file's name holds. Standard error may be closed; the exit code
            // then speaks alone.
            let line = error.to_string().replace(['\n', '\r'], " ");
            let _ = writeln!(io::stderr(), "error: {line}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// What a command prints, once everything that it writes is written.
fn execute(command: &Command) -> Result<String, CliError> {
    match command {
        Command::Ops(args) => list::list(args),
        Command::Describe(args) => describe::describe(args),
        Command::Run(args) => run::run(args),
        Command::Graph(args) => graph::graph(&args.command),
    }
}

/// Prints; a reader that went away, as in `opsnn ops | head -1`, is no error.
fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Stdout(error)),
        _ => Ok(()),
    }
}
