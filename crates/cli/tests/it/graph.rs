//! `opsnn graph` on graphs that TensorFlow wrote.

use serde_json::{Value, json};
use testkit::fixtures;

use crate::common::{self, Files, opsnn, stderr, stdout};

/// A graph that TensorFlow wrote.
fn golden(name: &str) -> String {
    fixtures::graphs().join(name).display().to_string()
}

/// Runs `opsnn graph ARGS` and returns what it prints.
fn graph(args: &[&str]) -> String {
    let output = opsnn(&[&["graph"], args].concat());
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output)
}

fn as_json(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON object")
}

#[test]
fn a_graph_is_shown_as_it_was_imported() {
    for name in ["weighted_unknown_rank", "two_calls", "weighted_lists"] {
        let shown = graph(&["show", &golden(&format!("{name}.pb")), "--format", "json"]);
        let shown = as_json(&shown);
        let described = std::fs::read_to_string(golden(&format!("{name}.json"))).unwrap();
        let described = as_json(&described);
        let (shown, described) = (&shown["nodes"], &described["nodes"]);
        assert_eq!(
            shown.as_array().unwrap().len(),
            described.as_array().unwrap().len()
        );
        for (node, expected) in shown
            .as_array()
            .unwrap()
            .iter()
            .zip(described.as_array().unwrap())
        {
            for key in ["name", "op", "inputs"] {
                assert_eq!(node[key], expected[key]);
            }
            // Of other nodes TensorFlow says the dtype of the inputs.
            if let Some(dtype) = expected.get("dtype") {
                assert_eq!(&node["dtype"], dtype);
            }
            if expected["op"] == "Placeholder" {
                assert_eq!(node["shape"], expected["shape"]);
            }
        }
    }
}

#[test]
fn a_lifted_graph_has_the_registrys_ops() {
    let shown = graph(&[
        "show",
        &golden("weighted_scalar_unknown_batch.pb"),
        "--lift",
        "--format",
        "json",
    ]);
    let expected = json!({"nodes": [
        {"name": "z", "op": "Placeholder", "inputs": [], "dtype": "float32", "shape": [null, 3]},
        {"name": "x", "op": "Placeholder", "inputs": [], "dtype": "float32", "shape": [2, null]},
        {
            "name": "logistic_loss", "op": "nn.weighted_cross_entropy_with_logits", "inputs": ["z", "x"],
            "dtype": "float32", "shape": [2, 3], "arguments": {"pos_weight": 0.5},
        },
    ]});
    assert_eq!(as_json(&shown), expected);
}

#[test]
fn a_graph_is_shown_in_each_format() {
    let file = golden("sigmoid_named.pb");
    let text = graph(&["show", &file]);
    assert!(text.ends_with("mylogistic = AddV2(mylogistic/sub, mylogistic/Log1p): float32 (4,)\n"));
    assert_eq!(graph(&["show", &file, "--decompose"]), text);
    assert!(graph(&["show", &file, "--format", "dot"]).starts_with("digraph"));
    assert!(graph(&["show", &file, "--format", "mermaid"]).starts_with("flowchart TD\n"));
}

#[test]
fn a_graph_in_text_form_is_read_as_text() {
    let files = Files::new();
    let file = files.write(
        "g.pbtxt",
        r#"node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_HALF } } }"#,
    );
    assert_eq!(
        graph(&["show", &file]),
        "x = Placeholder(): float16 <unknown>\n"
    );
}

const LABELS: &str = "z=[[0, 1, 0], [0.5, 1, 0]]";
const LOGITS: &str = "x:0=[[-17, -17, 0.5], [0, 3, -10]]";

#[test]
fn a_run_is_exact_unless_it_is_asked_to_go_step_by_step() {
    let file = golden("weighted_scalar_static.pb");
    let loss_at = |options: &[&str]| {
        let args = [
            "run",
            &file,
            "--feed",
            LABELS,
            LOGITS,
            "--fetch",
            "logistic_loss:0",
            "--json",
        ];
        let found = as_json(&graph(&[&args, options].concat()));
        let fetched = &found["fetches"][0];
        assert_eq!(
            (&fetched["name"], &fetched["shape"]),
            (&json!("logistic_loss"), &json!([2, 3]))
        );
        (fetched["op"].clone(), fetched["min"]["bits"].clone())
    };
    let weighted = common::WEIGHTED;
    // The loss at x = -17, z = 0, and what TensorFlow makes of it.
    assert_eq!(loss_at(&[]), (json!(weighted), json!("0x3331cf18")));
    assert_eq!(
        loss_at(&["--step-by-step"]),
        (json!("AddV2"), json!("0x00000000"))
    );
}

#[test]
fn inner_nodes_can_be_fetched_beside_the_loss() {
    let file = golden("weighted_scalar_static.pb");
    let args = [
        "run",
        &file,
        "--feed",
        LABELS,
        "--feed",
        LOGITS,
        "--fetch",
        "logistic_loss",
        "logistic_loss/Relu",
    ];
    let text = graph(&args);
    let nodes: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("node"))
        .collect();
    assert_eq!(
        nodes,
        ["node      logistic_loss", "node      logistic_loss/Relu"]
    );
    assert!(
        text.contains("op        nn.weighted_cross_entropy_with_logits\n"),
        "{text}"
    );
}

