//! Gradients of graphs: every op's rule against the oracle, and the chain rule.

use conformance::{Function, correctly_rounded};
use ops_nn::graph::{Feeds, NodeId};
use ops_nn::tensor_core::{DType, DynTensor, PartialShape, Shape, Tensor};
use ops_nn::{
    Args, Compute, DTypes, Gradient, Graph, Op, OpDef, OpError, Param, ParamKind, Registry, Value,
};
use ops_nn_testkit::functions;

use crate::slopes::{exact, slope};

const LOSS: &str = "nn.weighted_cross_entropy_with_logits";

/// The value of a node with these placeholders fed.
fn run(graph: &Graph, node: NodeId, fed: &[(NodeId, DynTensor<'static>)]) -> DynTensor<'static> {
    let feeds = fed
        .iter()
        .fold(Feeds::new(), |f, (id, value)| f.feed(*id, value));
    graph
        .compile(&[node])
        .unwrap()
        .run(&feeds)
        .unwrap()
        .remove(0)
}

fn values(tensor: &DynTensor<'_>) -> Vec<f64> {
    (0..tensor.len())
        .map(|i| tensor.get_f64(i).unwrap())
        .collect()
}

fn doubles(values: &[f64]) -> DynTensor<'static> {
    Tensor::from(values.to_vec()).into()
}

fn gradient(graph: &mut Graph, y: NodeId, x: NodeId) -> NodeId {
    graph.gradients(&[y], &[x]).unwrap()[0].expect("y depends on x")
}

/// The rule of an op whose exact function the oracle knows.
fn check_against_oracle(op: Op<'_>, function: &Function) {
    // Away from the corners of abs, relu and maximum, inside the domain of log.
    let points = [[0.25, 0.75, 2.0], [0.9, 3.5, 0.5], [0.6, 1.25, 1.0]];
    let count = function.arguments().len();
    let mut graph = Graph::new();
    let inputs: Vec<_> = (0..count)
        .map(|_| graph.placeholder(None, DType::F64, [None]).unwrap())
        .collect();
    let args = inputs.iter().fold(Args::new(), |args, &id| args.arg(id));
    let y = graph.call(op.name(), args).unwrap();
    let gradients = graph.gradients(&[y], &inputs).unwrap();
    let column = |by: usize| doubles(&points.map(|point| point[by]));
    let fed: Vec<_> = inputs.iter().copied().zip((0..count).map(column)).collect();
    for (by, gradient) in gradients.into_iter().enumerate() {
        let found = values(&run(&graph, gradient.expect("all are used"), &fed));
        for (found, point) in found.into_iter().zip(points) {
            let expected = slope(function, &point[..count], by);
            assert!(
                (found - expected).abs() <= 1e-9 * (1.0 + expected.abs()),
                "d {function} / d {by} at {point:?} is {found}, must be {expected}"
            );
        }
    }
}

/// The rule of a linear op, whose gradient is its value on unit vectors: the
/// shapes and kinds of the arguments are those of its example.
fn check_linear(op: Op<'_>) {
    let definition = op.definition();
    let example = definition.example().expect("every op has one");
    let mut graph = Graph::new();
    let mut args = Args::new();
    let mut fed = Vec::new();
    for param in definition.parameters() {
        let given = example.args.iter().find(|(name, _)| name == param.name());
        let Some((name, given)) = given else { continue };
        let value = match (param.kind(), given) {
            (ParamKind::Tensor(DTypes::Bool), Value::Owned(tensor)) => (**tensor).clone(),
            (ParamKind::Tensor(_), Value::Owned(tensor)) => {
                doubles(&vec![0.0; tensor.shape().len()])
            }
            (ParamKind::Tensor(_), _) => DynTensor::scalar(DType::F64, 0.0),
            (_, plain) => {
                args = args.kwarg(name, plain);
                continue;
            }
        };
        let id = graph
            .placeholder(&**name, value.dtype(), value.shape())
            .unwrap();
        args = args.kwarg(name, Value::from(id));
        fed.push((id, param, value));
    }
    let y = graph.call(op.name(), args).unwrap();
    let shape = graph[y].shape().to_shape().unwrap();
    let dtype = graph[y].dtype().unwrap();
    let upstream = Tensor::new(shape.dims(), (1..=shape.len()).map(|i| i as f64).collect());
    let upstream = DynTensor::from(upstream.unwrap()).cast(dtype);
    let upstream_node = graph.constant("upstream", upstream.clone()).unwrap();
    let (ids, all): (Vec<_>, Vec<_>) = fed.iter().map(|(id, _, v)| (*id, (*id, v.clone()))).unzip();
    let gradients = graph
        .gradients_with_upstream(&[(y, upstream_node)], &ids)
        .unwrap();
    for (place, ((_, param, value), gradient)) in fed.iter().zip(gradients).enumerate() {
        let is_variable = value.dtype().is_float()
            && param.kind() != ParamKind::Tensor(DTypes::Like)
            && !matches!(definition.gradient(), Gradient::Zero);
        assert_eq!(
            gradient.is_some(),
            is_variable,
            "{} by {}",
            op.name(),
            param.name()
        );
        let Some(gradient) = gradient else { continue };
        let found = run(&graph, gradient, &all);
        assert_eq!(
            (found.dtype(), found.shape()),
            (value.dtype(), value.shape())
        );
        for (index, found) in values(&found).into_iter().enumerate() {
            // Twelve is divisible by the counts of small means.
            let mut unit = vec![0.0; value.len()];
            unit[index] = 12.0;
            let mut moved = all.clone();
            moved[place].1 = Tensor::new(value.shape().dims(), unit).unwrap().into();
            let result = values(&run(&graph, y, &moved)).into_iter();
            let terms = result
                .zip(values(&upstream))
                .map(|(y, upstream)| y * upstream);
            let expected = terms.sum::<f64>() / 12.0;
            assert!(
                (found - expected).abs() <= 1e-15 * expected.abs(),
                "{} by {}[{index}]: {found}, must be {expected}",
                op.name(),
                param.name()
            );
        }
    }
}

#[test]
fn every_rule_of_the_registry_is_right() {
    let functions = functions(Registry::builtin()).unwrap();
    for op in Registry::builtin().list("") {
        let function = functions.iter().find(|q| q.op() == op.name());
        match (op.definition().gradient(), function) {
            (Gradient::None, _) => {
                let rule = op.definition().dtype();
                assert_eq!(rule, ops_nn::DTypeRule::Fixed(DType::Bool), "{}", op.name());
            }
            (_, Some(function)) => check_against_oracle(op, function),
            _ => check_linear(op),
        }
    }
}

/// Labels, logits and `pos_weight` with the edges: 0, the tails, beyond them.
const POINTS: [[f64; 3]; 8] = [
    [0.0, -17.0, 2.0],
    [1.0, -17.0, 2.0],
    [0.25, 0.0, 3.0],
    [1.0, 0.0, 0.5],
    [0.5, 100.0, 2.0],
    [0.0, -1000.0, 2.0],
    [1.0, 40.0, 0.1],
    [0.75, 1.5, 10.0],
];

/// The loss on [`POINTS`], in some dtype, and what was fed.
type Fixture = (
    Graph,
    [NodeId; 3],
    NodeId,
    Vec<(NodeId, DynTensor<'static>)>,
);

fn losses(dtype: DType) -> Fixture {
    let mut graph = Graph::new();
    let mut fed = Vec::new();
    let ids = [0, 1, 2].map(|by| {
        let id = graph
            .placeholder(None, dtype, PartialShape::unknown())
            .unwrap();
        fed.push((id, doubles(&POINTS.map(|point| point[by])).cast(dtype)));
        id
    });
    let args = ids.iter().fold(Args::new(), |args, &id| args.arg(id));
    let loss = graph.call(LOSS, args).unwrap();
    (graph, ids, loss, fed)
}

/// The oracle's values on what was fed.
fn expected(function: &Function, fed: &[(NodeId, DynTensor<'static>)]) -> Vec<u64> {
    let dtype = match fed[0].1.dtype() {
        DType::F16 => conformance::DType::F16,
        DType::BF16 => conformance::DType::BF16,
        DType::F32 => conformance::DType::F32,
        _ => conformance::DType::F64,
    };
    let bits = |i: usize| fed.iter().map(move |(_, t)| t.get_bits(i).unwrap());
    (0..POINTS.len())
        .map(|i| correctly_rounded(function, dtype, &bits(i).collect::<Vec<_>>()).unwrap())
        .collect()
}

fn bits(tensor: &DynTensor<'_>) -> Vec<u64> {
    (0..tensor.len())
        .map(|i| tensor.get_bits(i).unwrap())
        .collect()
}

#[test]
fn gradients_of_the_loss_are_correctly_rounded_once_and_twice() {
    for dtype in DType::FLOATS {
        let (mut graph, ids, loss, fed) = losses(dtype);
        let [labels, logits, weight] = ids;
        let by_logits = gradient(&mut graph, loss, logits);
        let twice = gradient(&mut graph, by_logits, logits);
        let by_labels = gradient(&mut graph, loss, labels);
        let by_weight = gradient(&mut graph, loss, weight);
        for (node, function) in [
            (
                by_logits,
                Function::known("nn.weighted_cross_entropy_with_logits_grad_logits").unwrap(),
            ),
            (
                twice,
                Function::known("nn.weighted_cross_entropy_with_logits_hess_logits").unwrap(),
            ),
            (
                by_labels,
                Function::known("nn.weighted_cross_entropy_with_logits_grad_labels").unwrap(),
            ),
            (
                by_weight,
                Function::known("nn.weighted_cross_entropy_with_logits_grad_pos_weight").unwrap(),
            ),
        ] {
            let found = bits(&run(&graph, node, &fed));
            assert_eq!(found, expected(&function, &fed), "{function} in {dtype}");
        }
    }
}

#[test]
fn the_third_derivative_is_the_slope_of_the_second() {
    let (mut graph, [_, logits, _], loss, fed) = losses(DType::F64);
    let mut y = loss;
    for _ in 0..3 {
        y = gradient(&mut graph, y, logits);
    }
    for (found, point) in values(&run(&graph, y, &fed)).into_iter().zip(POINTS) {
        let expected = slope(
            &Function::known("nn.weighted_cross_entropy_with_logits_hess_logits").unwrap(),
            &point,
            1,
        );
        assert!(
            (found - expected).abs() <= 1e-9,
            "{point:?}: {found} {expected}"
        );
    }
}

#[test]
fn a_broadcast_weight_gets_the_exact_sum_rounded_once() {
    let (graph, _, _, fed) = losses(DType::F32);
    let mut graph = Graph::with_registry(graph.registry().clone());
    let z = graph.placeholder("z", DType::F32, [None]).unwrap();
    let x = graph.placeholder("x", DType::F32, [None]).unwrap();
    let q = graph
        .placeholder("q", DType::F32, PartialShape::unknown())
        .unwrap();
    let loss = graph.call(LOSS, Args::new().arg(z).arg(x).arg(q)).unwrap();
    let by_weight = gradient(&mut graph, loss, q);
    let one = DynTensor::scalar(DType::F32, 2.0);
    let scalar = [(z, fed[0].1.clone()), (x, fed[1].1.clone()), (q, one)];
    let found = run(&graph, by_weight, &scalar);
    // The derivative by the weight does not depend on it. These addends are of
    // like size, so that f64 holds their sum exactly.
    let addends = expected(
        &Function::known("nn.weighted_cross_entropy_with_logits_grad_pos_weight").unwrap(),
        &fed,
    );
    let sum: f64 = addends
        .iter()
        .map(|&b| f64::from(f32::from_bits(b as u32)))
        .sum();
    assert_eq!(bits(&found), [u64::from((sum as f32).to_bits())]);
    assert!(found.shape().is_scalar());
}

#[test]
fn unconnected_is_none_and_several_uses_are_sums() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F64, [2]).unwrap();
    let unused = graph.placeholder("unused", DType::F64, [2]).unwrap();
    let flag = graph.placeholder("flag", DType::Bool, [2]).unwrap();
    let square = graph
        .call("math.multiply", Args::new().arg(x).arg(x))
        .unwrap();
    let y = graph
        .call("where", Args::new().arg(flag).arg(square).arg(x))
        .unwrap();
    let before = graph.nodes().len();
    assert_eq!(
        graph.gradients(&[unused], &[x, flag]).unwrap(),
        [None, None]
    );
    assert_eq!(graph.nodes().len(), before, "nothing was added");
    let found = graph.gradients(&[y], &[x, unused, flag, y]).unwrap();
    assert_eq!([found[1], found[2]], [None, None]);
    let flags = Tensor::from(vec![true, false]).into();
    let fed = [(x, doubles(&[3.0, 5.0])), (flag, flags)];
    assert_eq!(values(&run(&graph, found[0].unwrap(), &fed)), [6.0, 1.0]);
    assert_eq!(values(&run(&graph, found[3].unwrap(), &fed)), [1.0, 1.0]);
    // Both ys count.
    let both = graph.gradients(&[square, y, square], &[x]).unwrap()[0].unwrap();
    assert_eq!(values(&run(&graph, both, &fed)), [18.0, 21.0]);
}

/// Infinity times a slope of 0 would be NaN, and a slope may overflow alone.
#[test]
fn what_is_not_taken_has_a_gradient_of_zero_whatever_comes_from_above() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F64, [3]).unwrap();
    let zero = graph.constant("zero", Tensor::scalar(0.0_f64)).unwrap();
    let arg = |args: [NodeId; 2]| Args::new().arg(args[0]).arg(args[1]);
    let above = graph.call("math.greater_equal", arg([x, zero])).unwrap();
    let taken = [
        graph.call("where", arg([above, x]).arg(zero)).unwrap(),
        graph.call("math.maximum", arg([x, zero])).unwrap(),
        graph.call("math.maximum", arg([zero, x])).unwrap(),
    ];
    for taken in taken {
        let log = graph.call("math.log", Args::new().arg(taken)).unwrap();
        let slope = gradient(&mut graph, log, x);
        let found = run(&graph, slope, &[(x, doubles(&[-1.0, 2.0, -3.0]))]);
        assert_eq!(values(&found), [0.0, 0.5, 0.0]);
    }
    let upstream = graph.constant("up", doubles(&[1e-308; 3])).unwrap();
    let y = graph.placeholder("y", DType::F64, [3]).unwrap();
    let by_y = graph.call("math.divide", arg([y, x])).unwrap();
    let slope = graph
        .gradients_with_upstream(&[(by_y, upstream)], &[y])
        .unwrap()[0]
        .unwrap();
    let fed = [(x, doubles(&[1e-309; 3])), (y, doubles(&[1.0; 3]))];
    let [tiny, small] = [1e-308_f64, 1e-309];
    assert_eq!(values(&run(&graph, slope, &fed)), [tiny / small; 3]);
}

#[test]
fn gradients_stand_in_a_scope_of_their_own() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [None]).unwrap();
    let loss = graph.name_scope("tower", |graph| {
        let exp = graph.call("math.exp", Args::new().arg(x))?;
        graph.call("math.reduce_mean", Args::new().arg(exp))
    });
    let before = graph.nodes().len();
    let loss = loss.unwrap();
    gradient(&mut graph, loss, x);
    let names: Vec<_> = graph.nodes().skip(before).map(|(_, n)| n.name()).collect();
    insta::assert_snapshot!(names.join("\n"));
    let again = gradient(&mut graph, loss, x);
    assert!(graph[again].name().starts_with("gradients_1/"));
}

