//! Commands that the pages show: what a line that begins with `cargo` or `opsnn`
//! names (packages, examples, tests, chores, files) exists. Nothing is run.

use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::links::page_paths;
use crate::tidy;

/// The options of cargo that name a target, and its kind in cargo's metadata.
const TARGETS: [(&str, &str); 4] = [
    ("--example", "example"),
    ("--bin", "bin"),
    ("--test", "test"),
    ("--bench", "bench"),
];

/// The folders whose files commands name.
const FOLDERS: [&str; 4] = ["crates/", "data/", "docs/", "xtask/"];

/// All that commands of the pages name and that does not exist.
pub(crate) fn problems(root: &Path) -> Vec<String> {
    let metadata = match tidy::metadata(root) {
        Ok(metadata) => metadata,
        Err(problem) => return vec![problem],
    };
    let chores = crate::chores();
    let mut problems = Vec::new();
    for page in page_paths(root) {
        let text = std::fs::read_to_string(root.join(&page)).unwrap_or_default();
        for command in commands(&text) {
            let reasons = faults(&command, root, &metadata, &chores);
            let place = page.display();
            problems.extend(
                reasons
                    .iter()
                    .map(|reason| format!("{place}: `{command}`: {reason}")),
            );
        }
    }
    problems
}

/// The lines of `sh` blocks and the code in running text that are such commands.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_shell = false;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                in_shell = &*language == "sh";
            }
            Event::End(TagEnd::CodeBlock) => in_shell = false,
            Event::Text(text) if in_shell => found.extend(text.lines().map(str::to_owned)),
            Event::Code(text) => found.push(text.into_string()),
            _ => {}
        }
    }
    found.retain(|line| words(line).any(|word| word == "cargo") || line.starts_with("opsnn "));
    found
}

/// The words of a command; a quoted one may be cut, but none of interest here is.
fn words(command: &str) -> impl Iterator<Item = &str> {
    command
        .split([' ', '=', '\'', '"'])
        .filter(|w| !w.is_empty())
}

fn faults(command: &str, root: &Path, metadata: &Value, chores: &[String]) -> Vec<String> {
    let words: Vec<&str> = words(command).collect();
    let after = |option: &str| {
        let at = words.iter().position(|word| *word == option)?;
        words.get(at + 1).copied()
    };
    let mut faults = Vec::new();
    let package = after("-p");
    if let Some(name) = package.filter(|name| !has_package(metadata, name)) {
        faults.push(format!("there is no package '{name}'"));
    }
    for (option, kind) in TARGETS {
        if let Some(name) = after(option).filter(|n| !has_target(metadata, package, kind, n)) {
            faults.push(format!("there is no {kind} '{name}'"));
        }
    }
    if let Some(chore) = after("xtask").filter(|chore| !chores.iter().any(|c| c == chore)) {
        faults.push(format!("there is no chore '{chore}'"));
    }
    let files = words.iter().map(|w| w.split('#').next().unwrap_or(w));
    let named = files.filter(|file| FOLDERS.iter().any(|folder| file.starts_with(folder)));
    let missing = named.filter(|file| !root.join(file).exists());
    faults.extend(missing.map(|file| format!("there is no file '{file}'")));
    faults
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn has_package(metadata: &Value, name: &str) -> bool {
    packages(metadata).any(|package| package["name"] == name)
}

fn has_target(metadata: &Value, package: Option<&str>, kind: &str, name: &str) -> bool {
    let of_package = packages(metadata).filter(|p| package.is_none_or(|name| p["name"] == name));
    let mut targets = of_package.flat_map(|p| p["targets"].as_array().into_iter().flatten());
    targets.any(|target| target["name"] == name && target["kind"][0] == kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_command_of_the_pages_names_what_exists() {
        let found = problems(&crate::root());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    fn faults_of(command: &str) -> Vec<String> {
        let targets = json!([{"name": "custom_op", "kind": ["example"]}]);
        let metadata = json!({"packages": [{"name": "ops-nn", "targets": targets}]});
        faults(command, &crate::root(), &metadata, &["tidy".to_owned()])
    }

    #[test]
    fn what_a_command_names_must_exist() {
        let none: [&str; 0] = [];
        assert_eq!(faults_of("cargo run -p ops-nn --example custom_op"), none);
        assert_eq!(faults_of("cargo xtask tidy"), none);
        assert_eq!(faults_of("opsnn run x labels=data/digits_labels.npy"), none);
        assert_eq!(
            faults_of("cargo run -p op-nn"),
            ["there is no package 'op-nn'"]
        );
        let example = faults_of("cargo run -p ops-nn --example costum_op");
        assert_eq!(example, ["there is no example 'costum_op'"]);
        assert_eq!(
            faults_of("cargo xtask tidier"),
            ["there is no chore 'tidier'"]
        );
        let file = faults_of("opsnn run x labels=data/nowhere.npy");
        assert_eq!(file, ["there is no file 'data/nowhere.npy'"]);
    }

    #[test]
    fn commands_stand_in_shell_blocks_and_in_running_text() {
        let page = "`cargo test` and `x`\n```sh\ncd here\nRUST_LOG=1 cargo run\n```\n```text\ncargo no\n```";
        assert_eq!(commands(page), ["cargo test", "RUST_LOG=1 cargo run"]);
    }
}
