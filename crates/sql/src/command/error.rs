//! What can go wrong between the command line and the printed result, and the exit code of each class.

use std::io;
use std::path::PathBuf;

use ballista_core::error::BallistaError;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

/// The exit codes, as `--help` prints them: those of `opsnn`, where it has them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  any other error
  2  usage: an unknown option or a missing operand
  4  the query is not valid: syntax, an unknown table, column or function, wrong arguments or types
  7  an input file is missing or malformed
  8  an output cannot be written
  10  the scheduler cannot be reached, or the cluster gave up
  130  interrupted, by Ctrl-C or SIGTERM";

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The engine refused the query, or failed.
    #[error("{}", told(.0))]
    Engine(DataFusionError),

    /// A table cannot be opened.
    #[error("{}: {reason}", .path.display())]
    Input { path: PathBuf, reason: String },

    /// A file cannot be written.
    #[error("{}: cannot write: {reason}", .path.display())]
    Output { path: PathBuf, reason: String },

    /// Standard output cannot be written.
    #[error("cannot print: {0}; redirect the output to a device with free space")]
    Stdout(io::Error),

    /// There is no scheduler where one was expected.
    #[error("no scheduler at {address}: {reason}; start one with `opsnn-sql scheduler`")]
    NoScheduler { address: String, reason: String },

    /// The text is no place of a scheduler.
    #[error("expected HOST:PORT, found '{found}'")]
    Address { found: String },

    /// A column or a table has the name of another.
    #[error("the name '{name}' is given twice: names are the same in capitals; give each its own")]
    Twice { name: String },

    /// A part of the cluster failed.
    #[error(transparent)]
    Cluster(#[from] BallistaError),

    /// A query on the cluster failed.
    #[error("the cluster gave up: {}", told(.0))]
    OnCluster(DataFusionError),

    /// The machine gave no port or no temporary folder.
    #[error("cannot start: {0}")]
    Start(io::Error),

    /// There are no threads to run on.
    #[error("cannot start threads: {0}")]
    Runtime(io::Error),

    /// Ctrl-C or SIGTERM.
    #[error("interrupted")]
    Interrupted,
}

impl From<DataFusionError> for CliError {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(error)
    }
}

impl CliError {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Engine(error) => engine_code(error),
            Self::Input { .. } => 7,
            Self::Output { .. } | Self::Stdout(_) => 8,
            Self::NoScheduler { .. } | Self::Cluster(_) => 10,
            Self::OnCluster(error) => match engine_code(error) {
                1 => 10,
                code => code,
            },
            Self::Address { .. } | Self::Twice { .. } => 2,
            Self::Start(_) | Self::Runtime(_) => 1,
            Self::Interrupted => 130,
        }
    }
}

fn engine_code(error: &DataFusionError) -> u8 {
    use DataFusionError as E;
    match error.find_root() {
        E::SQL(..)
        | E::Plan(_)
        | E::SchemaError(..)
        | E::NotImplemented(_)
        | E::Configuration(_) => 4,
        E::ParquetError(_) | E::ObjectStore(_) | E::IoError(_) => 7,
        E::ArrowError(error, _) => match **error {
            // The others come from values: a division by 0, a text that is no number.
            ArrowError::CsvError(_) | ArrowError::ParquetError(_) | ArrowError::IoError(..) => 7,
            _ => 1,
        },
        E::Diagnostic(_, inner) => engine_code(inner),
        E::Collection(all) => all.first().map_or(1, engine_code),
        _ => 1,
    }
}

/// The engine's message, without the trace that debug builds append.
fn told(error: &DataFusionError) -> String {
    error.strip_backtrace()
}
