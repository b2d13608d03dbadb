//! Graphs that are broken, hostile or huge: an error that names the node, in
//! bounded time and memory.

use std::error::Error;
use std::sync::{Arc, LazyLock};

use ops_nn::graph::{Feeds, NodeKind};
use ops_nn::tensor_core::{DType, Tensor};
use ops_nn::tensorflow::{GraphDef, GraphDefError};
use ops_nn::{Args, Graph, Registry};
use proptest::prelude::*;

use crate::golden::Golden;

static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| Arc::new(Registry::with_builtins()));

fn import(graph: GraphDef) -> Result<Graph, GraphDefError> {
    graph.into_graph(&REGISTRY)
}

/// Two placeholders, and what the text adds.
fn with_placeholders(text: &str) -> String {
    let float = r#"attr { key: "dtype" value { type: DT_FLOAT } }"#;
    let double = r#"attr { key: "dtype" value { type: DT_DOUBLE } }"#;
    let vector = r#"attr { key: "shape" value { shape { dim { size: 2 } } } }"#;
    format!(
        "node {{ name: 'x' op: 'Placeholder' {float} {vector} }}
         node {{ name: 'd' op: 'Placeholder' {double} }}
         {text}"
    )
}

/// A constant with this value.
fn constant(tensor: &str) -> String {
    format!(
        "node {{ name: 'c' op: 'Const' attr {{ key: 'value' value {{ tensor {{ {tensor} }} }} }} }}"
    )
}

#[test]
fn broken_graphs_are_refused_with_the_node_at_fault() {
    let texts = [
        ("no name", "node { op: 'NoOp' }".into()),
        ("a bad name", "node { name: 'a b' op: 'NoOp' }".into()),
        ("a name twice", "node { name: 'x' op: 'NoOp' }".into()),
        ("a dangling input", "node { name: 'y' op: 'Neg' input: 'nobody' }".into()),
        ("a dangling control", "node { name: 'y' op: 'Neg' input: 'x' input: '^nobody' }".into()),
        ("a second output", "node { name: 'y' op: 'Neg' input: 'x:1' }".into()),
        ("itself as input", "node { name: 'y' op: 'Neg' input: 'y' }".into()),
        (
            "a circle",
            "node { name: 'a' op: 'Neg' input: 'c' } node { name: 'b' op: 'Neg' input: 'a' }
             node { name: 'c' op: 'Add' input: 'x' input: 'b' }".into(),
        ),
        ("too few inputs", "node { name: 'y' op: 'Mul' input: 'x' }".into()),
        ("too many inputs", "node { name: 'y' op: 'Neg' input: 'x' input: 'x' }".into()),
        ("two dtypes", "node { name: 'y' op: 'Mul' input: 'x' input: 'd' }".into()),
        (
            "a wrong T",
            "node { name: 'y' op: 'Neg' input: 'x' attr { key: 'T' value { type: DT_DOUBLE } } }".into(),
        ),
        (
            "a T that is no type",
            "node { name: 'y' op: 'Neg' input: 'x' attr { key: 'T' value { b: true } } }".into(),
        ),
        (
            "shapes that do not fit",
            format!(
                "{} node {{ name: 'y' op: 'Mul' input: 'x' input: 'c' }}",
                constant("dtype: DT_FLOAT tensor_shape { dim { size: 3 } }"),
            ),
        ),
        ("a placeholder without dtype", "node { name: 'y' op: 'Placeholder' }".into()),
        (
            "a placeholder's shape that is a tensor",
            "node { name: 'y' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } }
             attr { key: 'shape' value { tensor { } } } }".into(),
        ),
        (
            "a negative dimension",
            "node { name: 'y' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } }
             attr { key: 'shape' value { shape { dim { size: -7 } } } } }".into(),
        ),
        ("a constant without value", "node { name: 'c' op: 'Const' }".into()),
        (
            "content of the wrong length",
            constant("dtype: DT_FLOAT tensor_shape { dim { size: 2 } } tensor_content: 'abc'"),
        ),
        ("too many values", constant("dtype: DT_FLOAT float_val: [1, 2]")),
        ("bits beyond a half", constant("dtype: DT_HALF half_val: 70000")),
        (
            "a constant of unknown shape",
            constant("dtype: DT_FLOAT tensor_shape { unknown_rank: true }"),
        ),
        (
            "a huge constant",
            constant("dtype: DT_FLOAT tensor_shape { dim { size: 1000000000000 } } float_val: 1"),
        ),
        (
            "a shape that overflows",
            constant("dtype: DT_FLOAT tensor_shape { dim { size: 9223372036854775807 } dim { size: 9223372036854775807 } }"),
        ),
        (
            "a constant's other dtype",
            "node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_HALF } }
             attr { key: 'value' value { tensor { dtype: DT_FLOAT } } } }".into(),
        ),
        (
            "axes out of range",
            "node { name: 'a' op: 'Const' attr { key: 'value' value { tensor { dtype: DT_INT32 int_val: 5 } } } }
             node { name: 'y' op: 'Sum' input: 'x' input: 'a' }".into(),
        ),
    ];
    let errors = texts.map(|(what, text): (_, String)| {
        let graph = GraphDef::from_text(&with_placeholders(&text)).expect(what);
        let error = import(graph).expect_err(what);
        check_causes(&error);
        if let GraphDefError::Node { fault, .. } = &error {
            check_causes(fault);
        }
        format!("{what}\n    {error}\n")
    });
    insta::assert_snapshot!(errors.join("\n"));
}

