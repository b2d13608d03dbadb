//! The invariants of ARCHITECTURE.md, read off the manifests and sources.
//!
//! Each check takes what it looks at as an argument, so that its own test can
//! show it something broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A crate, the crates of the workspace that it may use, and those that only its tests,
/// benchmarks and examples may use.
type Arrows = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[rustfmt::skip]
const ARROWS: &[Arrows] = &[
    ("testkit", &[], &[]),
    ("conformance", &[], &["testkit"]),
    ("tensor-core", &[], &["testkit"]),
    ("exact-kernels", &[], &["conformance", "testkit"]),
    ("ops-nn", &["tensor-core", "exact-kernels"], &["conformance", "ops-nn-testkit", "testkit"]),
    ("ops-nn-testkit", &["conformance", "ops-nn", "testkit"], &[]),
    ("ops-nn-cli", &["tensor-core", "exact-kernels", "ops-nn"], &["testkit"]),
    ("ops-nn-book", &[], &["tensor-core", "exact-kernels", "conformance", "ops-nn"]),
    ("ops-nn-sql", &["tensor-core", "exact-kernels", "ops-nn"], &["testkit"]),
    ("benchmarks", &[], &["exact-kernels", "ops-nn", "ops-nn-testkit", "testkit"]),
    ("xtask", &["conformance", "ops-nn", "ops-nn-testkit"], &[]),
];

/// Where the library's own sources may have an op's name, outside the op files:
/// as something to call, never to compare with.
const NAMES_CALLED: &[(&str, &str)] = &[
    ("gradient.rs", "grad.sum_like"),
    ("gradients.rs", "math.add"),
    ("gradients.rs", "grad.reshape_like"),
    ("gradients.rs", "ones_like"),
];

/// All that is wrong with the workspace at `root`.
pub(crate) fn problems(root: &Path) -> Vec<String> {
    let mut problems = match metadata(root) {
        Ok(metadata) => arrows(&metadata),
        Err(problem) => vec![problem],
    };
    problems.extend(unsafe_is_forbidden(root));
    problems.extend(every_op_file_is_catalogued(root));
    for folder in ["crates/ops-nn/src", "crates/cli/src", "crates/sql/src"] {
        for (path, text) in sources(&root.join(folder)) {
            problems.extend(names_are_data(&path, &text));
            problems.extend(no_global_state(&path, &text));
        }
    }
    problems
}

pub(crate) fn metadata(root: &Path) -> Result<Value, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root)
        .output()
        .map_err(|e| format!("cargo metadata did not start: {e}"))?;
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