#[test]
fn values_come_from_files_and_go_to_files() {
    let files = Files::new();
    let z = files.npy(
        "z.npy",
        "<f4",
        "(2, 3)",
        &[0.0_f32, 1.0, 0.0, 0.5, 1.0, 0.0],
    );
    let x = files.npy(
        "x.npy",
        "<f4",
        "(2, 3)",
        &[-17.0_f32, -17.0, 0.5, 0.0, 3.0, -10.0],
    );
    let out = files.path("loss.npy");
    let (z, x) = (format!("z={z}"), format!("x={x}"));
    let file = golden("weighted_scalar_static.pb");
    let text = graph(&[
        "run",
        &file,
        "--feed",
        &z,
        &x,
        "--fetch",
        "logistic_loss",
        "--out",
        &out,
    ]);
    assert!(
        text.contains("loss.npy (fetched value, float32, shape (2, 3))"),
        "{text}"
    );
    let doubles = files.npy(
        "d.npy",
        "<f8",
        "(2, 3)",
        &[0.0_f64, 1.0, 0.0, 0.5, 1.0, 0.0],
    );
    let z = format!("z={doubles}");
    let args = ["run", &file, "--feed", &z, &x, "--fetch", "logistic_loss"];
    check(&args, 5, "was fed float64");
    assert!(graph(&[&args[..], &["--dtype", "float32"]].concat()).contains("0x3331cf18"));
    let elements = common::tail(&out, 6, 4);
    assert_eq!(elements[0], 0x3331_cf18_u32.to_le_bytes());
    assert_eq!(elements[1], 34.0_f32.to_le_bytes());
}

#[test]
fn numbers_take_the_placeholders_dtype() {
    let files = Files::new();
    let float64 = r#"attr { key: "dtype" value { type: DT_DOUBLE } }"#;
    let file = files.write(
        "g.pbtxt",
        format!("node {{ name: 'x' op: 'Placeholder' {float64} }} node {{ name: 'y' op: 'Neg' input: 'x' }}"),
    );
    let found = as_json(&graph(&[
        "run", &file, "--feed", "x=0.1", "--fetch", "y", "--json",
    ]));
    let fetched = &found["fetches"][0];
    assert_eq!(
        (&fetched["dtype"], &fetched["first"]),
        (&json!("float64"), &json!([-0.1]))
    );
}

/// Expects the exit code and one line that says why.
fn check(args: &[&str], code: i32, message: &str) {
    let output = opsnn(&[&["graph"], args].concat());
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    assert!(output.stdout.is_empty(), "{args:?}");
    assert!(error.contains(message), "{args:?}: {error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn bad_input_is_refused_in_one_line() {
    let files = Files::new();
    let cut = std::fs::read(golden("two_calls.pb")).unwrap();
    let cut = files.write("cut.pb", &cut[..100]);
    let text = files.write("bad.pbtxt", "node {\n  nam: 'x' }");
    let circle = files.write("circle.pbtxt", "node { name: 'a' op: 'Neg' input: 'a' }");
    let opaque = files.write("opaque.pbtxt", "node { name: 'a' op: 'MatMul' }");
    let file = golden("weighted_scalar_static.pb");
    let missing = files.path("missing.pb");
    check(&["show", &missing], 7, "cannot read");
    check(&["show", &cut], 7, "not a binary GraphDef");
    check(&["show", &text], 7, "'nam' is no field here");
    check(&["show", &text], 7, "line 2, column 3");
    check(&["show", &circle], 7, "node 'a': it needs itself: a <- a");
    check(
        &["run", &opaque, "--fetch", "a"],
        9,
        "node 'a': Op type not registered 'MatMul'",
    );
    let run = |feeds: &[&str], rest: &[&str], code, message: &str| {
        let args = [&["run", file.as_str()], &["--feed"][..], feeds, rest].concat();
        check(&args, code, message);
    };
    let loss = ["--fetch", "logistic_loss"];
    run(&[LABELS], &loss, 4, "the placeholder 'x' was not fed");
    run(
        &[LABELS, LOGITS],
        &["--fetch", "logistic_los"],
        3,
        "did you mean 'logistic_loss'",
    );
    run(&[LABELS, LABELS], &loss, 4, "every placeholder once");
    run(&["z"], &loss, 4, "expected NAME=VALUE");
    run(&["y=1"], &loss, 3, "the graph has no node 'y'");
    run(&[LABELS, "x=word"], &loss, 4, "a list of numbers");
    run(
        &[LABELS, "x=[[1, 2], [3]]"],
        &loss,
        4,
        "lists of one length",
    );
    run(&[LABELS, "x=[1e400]"], &loss, 4, "within float64's range");
    run(
        &[LABELS, "x=[1, 2]"],
        &loss,
        5,
        "the placeholder 'x' is float32 of shape (2, 3)",
    );
    run(&[LABELS, "logistic_loss=[1]"], &loss, 4, "logistic_loss");
    run(
        &[LABELS, LOGITS],
        &["--fetch", "x", "z", "--out", "a.npy"],
        4,
        "fetch them one by one",
    );
    run(
        &[LABELS, LOGITS],
        &["--fetch", "x", "--out", "a.txt"],
        8,
        "a.txt",
    );
}
