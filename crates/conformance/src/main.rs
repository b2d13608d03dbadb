//! `conformance`: golden files, verdicts, the scoreboard and explanations from the command line.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use conformance::scoreboard::{self, Contestant};
use conformance::{
    Budget, ConformanceError, DType, ExternalImplementation, Failure, Function, Limits, Suite,
    explain, goldens,
};
use indicatif::{ProgressBar, ProgressStyle};

/// The judge of logistic losses.
///
/// Exit codes: 0 fine, 1 a verdict against what was judged, 2 wrong usage, 3 anything else.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the golden files, or check that stored ones are what the formulas give.
    Goldens {
        /// Their directory.
        directory: PathBuf,
        /// Check only, and write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Judge a program that speaks the protocol of docs/conformance-protocol.md.
    Judge {
        /// The program and its arguments, as one text: "python3 adapters/pytorch.py".
        #[arg(long)]
        command: String,
        /// Judge these ops only (registry names).
        #[arg(long = "op")]
        ops: Vec<String>,
        /// Judge these dtypes only.
        #[arg(long = "dtype")]
        dtypes: Vec<String>,
        /// Random cases of each class.
        #[arg(long, default_value_t = 100)]
        random: usize,
        /// Seconds that the program may take to start.
        #[arg(long, default_value_t = 120)]
        start_timeout: u64,
        /// Seconds that a batch may take.
        #[arg(long, default_value_t = 60)]
        timeout: u64,
        /// A budget file; without one, every bit must be right.
        #[arg(long)]
        budget: Option<PathBuf>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Judge several programs and write a page.
    Scoreboard {
        /// A program as NAME=COMMAND; may be given many times.
        #[arg(long = "contestant", value_parser = contestant)]
        contestants: Vec<Contestant>,
        /// Judge the six peers too, through the adapters in this directory.
        #[arg(long)]
        peers: Option<PathBuf>,
        /// The Python that has the peers' packages.
        #[arg(long, default_value = "python3")]
        python: String,
        /// Seconds that a program may take to start; adapters in Rust are built then.
        #[arg(long, default_value_t = 1800)]
        start_timeout: u64,
        /// The page to write.
        #[arg(long, default_value = "docs/scoreboard.md")]
        page: PathBuf,
    },
    /// Explain the weighted loss at a point: `x=-17 z=0 q=1`.
    Explain {
        /// `x` (logits), `z` (labels) and `q` (`pos_weight`, 1 if not given), each as NAME=NUMBER.
        #[arg(required = true)]
        point: Vec<String>,
        /// The dtype in which the documented forms are evaluated.
        #[arg(long, default_value = "f32")]
        dtype: String,
    },
}

/// Why the program ends without success.
enum Failed {
    /// What was judged is not right; the report is printed already.
    Verdict,
    /// The arguments cannot be understood.
    Usage(String),
    /// Anything else.
    Other(String),
}

impl From<ConformanceError> for Failed {
    fn from(error: ConformanceError) -> Self {
        match error {
            ConformanceError::StaleGoldens { .. } => {
                tell(&format!("error: {error}"));
                Failed::Verdict
            }
            ConformanceError::UnknownOp { .. } | ConformanceError::UnknownDType { .. } => {
                Failed::Usage(error.to_string())
            }
            _ => Failed::Other(with_causes(&error)),
        }
    }
}

/// The message of an error and those of its causes.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    let messages: Vec<String> = causes.map(ToString::to_string).collect();
    messages.join(": ")
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Failed::Other(failure.to_string())
    }
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Goldens {
            directory,
            check: true,
        } => goldens::check(&directory, &goldens::functions_in(&directory)).map_err(Failed::from),
        Command::Goldens {
            directory,
            check: false,
        } => goldens::write(&directory, &goldens::functions_in(&directory)).map_err(Failed::from),
        Command::Judge {
            command,
            ops,
            dtypes,
            random,
            start_timeout,
            timeout,
            budget,
            json,
        } => {
            let mut limits = Limits::default();
            limits.start = Duration::from_secs(start_timeout);
            limits.batch = Duration::from_secs(timeout);
            suite(&ops, &dtypes, random)
                .and_then(|suite| judge(&command, &suite, limits, budget.as_deref(), json))
        }
        Command::Scoreboard {
            mut contestants,
            peers,
            python,
            start_timeout,
            page,
        } => {
            contestants.extend(
                peers
                    .iter()
                    .flat_map(|adapters| scoreboard::peers(adapters, &python)),
            );
            scoreboard(&contestants, start_timeout, &page)
        }
        Command::Explain { point, dtype } => explained(&point, &dtype),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Verdict) => ExitCode::from(1),
        Err(Failed::Usage(message)) => {
            tell(&format!("error: {message}"));
            ExitCode::from(2)
        }
        Err(Failed::Other(message)) => {
            tell(&format!("error: {message}"));
            ExitCode::from(3)
        }
    }
}

