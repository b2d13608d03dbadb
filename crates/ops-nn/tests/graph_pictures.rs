//! Graphs as text and as pictures.

#![cfg(feature = "tensorflow")]

mod golden;

use std::sync::Arc;

use golden::Golden;
use ops_nn::tensorflow::GraphDef;
use ops_nn::{Graph, Registry};

fn import(name: &str) -> Graph {
    let graph = GraphDef::from_bytes(&Golden::named(name).bytes).expect("readable");
    let registry = Arc::new(Registry::with_builtins());
    graph.into_graph(&registry).expect(name)
}

#[test]
fn a_graph_as_text() {
    insta::assert_snapshot!("text_nested_scopes", import("nested_scopes"));
    insta::assert_snapshot!("text_unknown_rank", import("weighted_unknown_rank"));
}

#[test]
fn a_lifted_graph_as_text() {
    for name in ["weighted_tensor_pos_weight", "two_calls", "weighted_lists"] {
        let lifted = import(name).lift(&[]).expect("lifts");
        insta::assert_snapshot!(format!("lifted_{name}"), lifted);
    }
}

#[test]
fn scopes_are_clusters() {
    insta::assert_snapshot!("dot", import("nested_scopes").to_dot());
    insta::assert_snapshot!("mermaid", import("nested_scopes").to_mermaid());
}

/// Names and op types of a file may hold anything that its text form can.
#[test]
fn what_pictures_cannot_hold_is_escaped() {
    let text = r#"
        node { name: "a\\b>c" op: "Odd\"<op>\\#`" }
        node { name: "scope>1/x" op: "Op" input: "a\\b>c" input: "^a\\b>c" }
    "#;
    let graph = GraphDef::from_text(text).expect("readable");
    let registry = Arc::new(Registry::with_builtins());
    let graph = graph.into_graph(&registry).expect("a graph");
    insta::assert_snapshot!("escaped_dot", graph.to_dot());
    insta::assert_snapshot!("escaped_mermaid", graph.to_mermaid());
    insta::assert_snapshot!("escaped_text", graph);
}