/// A message that contains the message of `source()` would print a cause twice.
fn check_causes(mut error: &dyn Error) {
    while let Some(cause) = error.source() {
        let text = error.to_string();
        assert!(
            !text.contains(&cause.to_string()),
            "'{text}' repeats '{cause}'"
        );
        error = cause;
    }
}

#[test]
fn an_attribute_that_is_no_message_is_refused() {
    let bytes = b"\n\x10\n\x01y\x12\x03Abs*\x06\n\x01T\x12\x01\xff";
    let graph = GraphDef::from_bytes(bytes).expect("readable");
    let error = import(graph.clone()).expect_err("malformed").to_string();
    assert!(
        error.starts_with("node 'y': the attribute 'T' cannot be read: "),
        "{error}"
    );
    let error = graph.to_text().expect_err("malformed").to_string();
    assert!(
        error.starts_with("the node 'y' cannot be written as text: "),
        "{error}"
    );
}

#[test]
fn ops_outside_the_catalogue_are_kept_and_refused_when_run() {
    let text = with_placeholders(
        r#"node { name: "product" op: "MatMul" input: "x" input: "x" device: "/cpu:0"
             attr { key: "T" value { type: DT_FLOAT } } attr { key: "_odd" value { list { s: "a" } } } }
           node { name: "split" op: "Split" input: "x" }
           node { name: "neg" op: "Neg" input: "product" attr { key: "T" value { type: DT_FLOAT } } }
           node { name: "second" op: "Neg" input: "split:1" attr { key: "T" value { type: DT_FLOAT } } }
           node { name: "ids" op: "Const" attr { key: "dtype" value { type: DT_INT64 } }
             attr { key: "value" value { tensor { dtype: DT_INT64 int64_val: 7 } } } }
           node { name: "fine" op: "Abs" input: "x" input: "^ids" }"#,
    );
    let message = GraphDef::from_text(&text).expect("readable");
    let bytes = message.to_bytes();
    let graph = import(message).expect("a graph");
    insta::assert_snapshot!("opaque_nodes", graph);
    let exported = GraphDef::from_graph(&graph).expect("exported");
    assert_eq!(exported.to_bytes(), bytes);
    for (fetched, refused) in [
        ("product", "node 'product': Op type not registered 'MatMul'"),
        ("neg", "node 'product': Op type not registered 'MatMul'"),
        ("second", "node 'split': Op type not registered 'Split'"),
        (
            "ids",
            "node 'ids': Op type not registered 'Const of DT_INT64'",
        ),
    ] {
        let id = graph.find(fetched).expect(fetched);
        let error = graph.compile(&[id]).expect_err(fetched).to_string();
        assert!(error.starts_with(refused), "{error}");
    }
    let fine = graph.find("fine").expect("a node");
    let x = graph.find("x").expect("a node");
    let fed = Tensor::from(vec![-1.0_f32, 2.0]);
    let values = graph.compile(&[fine]).expect("compiles");
    let values = values.run(&Feeds::new().feed(x, &fed)).expect("runs");
    assert_eq!(
        values[0].downcast_ref::<f32>().unwrap().as_slice(),
        [1.0, 2.0]
    );
}

