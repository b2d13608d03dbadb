//! The graphs that TensorFlow built for fifteen call patterns: the same calls
//! give the same graphs, and the graphs are understood.

mod golden;

use std::sync::Arc;

use golden::Golden;
use golden::calls::build;
use ops_nn::graph_def::GraphDef;
use ops_nn::{Graph, Registry};

fn import(golden: &Golden) -> Graph {
    let graph = GraphDef::from_bytes(&golden.bytes).expect("readable");
    let registry = Arc::new(Registry::with_builtins());
    graph.into_graph(&registry).expect(&golden.name)
}

fn check_exported(graph: &Graph, golden: &Golden) {
    let exported = GraphDef::from_graph(graph).expect(&golden.name);
    let expected = GraphDef::from_bytes(&golden.bytes).expect("readable");
    let text = |graph: &GraphDef| graph.to_text().expect("printable");
    assert_eq!(text(&exported), text(&expected), "{}", golden.name);
    assert_eq!(exported.to_bytes(), golden.bytes, "{}", golden.name);
}

#[test]
fn the_same_call_gives_the_same_bytes() {
    for golden in Golden::all() {
        let graph = build(&golden.name).expect(&golden.name);
        check_exported(&graph, &golden);
    }
}

#[test]
fn what_is_imported_is_exported_unchanged() {
    for golden in Golden::all() {
        check_exported(&import(&golden), &golden);
    }
}

#[test]
fn what_is_lifted_decomposes_into_the_same_bytes() {
    for golden in Golden::all() {
        let lifted = import(&golden).lift(&[]).expect(&golden.name);
        check_exported(&lifted, &golden);
    }
}

#[test]
fn lifting_gives_the_graph_of_the_call() {
    for golden in Golden::all() {
        let lifted = import(&golden).lift(&[]).expect(&golden.name);
        let called = build(&golden.name).expect(&golden.name);
        assert_eq!(lifted.to_string(), called.to_string(), "{}", golden.name);
        let again = called.decompose().expect("decomposes").lift(&[]);
        assert_eq!(again.expect("lifts").to_string(), called.to_string());
    }
}
