//! What can go wrong between the command line and the printed result: one error type, each case with
//! the file or argument at fault, what was expected, what was found and the way out, and the exit
//! code of its class.

use std::io;
use std::path::PathBuf;

use ops_nn::tensor_core::{DType, Shape, TensorError};
use ops_nn::tensorflow::GraphDefError;
use ops_nn::{ErrorKind, OpError};

/// The exit codes, as `--help` prints them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  any other error
  2  usage: an unknown option or a missing operand
  3  unknown op, or unknown node of a graph
  4  arguments do not fit the signature: missing, unknown, given twice, not readable as a value
  5  a shape or dtype does not fit
  6  a value outside its argument's domain (--checked)
  7  an input file is missing or malformed
  8  an output cannot be written
  9  what is asked for is not defined, such as a derivative that the op does not have
  130  interrupted, by Ctrl-C or SIGTERM";

/// Why a command failed.
///
/// As with [`OpError`], a message contains its cause, which `source()` does not return again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The library refused the name, the arguments or the values.
    #[error(transparent)]
    Op(#[from] OpError),

    /// No op has a name with this prefix.
    #[error("no op's name starts with '{prefix}'; `opsnn ops` lists them all")]
    NoSuchPrefix { prefix: String },

    /// The text of an argument is no value of the kind that its parameter takes.
    #[error("argument '{argument}': expected {expected}, found '{found}'")]
    Value {
        argument: String,
        expected: String,
        found: String,
    },

    /// A positional value follows a named one.
    #[error(
        "'{found}': positional argument follows keyword argument '{name}'; put it first or name it"
    )]
    PositionalAfterName { found: String, name: String },

    /// A derivative is asked for by something that is no parameter of the op.
    #[error("{op}: has no parameter '{parameter}'; differentiate with respect to {available}")]
    NoSuchParameter {
        op: String,
        parameter: String,
        available: String,
    },

    /// A file's elements are of a type that the parameter does not take as it is.
    #[error("{}: expected {expected} elements, found {found}; {remedy}", .path.display())]
    ElementType {
        path: PathBuf,
        expected: &'static str,
        found: &'static str,
        remedy: &'static str,
    },

    /// A file's shape cannot be that of a tensor.
    #[error("{}: {cause}", .path.display())]
    FileShape { path: PathBuf, cause: TensorError },

    /// A sum or mean is asked for of elements that are no numbers.
    #[error("{op}: returns {found}, but --reduction needs a float dtype; leave it out")]
    NotReducible { op: String, found: DType },

    /// The mean of nothing is asked for.
    #[error(
        "{op}: the result of shape {shape} has no elements, and the mean of nothing is not defined; \
         use --reduction sum"
    )]
    EmptyMean { op: String, shape: Shape },

    /// An input file cannot be read.
    #[error("{}: cannot read: {cause}; expected a readable file", .path.display())]
    Read { path: PathBuf, cause: io::Error },

    /// An input file is not what its extension says.
    #[error("{}: expected {expected}, found {found}; {remedy}", .path.display())]
    Malformed {
        path: PathBuf,
        expected: String,
        found: String,
        remedy: &'static str,
    },

    /// A file does not hold the tensor or column asked for.
    #[error("{}: no {kind} '{name}'; expected one of {available}", .path.display())]
    NoSuchItem {
        path: PathBuf,
        kind: &'static str,
        name: String,
        available: String,
    },

    /// A file of several tensors or columns is given without saying which.
    #[error(
        "{}: name a {kind}, as in {}#{}; it has {available}", .path.display(), .path.display(), .example
    )]
    ItemNotNamed {
        path: PathBuf,
        kind: &'static str,
        example: String,
        available: String,
    },

    /// A `.npy` file is given with the name of an array in it.
    #[error("{}: a .npy file holds one unnamed array; leave '#{item}' out", .path.display())]
    ItemOfNpy { path: PathBuf, item: String },

    /// An output cannot be written.
    #[error(
        "{}: cannot write into the folder {}: {cause}; check that it exists, its permissions and its \
         free space",
        .path.display(), .folder.display()
    )]
    Write {
        path: PathBuf,
        folder: PathBuf,
        cause: io::Error,
    },

    /// The last step failed when earlier contents of other outputs were gone already.
    #[error("{cause}; already replaced: {}", listed(.replaced))]
    PartlyReplaced {
        cause: Box<CliError>,
        replaced: Vec<PathBuf>,
    },

    /// An output's name or type cannot be served.
    #[error("{}: expected {expected}, found {found}; {remedy}", .path.display())]
    OutputFormat {
        path: PathBuf,
        expected: &'static str,
        found: String,
        remedy: &'static str,
    },

    /// Two outputs, or an output and an input, are the same file.
    #[error("{}: is also {also}, expected a file of its own; choose another name", .path.display())]
    OutputConflict { path: PathBuf, also: &'static str },

    /// A file is not a valid graph.
    #[error("{}: {cause}", .path.display())]
    GraphFile {
        path: PathBuf,
        cause: Box<GraphDefError>,
    },

    /// A value to feed has no name or stands twice.
    #[error("--feed '{found}': expected {expected}")]
    Feed {
        found: String,
        expected: &'static str,
    },

    /// One output is asked for, but several values.
    #[error(
        "--out takes the value of one node, found {found} after --fetch; fetch them one by one"
    )]
    SeveralFetches { found: usize },

    /// The user pressed Ctrl-C, or the system asked the process to end.
    #[error("interrupted; no output was written")]
    Interrupted,

    /// The result cannot be printed.
    #[error("standard output: cannot write: {0}")]
    Stdout(io::Error),

    /// A broadcast argument's gradient takes more exact accumulators than memory is granted.
    #[error(
        "{op}: the gradient of '{parameter}' takes {found} exact sums at once, expected at most {expected}; \
         broadcast it to the result's shape first"
    )]
    TooManySums {
        op: String,
        parameter: String,
        expected: usize,
        found: usize,
    },
}

