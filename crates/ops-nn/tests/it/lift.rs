//! Formulas become exact ops wherever they stand, and nothing else does.

#![cfg(feature = "tensorflow")]

use std::sync::OnceLock;

use ops_nn::graph::{NodeId, NodeKind};
use ops_nn::tensor_core::{DType, PartialShape, Tensor};
use ops_nn::tensorflow::GraphDef;
use ops_nn::{
    Args, CallSite, Compute, Graph, OpBuilder, OpDef, OpError, Param, Registry, ShapeRule, Value,
};
use proptest::prelude::*;

const WEIGHTED: &str = "nn.weighted_cross_entropy_with_logits";
const SIGMOID: &str = "nn.sigmoid_cross_entropy_with_logits";

/// Builds on placeholders `z` and `x`.
fn graph_of(
    dtype: DType,
    body: impl FnOnce(&mut Graph, NodeId, NodeId) -> Result<NodeId, OpError>,
) -> (Graph, NodeId) {
    let mut graph = Graph::new();
    let z = graph.placeholder("z", dtype, [None]).expect("z");
    let x = graph.placeholder("x", dtype, [None]).expect("x");
    let result = body(&mut graph, z, x).expect("a graph");
    (graph, result)
}

fn weighted(dtype: DType, pos_weight: f64) -> Graph {
    let (graph, _) = graph_of(dtype, |graph, z, x| {
        graph.call(WEIGHTED, Args::new().arg(z).arg(x).arg(pos_weight))
    });
    graph
}

