//! The form that Mermaid draws, as in Markdown on many forges.

use std::fmt::Write as _;

use super::super::Graph;
use super::scopes::{Mark, marks, short_name};
use super::type_text;

impl Graph {
    /// The graph as a Mermaid flowchart, scopes as subgraphs.
    pub fn to_mermaid(&self) -> String {
        let mut chart = String::from("flowchart TD\n");
        let mut indent = "  ".to_owned();
        for mark in marks(self) {
            let _ = match mark {
                Mark::Open(number, name) => {
                    let opened =
                        writeln!(chart, "{indent}subgraph s{number}[\"{}\"]", escaped(name));
                    indent.push_str("  ");
                    opened
                }
                Mark::Close => {
                    indent.truncate(indent.len() - 2);
                    writeln!(chart, "{indent}end")
                }
                Mark::Node(id) => {
                    let node = &self[id];
                    let lines = [short_name(node.name()), node.op_type(), &type_text(node)];
                    let label = lines.map(escaped).join("<br>");
                    writeln!(chart, "{indent}n{}[\"{label}\"]", id.index())
                }
            };
        }
        for (id, node) in self.nodes() {
            for input in node.inputs() {
                let _ = writeln!(chart, "  n{} --> n{}", input.index(), id.index());
            }
        }
        chart
    }
}

/// Mermaid reads HTML entities, with `#` for `&`.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '#' | '<' | '>' | '&' | '\\' | '`' => format!("#{};", u32::from(c)),
        _ => c.to_string(),
    };
    text.chars().map(escape).collect()
}
