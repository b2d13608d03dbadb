//! TensorFlow's graphs, run: lifted they give the exact losses, as they are
//! the documented formula step by step. Every number comes from the oracle.

use std::collections::HashMap;
use std::sync::Arc;

use conformance::{Function, correctly_rounded};
use ops_nn::graph::{Feeds, NodeId, NodeKind, OpNode};
use ops_nn::tensor_core::{DType, DynTensor, PartialShape, Tensor};
use ops_nn::tensorflow::GraphDef;
use ops_nn::{Graph, Registry, Value};

use crate::golden::Golden;

const LABELS: [f64; 6] = [0.0, 1.0, 0.25, 0.0, 1.0, 0.75];
const LOGITS: [f64; 6] = [-17.0, 17.0, 0.0, -100.0, 0.5, 3.25];
const WEIGHTS: [f64; 6] = [2.0, 0.5, 1.25, 3.0, 0.0, 1.0];

fn import(golden: &Golden) -> Graph {
    let graph = GraphDef::from_bytes(&golden.bytes).expect("readable");
    let registry = Arc::new(Registry::with_builtins());
    graph.into_graph(&registry).expect(&golden.name)
}

/// The values of all nodes, the placeholders being fed.
fn run(graph: &Graph) -> HashMap<NodeId, DynTensor<'static>> {
    let placeholders = graph
        .nodes()
        .filter(|(_, node)| matches!(node.kind(), NodeKind::Placeholder));
    let fed: Vec<_> = placeholders
        .map(|(id, node)| {
            let values = match node.name().rsplit('/').next() {
                Some("x") => LOGITS,
                Some("z") => LABELS,
                _ => WEIGHTS,
            };
            let dtype = node.dtype().expect("a dtype");
            (id, tensor(dtype, node.shape(), &values))
        })
        .collect();
    let feeds = fed
        .iter()
        .fold(Feeds::new(), |feeds, (id, value)| feeds.feed(*id, value));
    let ids: Vec<_> = graph.nodes().map(|(id, _)| id).collect();
    let plan = graph.compile(&ids).expect("compiles");
    let values = plan.run(&feeds).expect("runs");
    ids.into_iter().zip(values).collect()
}

/// The first of these values in this shape, with (2, 3) for what is unknown.
fn tensor(dtype: DType, shape: &PartialShape, values: &[f64]) -> DynTensor<'static> {
    let unknown = [None, None];
    let dims = shape.dims().unwrap_or(&unknown).iter().zip([2, 3]);
    let dims: Vec<usize> = dims.map(|(dim, other)| dim.unwrap_or(other)).collect();
    let count = dims.iter().product();
    let tensor = Tensor::new(dims, values[..count].to_vec()).expect("a tensor");
    DynTensor::from(tensor).cast(dtype)
}

/// The arguments of a node at an element of its result, as doubles and as bits.
fn arguments(
    values: &HashMap<NodeId, DynTensor<'static>>,
    op: &OpNode,
    dtype: DType,
    element: usize,
) -> Vec<(f64, u64)> {
    let at = |tensor: &DynTensor<'_>, element| {
        let value = tensor.get_f64(element).expect("an element");
        (value, tensor.get_bits(element).expect("an element"))
    };
    let args = op.args().iter().filter_map(|arg| match arg {
        // Scalars, whole tensors and one row for all.
        Value::Id(id) => Some(at(&values[id], element % values[id].len())),
        Value::Number(value) => Some(at(&DynTensor::scalar(dtype, *value), 0)),
        _ => None,
    });
    args.collect()
}

/// Checks each element of each op's value against the oracle's for the values
/// of its inputs; returns how many ops there were of each name.
fn check(graph: &Graph) -> HashMap<String, usize> {
    let values = run(graph);
    let mut counts = HashMap::new();
    for (id, node) in graph.nodes() {
        let NodeKind::Op(op) = node.kind() else {
            continue;
        };
        let name = op.definition().name();
        let (value, dtype) = (&values[&id], node.dtype().expect("a dtype"));
        for element in 0..value.len() {
            let args = arguments(&values, op, dtype, element);
            let expected = match (name, &args[..]) {
                ("zeros_like", _) => 0,
                ("math.greater_equal", [(x, _), (y, _)]) => u64::from(x >= y),
                ("where", [(condition, _), (_, x), (_, y)]) => {
                    if *condition == 0.0 {
                        *y
                    } else {
                        *x
                    }
                }
                _ => {
                    let function: Function = name.parse().expect("a function");
                    let bits: Vec<u64> = args.iter().map(|(_, bits)| *bits).collect();
                    correctly_rounded(&function, judged(dtype), &bits).expect("a value")
                }
            };
            let found = value.get_bits(element);
            assert_eq!(found, Some(expected), "{} {args:?}", node.name());
        }
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    counts
}

fn judged(dtype: DType) -> conformance::DType {
    match dtype {
        DType::F16 => conformance::DType::F16,
        DType::BF16 => conformance::DType::BF16,
        DType::F64 => conformance::DType::F64,
        DType::F32 | DType::Bool => conformance::DType::F32,
    }
}

#[test]
fn lifted_graphs_give_the_exact_losses() {
    for golden in Golden::all() {
        let lifted = import(&golden).lift(&[]).expect(&golden.name);
        let counts = check(&lifted);
        let losses: usize = counts.values().sum();
        let expected = match golden.name.as_str() {
            "two_calls" => 3,
            "nested_scopes" | "reentered_scope" => 2,
            _ => 1,
        };
        assert_eq!(losses, expected, "{}: {counts:?}", golden.name);
    }
}

#[test]
fn unlifted_graphs_give_the_documented_formula_step_by_step() {
    for golden in Golden::all() {
        let counts = check(&import(&golden));
        assert_eq!(counts.get("math.log1p"), counts.get("math.exp"));
        assert!(counts.len() >= 7, "{}: {counts:?}", golden.name);
    }
}

/// What a decomposed graph computes is what the eager call computes step by
/// step.
#[test]
fn small_losses_vanish_only_step_by_step() {
    let graph = import(&Golden::named("weighted_scalar_static"));
    let loss_of = |graph: &Graph| {
        let id = graph.find("logistic_loss").expect("the loss");
        run(graph)[&id].get_f64(0)
    };
    assert_eq!(loss_of(&graph), Some(0.0));
    let lifted = loss_of(&graph.lift(&[]).expect("lifts"));
    assert_eq!(lifted, Some(f64::from(4.139_937_5e-8_f32)));
}
