//! `docs/adding-an-op.md`, followed in a copy of the repository: all edits of its examples first,
//! then every command once, so that the copy is compiled once.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

/// The page.
const PAGE: &str = "docs/adding-an-op.md";

/// What the page has its reader do, in order.
#[derive(Debug, PartialEq)]
enum Step<'a> {
    /// Write a new file.
    File { path: &'a str, text: String },
    /// Put lines behind the one that begins like this.
    After {
        line: String,
        path: &'a str,
        text: String,
    },
    /// Run a command.
    Run(&'a str),
}

/// Follows the page; what went wrong.
pub(crate) fn run(root: &Path) -> Vec<String> {
    follow(root).err().into_iter().collect()
}

fn follow(root: &Path) -> Result<(), String> {
    let page = read(&root.join(PAGE))?;
    let steps = steps(&page)?;
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root.join("target"), |folder| root.join(folder));
    let copy = target.join("walkthrough");
    // Not the workspace's own: cargo would take the copy's crates for the same.
    let target = target.join("walkthrough-target");
    empty(&copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    copy_tracked(root, &copy)?;
    for step in in_order(steps) {
        take(&step, &target, &copy)?;
    }
    Ok(())
}

/// The edits, then the commands, each where it is shown first.
fn in_order(steps: Vec<Step<'_>>) -> Vec<Step<'_>> {
    let is_edit = |step: &Step<'_>| !matches!(step, Step::Run(_));
    let (mut ordered, commands): (Vec<_>, Vec<_>) = steps.into_iter().partition(is_edit);
    for command in commands {
        if !ordered.contains(&command) {
            ordered.push(command);
        }
    }
    ordered
}

/// An empty folder, always the same one, so that cargo overwrites what it
/// compiled the last time.
fn empty(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The steps that a page shows: what follows a comment that names a file, and
/// commands.
fn steps(page: &str) -> Result<Vec<Step<'_>>, String> {
    let mut steps = Vec::new();
    let mut place: Option<&str> = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(comment) = line.strip_prefix("<!-- ") {
            place = comment.strip_suffix(" -->");
        } else if line.starts_with("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            match place.take() {
                Some(place) => steps.push(edit(place, &block)?),
                None if line == "```sh" => steps.extend(block.into_iter().map(Step::Run)),
                None => {}
            }
        }
    }
    Ok(steps)
}

/// The step of a block under a comment.
fn edit<'a>(place: &'a str, block: &[&str]) -> Result<Step<'a>, String> {
    let text: String = block.iter().flat_map(|line| [*line, "\n"]).collect();
    if let Some(path) = place.strip_prefix("file: ") {
        return Ok(Step::File { path, text });
    }
    let after = place.strip_prefix("after: ");
    let parts = after.and_then(|rest| rest.rsplit_once(" in: "));
    let unknown = || {
        format!(
            "{PAGE}: expected <!-- file: PATH --> or <!-- after: \"LINE\" in: PATH -->, found {place}"
        )
    };
    let (line, path) = parts.ok_or_else(unknown)?;
    let line = serde_json::from_str(line).map_err(|_| unknown())?;
    Ok(Step::After { line, path, text })
}

/// Copies what a clone would have of the files as they are now.
fn copy_tracked(root: &Path, copy: &Path) -> Result<(), String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git did not start: {error}"))?;
    if !listed.status.success() {
        return Err(
            "git ls-files failed: the walk copies what a clone has, so run it in one".into(),
        );
    }
    let names = String::from_utf8_lossy(&listed.stdout);
    for name in names.split_terminator('\0') {
        let (from, to) = (root.join(name), copy.join(name));
        if !from.is_file() {
            continue;
        }
        let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
        let copied = folder.and_then(|()| fs::copy(&from, &to));
        copied.map_err(|error| format!("cannot copy {name}: {error}"))?;
    }
    Ok(())
}

fn take(step: &Step<'_>, target: &Path, copy: &Path) -> Result<(), String> {
    let write = |path: &str, text: String| {
        println!("== {path}");
        fs::write(copy.join(path), text).map_err(|error| format!("{path}: {error}"))
    };
    match step {
        Step::File { path, text } => {
            if copy.join(path).exists() {
                return Err(format!("{PAGE}: {path} is there already"));
            }
            write(path, text.clone())
        }
        Step::After { line, path, text } => {
            let stored = read(&copy.join(path))?;
            let whole = insert(&stored, line, text);
            write(
                path,
                whole.ok_or(format!("{PAGE}: {path} has no line {line:?}"))?,
            )
        }
        Step::Run(command) => {
            println!("== {command}");
            let status = Command::new("sh")
                .args(["-c", command])
                .current_dir(copy)
                .env("CARGO_TARGET_DIR", target)
                .stdin(Stdio::null())
                .status()
                .map_err(|error| format!("{command}: {error}"))?;
            if status.success() {
                Ok(())
            } else {
                Err(format!("{PAGE}: {command}: {status}"))
            }
        }
    }
}

/// The text with more behind the first line that begins like `line`.
fn insert(text: &str, line: &str, more: &str) -> Option<String> {
    let start = if text.starts_with(line) {
        0
    } else {
        text.find(&format!("\n{line}"))? + 1
    };
    let end = start + text[start..].find('\n')? + 1;
    Some(format!("{}{more}{}", &text[..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lines_and_commands_are_found_in_order() {
        let page = "text\n<!-- file: a/b.rs -->\n```rust,ignore\none\ntwo\n```\n```rust\nshown only\n```\n<!-- after: \"  x\" in: c -->\n```json\n  y\n```\n```sh\nfirst\nsecond\n```\n";
        let found = steps(page).unwrap();
        let expected = [
            Step::File {
                path: "a/b.rs",
                text: "one\ntwo\n".into(),
            },
            Step::After {
                line: "  x".into(),
                path: "c",
                text: "  y\n".into(),
            },
            Step::Run("first"),
            Step::Run("second"),
        ];
        assert_eq!(found, expected);
        assert!(steps("<!-- before: x -->\n```sh\n```\n").is_err());
    }

    #[test]
    fn edits_come_first_and_each_command_once() {
        let file = |path| Step::File {
            path,
            text: String::new(),
        };
        let steps = vec![
            file("a"),
            Step::Run("docs"),
            Step::Run("test a"),
            file("b"),
            Step::Run("test b"),
            Step::Run("docs"),
        ];
        let expected = [
            file("a"),
            file("b"),
            Step::Run("docs"),
            Step::Run("test a"),
            Step::Run("test b"),
        ];
        assert_eq!(in_order(steps), expected);
    }

    #[test]
    fn lines_go_behind_the_one_named() {
        assert_eq!(insert("a\nb,\nc\n", "b", "x\n").unwrap(), "a\nb,\nx\nc\n");
        assert_eq!(insert("a\n", "b", "x\n"), None);
    }

    #[test]
    fn the_page_has_the_steps_that_it_promises() {
        let page = read(&crate::root().join(PAGE)).unwrap();
        let steps = steps(&page).unwrap();
        let edits = steps.iter().filter(|step| !matches!(step, Step::Run(_)));
        assert_eq!(edits.count(), 6, "a file and a line, then two of each");
        assert!(steps.contains(&Step::Run("cargo xtask docs")));
    }
}
