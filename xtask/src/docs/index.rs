//! The list of all ops, and their place in the book's table of contents.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ops_nn::{OpDef, Registry};

use super::file_name;
use super::rules::cell;

/// The pages of the ops are between these lines of the table of contents.
const BEGIN: &str = "<!-- ops: written by cargo xtask docs -->";
const END: &str = "<!-- end of the ops -->";

/// `docs/ops/index.md`.
pub(super) fn page(registry: &Registry) -> String {
    let mut text = String::from(
        "<!-- Written by cargo xtask docs from the op definitions; edits are lost. -->\n\
         # Ops\n\n\
         Every op of the registry, by its own name. An element of the result of an element-wise op depends only on the elements in its own place, \
         so such a call can be cut into pieces.\n",
    );
    let mut scopes: BTreeMap<&str, String> = BTreeMap::new();
    for op in registry.list("") {
        let rows = scopes.entry(op.definition().scope()).or_default();
        rows.push_str(&row(op.definition()));
    }
    for (scope, rows) in scopes {
        let heading = match scope {
            "" => "Without a scope".to_owned(),
            scope => format!("`{scope}.`"),
        };
        let _ = write!(
            text,
            "\n## {heading}\n\n| op | | element-wise | derivatives |\n|---|---|---|---|\n{rows}"
        );
    }
    text.push_str("\n## Every name\n\nWhich op a name finds. A name with a version has that version's signature.\n\n| name | op |\n|---|---|\n");
    for op in registry.names_with("") {
        let definition = op.definition();
        let _ = writeln!(
            text,
            "| `{}` | [`{}`]({}) |",
            op.name(),
            definition.name(),
            file_name(definition)
        );
    }
    text
}

fn row(definition: &OpDef) -> String {
    let is_elementwise = if definition.is_elementwise() {
        "yes"
    } else {
        ""
    };
    let derivatives = definition.gradient().arguments();
    let derivatives: Vec<String> = derivatives.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "| [`{}`]({}) | {} | {is_elementwise} | {} |\n",
        definition.name(),
        file_name(definition),
        cell(definition.summary()),
        derivatives.join(", ")
    )
}

/// The table of contents with the pages of all ops.
pub(super) fn summary(stored: &str, registry: &Registry) -> Result<String, String> {
    let missing = || {
        format!(
            "{}: the lines '{BEGIN}' and '{END}' are gone",
            super::SUMMARY
        )
    };
    let (before, rest) = stored.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    let mut pages = String::new();
    for op in registry.list("") {
        let definition = op.definition();
        let _ = writeln!(
            pages,
            "  - [{}](ops/{})",
            definition.name(),
            file_name(definition)
        );
    }
    Ok(format!("{before}{BEGIN}\n{pages}{END}{after}"))
}
