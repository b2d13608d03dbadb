//! The command line's grammar and help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ops_nn::tensor_core::DType;

use crate::error::EXIT_CODES;

/// Look an op up by name and run it on real arrays, correctly rounded.
#[derive(Debug, Parser)]
#[command(name = "opsnn", version, after_long_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the ops whose name or alias starts with PREFIX
    Ops(OpsArgs),
    /// Show an op's documentation: names, signatures, parameters, formula, special values
    Describe(DescribeArgs),
    /// Run an op on arrays and print a summary of the result
    Run(RunArgs),
    /// Show or run a TensorFlow graph
    Graph(GraphArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    #[command(subcommand)]
    pub(crate) command: GraphCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GraphCommand {
    /// Show the nodes of a graph
    Show(GraphShowArgs),
    /// Run a graph on arrays and print a summary of what is fetched
    Run(GraphRunArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GraphShowArgs {
    /// A TensorFlow `GraphDef`: FILE.pb in binary form, FILE.pbtxt in text form
    pub(crate) file: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub(crate) format: GraphFormat,
    /// Put the exact op in the place of every loss that is written as its formula
    #[arg(long, conflicts_with = "decompose")]
    pub(crate) lift: bool,
    /// Put the documented formula in the place of every loss
    #[arg(long)]
    pub(crate) decompose: bool,
}

/// How a graph is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// One line per node
    Text,
    /// For Graphviz, scopes as clusters
    Dot,
    /// For Mermaid, scopes as subgraphs
    Mermaid,
    /// One JSON object
    Json,
}

/// How values are fed, for `opsnn graph run --help`.
const GRAPH_RUN_HELP: &str = "\
VALUE is one of
  a number                   2, -1e3, inf, nan (a double, rounded once to the placeholder's dtype)
  a list                     [1, 0.5, 0], [[1, 2], [3, 4]]
  FILE.npy, FILE.safetensors#TENSOR, FILE.csv#COLUMN
                             as for `opsnn run`; text takes the placeholder's dtype, and
                             integer files need --dtype
NAME is a node's name as `opsnn graph show` prints it.

Losses that the graph writes as their documented formula are run as one exact op, correctly rounded.
With --step-by-step every node is run as it stands, each rounded on its own, as TensorFlow does.

";

#[derive(Debug, Args)]
#[command(after_long_help = graph_run_help())]
pub(crate) struct GraphRunArgs {
    /// A TensorFlow `GraphDef`: FILE.pb in binary form, FILE.pbtxt in text form
    pub(crate) file: PathBuf,
    /// The values of placeholders
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub(crate) feed: Vec<String>,
    /// Convert the arrays of files to this float dtype first, correctly rounded
    #[arg(long, value_name = "T", value_parser = float_dtype)]
    pub(crate) dtype: Option<DType>,
    /// The nodes whose values are asked for
    #[arg(long, value_name = "NAME", num_args = 1.., required = true)]
    pub(crate) fetch: Vec<String>,
    /// Write the fetched value to FILE (.npy or .safetensors)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Run node by node, without putting exact ops in the places of formulas
    #[arg(long)]
    pub(crate) step_by_step: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

fn graph_run_help() -> String {
    format!("{GRAPH_RUN_HELP}{EXIT_CODES}")
}

#[derive(Debug, Args)]
pub(crate) struct OpsArgs {
    /// What the names start with, such as `nn.` or `tf.math.`
    #[arg(default_value = "")]
    pub(crate) prefix: String,
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// The op's name or one of its aliases
    pub(crate) op: String,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How arguments are written, for `opsnn run --help`.
const RUN_HELP: &str = "\
VALUE is one of
  a number                   2, -1e3, inf, nan (a double, rounded once to the op's dtype; a literal
                             beyond float64's range is refused)
  FILE.npy                   a NumPy array, of either byte order and axis order
  FILE.safetensors#TENSOR    a tensor by name
  FILE.csv#COLUMN            a column by its name in the first row; text has no dtype, so it takes
                             that of --dtype, else that of the other arrays, else float32
  true, false                for flags
  float32, [2, 3], 0,-1      for dtypes, shapes and axes
  None                       as if not given
VALUEs without NAME= are positional arguments, as in Python. Integer and bool files need --dtype.

Element-wise ops read .npy and .safetensors files in pieces: memory stays small whatever their size,
and the result has the same bits. CSV columns, and all inputs of other ops, are read whole. `sum` and `mean` are exact before their one rounding. NaN elements make
them NaN; `min` and `max` leave NaN out and `nan_count` counts it.

JSON has no NaN and no infinities: they are the strings \"NaN\", \"Infinity\", \"-Infinity\". `mean`,
`min` and `max` are null where there is nothing to take them of. A bool result has a `true_count`
instead. `*_bits` are the IEEE bits of the dtype.

";

#[derive(Debug, Args)]
#[command(after_long_help = const_help())]
pub(crate) struct RunArgs {
    /// The op's name or one of its aliases
    pub(crate) op: String,
    /// The op's arguments
    #[arg(value_name = "NAME=VALUE", allow_negative_numbers = true)]
    pub(crate) args: Vec<String>,
    /// Convert arrays and numbers to this float dtype first, correctly rounded
    #[arg(long, value_name = "T", value_parser = float_dtype)]
    pub(crate) dtype: Option<DType>,
    /// Write the result to FILE (.npy or .safetensors)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// What to make of the result before it is written
    #[arg(long, value_enum, default_value_t = Reduction::None)]
    pub(crate) reduction: Reduction,
    /// Write the gradient of the sum of the result with respect to parameter NAME, in its shape
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    pub(crate) grad: Vec<NamedFile>,
    /// Write the second derivative of each element with respect to parameter NAME
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    pub(crate) hess: Vec<NamedFile>,
    /// Refuse values outside their argument's domain, such as labels outside [0, 1]
    #[arg(long)]
    pub(crate) checked: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Elements read at once; results do not depend on it
    #[arg(long, hide = true, default_value_t = PIECE, value_parser = piece)]
    pub(crate) piece: usize,
}

/// Elements read at once: large beside the cost of a call, small beside the caches and the memory
/// bound (each array of the call takes at most 2 MiB of this many).
const PIECE: usize = 1 << 18;

/// What to make of the elements of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reduction {
    /// The elements themselves
    None,
    /// Their exact sum, rounded once
    Sum,
    /// Their exact mean, rounded once
    Mean,
}

impl Reduction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sum => "sum",
            Self::Mean => "mean",
        }
    }
}

/// A parameter and the file for its derivative.
#[derive(Clone, Debug)]
pub(crate) struct NamedFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

fn const_help() -> String {
    format!("{RUN_HELP}{EXIT_CODES}")
}

fn float_dtype(text: &str) -> Result<DType, String> {
    match text.parse::<DType>() {
        Ok(dtype) if dtype.is_float() => Ok(dtype),
        Ok(dtype) => Err(format!(
            "expected float16, bfloat16, float32 or float64, found {dtype}"
        )),
        Err(error) => Err(error.to_string()),
    }
}

fn named_file(text: &str) -> Result<NamedFile, String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok(NamedFile {
            name: name.to_owned(),
            path: path.into(),
        }),
        _ => Err("expected NAME=FILE, such as logits=gradient.npy".to_owned()),
    }
}

fn piece(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("expected a count of 1 or more".to_owned()),
    }
}