#[test]
fn what_has_no_gradient_is_refused_by_name() {
    let mut registry = Registry::with_builtins();
    let definition = OpDef::builder("acme.step")
        .params([Param::float("x").doc("Any shape.")])
        .summary("A copy that forgot its derivative.")
        .formula("x")
        .compute(Compute::composed(|b, call| {
            b.call("identity", &call.args(&["x"]))
        }));
    registry.register(definition.build().unwrap()).unwrap();
    let mut graph = Graph::with_registry(registry.into());
    let x = graph.placeholder("x", DType::F32, [2]).unwrap();
    let one = graph.constant("one", Tensor::scalar(1.0_f32)).unwrap();
    let above = graph
        .call("math.greater_equal", Args::new().arg(x).arg(0.0))
        .unwrap();
    let step = graph.call("acme.step", Args::new().arg(x)).unwrap();
    let foreign = {
        let mut other = graph.clone();
        let many = (0..100).map(|_| other.placeholder(None, DType::F32, [2]).unwrap());
        many.last().unwrap()
    };
    let errors: [Result<_, OpError>; 5] = [
        graph.gradients(&[above], &[x]),
        graph.gradients(&[step], &[x]),
        graph.gradients(&[foreign], &[x]),
        graph.gradients(&[step], &[foreign]),
        graph.gradients_with_upstream(&[(step, above)], &[x]),
    ];
    let errors = errors.map(|error| error.unwrap_err().to_string());
    insta::assert_snapshot!(errors.join("\n"));
    assert_eq!(
        graph.gradients(&[step], &[one]).unwrap(),
        [None],
        "not on the way"
    );
}

