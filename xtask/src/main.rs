//! `cargo xtask`: the project's own chores.

mod bench;
mod chart;
mod ci;
mod commands;
mod contestants;
mod docs;
mod generated;
mod layers;
mod links;
mod machine;
mod pictures;
mod tidy;
mod walkthrough;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use conformance::goldens;

#[derive(Parser)]
#[command(name = "cargo xtask", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything that a change must pass beside the README's test command.
    Ci {
        /// Run these parts only.
        parts: Vec<String>,
    },
    /// Checks the invariants of ARCHITECTURE.md that cargo and rustc do not, and what the pages
    /// link to and name in commands.
    Tidy,
    /// Writes the pages of all ops, or checks that the stored ones are what the definitions give.
    Docs {
        /// Check only, and write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Writes the golden vectors, or checks that the stored ones are what the formulas give.
    Goldens {
        /// Check only, and write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Follows docs/adding-an-op.md in a copy of the repository.
    Walkthrough,
    /// Runs the benchmarks, prints ratios and compares them with the stored run.
    Bench(bench::Options),
    /// Draws docs/pictures from what was measured, or checks that the stored ones are that.
    Pictures(pictures::Options),
    /// Judges this project and the six peers, and writes docs/scoreboard.md and its picture.
    Scoreboard {
        /// The Python that has the peers' packages.
        #[arg(long, default_value = "python3")]
        python: String,
    },
}

fn main() -> ExitCode {
    let root = root();
    let problems = match Cli::parse().command {
        Command::Ci { parts } => ci::run(&root, &parts),
        Command::Tidy => [
            tidy::problems(&root),
            layers::problems(&root),
            links::problems(&root),
            commands::problems(&root),
        ]
        .concat(),
        Command::Docs { check } => docs::run(&root, check),
        Command::Goldens { check } => goldens(&root.join("crates/conformance/goldens"), check),
        Command::Walkthrough => walkthrough::run(&root),
        Command::Bench(options) => bench::run(&root, &options),
        Command::Pictures(options) => pictures::run(&root, &options),
        Command::Scoreboard { python } => scoreboard(&root, &python),
    };
    for problem in &problems {
        eprintln!("error: {problem}");
    }
    if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What `cargo xtask` can be told to do.
fn chores() -> Vec<String> {
    let cli = Cli::command();
    let chores = cli.get_subcommands().map(clap::Command::get_name);
    chores.map(str::to_owned).collect()
}

/// The workspace's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// The golden vectors of every op that is a real function.
fn goldens(folder: &Path, check: bool) -> Vec<String> {
    let functions = ops_nn_testkit::functions(ops_nn::Registry::builtin());
    let outcome = functions.and_then(|functions| {
        if check {
            goldens::check(folder, &functions)
        } else {
            goldens::write(folder, &functions)
        }
    });
    outcome.err().map(|e| with_causes(&e)).into_iter().collect()
}

/// The message of an error and those of its causes.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let messages: Vec<String> = causes.map(ToString::to_string).collect();
    messages.join(": ")
}

/// Judges this project and the peers, and writes the page and its picture.
fn scoreboard(root: &Path, python: &str) -> Vec<String> {
    let board = match contestants::scoreboard(root, python) {
        Ok(board) => board,
        Err(problem) => return vec![problem],
    };
    let mut files = generated::Generated::default();
    let page = board.to_markdown(Some("scoreboard.svg"));
    files.file("docs/scoreboard.md", page);
    files.file("docs/scoreboard.svg", pictures::scoreboard(&board));
    files.write(root)
}
