//! `GraphDef` files: the binary and the text form of the graphs that
//! TensorFlow wrote, and files that are broken.

use ops_nn::tensor_core::{DType, Shape};
use ops_nn::tensorflow::GraphDef;
use ops_nn::{Args, Graph};

use crate::golden::Golden;

#[test]
fn the_binary_form_is_written_as_it_was_read() {
    for golden in Golden::all() {
        let graph = GraphDef::from_bytes(&golden.bytes).expect("readable");
        assert_eq!(graph.to_bytes(), golden.bytes, "{}", golden.name);
    }
}

#[test]
fn the_text_form_is_read_as_it_was_written() {
    for golden in Golden::all() {
        let graph = GraphDef::from_bytes(&golden.bytes).expect("readable");
        let text = graph.to_text().expect("printable");
        let read = GraphDef::from_text(&text).expect("readable");
        assert_eq!(read.to_bytes(), golden.bytes, "{}", golden.name);
    }
}

/// TensorFlow's `Select` does not broadcast, `SelectV2` does.
#[test]
fn a_where_that_broadcasts_has_an_op_type_of_its_own() {
    for (shape, op_type) in [(vec![2], "Select"), (Vec::new(), "SelectV2")] {
        let mut graph = Graph::new();
        let condition = graph.placeholder("c", DType::Bool, [2]).expect("c");
        let x = graph.placeholder("x", DType::F32, [2]).expect("x");
        let y = Shape::new(shape).expect("a shape");
        let y = graph.placeholder("y", DType::F32, &y).expect("y");
        let args = Args::new().arg(condition).arg(x).arg(y);
        graph.call("where", args).expect("a node");
        let exported = GraphDef::from_graph(&graph).and_then(|graph| graph.to_text());
        let text = exported.expect("printable");
        assert!(text.contains(&format!("op: \"{op_type}\"")), "{text}");
    }
}

#[test]
fn the_text_form_is_protobufs() {
    let golden = Golden::named("weighted_lists");
    let graph = GraphDef::from_bytes(&golden.bytes).expect("readable");
    insta::assert_snapshot!(graph.to_text().expect("printable"));
}

/// Text that reads as the graph of one node with this attribute.
fn check_attr(value: &str, printed: &str) {
    let node = |value: &str| {
        format!(
            "node {{\n  name: \"n\"\n  op: \"Op\"\n  attr {{\n    key: \"a\"\n    value {{\n      {value}\n    }}\n  }}\n}}\n"
        )
    };
    let graph = GraphDef::from_text(&node(value)).expect(value);
    assert_eq!(graph.to_text().expect("printable"), node(printed));
}

#[test]
fn the_text_form_has_many_spellings() {
    for (value, printed) in [
        ("i: -3", "i: -3"),
        ("i: 0x1F # hexadecimal", "i: 31"),
        ("i: 017", "i: 15"),
        ("i: 9223372036854775807,", "i: 9223372036854775807"),
        ("f: 1", "f: 1.0"),
        ("f: 1.5f;", "f: 1.5"),
        ("f: 1e-5", "f: 1e-5"),
        ("f: -inf", "f: -inf"),
        ("f: nan", "f: nan"),
        ("b: True", "b: true"),
        ("type: DT_HALF", "type: DT_HALF"),
        ("type: 19", "type: DT_HALF"),
        ("type: 133", "type: 133"),
        (r#"s: "a" 'b\n\x41\101"'"#, r#"s: "ab\nAA\"""#),
        (r#"s: "\377é""#, r#"s: "\377\303\251""#),
        (
            "list: < i: [1, 2] i: 3 >",
            "list {\n        i: 1\n        i: 2\n        i: 3\n      }",
        ),
        ("list { }", "list {\n      }"),
        (
            "func { name: 'f' attr { key: 'k' value { b: false } } }",
            "func {\n        name: \"f\"\n        attr {\n          key: \"k\"\n          value {\n            b: false\n          }\n        }\n      }",
        ),
        (
            "tensor { dtype: DT_DOUBLE double_val: [0.5, 1e300] }",
            "tensor {\n        dtype: DT_DOUBLE\n        double_val: 0.5\n        double_val: 1e300\n      }",
        ),
    ] {
        check_attr(value, printed);
    }
}

#[test]
fn broken_texts_are_refused_with_the_place() {
    let deep = format!("node {{ {}", "attr { value { func { ".repeat(100));
    let texts = [
        "nodes { }",
        "node { name: x }",
        "node { name: \"x }",
        "node {\n  name: \"a\"\n  name: \"b\"\n}",
        "node { attr { value { i: 1.5 } } }",
        "node { attr { value { i: 99999999999999999999 } } }",
        "node { attr { value { b: 2 } } }",
        "node { attr { value { type: DT_FLOATS } } }",
        "node { attr { value { s: \"\\q\" } } }",
        "node { attr { value { list { i: [1 2] } } } }",
        "node: 1",
        "node {",
        "node }",
        "}",
        "é",
        deep.as_str(),
    ];
    let errors = texts.map(|text| {
        let error = GraphDef::from_text(text).expect_err(text).to_string();
        format!("{}\n    {error}\n", text.get(..60).unwrap_or(text))
    });
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn broken_bytes_are_refused() {
    let golden = Golden::named("weighted_lists");
    // A text, a length beyond the end, a name that is no UTF-8.
    for bytes in [&b"node {"[..], &golden.bytes[..40], b"\n\x04\n\x02\xff\xff"] {
        let error = GraphDef::from_bytes(bytes).expect_err("broken").to_string();
        assert!(error.starts_with("not a binary GraphDef: "), "{error}");
    }
}

/// TensorFlow says the full type of some nodes.
#[test]
fn full_types_are_read_and_printed() {
    let text = "node {\n  name: \"n\"\n  experimental_type {\n    type_id: TFT_PRODUCT\n    args {\n      type_id: TFT_TENSOR\n      args {\n        type_id: TFT_INT32\n      }\n    }\n  }\n}\n";
    let graph = GraphDef::from_text(text).expect("readable");
    assert_eq!(graph.to_text().as_deref(), Ok(text));
}

#[test]
fn what_the_text_form_cannot_hold_is_named() {
    // A function library.
    let graph = GraphDef::from_bytes(b"\x12\x00").expect("readable");
    let error = graph.to_text().expect_err("no text").to_string();
    assert_eq!(
        error,
        "the graph cannot be written as text: its field 2 has no name here; use the binary form"
    );
}
