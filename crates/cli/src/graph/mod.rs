//! `opsnn graph`: graphs in TensorFlow's files.

mod feed;
mod list;
mod run;
mod show;

use std::path::Path;
use std::sync::Arc;

use ops_nn::tensorflow::GraphDef;
use ops_nn::{Graph, Registry};

use crate::cli::GraphCommand;
use crate::error::CliError;

/// Runs the command; returns what it prints.
pub(crate) fn graph(command: &GraphCommand) -> Result<String, CliError> {
    match command {
        GraphCommand::Show(args) => show::show(args),
        GraphCommand::Run(args) => run::run(args),
    }
}

/// Reads a graph: as text if the name ends in `.pbtxt`, else in the binary form.
fn read(path: &Path) -> Result<Graph, CliError> {
    let bytes = std::fs::read(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        cause: source,
    })?;
    let is_text = path
        .extension()
        .is_some_and(|extension| extension == "pbtxt");
    let message = if is_text {
        let text = String::from_utf8_lossy(&bytes);
        GraphDef::from_text(&text)
    } else {
        GraphDef::from_bytes(&bytes)
    };
    let registry = Arc::new(Registry::with_builtins());
    message
        .and_then(|message| message.into_graph(&registry))
        .map_err(|cause| CliError::GraphFile {
            path: path.to_owned(),
            cause: Box::new(cause),
        })
}
