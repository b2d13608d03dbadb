//! Outside implementations: any program that answers JSON lines on its standard output.
//!
//! The protocol is described in `docs/conformance-protocol.md`. Whatever the program does wrong
//! becomes a [`Failure`]: it may hang, crash, or answer nonsense, the judge goes on.

mod process;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::suite::{Failure, FailureKind, Implementation};
use crate::{DType, Function};
use process::Process;

/// Version of the protocol.
const PROTOCOL: u32 = 1;

/// Longer names and reasons are cut.
const LONGEST_NAME: usize = 200;

/// How long a program may take.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// For starting and describing itself.
    pub start: Duration,
    /// For one batch.
    pub batch: Duration,
    /// Failures in a row after which it is not started again.
    pub failures: u32,
}

impl Default for Limits {
    /// Two minutes to start (some libraries take long to load), one for a batch, three failures.
    fn default() -> Self {
        Limits {
            start: Duration::from_mins(2),
            batch: Duration::from_mins(1),
            failures: 3,
        }
    }
}

/// A program that speaks the protocol.
#[derive(Debug)]
pub struct ExternalImplementation {
    command: Vec<String>,
    limits: Limits,
    description: Description,
    process: Option<Process>,
    failures_in_a_row: u32,
    next_id: u64,
}

/// What the judge asks.
#[derive(Serialize)]
#[serde(tag = "ask", rename_all = "lowercase")]
enum Request<'a> {
    Describe {
        id: u64,
        protocol: u32,
    },
    Run {
        id: u64,
        op: &'a str,
        dtype: &'a str,
        arguments: BTreeMap<&'a str, Vec<String>>,
    },
}

/// What every answer holds.
#[derive(Deserialize)]
struct Answer<T> {
    id: u64,
    #[serde(flatten)]
    body: T,
}

/// What a program says of itself.
#[derive(Debug, Clone, Deserialize)]
struct Description {
    name: String,
    /// op → dtypes
    ops: BTreeMap<String, Vec<String>>,
    /// op → argument → the only values that it takes
    only: Option<BTreeMap<String, BTreeMap<String, Vec<f64>>>>,
}

/// The answer to a batch: one of the two.
#[derive(Deserialize)]
struct Outcome {
    results: Option<Vec<String>>,
    refused: Option<String>,
}

impl ExternalImplementation {
    /// Starts a program and asks it what it is. The command is split into words as a shell
    /// does, quotes included; no shell is started. Dropping it closes the program's input, which
    /// asks it to end; a program that takes more than two seconds, or did not answer in order, is
    /// ended.
    ///
    /// # Errors
    /// A [`Failure`] if it cannot be started or does not describe itself.
    ///
    /// ```no_run
    /// use conformance::{ExternalImplementation, Limits, Suite};
    ///
    /// let command = "python3 adapters/pytorch.py";
    /// match ExternalImplementation::start(command, Limits::default()) {
    ///     Ok(mut program) => println!("{}", Suite::new().judge(&mut program)?),
    ///     Err(failure) => eprintln!("{failure}"),
    /// }
    /// # Ok::<(), conformance::ConformanceError>(())
    /// ```
    pub fn start(command: &str, limits: Limits) -> Result<Self, Failure> {
        let words = shlex::split(command).filter(|words| !words.is_empty());
        let Some(command) = words else {
            let message = format!(
                "{command:?} is not a command: give a program and its arguments, with quotes in pairs"
            );
            return Err(Failure {
                kind: FailureKind::Crash,
                message,
            });
        };
        let mut started = ExternalImplementation {
            command,
            limits,
            description: Description {
                name: String::new(),
                ops: BTreeMap::new(),
                only: None,
            },
            process: None,
            failures_in_a_row: 0,
            next_id: 0,
        };
        started.description = started.describe()?;
        started.description.name = plain(&started.description.name);
        Ok(started)
    }

    /// Starts the program, unless it runs already, and has it describe itself.
    fn describe(&mut self) -> Result<Description, Failure> {
        self.process = Some(Process::start(&self.command)?);
        let id = self.take_id();
        self.exchange(
            id,
            &Request::Describe {
                id,
                protocol: PROTOCOL,
            },
            self.limits.start,
        )
    }

    fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn exchange<T: for<'a> Deserialize<'a>>(
        &mut self,
        id: u64,
        request: &Request<'_>,
        limit: Duration,
    ) -> Result<T, Failure> {
        let text = serde_json::to_string(request).map_err(|error| malformed(error.to_string()))?;
        let Some(process) = &mut self.process else {
            return Err(Failure {
                kind: FailureKind::Crash,
                message: "not running".to_owned(),
            });
        };
        let line = process.exchange(text, limit)?;
        let answer: Answer<T> = serde_json::from_str(&line)
            .map_err(|error| malformed(format!("{error} in {}", shortened(&line))))?;
        if answer.id != id {
            return Err(malformed(format!(
                "expected the answer to request {id}, found one to {}",
                answer.id
            )));
        }
        process.is_in_order = true;
        Ok(answer.body)
    }