/// Nodes may stand before their inputs.
#[test]
fn inputs_may_come_later() {
    let text = with_placeholders("");
    let neg = "node { name: 'y' op: 'Neg' input: 'x:0' }";
    let graph = GraphDef::from_text(&format!("{neg}{text}")).expect("readable");
    let names: Vec<_> = import(graph)
        .expect("a graph")
        .nodes()
        .map(|(_, node)| node.name().to_owned())
        .collect();
    assert_eq!(names, ["x", "y", "d"]);
}

#[test]
fn long_chains_are_graphs_as_any() {
    const LENGTH: usize = 100_000;
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [2]).expect("x");
    let mut last = x;
    for _ in 0..LENGTH {
        last = graph
            .call("math.negative", Args::new().arg(last))
            .expect("a node");
    }
    let exported = GraphDef::from_graph(&graph).expect("exported");
    let graph = import(exported).expect("a graph").lift(&[]).expect("lifts");
    assert_eq!(graph.nodes().len(), LENGTH + 1);
    let fed = Tensor::from(vec![1.0_f32, 2.0]);
    let plan = graph.compile(&[last]).expect("compiles");
    let values = plan.run(&Feeds::new().feed(x, &fed)).expect("runs");
    assert_eq!(values[0].downcast_ref::<f32>().unwrap(), &fed);
    assert!(graph.to_dot().len() + graph.to_mermaid().len() > LENGTH);
}

/// What was read can be shown, lifted, decomposed, exported and compiled, or
/// is refused.
fn use_all(message: GraphDef) {
    let _ = message.to_text().map(|text| GraphDef::from_text(&text));
    let Ok(graph) = import(message) else {
        return;
    };
    let _ = (graph.to_string(), graph.to_dot(), graph.to_mermaid());
    let _ = graph.lift(&[]).map(|lifted| GraphDef::from_graph(&lifted));
    let _ = GraphDef::from_graph(&graph).map(|exported| exported.to_bytes());
    let ids: Vec<_> = graph.nodes().map(|(id, _)| id).collect();
    let _ = graph.compile(&ids);
    for (_, node) in graph.nodes() {
        if let NodeKind::Constant(value) = node.kind() {
            assert!(value.len() <= 1 << 28, "constants stay within the budget");
        }
    }
}

fn goldens() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(Golden::all()).prop_map(|golden| golden.bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(message) = GraphDef::from_bytes(&bytes) {
            use_all(message);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "node", "attr", "{", "}", "[", "]", "<", ">", ":", ",", "name", "op", "input", "key", "value",
                "tensor", "list", "func", "shape", "'x'", "\"Mul\"", "\"dtype\"", "1", "-", "0x", "1e", "#", "\n",
                "DT_FLOAT", "type", "'\\", "é", "i", "f", "b", "dim", "size", "nan",
            ]),
            0..60,
        ),
    ) {
        if let Ok(message) = GraphDef::from_text(&words.join(" ")) {
            use_all(message);
        }
    }

    #[test]
    fn goldens_with_wrong_bytes_are_read_or_refused(
        mut bytes in goldens(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(message) = GraphDef::from_bytes(&bytes) {
            use_all(message);
        }
    }

    #[test]
    fn goldens_with_other_words_are_read_or_refused(
        bytes in goldens(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4_u8),
            1..5,
        ),
    ) {
        let graph = GraphDef::from_bytes(&bytes).expect("a golden");
        let text = graph.to_text().expect("printable");
        let mut lines: Vec<&str> = text.lines().collect();
        for (at, other, what) in changes {
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match what {
                0 => lines.swap(at, other),
                1 => lines[at] = lines[other],
                2 => drop(lines.remove(at)),
                _ => lines.insert(at, lines[other]),
            }
        }
        if let Ok(message) = GraphDef::from_text(&lines.join("\n")) {
            use_all(message);
        }
    }
}

#[test]
fn an_op_type_cannot_break_the_lines_of_a_dump() {
    for op in ["", "Ne\\ng", "\\033[31mNeg"] {
        let text = format!("node {{ name: \"x\" op: \"{op}\" }}");
        let graph = GraphDef::from_text(&text).expect("reads");
        let error = graph.into_graph(&std::sync::Arc::new(Registry::with_builtins()));
        let error = error.expect_err("no op type").to_string();
        assert!(error.contains("no name"), "{error}");
        assert!(!error.contains(['\n', '\u{1b}']), "{error:?}");
    }
}