fn suite(ops: &[String], dtypes: &[String], random: usize) -> Result<Suite, Failed> {
    let mut suite = Suite::new().random(random);
    if !ops.is_empty() {
        let functions = ops.iter().map(|op| op.parse::<Function>());
        suite = suite.functions(functions.collect::<Result<Vec<_>, _>>()?);
    }
    if !dtypes.is_empty() {
        let dtypes = dtypes.iter().map(|dtype| dtype.parse::<DType>());
        suite = suite.dtypes(dtypes.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(suite)
}

fn judge(
    command: &str,
    suite: &Suite,
    limits: Limits,
    budget: Option<&Path>,
    json: bool,
) -> Result<(), Failed> {
    let budget = budget
        .map(|path| Budget::read(&read(path)?).map_err(Failed::from))
        .transpose()?;
    let mut implementation = ExternalImplementation::start(command, limits)?;
    let bar = progress_bar();
    let report = suite.judge_with(&mut implementation, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    if json {
        let text = serde_json::to_string_pretty(&report)
            .map_err(|error| Failed::Other(error.to_string()))?;
        show(&format!("{text}\n"))?;
    } else {
        show(&report.to_string())?;
    }
    let passed = match budget {
        None => report.is_perfect(),
        Some(budget) => {
            let verdict = budget.verdict(&report);
            tell(verdict.to_string().trim_end());
            verdict.is_passed()
        }
    };
    if passed { Ok(()) } else { Err(Failed::Verdict) }
}

fn contestant(text: &str) -> Result<Contestant, String> {
    let (name, command) = text.split_once('=').ok_or("expected NAME=COMMAND")?;
    Ok(Contestant {
        name: name.to_owned(),
        command: command.to_owned(),
    })
}

fn scoreboard(contestants: &[Contestant], start_timeout: u64, page: &Path) -> Result<(), Failed> {
    if contestants.is_empty() {
        return Err(Failed::Usage(
            "nobody to judge: give --contestant NAME=COMMAND or --peers DIRECTORY".to_owned(),
        ));
    }
    check_writable(page)?;
    let mut limits = Limits::default();
    limits.start = Duration::from_secs(start_timeout);
    let bar = progress_bar();
    let board = scoreboard::run(contestants, limits, |name, done, all| {
        bar.set_message(name.to_owned());
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    for (absent, failure) in &board.absent {
        tell(&format!("{} is absent: {failure}", absent.name));
    }
    if board.entries.is_empty() {
        return Err(Failed::Other("nobody could be judged".to_owned()));
    }
    write(page, &board.to_markdown(None))
}

fn explained(point: &[String], dtype: &str) -> Result<(), Failed> {
    let (mut logit, mut label, mut weight) = (None, None, None);
    for part in point {
        let usage = || {
            Failed::Usage(format!(
                "cannot read {part:?}, expected x=NUMBER, z=NUMBER or q=NUMBER"
            ))
        };
        let (name, number) = part.split_once('=').ok_or_else(usage)?;
        let number: f64 = number.parse().map_err(|_| usage())?;
        let slot = match name {
            "x" | "logits" => &mut logit,
            "z" | "labels" => &mut label,
            "q" | "pos_weight" => &mut weight,
            _ => return Err(usage()),
        };
        if let Some(first) = slot.replace(number) {
            return Err(Failed::Usage(format!(
                "{name} is given twice, {first} and {number}: give it once"
            )));
        }
    }
    let missing = |what: &str| Failed::Usage(format!("{what} is missing: give x=NUMBER z=NUMBER"));
    let logit = logit.ok_or_else(|| missing("x (logits)"))?;
    let label = label.ok_or_else(|| missing("z (labels)"))?;
    let weight = weight.unwrap_or(1.0);
    show(&explain(label, logit, weight, dtype.parse()?)?.to_string())
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) =
        ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} ops and dtypes, {elapsed}")
    {
        bar.set_style(style);
    }
    bar
}

/// Prints, and ends without an error if the reader has closed the pipe.
fn show(text: &str) -> Result<(), Failed> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::Other(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Prints a line to standard error, if anybody reads it.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn read(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path)
        .map_err(|error| Failed::Other(format!("cannot read {}: {error}", path.display())))
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    fs::write(path, text).map_err(|error| cannot_write(path, &error))
}

/// Finds out before hours of work, not after, that a file cannot be written.
fn check_writable(path: &Path) -> Result<(), Failed> {
    let is_new = !path.exists();
    let file = fs::File::options().append(true).create(true).open(path);
    file.map_err(|error| cannot_write(path, &error))?;
    if is_new {
        fs::remove_file(path).map_err(|error| cannot_write(path, &error))?;
    }
    Ok(())
}

fn cannot_write(path: &Path, error: &io::Error) -> Failed {
    Failed::Other(format!("cannot write {}: {error}", path.display()))
}
