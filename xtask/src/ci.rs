//! Everything that a change must pass beside the README's test command, and how
//! long each part took.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// One part: a name, and what it runs.
struct Part {
    name: &'static str,
    commands: &'static [&'static str],
    /// What the last command must print, as members of a JSON object.
    prints: &'static [(&'static str, &'static str)],
}

const fn part(name: &'static str, commands: &'static [&'static str]) -> Part {
    Part {
        name,
        commands,
        prints: &[],
    }
}

/// The parts, quick ones first. Each command is `cargo` with these arguments,
/// after settings of the environment.
#[rustfmt::skip]
const PARTS: &[Part] = &[
    // rustfmt does not find the files that a macro declares.
    part("format", &["fmt --all --check -- crates/exact-kernels/src/functions/*.rs crates/ops-nn/src/ops/*.rs"]),
    part("tidy", &["xtask tidy"]),
    part("pages", &["xtask docs --check"]),
    part("lints", &["clippy --all-targets --locked -- -D warnings"]),
    part("rustdoc", &["RUSTDOCFLAGS=-Dwarnings doc --no-deps --locked"]),
    part("features", &["clippy --locked -p ops-nn --no-default-features --all-targets -- -D warnings"]),
    part("no_std", &["build --locked -p tensor-core -p exact-kernels --no-default-features"]),
    part("examples", &[
        "run --quiet --locked -p ops-nn --example quickstart",
        "run --quiet --locked -p ops-nn --example custom_op",
        "run --quiet --locked -p ops-nn --example graph_quickstart",
    ]),
    // The README's first command, with the numbers that arbitrary-precision
    // arithmetic gives (how they were derived: data/README.md).
    Part {
        name: "main job",
        commands: &["run --quiet --release --locked -p ops-nn-cli -- run nn.weighted_cross_entropy_with_logits labels=data/breast_cancer_labels.npy logits=data/breast_cancer_logits.npy pos_weight=2 --json"],
        prints: &[("sum_bits", "0x4244c947"), ("mean_bits", "0x3db112b2")],
    },
    part("goldens", &["xtask goldens --check"]),
    part("pictures", &["xtask bench --check", "xtask pictures --check"]),
    part("walkthrough", &["xtask walkthrough"]),
    // Last, because the engines below the SQL crate take long to compile. One profile for all, which
    // is that of the program.
    part("sql lints", &["clippy --release --locked -p ops-nn-sql --all-targets -- -D warnings"]),
    part("sql rustdoc", &["RUSTDOCFLAGS=-Dwarnings doc --release --locked -p ops-nn-sql --no-deps"]),
    part("sql", &["test --release --locked -p ops-nn-sql"]),
];

/// Runs the parts whose names are given, without names all; what failed.
pub(crate) fn run(root: &Path, names: &[String]) -> Vec<String> {
    let known: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
    let unknown = names.iter().filter(|name| !known.contains(&name.as_str()));
    let mut problems: Vec<String> = unknown
        .map(|name| format!("no part is called {name:?}; expected one of {known:?}"))
        .collect();
    let is_asked_for = |part: &&Part| names.is_empty() || names.iter().any(|n| n == part.name);
    let mut lines = Vec::new();
    for part in PARTS.iter().filter(is_asked_for) {
        println!("\n== {}", part.name);
        let start = Instant::now();
        let outcome = part.run(root);
        lines.push(line(part.name, start.elapsed(), outcome.is_ok()));
        problems.extend(outcome.err().map(|error| format!("{}: {error}", part.name)));
    }
    println!("\n{}", lines.join("\n"));
    problems
}

/// A line of the closing summary.
fn line(name: &str, time: Duration, is_ok: bool) -> String {
    let seconds = time.as_secs();
    let outcome = if is_ok { "ok" } else { "FAILED" };
    format!(
        "{name:<12} {:>3} min {:>2} s  {outcome}",
        seconds / 60,
        seconds % 60
    )
}

impl Part {
    fn run(&self, root: &Path) -> Result<(), String> {
        for (index, command) in self.commands.iter().enumerate() {
            let is_last = index + 1 == self.commands.len();
            let is_compared = is_last && !self.prints.is_empty();
            let printed = cargo(root, command, is_compared)?;
            if is_compared {
                compare(&printed, self.prints)?;
            }
        }
        Ok(())
    }
}

/// Runs cargo; what it printed, if that is wanted.
fn cargo(root: &Path, command: &str, is_read: bool) -> Result<Vec<u8>, String> {
    println!("$ cargo {command}");
    let words: Vec<&str> = command.split_whitespace().collect();
    let settings = words.iter().take_while(|word| word.contains('='));
    let settings: Vec<_> = settings.filter_map(|word| word.split_once('=')).collect();
    let words = words[settings.len()..].iter();
    let words = words.flat_map(|word| files(root, word));
    let output = Command::new("cargo")
        .args(words)
        .envs(settings)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(if is_read {
            Stdio::piped()
        } else {
            Stdio::inherit()
        })
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("cargo {command}: {}", output.status))
    }
}

/// The files that a word like `folder/*.rs` stands for; any other word itself.
fn files(root: &Path, word: &str) -> Vec<String> {
    let Some(folder) = word.strip_suffix("/*.rs") else {
        return vec![word.to_owned()];
    };
    let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    paths.map(|path| path.display().to_string()).collect()
}

/// Whether JSON output has these texts at these names, at any depth.
fn compare(printed: &[u8], expected: &[(&str, &str)]) -> Result<(), String> {
    fn has(value: &Value, name: &str, text: &str) -> bool {
        match value {
            Value::Object(members) => members.iter().any(|(key, value)| {
                (key == name && value.as_str() == Some(text)) || has(value, name, text)
            }),
            _ => false,
        }
    }
    let value: Value =
        serde_json::from_slice(printed).map_err(|error| format!("not JSON: {error}"))?;
    match expected
        .iter()
        .find(|(name, text)| !has(&value, name, text))
    {
        None => Ok(()),
        Some((name, text)) => Err(format!("expected {name} {text}, found {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_printed_are_a_failure() {
        let printed = br#"{"summary": {"sum_bits": "0x42"}}"#;
        assert_eq!(compare(printed, &[("sum_bits", "0x42")]), Ok(()));
        assert!(compare(printed, &[("sum_bits", "0x43")]).is_err());
        assert!(compare(b"sum", &[]).is_err());
    }

    #[test]
    fn a_part_that_does_not_exist_is_named() {
        let found = run(&crate::root(), &["lint".to_owned()]);
        assert!(found[0].contains("\"lint\"; expected one of"), "{found:?}");
    }

    #[test]
    fn a_failure_is_told() {
        assert!(cargo(&crate::root(), "no-such-command", true).is_err());
        let shown = line("lints", Duration::from_secs(62), false);
        assert_eq!(shown, "lints          1 min  2 s  FAILED");
    }
}
