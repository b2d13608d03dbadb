//! `cargo xtask bench`: measures, compares with the stored run, and makes
//! docs/performance.md and its pictures from what is stored.

mod chart;
mod compare;
mod criterion;
mod page;
mod peers;
mod record;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::generated::Generated;
use crate::machine::{self, Conditions};
use record::{Head, PeerRow, PeersHead, Record, Row};

const OWN: &str = "docs/measurements/performance.json";
const PEERS: &str = "docs/measurements/performance-peers.json";

/// What to measure, and what to do with it.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Options {
    /// Look at each benchmark shortly, as criterion's --quick does.
    #[arg(long)]
    quick: bool,
    /// Store the run, and write docs/performance.md and its pictures.
    #[arg(long)]
    save: bool,
    /// Measure nothing: check that the page and the pictures are what the stored runs give.
    #[arg(long, conflicts_with_all = ["quick", "save", "peers"])]
    check: bool,
    /// Measure nothing: write the page and the pictures from the stored runs.
    #[arg(long, conflicts_with_all = ["quick", "save", "peers", "check"])]
    pages: bool,
    /// Measure other libraries beside this one instead, each in a process of its own.
    #[arg(long)]
    peers: bool,
    /// The Python that has the peers' packages.
    #[arg(long, default_value = "python3")]
    python: String,
    /// A contestant to leave out, such as one whose build takes minutes (may be repeated).
    #[arg(long, value_name = "NAME")]
    without: Vec<String>,
}

/// Does it, and returns what went wrong.
pub(crate) fn run(root: &Path, options: &Options) -> Vec<String> {
    let outcome = if options.check {
        return check(root);
    } else if options.pages {
        return pages(root).map_or_else(|problem| vec![problem], |pages| pages.write(root));
    } else if options.peers {
        beside_peers(root, options)
    } else {
        own(root, options)
    };
    outcome.err().into_iter().collect()
}

/// What differs from what the stored runs give.
pub(crate) fn check(root: &Path) -> Vec<String> {
    match pages(root) {
        Ok(pages) => pages.check(root, "cargo xtask bench --pages"),
        Err(problem) => vec![problem],
    }
}

/// The page and the pictures, from what is stored.
fn pages(root: &Path) -> Result<Generated, String> {
    let own: Option<Record<Head, Row>> = Record::read(&root.join(OWN))?;
    let own = own.ok_or_else(|| format!("{OWN} is missing; run `cargo xtask bench --save`"))?;
    let peers: Option<Record<PeersHead, PeerRow>> = Record::read(&root.join(PEERS))?;
    let mut pages = Generated::default();
    pages.file("docs/performance.md", page::markdown(&own, peers.as_ref())?);
    pages.file("docs/pictures/performance.svg", chart::own(&own)?);
    if let Some(peers) = &peers {
        pages.file("docs/pictures/peers.svg", chart::peers(peers)?);
    }
    Ok(pages)
}

/// Stores a run under `path`, and writes the page and the pictures.
fn save(root: &Path, path: &str, text: String) -> Result<(), String> {
    let mut stored = Generated::default();
    stored.file(path, text);
    let mut problems = stored.write(root);
    problems.extend(pages(root)?.write(root));
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    println!("stored in {path}; docs/performance.md and its pictures are written");
    Ok(())
}

fn own(root: &Path, options: &Options) -> Result<(), String> {
    // A stored run that cannot be read is better known before the minutes of measuring.
    let stored: Option<Record<Head, Row>> = Record::read(&root.join(OWN))?;
    let mut rows = Vec::new();
    for (index, part) in parts(options.quick).iter().enumerate() {
        rows.extend(part.measure(root, index)?);
    }
    print!("\n{}\n", page::ratios(&rows));
    match &stored {
        Some(stored) => {
            let conditions = &stored.head.conditions;
            println!(
                "Beside the run of {} on {}:",
                conditions.date, conditions.machine
            );
            print!("{}", compare::report(&stored.rows, &rows));
        }
        None => println!("{OWN} is missing, so there is nothing to compare with; --save makes it"),
    }
    if options.save {
        let commands = parts(options.quick).iter().map(Part::command).collect();
        let conditions = Conditions::now(commands);
        let head = Head {
            conditions,
            is_quick: options.quick,
        };
        save(root, OWN, Record { head, rows }.to_json()?)?;
    }
    Ok(())
}

