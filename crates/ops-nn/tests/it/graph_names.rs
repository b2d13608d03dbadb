//! Name scopes, unique names and the names of a call's nodes: TensorFlow's
//! rules, line by line.

use ops_nn::tensor_core::{DType, DynTensor, PartialShape, Tensor};
use ops_nn::{Args, Graph, OpError, Value};

const LOSS: &str = "nn.weighted_cross_entropy_with_logits";

/// The name that a new placeholder gets.
fn named(graph: &mut Graph, name: &str) -> String {
    let id = graph.placeholder(name, DType::F32, [2]).unwrap();
    graph[id].name().to_owned()
}

/// The names of all nodes.
fn names(graph: &Graph) -> Vec<&str> {
    graph.nodes().map(|(_, node)| node.name()).collect()
}

fn message<T: std::fmt::Debug>(result: Result<T, OpError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn names_get_the_first_free_suffix() {
    let cases: [&[(&str, &str)]; 5] = [
        &[("foo", "foo"), ("foo", "foo_1"), ("foo", "foo_2")],
        // Capitals do not make a name new, and stay.
        &[("foo", "foo"), ("Foo", "Foo_1"), ("FOO", "FOO_2")],
        &[("foo", "foo"), ("foo", "foo_1"), ("foo_1", "foo_1_1")],
        &[("myop", "myop"), ("myop_1", "myop_1"), ("myop", "myop_2")],
        &[("a_1", "a_1"), ("a", "a"), ("a", "a_2"), ("a_2", "a_2_1")],
    ];
    for case in cases {
        let mut graph = Graph::new();
        for (asked, expected) in case {
            assert_eq!(named(&mut graph, asked), *expected, "{case:?}");
        }
    }
}

#[test]
fn scopes_nest_and_their_names_are_unique() {
    let mut graph = Graph::new();
    for expected in ["a/b/x", "a_1/b/x"] {
        let name = graph.name_scope("a", |graph| {
            graph.name_scope("b", |graph| Ok(named(graph, "x")))
        });
        assert_eq!(name.unwrap(), expected);
    }
    assert_eq!(named(&mut graph, "a"), "a_2", "a scope takes its name");
}

#[test]
fn a_slash_at_the_end_enters_the_very_scope_again() {
    let mut graph = Graph::new();
    let tower = graph
        .name_scope("tower", |graph| Ok(graph.scope()))
        .unwrap();
    assert_eq!(tower, "tower/");
    let names = graph.name_scope("elsewhere", |graph| {
        graph.name_scope(tower.as_str(), |graph| {
            Ok([named(graph, "x"), named(graph, "x"), graph.scope()])
        })
    });
    assert_eq!(names.unwrap(), ["tower/x", "tower/x_1", "tower/"]);
}

#[test]
fn no_name_is_the_root() {
    let mut graph = Graph::new();
    for root in [None, Some("")] {
        let scope = graph.name_scope("a", |graph| {
            graph.name_scope(root, |graph| Ok((graph.scope(), named(graph, "x"))))
        });
        let (scope, name) = scope.unwrap();
        assert_eq!(scope, "");
        assert!(name.starts_with('x'));
    }
}

#[test]
fn a_scope_closes_however_it_ends() {
    let mut graph = Graph::new();
    let failed = graph.name_scope("a", |graph| graph.find("nothing").map(drop));
    assert!(failed.is_err());
    assert_eq!(graph.scope(), "");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        graph.name_scope("b", |_| -> Result<(), OpError> { panic!("in the scope") })
    }));
    assert!(panicked.is_err());
    assert_eq!(graph.scope(), "");
}

#[test]
fn names_that_tensorflow_refuses_are_errors() {
    let mut graph = Graph::new();
    let valid = [".x", "0", "a-b", "a>b", "a\\b", "a/b", "A_.9"];
    for name in valid {
        assert_eq!(named(&mut graph, name), name);
    }
    let scope = |graph: &mut Graph, name: &str| {
        let inner = |graph: &mut Graph| Ok(graph.scope());
        (
            graph.name_scope(name, inner),
            graph.name_scope("s", |graph| graph.name_scope(name, inner)),
        )
    };
    for name in ["_x", "-x", "/x"] {
        let (at_root, nested) = scope(&mut graph, name);
        let expected = format!("'{name}' is not a valid scope name");
        assert!(message(at_root).contains(&expected));
        assert!(nested.is_ok(), "{name} is a valid nested scope");
    }
    for name in ["a b", "ä", "a:0", "^a"] {
        let (at_root, nested) = scope(&mut graph, name);
        assert!(message(at_root).contains("is not a valid scope name"));
        assert!(message(nested).contains("is not a valid scope name"));
        let node = graph.placeholder(name, DType::F32, [2]);
        assert!(message(node).contains(&format!("'{name}' is not a valid node name")));
    }
    let nested = graph.name_scope("t", |graph| Ok(named(graph, "_x")));
    assert_eq!(nested.unwrap(), "t/_x");
}

