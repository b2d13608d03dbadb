//! `docs/ops`: a page for each op and an index, from the definitions.

mod example;
mod index;
mod page;
mod rules;

use std::fs;
use std::path::Path;

use ops_nn::{OpDef, OpError, Registry};
use ops_nn_testkit::functions;

use crate::generated::Generated;

/// What writes the pages.
const COMMAND: &str = "cargo xtask docs";

/// The table of contents, a part of which is generated.
const SUMMARY: &str = "docs/SUMMARY.md";

/// Writes the pages, or checks that the stored ones are what the definitions
/// give; what is wrong.
pub(crate) fn run(root: &Path, check: bool) -> Vec<String> {
    let mut problems: Vec<String> = Registry::builtin()
        .list("")
        .flat_map(|op| undocumented(op.definition()))
        .collect();
    match pages(root) {
        Ok(pages) if check => problems.extend(pages.check(root, COMMAND)),
        Ok(pages) => problems.extend(pages.write(root)),
        Err(problem) => problems.push(problem),
    }
    problems
}

/// Every generated page.
fn pages(root: &Path) -> Result<Generated, String> {
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))
    };
    let registry = Registry::builtin();
    let judged = functions(registry).map_err(|error| error.to_string())?;
    let mut pages = Generated::default();
    pages.whole_folder("docs/ops");
    pages.file("docs/ops/index.md", index::page(registry));
    for op in registry.list("") {
        let failed = |error: OpError| format!("the page of {}: {error}", op.name());
        let function = judged.iter().find(|function| function.op() == op.name());
        let accuracy = function.map(page::accuracy);
        let text = page::page(op, accuracy).map_err(failed)?;
        pages.file(format!("docs/ops/{}", file_name(op.definition())), text);
    }
    pages.file(SUMMARY, index::summary(&read(SUMMARY)?, registry)?);
    Ok(pages)
}

/// The name of an op's page in `docs/ops`.
fn file_name(definition: &OpDef) -> String {
    format!("{}.md", definition.name())
}

/// What an op's documentation lacks.
fn undocumented(definition: &OpDef) -> Vec<String> {
    let texts = [
        ("source", definition.source()),
        ("since", definition.since()),
    ];
    let mut lacking: Vec<String> = texts
        .iter()
        .filter(|(_, text)| text.is_empty())
        .map(|(part, _)| format!("no {part}"))
        .collect();
    let params = definition.parameters().iter();
    lacking.extend(
        params
            .filter(|param| param.doc().is_empty() && !param.is_name_of_node())
            .map(|param| format!("no sentence about '{}'", param.name())),
    );
    if definition.example().is_none() {
        lacking.push("no example".to_owned());
    }
    let name = definition.name();
    let problem = |what| format!("{name} is undocumented: its definition has {what}");
    lacking.into_iter().map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ops_nn::{Compute, Param};

    #[test]
    fn the_stored_pages_are_what_the_definitions_give() {
        let found = run(&crate::root(), true);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn an_undocumented_op_is_found() {
        let bare = OpDef::builder("acme.bare")
            .param(Param::float("x"))
            .summary("A copy.")
            .formula("x")
            .compute(Compute::composed(|_, call| Ok(call.arg("x"))));
        let found = undocumented(&bare.build().expect("a definition"));
        let parts = ["source", "since", "'x'", "example"];
        assert_eq!(found.len(), parts.len(), "{found:?}");
        for (problem, part) in found.iter().zip(parts) {
            assert!(problem.contains(part), "{problem}");
        }
    }
}