/// What the last node of the lifted graph computes.
fn lifted_op(graph: &Graph) -> String {
    let lifted = graph.lift(&[]).expect("lifts");
    let (_, last) = lifted.nodes().last().expect("a node");
    match last.kind() {
        NodeKind::Op(op) => op.definition().name().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// The weight of the loss that the formula is lifted into.
fn lifted_weight(graph: &Graph) -> f64 {
    let lifted = graph.lift(&[]).expect("lifts");
    let (_, last) = lifted.nodes().last().expect("a node");
    match last.kind() {
        NodeKind::Op(op) => match op.args() {
            [_, _, Value::Number(weight), ..] => *weight,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn weights_that_people_write_come_back() {
    let tenths = (0..=200).map(|i| f64::from(i) / 10.0);
    let hundredths = (0..=300).map(|i| f64::from(i) / 100.0);
    let whole = (0..=100).map(f64::from);
    let others = [0.001, 0.125, 0.333, 2.75, 12.75, 357.0, 1e4, 12345.0, 1e6];
    for weight in tenths.chain(hundredths).chain(whole).chain(others) {
        let formula = weighted(DType::F64, weight)
            .decompose()
            .expect("decomposes");
        assert_eq!(lifted_weight(&formula), weight);
        let formula = weighted(DType::F32, weight)
            .decompose()
            .expect("decomposes");
        assert_eq!(lifted_weight(&formula), weight);
    }
    for (dtype, weight) in [(DType::F16, 0.1), (DType::F16, 2.5), (DType::BF16, 2.5)] {
        let formula = weighted(dtype, weight).decompose().expect("decomposes");
        assert_eq!(lifted_weight(&formula), weight, "{dtype}");
    }
}

#[test]
fn odd_weights_come_back_as_far_as_the_formula_keeps_them() {
    for weight in [f64::INFINITY, -1.5, 1e300, 0.0] {
        let formula = weighted(DType::F64, weight)
            .decompose()
            .expect("decomposes");
        assert_eq!(lifted_weight(&formula), weight);
    }
    let formula = weighted(DType::F32, f64::NAN)
        .decompose()
        .expect("decomposes");
    assert!(lifted_weight(&formula).is_nan());
    // 1e-9 - 1 is -1 in float32.
    let formula = weighted(DType::F32, 1e-9).decompose().expect("decomposes");
    assert_eq!(lifted_weight(&formula), 0.0);
}

/// `op(a, b)` with nodes or numbers.
#[test]
fn a_weight_of_many_digits_is_the_one_that_the_graph_holds() {
    // f32 holds -0.9998765 and bf16 2.1875: closer decimals of few digits are chance.
    for (dtype, weight, constant) in [
        (
            DType::F32,
            0.000_123_456_7,
            f64::from(0.000_123_456_7_f64 as f32 - 1.0_f32),
        ),
        (DType::BF16, 3.18, 2.1875),
        (DType::F64, 1.0 / 3.0, 1.0 / 3.0 - 1.0),
    ] {
        let formula = weighted(dtype, weight).decompose().expect("decomposes");
        assert_eq!(lifted_weight(&formula), 1.0 + constant, "{weight}");
    }
}

#[test]
fn a_formula_that_waits_for_an_assertion_stays() {
    let formula = weighted(DType::F32, 2.0).decompose().expect("decomposes");
    let text = GraphDef::from_graph(&formula).and_then(|graph| graph.to_text());
    let text = text.expect("exports");
    let exp = text.find("op: \"Exp\"").expect("the exponential");
    let waiting = text[exp..].replacen("input: ", "input: \"^z\"\n  input: ", 1);
    // Control inputs stand behind the others.
    let waiting = waiting.replacen(
        "input: \"^z\"\n  input: \"logistic_loss/Neg\"",
        "input: \"logistic_loss/Neg\"\n  input: \"^z\"",
        1,
    );
    let import = |text: &str| {
        let graph = GraphDef::from_text(text).expect("reads");
        graph
            .into_graph(&std::sync::Arc::new(Registry::with_builtins()))
            .expect("imports")
    };
    assert_eq!(lifted_op(&import(&text)), WEIGHTED);
    check_unchanged(&import(&format!("{}{waiting}", &text[..exp])));
}

#[test]
fn a_select_is_a_where_only_if_no_condition_can_pick_rows() {
    let select = |condition: &str, branches: &str| {
        let placeholder = |name: &str, dtype: &str, shape: &str| {
            format!(
                "node {{ name: \"{name}\" op: \"Placeholder\" attr {{ key: \"dtype\" value {{ type: {dtype} }} }} \
                 attr {{ key: \"shape\" value {{ shape {{ {shape} }} }} }} }}"
            )
        };
        let text = [
            placeholder("c", "DT_BOOL", condition),
            placeholder("a", "DT_FLOAT", branches),
            "node { name: \"s\" op: \"Select\" input: \"c\" input: \"a\" input: \"a\" \
             attr { key: \"T\" value { type: DT_FLOAT } } }"
                .to_owned(),
        ]
        .join("\n");
        let graph = GraphDef::from_text(&text).expect("reads");
        let graph = graph.into_graph(&std::sync::Arc::new(Registry::with_builtins()));
        let graph = graph.expect("imports");
        let id = graph.find("s").expect("is there");
        matches!(graph[id].kind(), NodeKind::Op(_))
    };
    let (two, unknown) = ("dim { size: 2 }", "unknown_rank: true");
    assert!(select(two, two));
    assert!(!select(two, "dim { size: 2 } dim { size: 2 }"));
    assert!(!select(unknown, two), "a vector or not");
    assert!(!select(two, unknown));
    assert!(!select(unknown, unknown));
}

fn call(
    graph: &mut Graph,
    op: &str,
    args: impl IntoIterator<Item = Input>,
) -> Result<NodeId, OpError> {
    let args = args.into_iter().fold(Args::new(), |args, arg| match arg {
        Input::Node(id) => args.arg(id),
        Input::Number(value) => args.arg(value),
    });
    graph.call(op, args)
}

enum Input {
    Node(NodeId),
    Number(f64),
}

impl From<NodeId> for Input {
    fn from(id: NodeId) -> Self {
        Self::Node(id)
    }
}

impl From<f64> for Input {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

macro_rules! call {
    ($graph:ident, $op:literal $(, $arg:expr)*) => {
        call($graph, $op, [$(Input::from($arg)),*])?
    };
}

/// `log1p(exp(-abs(x)))`.
fn tail(graph: &mut Graph, x: NodeId) -> Result<NodeId, OpError> {
    let abs = call!(graph, "math.abs", x);
    let negative = call!(graph, "math.negative", abs);
    let exp = call!(graph, "math.exp", negative);
    Ok(call!(graph, "math.log1p", exp))
}

#[test]
fn commuted_arguments_are_the_same_formula() {
    let (graph, _) = graph_of(DType::F32, |graph, z, x| {
        let scaled = call!(graph, "math.multiply", z, 1.5);
        let weight = call!(graph, "math.add", scaled, 1.0);
        let negatives = call!(graph, "math.subtract", 1.0, z);
        let linear = call!(graph, "math.multiply", x, negatives);
        let tail = tail(graph, x)?;
        let negative = call!(graph, "math.negative", x);
        let relu = call!(graph, "nn.relu", negative);
        let softplus = call!(graph, "math.add", relu, tail);
        let weighted = call!(graph, "math.multiply", softplus, weight);
        Ok(call!(graph, "math.add", weighted, linear))
    });
    assert_eq!(lifted_op(&graph), WEIGHTED);
    assert_eq!(lifted_weight(&graph), 2.5);
}

#[test]
fn the_sigmoid_loss_is_known_in_each_of_its_forms() {
    let relu = graph_of(DType::F32, |graph, z, x| {
        let relu = call!(graph, "nn.relu", x);
        let product = call!(graph, "math.multiply", z, x);
        let linear = call!(graph, "math.subtract", relu, product);
        let tail = tail(graph, x)?;
        Ok(call!(graph, "math.add", tail, linear))
    });
    let maximum = graph_of(DType::F32, |graph, z, x| {
        let relu = call!(graph, "math.maximum", 0.0, x);
        let product = call!(graph, "math.multiply", z, x);
        let linear = call!(graph, "math.subtract", relu, product);
        let tail = tail(graph, x)?;
        Ok(call!(graph, "math.add", linear, tail))
    });
    let weighted = graph_of(DType::F32, |graph, z, x| {
        let negatives = call!(graph, "math.subtract", 1.0, z);
        let linear = call!(graph, "math.multiply", negatives, x);
        let tail = tail(graph, x)?;
        let negative = call!(graph, "math.negative", x);
        let relu = call!(graph, "nn.relu", negative);
        let softplus = call!(graph, "math.add", tail, relu);
        Ok(call!(graph, "math.add", linear, softplus))
    });
    for (graph, _) in [relu, maximum, weighted] {
        assert_eq!(lifted_op(&graph), SIGMOID);
    }
    assert_eq!(
        lifted_weight(&self::weighted(DType::F32, 1.0).decompose().unwrap()),
        1.0
    );
}

/// TensorFlow writes large zeros of known shape as a shape and one value.
#[test]
fn large_losses_of_known_shape_come_back() {
    let mut graph = Graph::new();
    let z = graph.placeholder("z", DType::F32, [50, 30]).unwrap();
    let x = graph.placeholder("x", DType::F32, [50, 30]).unwrap();
    graph.call(SIGMOID, Args::new().arg(z).arg(x)).unwrap();
    let exported = GraphDef::from_graph(&graph).unwrap();
    let imported = exported.clone().into_graph(graph.registry()).unwrap();
    let names: Vec<_> = imported.nodes().map(|(_, node)| node.name()).collect();
    assert_eq!(
        names[2..5],
        [
            "logistic_loss/zeros_like/shape_as_tensor",
            "logistic_loss/zeros_like/Const",
            "logistic_loss/zeros_like",
        ]
    );
    let lifted = imported.lift(&[]).unwrap();
    assert_eq!(lifted.to_string(), graph.to_string());
    let again = GraphDef::from_graph(&lifted).unwrap();
    assert_eq!(again.to_bytes(), exported.to_bytes());
}

/// A graph that looks like a loss and is none stays as it is.
fn check_unchanged(graph: &Graph) {
    let lifted = graph.lift(&[]).expect("lifts");
    assert_eq!(lifted.to_string(), graph.to_string());
}

#[test]
fn formulas_that_differ_stay_as_they_are() {
    // Another constant, another logit in one place, a tail of labels.
    for case in 0..3 {
        let (graph, _) = graph_of(DType::F32, |graph, z, x| {
            let one = if case == 0 { 1.5 } else { 1.0 };
            let negatives = call!(graph, "math.subtract", one, z);
            let other = if case == 1 { z } else { x };
            let linear = call!(graph, "math.multiply", negatives, other);
            let tail = tail(graph, if case == 2 { z } else { x })?;
            let negative = call!(graph, "math.negative", x);
            let relu = call!(graph, "nn.relu", negative);
            let softplus = call!(graph, "math.add", tail, relu);
            Ok(call!(graph, "math.add", linear, softplus))
        });
        check_unchanged(&graph);
    }
}

#[test]
fn labels_that_broadcast_are_not_the_loss() {
    let mut graph = Graph::new();
    let z = graph.placeholder("z", DType::F32, [3]).unwrap();
    let x = graph.placeholder("x", DType::F32, [2, 3]).unwrap();
    let body = |graph: &mut Graph| {
        let relu = call!(graph, "nn.relu", x);
        let product = call!(graph, "math.multiply", x, z);
        let linear = call!(graph, "math.subtract", relu, product);
        let tail = tail(graph, x)?;
        Ok::<_, OpError>(call!(graph, "math.add", linear, tail))
    };
    body(&mut graph).unwrap();
    check_unchanged(&graph);
}

#[test]
fn inner_nodes_stay_if_something_needs_them() {
    let formula = weighted(DType::F32, 2.0).decompose().unwrap();
    let log1p = formula.find("logistic_loss/Log1p").unwrap();
    let kept = formula.lift(&[log1p]).unwrap();
    insta::assert_snapshot!(kept);

    let mut used = formula.clone();
    used.call("math.multiply", Args::new().arg(3.0).arg(log1p))
        .unwrap();
    insta::assert_snapshot!(used.lift(&[]).unwrap());
}

#[test]
fn a_hosts_own_op_is_recognised_as_well() {
    let mut registry = Registry::with_builtins();
    let definition = OpDef::builder("acme.scaled_square")
        .params([
            Param::float("x").doc("Any shape."),
            Param::float("scale").keep_number().doc("A number."),
        ])
        .summary("The square, scaled.")
        .formula("scale * x^2")
        .compute(Compute::composed(|b, call| {
            let square = b.call("math.multiply", &call.args(&["x", "x"]))?;
            b.call("math.multiply", &[call.arg("scale"), square])
        }))
        .decomposition(|b, call| {
            let square = b.mul(call.arg("x"), call.arg("x"))?;
            let scale = match call.arg("scale") {
                Value::Number(scale) => Value::Number(scale * 2.0),
                scale => b.mul(2.0, scale)?,
            };
            let half = b.mul(0.5, square)?;
            b.mul(scale, half)
        });
    registry.register(definition.build().unwrap()).unwrap();
    let mut graph = Graph::with_registry(std::sync::Arc::new(registry));
    let x = graph.placeholder("x", DType::F32, [None]).unwrap();
    graph
        .call("acme.scaled_square", Args::new().arg(x).arg(0.7))
        .unwrap();
    let per_element = Tensor::from(vec![1.0_f32, 2.0]);
    graph
        .call("acme.scaled_square", Args::new().arg(x).arg(&per_element))
        .unwrap();
    let formula = graph.decompose().unwrap();
    assert_ne!(formula.to_string(), graph.to_string());
    assert_eq!(formula.lift(&[]).unwrap().to_string(), graph.to_string());
}

#[test]
fn an_op_made_of_losses_is_recognised_through_them() {
    let mut registry = Registry::with_builtins();
    let rule = |b: &mut dyn OpBuilder, call: &CallSite<'_>| {
        let loss = b.call(SIGMOID, &call.args(&["labels", "logits"]))?;
        b.call("math.reduce_mean", &[loss])
    };
    let definition = OpDef::builder("acme.mean_loss")
        .params([
            Param::float("labels").doc("Any shape."),
            Param::float("logits").doc("The same shape."),
        ])
        .summary("The mean of the losses.")
        .formula("mean(sigmoid_cross_entropy_with_logits(labels, logits))")
        .shape(ShapeRule::custom(|_| Ok(PartialShape::new([]))))
        .compute(Compute::composed(rule))
        .decomposition(rule);
    registry.register(definition.build().unwrap()).unwrap();
    let mut graph = Graph::with_registry(std::sync::Arc::new(registry));
    let z = graph.placeholder("z", DType::F32, [4]).unwrap();
    let x = graph.placeholder("x", DType::F32, [4]).unwrap();
    let args = Args::new().arg(z).arg(x);
    graph.call("acme.mean_loss", args).unwrap();
    let formula = graph.decompose().unwrap();
    assert!(
        formula.find("mean_loss/logistic_loss/Log1p").is_ok(),
        "{formula}"
    );
    assert_eq!(formula.lift(&[]).unwrap().to_string(), graph.to_string());
    let inner = formula.find("mean_loss/logistic_loss").unwrap();
    let kept = formula.lift(&[inner]).unwrap();
    assert_eq!(kept.nodes().len(), 4);
}

#[test]
fn a_rule_that_keeps_a_value_of_another_builder_is_refused() {
    static KEPT: OnceLock<Value<'static>> = OnceLock::new();
    let rule = |b: &mut dyn OpBuilder, call: &CallSite<'_>| {
        let negative = b.call("math.negative", &[call.arg("x")])?;
        let kept = KEPT.get_or_init(|| negative.clone());
        b.call("math.add", &[negative, kept.clone()])
    };
    let mut registry = Registry::with_builtins();
    let definition = OpDef::builder("acme.keeps")
        .params([Param::float("x").doc("Any shape.")])
        .summary("Minus x twice.")
        .formula("-x - x")
        .compute(Compute::composed(rule))
        .decomposition(rule);
    registry.register(definition.build().unwrap()).unwrap();
    let registry = std::sync::Arc::new(registry);
    let graph_after = |placeholders: usize| {
        let mut graph = Graph::with_registry(registry.clone());
        let x = graph.placeholder("x", DType::F32, [4]).unwrap();
        for _ in 0..placeholders {
            graph.placeholder("unused", DType::F32, [4]).unwrap();
        }
        graph.call("acme.keeps", Args::new().arg(x)).unwrap();
        graph
    };
    let formula = graph_after(9).decompose().unwrap();
    assert_eq!(formula.lift(&[]).unwrap().to_string(), formula.to_string());
    let error = graph_after(0).decompose().unwrap_err().to_string();
    assert!(error.contains("is not of this graph"), "{error}");
}

/// A graph of losses and primitives, one node per number.
fn random_graph(calls: &[(u8, usize, usize, f64)]) -> Graph {
    let mut graph = Graph::new();
    let z = graph.placeholder("z", DType::F32, [None, Some(3)]).unwrap();
    let x = graph.placeholder("x", DType::F32, [None, Some(3)]).unwrap();
    let q = graph.placeholder("q", DType::F32, [3]).unwrap();
    let mut nodes = vec![z, x];
    for &(kind, first, second, weight) in calls {
        let (a, b) = (nodes[first % nodes.len()], nodes[second % nodes.len()]);
        let (op, args) = match kind % 7 {
            0 => (WEIGHTED, Args::new().arg(a).arg(b).arg(weight)),
            1 => (WEIGHTED, Args::new().arg(a).arg(b).arg(q)),
            2 => (SIGMOID, Args::new().arg(a).arg(b)),
            3 => ("math.add", Args::new().arg(a).arg(b)),
            4 => ("math.multiply", Args::new().arg(weight).arg(b)),
            5 => ("math.negative", Args::new().arg(a)),
            _ => ("zeros_like", Args::new().arg(a)),
        };
        let scope = if kind > 100 { "tower" } else { "" };
        let call = graph.name_scope(scope, |graph| graph.call(op, args));
        nodes.push(call.unwrap());
    }
    graph
}

proptest! {
    #[test]
    fn lifting_undoes_decomposing(
        calls in prop::collection::vec(
            (any::<u8>(), any::<usize>(), any::<usize>(), 0..1000_u16), 0..12,
        ),
    ) {
        let calls: Vec<_> = calls
            .into_iter()
            .map(|(kind, a, b, weight)| (kind, a, b, f64::from(weight) / 100.0))
            .collect();
        let graph = random_graph(&calls);
        let formula = graph.decompose().unwrap();
        let lifted = formula.lift(&[]).unwrap();
        prop_assert_eq!(lifted.to_string(), graph.to_string());
        // Through a file as well.
        let file = GraphDef::from_graph(&graph).unwrap();
        let read = file.into_graph(graph.registry()).unwrap();
        prop_assert_eq!(read.to_string(), formula.to_string());
        prop_assert_eq!(read.lift(&[]).unwrap().to_string(), graph.to_string());
    }
}