#[test]
fn an_upstream_gradient_of_unknown_shape_is_compared_in_each_run() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F64, [None]).unwrap();
    let upstream = graph.placeholder("upstream", DType::F64, [None]).unwrap();
    let y = graph.call("math.negative", Args::new().arg(x)).unwrap();
    let found = graph
        .gradients_with_upstream(&[(y, upstream)], &[x])
        .unwrap()[0]
        .unwrap();
    let fed = [(x, doubles(&[1.0, 2.0])), (upstream, doubles(&[3.0, 5.0]))];
    assert_eq!(values(&run(&graph, found, &fed)), [-3.0, -5.0]);
    let (one, two) = (Tensor::from(vec![1.0]), Tensor::from(vec![1.0, 2.0]));
    let plan = graph.compile(&[found]).unwrap();
    assert!(
        plan.run(&Feeds::new().feed(x, &one).feed(upstream, &two))
            .is_err()
    );
}

#[cfg(feature = "tensorflow")]
#[test]
fn an_op_that_nobody_knows_is_refused_only_on_the_way() {
    let text = r#"
        node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "far" op: "Sinh" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
        node { name: "y" op: "Neg" input: "far" attr { key: "T" value { type: DT_FLOAT } } }
        node { name: "z" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    "#;
    let graph = ops_nn::tensorflow::GraphDef::from_text(text).unwrap();
    let mut graph = graph.into_graph(&Registry::with_builtins().into()).unwrap();
    let [x, y, z] = ["x", "y", "z"].map(|name| graph.find(name).unwrap());
    let error = graph.gradients(&[y], &[x]).unwrap_err().to_string();
    assert!(
        error.contains("node 'far': Op type not registered 'Sinh'"),
        "{error}"
    );
    assert!(graph.compile(&[y]).is_err());
    assert!(graph.gradients(&[z], &[x]).unwrap()[0].is_some());
}

#[test]
fn a_hosts_op_is_differentiated_by_its_own_rule() {
    let mut registry = Registry::with_builtins();
    let square = OpDef::builder("acme.square")
        .params([Param::float("x").doc("Any shape.")])
        .summary("The square.")
        .formula("x * x")
        .compute(Compute::composed(|b, call| {
            b.call("math.multiply", &call.args(&["x", "x"]))
        }))
        .derivative("x", |b, call| b.mul(2.0, call.arg("x")));
    registry.register(square.build().unwrap()).unwrap();
    let mut graph = Graph::with_registry(registry.into());
    let x = graph.placeholder("x", DType::F64, [None]).unwrap();
    let y = graph.call("acme.square", Args::new().arg(x)).unwrap();
    let once = gradient(&mut graph, y, x);
    let twice = gradient(&mut graph, once, x);
    let fed = [(x, doubles(&[3.0, -1.5]))];
    assert_eq!(values(&run(&graph, once, &fed)), [6.0, -3.0]);
    assert_eq!(values(&run(&graph, twice, &fed)), [2.0, 2.0]);
}

#[test]
fn the_gradient_of_a_whole_model_is_the_slope_of_its_exact_loss() {
    let mut graph = Graph::new();
    let features = graph
        .placeholder("features", DType::F64, [None, Some(2)])
        .unwrap();
    let labels = graph.placeholder("labels", DType::F64, [None]).unwrap();
    let weights = graph.placeholder("weights", DType::F64, [2]).unwrap();
    let bias = graph
        .placeholder("bias", DType::F64, PartialShape::from(Shape::scalar()))
        .unwrap();
    let products = graph
        .call("math.multiply", Args::new().arg(features).arg(weights))
        .unwrap();
    let dots = graph
        .call("math.reduce_sum", Args::new().arg(products).arg([-1]))
        .unwrap();
    let logits = graph
        .call("math.add", Args::new().arg(dots).arg(bias))
        .unwrap();
    let loss = graph
        .call(LOSS, Args::new().arg(labels).arg(logits).arg(2.0))
        .unwrap();
    let mean = graph
        .call("math.reduce_mean", Args::new().arg(loss))
        .unwrap();
    let found = graph.gradients(&[mean], &[weights, bias]).unwrap();
    // Binary fractions, so that the logits are exact.
    let rows = [[1.0, -0.5], [0.25, 2.0], [-1.5, 0.75], [0.5, 0.5]];
    let targets = [1.0, 0.0, 0.0, 1.0];
    let (w, b) = ([0.5, -0.25], 0.125);
    let matrix = Tensor::new([4, 2], rows.concat()).unwrap();
    let fed = [
        (features, matrix.into()),
        (labels, doubles(&targets)),
        (weights, doubles(&w)),
        (bias, DynTensor::scalar(DType::F64, b)),
    ];
    let slopes: Vec<f64> = rows
        .iter()
        .zip(targets)
        .map(|(row, z)| {
            let x = row[0] * w[0] + row[1] * w[1] + b;
            exact(
                &Function::known("nn.weighted_cross_entropy_with_logits_grad_logits").unwrap(),
                &[z, x, 2.0],
            )
        })
        .collect();
    let by_weight = |i: usize| rows.iter().zip(&slopes).map(|(r, s)| r[i] * s).sum::<f64>() / 4.0;
    let expected = [by_weight(0), by_weight(1), slopes.iter().sum::<f64>() / 4.0];
    let mut all = values(&run(&graph, found[0].unwrap(), &fed));
    all.extend(values(&run(&graph, found[1].unwrap(), &fed)));
    for (found, expected) in all.into_iter().zip(expected) {
        assert!(
            (found - expected).abs() <= 1e-15,
            "{found}, must be {expected}"
        );
    }
}
