//! Pictures of graphs: text that Graphviz or Mermaid draws, name scopes as boxes.

use super::type_text;
use crate::graph::{Graph, NodeId};

/// Scopes deeper than this are drawn as one, so that names in an untrusted file cannot make a
/// picture much larger than the file.
const MAX_NESTED: usize = 32;

/// How a drawing language writes the parts of a picture. Functions that start a line take its
/// indent first.
struct Syntax {
    begin: &'static str,
    end: &'static str,
    /// The first lines of a scope, from its number and its escaped name.
    open: fn(&str, usize, &str) -> String,
    close: &'static str,
    /// A node, from its number and its escaped label.
    node: fn(&str, usize, &str) -> String,
    line_break: &'static str,
    arrow: &'static str,
    escape: fn(&str) -> String,
    /// What ends a statement.
    terminator: &'static str,
}

const DOT: Syntax = Syntax {
    begin: "digraph graph_def {\n  node [shape=box, fontname=\"monospace\"];\n",
    end: "}\n",
    open: |indent, number, name| {
        format!("{indent}subgraph cluster_{number} {{\n{indent}  label=\"{name}\";")
    },
    close: "}",
    node: |indent, number, label| format!("{indent}n{number} [label=\"{label}\"]"),
    line_break: "\\n",
    arrow: "->",
    escape: |text| text.replace('\\', "\\\\").replace('"', "\\\""),
    terminator: ";",
};

const MERMAID: Syntax = Syntax {
    begin: "flowchart TD\n",
    end: "",
    open: |indent, number, name| format!("{indent}subgraph s{number}[\"{name}\"]"),
    close: "end",
    node: |indent, number, label| format!("{indent}n{number}[\"{label}\"]"),
    line_break: "<br>",
    arrow: "-->",
    // Mermaid reads HTML entities, with `#` for `&`.
    escape: |text| {
        let escape = |c: char| match c {
            '"' | '#' | '<' | '>' | '&' | '\\' | '`' => format!("#{};", u32::from(c)),
            _ => c.to_string(),
        };
        text.chars().map(escape).collect()
    },
    terminator: "",
};

impl Graph {
    /// The graph for Graphviz (`dot -Tsvg`), scopes as clusters.
    pub fn to_dot(&self) -> String {
        draw(self, &DOT)
    }

    /// The graph as a Mermaid flowchart, scopes as subgraphs.
    pub fn to_mermaid(&self) -> String {
        draw(self, &MERMAID)
    }
}

/// The nodes of each scope together, then the edges.
fn draw(graph: &Graph, syntax: &Syntax) -> String {
    let mut nodes: Vec<(Vec<&str>, NodeId)> = graph
        .nodes()
        .map(|(id, node)| (scopes_of(node.name()), id))
        .collect();
    nodes.sort();
    let indent = |depth: usize| "  ".repeat(depth + 1);
    let mut lines: Vec<String> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut opened = 0;
    // The last entry, at the root and without a node, closes all scopes.
    let nodes = nodes.into_iter().map(|(scopes, id)| (scopes, Some(id)));
    for (scopes, id) in nodes.chain([(Vec::new(), None)]) {
        let shared = open.iter().zip(&scopes).take_while(|(a, b)| a == b).count();
        for depth in (shared..open.len()).rev() {
            lines.push(format!("{}{}", indent(depth), syntax.close));
        }
        open.truncate(shared);
        for scope in &scopes[shared..] {
            let name = (syntax.escape)(scope);
            lines.push((syntax.open)(&indent(open.len()), opened, &name));
            opened += 1;
            open.push(scope);
        }
        if let Some(id) = id {
            let node = (syntax.node)(&indent(open.len()), id.index(), &label(graph, id, syntax));
            lines.push(node + syntax.terminator);
        }
    }
    for (id, node) in graph.nodes() {
        let (arrow, to, terminator) = (syntax.arrow, id.index(), syntax.terminator);
        let edge = |from: NodeId| format!("  n{} {arrow} n{to}{terminator}", from.index());
        lines.extend(node.inputs().map(edge));
    }
    let lines = lines.into_iter().map(|line| line + "\n");
    syntax.begin.to_owned() + &lines.collect::<String>() + syntax.end
}

/// The last part of the node's name, its op type, its dtype and shape.
fn label(graph: &Graph, id: NodeId, syntax: &Syntax) -> String {
    let node = &graph[id];
    let name = node.name();
    let short = name.rsplit('/').next().unwrap_or(name);
    let lines = [short, node.op_type(), &type_text(node)];
    lines.map(syntax.escape).join(syntax.line_break)
}

/// The scopes around a node, outermost first.
fn scopes_of(name: &str) -> Vec<&str> {
    match name.rsplit_once('/') {
        Some((scopes, _)) => scopes.splitn(MAX_NESTED, '/').collect(),
        None => Vec::new(),
    }
}