#[test]
fn nodes_without_a_name_are_called_after_their_op() {
    let mut graph = Graph::new();
    let x = graph.placeholder(None, DType::F32, [2]).unwrap();
    let c = graph.constant(None, Tensor::scalar(1.0_f32)).unwrap();
    for (op, args) in [
        ("math.negative", Args::new().arg(x)),
        ("math.add", Args::new().arg(x).arg(c)),
        ("math.add", Args::new().arg(x).arg(c)),
        ("grad.sum_like", Args::new().arg(x).arg(c)),
    ] {
        graph.call(op, args).unwrap();
    }
    let expected = ["Placeholder", "Const", "Neg", "add", "add_1", "sum_like"];
    assert_eq!(names(&graph), expected);
}

#[test]
fn a_loss_is_called_as_its_scope_and_its_lists_stand_in_it() {
    let logits = Tensor::from(vec![1.5_f32, -0.1, -10.0]);
    let labels = Tensor::from(vec![1.0_f32, 0.5, 0.0]);
    for (op, second) in [
        (LOSS, "labels"),
        ("tf.nn.weighted_cross_entropy_with_logits@1.14", "labels"),
        ("tf.nn.weighted_cross_entropy_with_logits@1.13", "targets"),
    ] {
        let mut graph = Graph::new();
        for scope in ["logistic_loss", "logistic_loss_1"] {
            let loss = graph
                .call(op, Args::new().arg(&labels).arg(&logits).arg(2.0))
                .unwrap();
            assert_eq!(graph[loss].name(), scope);
        }
        let expected = ["logistic_loss", "logistic_loss_1"].map(|scope| {
            let inner = ["logits", second].map(|name| format!("{scope}/{name}"));
            [inner[0].clone(), inner[1].clone(), scope.to_owned()]
        });
        assert_eq!(names(&graph), expected.concat());
    }
}

#[test]
fn the_argument_name_names_the_node() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [2]).unwrap();
    let call = |graph: &mut Graph, name: &str| {
        let args = Args::new().kwarg("labels", x).kwarg("logits", x);
        let args = args.kwarg("pos_weight", 2.0).kwarg("name", name);
        let id = graph.call(LOSS, args)?;
        Ok::<_, OpError>(graph[id].name().to_owned())
    };
    assert_eq!(call(&mut graph, "mybce").unwrap(), "mybce");
    assert_eq!(call(&mut graph, "mybce").unwrap(), "mybce_1");
    assert_eq!(call(&mut graph, "tower/loss/").unwrap(), "tower/loss");
    let again = message(call(&mut graph, "tower/loss/"));
    assert!(again.contains("a node 'tower/loss' already"), "{again}");
    assert!(message(call(&mut graph, "a b")).contains("'a b' is not a valid node name"));
}

#[test]
fn numbers_become_constants_beside_their_op() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F16, [2]).unwrap();
    for args in [Args::new().arg(0.1).arg(x), Args::new().arg(x).arg(2.0)] {
        graph.call("math.multiply", args).unwrap();
    }
    let expected = ["x", "mul/x", "mul", "mul_1/y", "mul_1"];
    assert_eq!(names(&graph), expected);
    let constant = &graph[graph.find("mul/x").unwrap()];
    assert_eq!(constant.dtype(), Some(DType::F16));
    let ops_nn::graph::NodeKind::Constant(value) = constant.kind() else {
        panic!("mul/x is no constant")
    };
    assert_eq!(*value, DynTensor::scalar(DType::F16, 0.1));
}

#[test]
fn values_are_converted_to_constants_and_nodes_stay() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F64, [2]).unwrap();
    let tensor = Tensor::from(vec![1.0_f64]);
    assert_eq!(graph.convert_to_tensor(x, "other").unwrap(), x);
    graph.convert_to_tensor(&tensor, "logits").unwrap();
    graph.convert_to_tensor(tensor, None).unwrap();
    let number = graph.convert_to_tensor(2.0, None).unwrap();
    assert_eq!(graph[number].dtype(), Some(DType::F32));
    assert_eq!(names(&graph), ["x", "logits", "Const", "Const_1"]);
    assert!(message(graph.convert_to_tensor(true, None)).contains("found the flag true"));
}