/// Invariant 1: each crate uses only those that the table allows it.
fn arrows(metadata: &Value) -> Vec<String> {
    let empty = Vec::new();
    let packages = metadata["packages"].as_array().unwrap_or(&empty);
    let names: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut problems = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed, in_tests)) = ARROWS.iter().find(|(n, ..)| *n == name) else {
            problems.push(format!(
                "{name}: not in the table of arrows; add it to ARROWS and to ARCHITECTURE.md"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap_or(&empty) {
            let to = dependency["name"].as_str().unwrap_or_default();
            let is_test = dependency["kind"].as_str() == Some("dev");
            let is_fine = !names.contains(&to)
                || allowed.contains(&to)
                || (is_test && in_tests.contains(&to));
            if !is_fine {
                problems.push(format!(
                    "{name} must not use {to}: the table of arrows does not allow it"
                ));
            }
        }
    }
    problems
}

/// Invariant 5: no unsafe code, in any crate.
fn unsafe_is_forbidden(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    if !read(&root.join("Cargo.toml")).contains("unsafe_code = \"forbid\"") {
        problems
            .push("Cargo.toml: [workspace.lints.rust] must have unsafe_code = \"forbid\"".into());
    }
    let crates = fs::read_dir(root.join("crates"))
        .into_iter()
        .flatten()
        .flatten();
    let manifests = crates.map(|entry| entry.path().join("Cargo.toml"));
    for manifest in manifests.chain([root.join("xtask/Cargo.toml")]) {
        if !read(&manifest).contains("[lints]\nworkspace = true") {
            problems.push(format!(
                "{}: must have [lints] workspace = true",
                manifest.display()
            ));
        }
    }
    problems
}

/// Invariant 2: rustc compiles an op file only if the catalogue names it.
fn every_op_file_is_catalogued(root: &Path) -> Vec<String> {
    let folder = root.join("crates/ops-nn/src/ops");
    let catalogue = fs::read_to_string(folder.join("mod.rs")).unwrap_or_default();
    let named = |stem: &str| {
        catalogue.lines().any(|line| {
            let line = line.trim();
            line == format!("{stem},") || line == format!("mod {stem};")
        })
    };
    sources(&folder)
        .iter()
        .filter_map(|(path, _)| path.file_stem()?.to_str().map(str::to_owned))
        .filter(|stem| stem != "mod" && !named(stem))
        .map(|stem| format!("ops/{stem}.rs: not in the catalogue of ops/mod.rs"))
        .collect()
}

/// Invariant 3: behaviour differs by definition, never by an op's name, so no
/// name is outside the op files, the typed functions, the table of the builder's
/// methods, comments and tests.
fn names_are_data(path: &Path, text: &str) -> Vec<String> {
    let file = path
        .file_name()
        .and_then(|f| f.to_str())
        .unwrap_or_default();
    let in_ops = path.components().any(|c| c.as_os_str() == "ops");
    if in_ops || path.ends_with("nn.rs") || path.ends_with("op/builder.rs") {
        return Vec::new();
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(number, line)| op_names(line).map(move |name| (number + 1, name)))
        .filter(|(_, name)| !NAMES_CALLED.contains(&(file, name)))
        .map(|(number, name)| {
            format!(
                "{}:{number}: the op name '{name}' outside the op files; make it a property of the definition",
                path.display()
            )
        })
        .collect()
}

/// The string literals of a line that are registered names.
fn op_names(line: &str) -> impl Iterator<Item = &str> {
    let literals = line.split('"').skip(1).step_by(2);
    literals.filter(|literal| ops_nn::Registry::builtin().get(literal).is_ok())
}

/// Invariant 4: no global mutable state.
fn no_global_state(path: &Path, text: &str) -> Vec<String> {
    let mutable = ["static mut", "Mutex", "RwLock", "Atomic", "thread_local!"];
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            let is_static = line.contains("static ") || line.contains("thread_local!");
            is_static && mutable.iter().any(|m| line.contains(m))
        })
        .map(|(number, _)| format!("{}:{}: global mutable state", path.display(), number + 1))
        .collect()
}

/// Every Rust file below `folder`, with its text.
pub(crate) fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_its_invariants() {
        let found = problems(&crate::root());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn an_arrow_upwards_is_found() {
        let package = |name: &str, kind: &str, to: &str| serde_json::json!({"name": name, "dependencies": [{"name": to, "kind": kind}]});
        let check = |list: Vec<Value>| arrows(&serde_json::json!({ "packages": list })).len();
        let below = package("tensor-core", "", "half");
        let ops = || package("ops-nn", "", "tensor-core");
        assert_eq!(check(vec![ops(), below.clone()]), 0);
        let up = package("tensor-core", "", "ops-nn");
        assert_eq!(check(vec![ops(), up]), 1);
        let judge = package("conformance", "dev", "ops-nn");
        assert_eq!(check(vec![ops(), below, judge]), 1);
        assert_eq!(check(vec![package("stranger", "", "half")]), 1);
        let testkit = || package("testkit", "", "half");
        let helped = |kind| package("ops-nn-cli", kind, "testkit");
        assert_eq!(check(vec![testkit(), helped("dev")]), 0);
        assert_eq!(check(vec![testkit(), helped("")]), 1);
    }

    #[test]
    fn a_comparison_with_an_ops_name_is_found() {
        let path = Path::new("crates/ops-nn/src/call.rs");
        let text = "/// \"nn.relu\" is fine here\nif op.name() == \"nn.relu\" {}";
        assert_eq!(names_are_data(path, text).len(), 1);
        assert_eq!(names_are_data(path, "if name == \"where\" {}").len(), 1);
        assert!(names_are_data(Path::new("src/ops/relu.rs"), text).is_empty());
        assert!(names_are_data(path, "format!(\"nn. {x}\")").is_empty());
    }

    #[test]
    fn global_mutable_state_is_found() {
        let path = Path::new("x.rs");
        let found = |text| no_global_state(path, text).len();
        assert_eq!(found("static OPS: Mutex<u8> = Mutex::new(0);"), 1);
        assert_eq!(
            found("static BUILTIN: OnceLock<Registry> = OnceLock::new();"),
            0
        );
    }
}
