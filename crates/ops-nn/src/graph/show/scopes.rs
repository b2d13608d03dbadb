//! Nodes by the scopes that they stand in, for pictures.

use super::super::{Graph, NodeId};

/// Scopes deeper than this are drawn as one, so that a picture of hostile names
/// stays in proportion to them.
const MOST_NESTED: usize = 32;

/// What a picture is drawn from, in this order.
pub(super) enum Mark<'a> {
    /// A scope begins: its number and its own name.
    Open(usize, &'a str),
    Node(NodeId),
    Close,
}

/// The nodes of a graph, those of one scope together, in the order of the
/// graph within it.
pub(super) fn marks(graph: &Graph) -> Vec<Mark<'_>> {
    let mut nodes: Vec<(Vec<&str>, NodeId)> = graph
        .nodes()
        .map(|(id, node)| (scopes_of(node.name()), id))
        .collect();
    nodes.sort();
    let mut marks = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut opened = 0;
    for (scopes, id) in nodes {
        let shared = open.iter().zip(&scopes).take_while(|(a, b)| a == b).count();
        marks.extend(open.drain(shared..).map(|_| Mark::Close));
        for scope in &scopes[shared..] {
            marks.push(Mark::Open(opened, scope));
            opened += 1;
            open.push(scope);
        }
        marks.push(Mark::Node(id));
    }
    marks.extend(open.iter().map(|_| Mark::Close));
    marks
}

/// The scopes around a node, outermost first.
fn scopes_of(name: &str) -> Vec<&str> {
    match name.rsplit_once('/') {
        Some((scopes, _)) => scopes.splitn(MOST_NESTED, '/').collect(),
        None => Vec::new(),
    }
}

/// The last part of a node's name.
pub(super) fn short_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
