//! `opsnn-sql`: SQL over Parquet and CSV with exact losses, on this machine or on a cluster.
//!
//! [`query`] answers a query, [`cluster`] starts the cluster's parts,
//! [`parquet`] makes tables of arrays, [`functions`] lists what SQL has from the ops. `opsnn-sql --help` documents the exit codes.

mod command;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::command::cli::{Cli, Command};
use crate::command::error::CliError;
use crate::command::{cluster, functions, parquet, query};

fn main() -> ExitCode {
    match execute(Cli::parse()) {
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

fn execute(cli: Cli) -> Result<(), CliError> {
    match (cli.command, cli.query) {
        (Some(Command::Scheduler(args)), _) => run(None, cluster::scheduler(&args)),
        (Some(Command::Executor(args)), _) => run(args.threads, cluster::executor(&args)),
        (Some(Command::Functions(args)), _) => functions::list(&args),
        (Some(Command::Parquet(args)), _) => parquet::write(&args),
        (None, Some(args)) => run(args.threads, query::answer(args)),
        // Without any argument clap prints the help.
        (None, None) => Ok(()),
    }
}

/// Runs on so many threads, or as many as there are processors.
fn run(
    threads: Option<std::num::NonZeroUsize>,
    work: impl Future<Output = Result<(), CliError>>,
) -> Result<(), CliError> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        runtime.worker_threads(threads.get());
    }
    let runtime = runtime.enable_all().build().map_err(CliError::Runtime)?;
    let result = runtime.block_on(work);
    // A thread that is amid a piece of work does not keep an interrupted query alive.
    runtime.shutdown_background();
    result
}