#[test]
fn deprecated_arguments_are_remembered() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [2]).unwrap();
    let args = Args::new().kwarg("targets", x).kwarg("logits", x);
    let op = "tf.compat.v1.nn.weighted_cross_entropy_with_logits";
    graph.call(op, args.kwarg("pos_weight", 2.0)).unwrap();
    let warnings: Vec<_> = graph
        .warnings()
        .iter()
        .map(|w| w.message.as_str())
        .collect();
    assert_eq!(warnings, ["targets is deprecated, use labels instead"]);
}

#[test]
fn errors_come_when_the_node_is_made_and_name_it() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [None, Some(3)]).unwrap();
    let z = graph.placeholder("z", DType::F32, [2, 4]).unwrap();
    let d = graph.placeholder("d", DType::F64, [2, 4]).unwrap();
    let wide = graph.placeholder("wide", DType::F32, [5, 2, 4]).unwrap();
    let old = "tf.nn.weighted_cross_entropy_with_logits@1.13";
    let cases: [(&str, Args<'_>); 7] = [
        (LOSS, Args::new().arg(z).arg(x).arg(2.0)),
        (old, Args::new().arg(z).arg(x).arg(2.0)),
        (LOSS, Args::new().arg(z).arg(d).arg(2.0)),
        (LOSS, Args::new().arg(z).arg(z).arg(wide)),
        (LOSS, Args::new().arg(z).arg(z)),
        ("math.add", Args::new().arg(x).arg(z)),
        ("reshape", Args::new().arg(z).arg([3, -1])),
    ];
    let huge = 1 << 40;
    let tall = graph.placeholder("tall", DType::F32, [huge, 1]).unwrap();
    let broad = graph.placeholder("broad", DType::F32, [1, huge]).unwrap();
    let too_large = ("math.add", Args::new().arg(tall).arg(broad));
    let mut report = String::new();
    for (op, args) in cases.into_iter().chain([too_large]) {
        let before = names(&graph).len();
        report += &message(graph.call(op, args));
        report.push('\n');
        assert_eq!(names(&graph).len(), before, "the graph is unchanged");
    }
    report += &message(graph.call("nn.rellu", Args::new().arg(x)));
    insta::assert_snapshot!(report);
}

#[test]
fn a_node_is_no_argument_of_an_eager_call() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [2]).unwrap();
    let relu = ops_nn::Registry::builtin().get("nn.relu").unwrap();
    let error = message(relu.call(Args::new().arg(x)));
    assert!(error.contains("call the op by Graph::call"), "{error}");
}

#[test]
fn nodes_of_another_graph_are_unknown() {
    let mut other = Graph::new();
    let _ = other.placeholder("x", DType::F32, [2]).unwrap();
    let y = other.placeholder("y", DType::F32, [2]).unwrap();
    let error = message(Graph::new().call("nn.relu", Args::new().arg(Value::from(y))));
    assert!(
        error.contains("node number 1 is not of this graph, which has 0 nodes"),
        "{error}"
    );
}

#[test]
fn shapes_are_inferred_as_far_as_they_are_known() {
    let mut graph = Graph::new();
    let unknown = graph
        .placeholder("u", DType::F32, PartialShape::unknown())
        .unwrap();
    let rows = graph.placeholder("r", DType::F32, [None, Some(3)]).unwrap();
    let columns = graph.placeholder("c", DType::F32, [Some(2), None]).unwrap();
    let cases: [(&str, Args<'_>, &str); 11] = [
        (LOSS, Args::new().arg(rows).arg(columns).arg(2.0), "(2, 3)"),
        (
            LOSS,
            Args::new().arg(unknown).arg(columns).arg(2.0),
            "(2, None)",
        ),
        ("math.add", Args::new().arg(rows).arg(unknown), "<unknown>"),
        ("math.reduce_sum", Args::new().arg(unknown), "()"),
        (
            "math.reduce_sum",
            Args::new().arg(unknown).arg([0]),
            "<unknown>",
        ),
        ("math.reduce_mean", Args::new().arg(rows).arg([0]), "(3,)"),
        (
            "math.reduce_mean",
            Args::new().arg(rows).arg([1]).arg(true),
            "(None, 1)",
        ),
        ("reshape", Args::new().arg(rows).arg([-1, 2]), "(None, 2)"),
        (
            "broadcast_to",
            Args::new().arg(rows).arg([7, 4, 3]),
            "(7, 4, 3)",
        ),
        (
            "grad.sum_like",
            Args::new().arg(unknown).arg(rows),
            "(None, 3)",
        ),
        (
            "math.greater_equal",
            Args::new().arg(rows).arg(0.0),
            "(None, 3)",
        ),
    ];
    for (op, args, expected) in cases {
        let id = graph.call(op, args).unwrap();
        assert_eq!(graph[id].shape().to_string(), expected, "{op}");
    }
    let compared = graph.find("GreaterEqual").unwrap();
    assert_eq!(graph[compared].dtype(), Some(DType::Bool));
}
