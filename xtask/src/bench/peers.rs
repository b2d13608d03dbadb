//! Other libraries beside this one: a process each, asked in turns, so that
//! what else the machine does falls on all of them alike.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use conformance::scoreboard::Contestant;
use serde_json::{Value, json};

use super::Options;
use super::record::{PeerRow, PeersHead, Record, rounded};
use crate::contestants;
use crate::machine::{self, Conditions};

const ADD: &str = "plain add";
const TASKS: [&str; 4] = [
    "weighted loss",
    "weighted mean",
    "sigmoid loss",
    "sigmoid mean",
];
/// Ways to do a task that a library may offer.
const WAYS: [&str; 2] = ["", ", XLA"];
const DTYPES: [&str; 2] = ["f32", "f64"];
const SIZES: [u64; 4] = [1 << 10, 1 << 16, 1 << 20, 1 << 24];
/// Only arrays of this size are measured with all threads.
const SHARED: u64 = 1 << 20;

/// Measures all that start.
pub(super) fn measure(
    root: &Path,
    options: &Options,
) -> Result<Record<PeersHead, PeerRow>, String> {
    let quick = if options.quick { "--quick " } else { "" };
    let without = options.without.iter();
    let without: String = without.flat_map(|name| ["--without ", name, " "]).collect();
    let command = format!("cargo xtask bench --peers {quick}{without}--save");
    let mut head = PeersHead {
        conditions: Conditions::now(vec![command]),
        rounds: if options.quick { 3 } else { 7 },
        present: Vec::new(),
        absent: Vec::new(),
    };
    let mut rows: Vec<PeerRow> = Vec::new();
    let cores = machine::cores();
    for threads in [1, cores].into_iter().take(cores) {
        let mut programs = start(root, options, threads, &mut head)?;
        for task in TASKS {
            for dtype in DTYPES {
                for count in SIZES
                    .into_iter()
                    .filter(|&size| threads == 1 || size >= SHARED)
                {
                    let turns = turns(&mut programs, task, dtype, count, head.rounds);
                    let found = rows_of(&turns, |contestant, median, by_ours| PeerRow {
                        task: task.to_owned(),
                        dtype: dtype.to_owned(),
                        threads,
                        count,
                        contestant,
                        median,
                        by_ours,
                    });
                    print(&found);
                    rows.extend(found);
                }
            }
        }
    }
    // Rows of a table are adjacent.
    let mut names: Vec<String> = Vec::new();
    for row in &rows {
        if !names.contains(&row.contestant) {
            names.push(row.contestant.clone());
        }
    }
    rows.sort_by_key(|row: &PeerRow| {
        let place = |list: &[&str], name: &str| list.iter().position(|&n| n == name);
        (
            row.threads,
            place(&TASKS, &row.task),
            place(&DTYPES, &row.dtype),
            names.iter().position(|name| *name == row.contestant),
            row.count,
        )
    });
    Ok(Record { head, rows })
}

fn print(rows: &[PeerRow]) {
    for row in rows {
        let per_element = row.median / row.count as f64;
        println!(
            "{}, {}, {} threads, {} elements: {per_element:.2} ns ({:.2}) {}",
            row.task, row.dtype, row.threads, row.count, row.by_ours, row.contestant
        );
    }
}

/// Starts all contestants, this project first, and notes who is here and who is not.
fn start(
    root: &Path,
    options: &Options,
    threads: usize,
    head: &mut PeersHead,
) -> Result<Vec<Program>, String> {
    let mut list = contestants::all(root, &options.python);
    list.push(contestants::numpy(root, &options.python));
    let mut programs = Vec::new();
    let mut absent = Vec::new();
    for contestant in &list {
        if options.without.contains(&contestant.name) {
            absent.push(format!("{} (left out)", contestant.name));
            continue;
        }
        match Program::start(contestant, root, threads) {
            Ok(program) => programs.push(program),
            Err(reason) if programs.is_empty() => {
                return Err(format!("this project's own program: {reason}"));
            }
            Err(reason) => absent.push(format!("{} ({reason})", contestant.name)),
        }
    }
    head.present = programs
        .iter()
        .map(|program| program.version.clone())
        .collect();
    head.absent = absent;
    Ok(programs)
}

/// One way of one program to do a task, and how long it took in each round.
struct Turn {
    program: usize,
    task: String,
    name: String,
    times: Vec<f64>,
}

/// Asks everybody once in each round: first for a plain add, then for the task.
fn turns(all: &mut [Program], task: &str, dtype: &str, count: u64, rounds: usize) -> Vec<Turn> {
    let turn = |program, task: String, name: String| Turn {
        program,
        task,
        name,
        times: Vec::new(),
    };
    let mut turns = vec![turn(0, ADD.to_owned(), ADD.to_owned())];
    for (index, program) in all.iter().enumerate() {
        let ways = WAYS.iter();
        turns.extend(ways.map(|way| {
            turn(
                index,
                format!("{task}{way}"),
                format!("{}{way}", program.name),
            )
        }));
    }
    // Who refuses at first is out; who answers is warm for the rounds.
    turns.retain(|turn| all[turn.program].time(&turn.task, dtype, count).is_ok());
    for _ in 0..rounds {
        for turn in &mut turns {
            let time = all[turn.program].time(&turn.task, dtype, count);
            turn.times.push(time.unwrap_or(f64::NAN));
        }
    }
    turns
}

