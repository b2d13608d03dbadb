//! The graphs that TensorFlow built for fifteen call patterns: the same calls
//! give the same graphs, and the graphs are understood.

use std::sync::Arc;

use ops_nn::graph::Feeds;
use ops_nn::tensor_core::{DynTensor, Tensor};
use ops_nn::tensorflow::GraphDef;
use ops_nn::{Compute, Graph, OpDef, Param, Registry, TfNode};

use crate::golden::Golden;
use crate::golden::calls::build;

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

/// Derivatives of losses are ops that TensorFlow does not have; they are
/// written under their own names and read again.
#[test]
fn gradients_survive_a_file() {
    let mut graph = build("weighted_tensor_pos_weight").expect("builds");
    let [loss, x, q] = ["logistic_loss", "x", "q"].map(|name| graph.find(name).expect(name));
    let slopes = graph.gradients(&[loss], &[x, q]).expect("differentiable");
    let slopes = slopes.into_iter().flatten();
    let slopes: Vec<_> = slopes.map(|id| graph[id].name().to_owned()).collect();
    assert_eq!(slopes.len(), 2);
    let exported = GraphDef::from_graph(&graph).expect("exported");
    let text = exported.to_text().expect("printable");
    assert!(text.contains("op: \"nn.weighted_cross_entropy_with_logits_grad_logits\""));
    let read = GraphDef::from_text(&text).expect("readable");
    let read = read.into_graph(graph.registry()).expect("a graph");
    assert_eq!(run(&read, &slopes), run(&graph, &slopes));
}

fn run(graph: &Graph, names: &[String]) -> Vec<DynTensor<'static>> {
    let fetched = names.iter().map(|name| graph.find(name).expect(name));
    let fetched: Vec<_> = fetched.collect();
    let [z, x, q] = ["z", "x", "q"].map(|name| graph.find(name).expect(name));
    let labels = Tensor::new([1, 3], vec![0.0_f32, 1.0, 0.25]).expect("labels");
    let logits = Tensor::new([1, 3], vec![-17.0_f32, 0.0, 3.5]).expect("logits");
    let weights = Tensor::from(vec![2.0_f32, 0.5, 1.0]);
    let feeds = Feeds::new()
        .feed(z, &labels)
        .feed(x, &logits)
        .feed(q, &weights);
    graph
        .compile(&fetched)
        .expect("compiles")
        .run(&feeds)
        .expect("runs")
}

fn square(op_type: &'static str) -> OpDef {
    OpDef::builder("acme.square")
        .params([Param::float("x").doc("Any shape.")])
        .summary("The square.")
        .formula("x * x")
        .compute(Compute::composed(|b, call| {
            b.call("math.multiply", &call.args(&["x", "x"]))
        }))
        .node(TfNode::named("Square").types([op_type]))
        .build()
        .expect("a definition")
}

#[test]
fn a_host_can_teach_an_op_type() {
    let text = r#"
        node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "y" op: "AcmeSquare" input: "x" }
    "#;
    let read = |registry: Registry| {
        let graph = GraphDef::from_text(text).expect("readable");
        graph.into_graph(&Arc::new(registry)).expect("a graph")
    };
    let graph = read(Registry::with_builtins());
    let y = graph.find("y").expect("y");
    assert!(graph.compile(&[y]).is_err());

    let mut registry = Registry::with_builtins();
    registry.register(square("AcmeSquare")).expect("registers");
    let graph = read(registry);
    let fed = Tensor::from(vec![-3.0_f32, 2.0]);
    let feeds = Feeds::new().feed(graph.find("x").expect("x"), &fed);
    let values = graph.compile(&[y]).expect("compiles").run(&feeds);
    assert_eq!(values.expect("runs")[0].to_string(), "[9.0, 4.0]");
}

#[test]
fn an_op_type_means_one_op() {
    let error = Registry::with_builtins().register(square("Mul"));
    assert_eq!(
        error.expect_err("taken").to_string(),
        "cannot register 'acme.square': the name 'Mul' already belongs to 'math.multiply'; choose another name"
    );
}
