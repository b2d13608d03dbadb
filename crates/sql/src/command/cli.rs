//! What the command line may say.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::error::{CliError, EXIT_CODES};

/// SQL over Parquet and CSV, with the ops of the registry as functions and exact sums and means of losses.
#[derive(Debug, Parser)]
#[command(
    name = "opsnn-sql",
    version,
    after_help = EXIT_CODES,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) query: Option<QueryArgs>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the functions that the ops give to SQL: names, arguments, what each returns.
    Functions(FunctionsArgs),
    /// Makes Parquet of .npy arrays, one column each.
    Parquet(ParquetArgs),
    /// Starts the scheduler of a cluster.
    Scheduler(SchedulerArgs),
    /// Starts an executor and makes it known to a scheduler.
    Executor(ExecutorArgs),
}

#[derive(Args, Debug)]
pub(crate) struct QueryArgs {
    /// The query, such as `SELECT mean_sigmoid_cross_entropy_with_logits(labels, logits) FROM preds`.
    pub(crate) query: String,
    /// A table: a .parquet or .csv file, or a folder of files of one kind. May be repeated.
    #[arg(long = "table", value_name = "NAME=PATH", value_parser = named)]
    pub(crate) tables: Vec<(String, PathBuf)>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Sends the query to the scheduler there; its executors must see the files under the same paths.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) cluster: Option<String>,
    /// How many threads of this machine work on the query, and into how many partitions it is cut; all processors if left out.
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// A table for people.
    #[default]
    Table,
    /// CSV with a header.
    Csv,
    /// A JSON array with one object per row; NaN and infinities are null.
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct FunctionsArgs {
    /// Lists only functions with this text in their names.
    pub(crate) text: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct ParquetArgs {
    /// A column: its name, and the array that it takes its values from, row-major. All have as many elements.
    #[arg(required = true, value_name = "NAME=FILE.npy", value_parser = named)]
    pub(crate) columns: Vec<(String, PathBuf)>,
    /// The file to write, or with --files the folder.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Cuts the table into so many files, in a new folder.
    #[arg(long)]
    pub(crate) files: Option<NonZeroUsize>,
}

#[derive(Args, Debug)]
pub(crate) struct SchedulerArgs {
    /// The address to listen at. Whoever reaches it can run queries: leave it to machines you trust.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// The port to listen at; 0 takes a free one. The line printed names it.
    #[arg(long, default_value_t = 50050)]
    pub(crate) port: u16,
}

#[derive(Args, Debug)]
pub(crate) struct ExecutorArgs {
    /// The scheduler to work for.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) scheduler: String,
    /// The address to listen at, for other executors and for clients. Whoever reaches it can run work.
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// The name or address by which others reach this machine; the address to listen at if left out.
    #[arg(long, value_name = "HOST")]
    pub(crate) advertise: Option<String>,
    /// How many tasks run at a time; one per processor if left out.
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// The folder for what travels between stages; a temporary one if left out.
    #[arg(long)]
    pub(crate) work_dir: Option<PathBuf>,
}

/// Refuses a name that is given twice: one of the two would be lost.
pub(crate) fn each_name_once<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), CliError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(CliError::Twice { name: name.clone() });
        }
    }
    Ok(())
}

fn named(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text
        .split_once('=')
        .ok_or("expected NAME=PATH, found no '='")?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !starts_well || !name.chars().all(is_name) {
        return Err(format!(
            "expected a name of letters, digits and '_' before the '=', found '{name}'"
        ));
    }
    if path.is_empty() {
        return Err("expected a path behind the '='".to_owned());
    }
    Ok((name.to_ascii_lowercase(), path.into()))
}
