//! The form that Graphviz draws.

use std::fmt::Write as _;

use super::super::Graph;
use super::scopes::{Mark, marks, short_name};
use super::type_text;

impl Graph {
    /// The graph for Graphviz (`dot -Tsvg`), scopes as clusters.
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph graph_def {\n");
        dot.push_str("  node [shape=box, fontname=\"monospace\"];\n");
        let mut indent = "  ".to_owned();
        for mark in marks(self) {
            let _ = match mark {
                Mark::Open(number, name) => {
                    let name = escaped(name);
                    let opened = writeln!(
                        dot,
                        "{indent}subgraph cluster_{number} {{\n{indent}  label=\"{name}\";"
                    );
                    indent.push_str("  ");
                    opened
                }
                Mark::Close => {
                    indent.truncate(indent.len() - 2);
                    writeln!(dot, "{indent}}}")
                }
                Mark::Node(id) => {
                    let node = &self[id];
                    let lines = [short_name(node.name()), node.op_type(), &type_text(node)];
                    let label = lines.map(escaped).join("\\n");
                    writeln!(dot, "{indent}n{} [label=\"{label}\"];", id.index())
                }
            };
        }
        for (id, node) in self.nodes() {
            for input in node.inputs() {
                let _ = writeln!(dot, "  n{} -> n{};", input.index(), id.index());
            }
        }
        dot.push_str("}\n");
        dot
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