fn beside_peers(root: &Path, options: &Options) -> Result<(), String> {
    let record = peers::measure(root, options)?;
    if options.save {
        save(root, PEERS, record.to_json()?)?;
    }
    Ok(())
}

/// One run of `cargo bench`.
struct Part {
    is_one_thread: bool,
    benches: &'static [&'static str],
    /// Passed on to criterion.
    args: Vec<&'static str>,
}

/// Everything in one thread; the kernels that are shared out by all threads as well.
fn parts(quick: bool) -> Vec<Part> {
    let part = |is_one_thread, benches, filter: Option<&'static str>| Part {
        is_one_thread,
        benches,
        args: quick
            .then_some("--quick")
            .into_iter()
            .chain(filter)
            .collect(),
    };
    let mut parts = vec![part(true, &["kernels", "call", "graph", "ops"], None)];
    if machine::cores() > 1 {
        parts.push(part(false, &["kernels"], Some("/(1048576|16777216)$")));
    }
    parts
}

const PACKAGE: [&str; 2] = ["-p", "benchmarks"];

impl Part {
    fn command(&self) -> String {
        let threads = self.is_one_thread.then_some("RAYON_NUM_THREADS=1");
        let words = ["cargo", "bench"].into_iter().chain(PACKAGE);
        let benches = self.benches.iter().flat_map(|name| ["--bench", *name]);
        let words = words.chain(benches).chain(["--"]);
        let quoted = words.chain(self.args.iter().copied()).map(|word| {
            if word.contains('(') {
                format!("'{word}'")
            } else {
                word.to_owned()
            }
        });
        let words: Vec<String> = threads
            .map(str::to_owned)
            .into_iter()
            .chain(quoted)
            .collect();
        words.join(" ").trim_end_matches(" --").to_owned()
    }

    /// Runs it into a folder of its own, so that older results are no part of it.
    fn measure(&self, root: &Path, index: usize) -> Result<Vec<Row>, String> {
        let command = self.command();
        println!("{command}");
        let results = target(root).join("xtask-bench").join(index.to_string());
        if results.exists() {
            fs::remove_dir_all(&results).map_err(|e| format!("{}: {e}", results.display()))?;
        }
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args(["bench", "--quiet"])
            .args(PACKAGE)
            .args(self.benches.iter().flat_map(|name| ["--bench", *name]))
            .arg("--")
            .args(&self.args)
            .env("CRITERION_HOME", &results)
            .current_dir(root);
        if self.is_one_thread {
            cargo.env("RAYON_NUM_THREADS", "1");
        }
        match cargo.status() {
            Ok(status) if status.success() => criterion::read(&results),
            Ok(status) => Err(format!("`{command}` failed: {status}")),
            Err(error) => Err(format!("`{command}` did not start: {error}")),
        }
    }
}

/// Where cargo builds.
fn target(root: &Path) -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    root.join(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_the_pictures_are_what_the_stored_runs_give() {
        let problems = check(&crate::root());
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn a_missing_or_broken_store_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let problems = || check(root.path()).join("\n");
        assert!(problems().contains("is missing; run `cargo xtask bench --save`"));
        fs::create_dir_all(root.path().join("docs/measurements")).unwrap();
        fs::write(root.path().join(OWN), "{\"rows\": [").unwrap();
        assert!(
            problems().contains("performance.json: not a stored run"),
            "{}",
            problems()
        );
    }

    #[test]
    fn a_stored_run_is_read_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        let conditions = Conditions::now(vec!["cargo bench".into()]);
        let row = Row {
            group: "g".into(),
            what: "\"w\"".into(),
            count: 8,
            median: 1.25,
            low: 1.0,
            high: 2.0,
        };
        let head = Head {
            conditions,
            is_quick: false,
        };
        let record = Record {
            head,
            rows: vec![row.clone(), row],
        };
        let text = record.to_json().unwrap();
        fs::write(&path, &text).unwrap();
        assert_eq!(Record::read(&path).unwrap(), Some(record));
        assert_eq!(
            text.matches("\n    {").count(),
            2,
            "a line for each row: {text}"
        );
    }

    #[test]
    fn commands_are_such_that_a_shell_takes_them() {
        let commands: Vec<String> = parts(true).iter().map(Part::command).collect();
        let all = "RAYON_NUM_THREADS=1 cargo bench -p benchmarks --bench kernels --bench call --bench graph --bench ops";
        assert_eq!(commands[0], format!("{all} -- --quick"));
        assert_eq!(parts(false)[0].command(), all);
    }
}