impl CliError {
    /// The exit code of this error's class, as in [`EXIT_CODES`].
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Op(error) => op_exit_code(error.kind()),
            Self::NoSuchPrefix { .. } => 3,
            Self::Value { .. }
            | Self::PositionalAfterName { .. }
            | Self::Feed { .. }
            | Self::SeveralFetches { .. }
            | Self::NoSuchParameter { .. } => 4,
            Self::ElementType { .. } | Self::NotReducible { .. } | Self::EmptyMean { .. } => 5,
            Self::Read { .. }
            | Self::FileShape { .. }
            | Self::Malformed { .. }
            | Self::NoSuchItem { .. }
            | Self::ItemNotNamed { .. }
            | Self::ItemOfNpy { .. }
            | Self::GraphFile { .. } => 7,
            Self::Write { .. }
            | Self::PartlyReplaced { .. }
            | Self::OutputFormat { .. }
            | Self::OutputConflict { .. }
            | Self::Stdout(_) => 8,
            Self::TooManySums { .. } => 9,
            Self::Interrupted => 130,
        }
    }
}

fn listed(paths: &[PathBuf]) -> String {
    let names = paths.iter().map(|path| path.display().to_string());
    names.collect::<Vec<_>>().join(", ")
}

fn op_exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Name => 3,
        ErrorKind::Argument => 4,
        ErrorKind::DType | ErrorKind::Shape => 5,
        ErrorKind::Domain => 6,
        ErrorKind::Unsupported => 9,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows `CODE  meaning` of a text, whose columns `separator` divides.
    fn codes(text: &str, separator: &str) -> Vec<(u8, String)> {
        let rows = text.lines().filter_map(|line| {
            let line = line.trim_matches(['|', ' ']);
            let (code, meaning) = line.split_once(separator)?;
            Some((code.parse().ok()?, meaning.replace('`', "")))
        });
        rows.collect()
    }

    #[test]
    fn a_message_contains_its_cause_and_the_chain_does_not_repeat_it() {
        let path = PathBuf::from("x.npy");
        let io = || io::Error::other("the disk is on fire");
        let shape = Shape::new([usize::MAX, 2]).unwrap_err();
        let read = CliError::Read {
            path: path.clone(),
            cause: io(),
        };
        let write = CliError::Write {
            path: path.clone(),
            folder: PathBuf::new(),
            cause: io(),
        };
        let of_shape = CliError::FileShape {
            path: path.clone(),
            cause: shape.clone(),
        };
        let graph = CliError::GraphFile {
            path,
            cause: Box::new(OpError::Value(shape.clone()).into()),
        };
        let op = CliError::Op(OpError::Value(shape.clone()));
        let replaced = CliError::PartlyReplaced {
            cause: Box::new(CliError::Stdout(io())),
            replaced: Vec::new(),
        };
        for error in [read, write, of_shape, graph, op, replaced] {
            let message = error.to_string();
            let causes = [io().to_string(), shape.to_string()];
            assert!(
                causes.iter().any(|cause| message.contains(cause)),
                "{message}"
            );
            let source = std::error::Error::source(&error);
            assert!(source.is_none_or(|source| !message.contains(&source.to_string())));
        }
    }

    #[test]
    fn the_documents_list_the_same_exit_codes_as_the_help() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/opsnn.md");
        let document = std::fs::read_to_string(path).unwrap();
        let expected = codes(EXIT_CODES, "  ");
        assert_eq!(expected.len(), 11);
        assert_eq!(codes(&document, " | "), expected);
    }
}