    fn batch(
        &mut self,
        function: &Function,
        dtype: DType,
        columns: &[&[u64]],
    ) -> Result<Vec<u64>, Failure> {
        if self.process.is_none() {
            self.describe()?;
        }
        let hex = |column: &&[u64]| column.iter().map(|&bits| dtype.hex(bits)).collect();
        let names = function.arguments().iter().map(String::as_str);
        let arguments = names.zip(columns.iter().map(hex)).collect();
        let id = self.take_id();
        let request = Request::Run {
            id,
            op: function.op(),
            dtype: dtype.name(),
            arguments,
        };
        let outcome: Outcome = self.exchange(id, &request, self.limits.batch)?;
        let results = match (outcome.results, outcome.refused) {
            (Some(results), None) => results,
            (None, Some(message)) => {
                return Err(Failure {
                    kind: FailureKind::Refused,
                    message: plain(&message),
                });
            }
            (results, _) => {
                let found = results.map_or("neither", |_| "both");
                let message = format!("expected results or refused, found {found}");
                return Err(self.distrusted(message));
            }
        };
        let mut bits = Vec::with_capacity(results.len());
        for text in &results {
            let Some(parsed) = dtype.parse_hex(text) else {
                let message = format!("{} is not a hexadecimal {dtype}", shortened(text));
                return Err(self.distrusted(message));
            };
            bits.push(parsed);
        }
        Ok(bits)
    }

    /// The failure of a program that answers what it must not.
    fn distrusted(&mut self, message: String) -> Failure {
        if let Some(process) = &mut self.process {
            process.is_in_order = false;
        }
        malformed(message)
    }
}

fn malformed(message: String) -> Failure {
    Failure {
        kind: FailureKind::Malformed,
        message,
    }
}

impl Implementation for ExternalImplementation {
    fn name(&self) -> String {
        self.description.name.clone()
    }

    fn supports(&self, function: &Function, dtype: DType) -> bool {
        let dtypes = self.description.ops.get(function.op());
        dtypes.is_some_and(|dtypes| dtypes.iter().any(|name| name == dtype.name()))
    }

    fn accepts(&self, function: &Function, dtype: DType, inputs: &[u64]) -> bool {
        let only = self.description.only.as_ref();
        let Some(only) = only.and_then(|only| only.get(function.op())) else {
            return true;
        };
        function
            .arguments()
            .iter()
            .zip(inputs)
            .all(|(argument, &bits)| {
                only.get(argument)
                    .is_none_or(|values| values.contains(&dtype.to_f64(bits)))
            })
    }

    fn faults(&self) -> Vec<Failure> {
        let unknown = |message| Failure {
            kind: FailureKind::Unknown,
            message,
        };
        self.description
            .unknown()
            .into_iter()
            .map(unknown)
            .collect()
    }

    fn run(
        &mut self,
        function: &Function,
        dtype: DType,
        columns: &[&[u64]],
    ) -> Result<Vec<u64>, Failure> {
        if self.failures_in_a_row >= self.limits.failures {
            let message = format!(
                "not started again after {} failures in a row",
                self.failures_in_a_row
            );
            return Err(Failure {
                kind: FailureKind::Crash,
                message,
            });
        }
        let outcome = self.batch(function, dtype, columns);
        match &outcome {
            // A refusal is a proper answer; after anything else only a fresh process can be
            // trusted.
            Ok(_)
            | Err(Failure {
                kind: FailureKind::Refused,
                ..
            }) => self.failures_in_a_row = 0,
            Err(_) => {
                self.failures_in_a_row += 1;
                self.process = None;
            }
        }
        outcome
    }
}

impl Description {
    /// Names in it that the judge does not know: what they offer would go unjudged unnoticed.
    fn unknown(&self) -> Vec<String> {
        let mut found = Vec::new();
        let function = |op: &String| op.parse::<Function>();
        for (op, dtypes) in &self.ops {
            found.extend(function(op).err().map(|error| error.to_string()));
            let errors = dtypes.iter().filter_map(|name| name.parse::<DType>().err());
            found.extend(errors.map(|error| format!("{op}: {error}")));
        }
        for (op, values) in self.only.iter().flatten() {
            let function = match function(op) {
                Ok(function) => function,
                Err(error) => {
                    found.push(format!("only: {error}"));
                    continue;
                }
            };
            let arguments = function.arguments();
            let unknown = values.keys().filter(|name| !arguments.contains(name));
            found.extend(unknown.map(|name| {
                let expected = arguments.join(", ");
                format!("only: {op} has no argument {name:?}, expected one of {expected}")
            }));
        }
        found
    }
}

/// A text of the program's that is safe in a line, a table and a terminal: without control
/// characters and bars, and not too long.
fn plain(text: &str) -> String {
    let harmless = |letter: char| match letter {
        '|' => '/',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    text.chars().take(LONGEST_NAME).map(harmless).collect()
}

/// The start of a text of unknown length, for a message.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