/// A row for each turn: the median time, and the median of its ratios to ours.
fn rows_of(turns: &[Turn], row: impl Fn(String, f64, f64) -> PeerRow) -> Vec<PeerRow> {
    let ours = turns
        .iter()
        .find(|turn| turn.program == 0 && turn.name != ADD);
    let Some(ours) = ours else {
        return Vec::new();
    };
    let rows = turns.iter().map(|turn| {
        let ratios = turn
            .times
            .iter()
            .zip(&ours.times)
            .map(|(time, ours)| time / ours);
        let by_ours = median(ratios.collect());
        row(
            turn.name.clone(),
            rounded(median(turn.times.clone())),
            rounded(by_ours),
        )
    });
    rows.filter(|row| row.median.is_finite() && row.by_ours.is_finite())
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A contestant's process; it ends when its input does.
struct Program {
    name: String,
    /// What it calls itself, versions included.
    version: String,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    child: Child,
}

impl Program {
    fn start(contestant: &Contestant, root: &Path, threads: usize) -> Result<Self, String> {
        let words = shlex::split(&contestant.command).unwrap_or_default();
        let (program, args) = words.split_first().ok_or("it has no command")?;
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command.stderr(Stdio::null());
        if threads == 1 {
            // Pools of threads read one or another of these.
            let names = [
                "BENCH_THREADS",
                "RAYON_NUM_THREADS",
                "OMP_NUM_THREADS",
                "MKL_NUM_THREADS",
            ];
            command.envs(names.map(|name| (name, "1")));
        }
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let (name, version) = (contestant.name.clone(), String::new());
        let mut started = Self {
            name,
            version,
            input,
            output,
            child,
        };
        let answer = started.ask(&json!({"id": 0, "ask": "describe", "protocol": 1}))?;
        let version = answer["name"].as_str().unwrap_or("of unknown version");
        version.clone_into(&mut started.version);
        Ok(started)
    }

    /// Nanoseconds for a call.
    fn time(&mut self, task: &str, dtype: &str, count: u64) -> Result<f64, String> {
        let request = json!({"id": 1, "ask": "time", "task": task, "dtype": dtype, "count": count});
        let answer = self.ask(&request)?;
        answer["nanoseconds"]
            .as_f64()
            .ok_or_else(|| answer["refused"].to_string())
    }

    fn ask(&mut self, request: &Value) -> Result<Value, String> {
        let input = self.input.as_mut().ok_or("no standard input")?;
        let mut line = String::new();
        writeln!(input, "{request}")
            .and_then(|()| input.flush())
            .and_then(|()| self.output.read_line(&mut line))
            .map_err(|error| error.to_string())?;
        if line.is_empty() {
            return Err("it ended without an answer; is the library installed?".to_owned());
        }
        serde_json::from_str(&line).map_err(|error| error.to_string())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_that_of_the_same_round() {
        let turn = |program, name: &str, times: &[f64]| Turn {
            program,
            task: name.into(),
            name: name.into(),
            times: times.to_vec(),
        };
        let turns = [
            turn(0, ADD, &[1.0, 2.0, 1.0]),
            turn(0, "this", &[10.0, 20.0, 10.0]),
            turn(1, "theirs", &[30.0, 60.0, 30.0]),
            turn(2, "crashed", &[1.0, f64::NAN, f64::NAN]),
        ];
        let row = |contestant, median, by_ours| PeerRow {
            task: String::new(),
            dtype: String::new(),
            threads: 1,
            count: 1,
            contestant,
            median,
            by_ours,
        };
        let rows = rows_of(&turns, row);
        let found: Vec<_> = rows
            .iter()
            .map(|r| (&*r.contestant, r.median, r.by_ours))
            .collect();
        assert_eq!(
            found,
            [(ADD, 1.0, 0.1), ("this", 10.0, 1.0), ("theirs", 30.0, 3.0)]
        );
        assert!(rows_of(&turns[2..], row).is_empty());
    }

    #[test]
    fn who_is_not_installed_is_said() {
        let start = |command: &str| {
            let contestant = Contestant {
                name: "x".into(),
                command: command.into(),
            };
            Program::start(&contestant, Path::new("."), 1)
                .err()
                .unwrap_or_default()
        };
        assert!(!start("no-such-program-anywhere").is_empty());
        assert!(
            start("cargo --version").contains("expected value"),
            "{}",
            start("cargo --version")
        );
        assert!(!start("").is_empty());
    }
}
