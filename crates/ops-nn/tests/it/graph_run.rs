//! Plans: what is run, on what, how often; and what is refused.

use ops_nn::graph::{Feeds, NodeId, NodeKind, Plan};
use ops_nn::tensor_core::{DType, DynTensor, PartialShape, Tensor};
use ops_nn::{Args, Graph, OpError};
use proptest::prelude::*;

const LOSS: &str = "nn.weighted_cross_entropy_with_logits";

fn vector(values: &[f32]) -> Tensor<'static, f32> {
    Tensor::from(values.to_vec())
}

/// Placeholders `z` and `x` of that shape and the loss of both.
fn loss(shape: impl Into<PartialShape>) -> (Graph, [NodeId; 3]) {
    let (mut graph, shape) = (Graph::new(), shape.into());
    let z = graph.placeholder("z", DType::F32, &shape).unwrap();
    let x = graph.placeholder("x", DType::F32, &shape).unwrap();
    let loss = graph
        .call(LOSS, Args::new().arg(z).arg(x).arg(2.0))
        .unwrap();
    (graph, [z, x, loss])
}

fn message<T: std::fmt::Debug>(result: Result<T, OpError>) -> String {
    result.unwrap_err().to_string()
}

/// Bit for bit.
fn assert_same(found: &DynTensor<'_>, expected: &DynTensor<'_>) {
    let what = |t: &DynTensor<'_>| {
        let bits: Vec<_> = (0..t.len()).map(|i| t.get_bits(i)).collect();
        (t.dtype(), t.shape().clone(), bits)
    };
    assert_eq!(what(found), what(expected));
}

#[test]
fn a_plan_runs_many_times_on_other_shapes() {
    let (graph, [z, x, loss]) = loss([None]);
    let plan = graph.compile(&[loss]).unwrap();
    for count in [3, 1, 0, 5] {
        let labels = vector(&vec![0.0; count]);
        let logits = vector(&vec![-17.0; count]);
        let found = plan.run(&Feeds::new().feed(z, &labels).feed(x, &logits));
        // The exact loss, as the op's documentation has it.
        assert_same(
            &found.unwrap()[0],
            &vector(&vec![4.139_937_5e-8; count]).into(),
        );
    }
}

#[test]
fn only_what_is_fetched_is_run() {
    let (mut graph, [z, x, loss]) = loss([2]);
    let minus = graph.call("math.negative", Args::new().arg(x)).unwrap();
    let plan = graph.compile(&[minus]).unwrap();
    assert_eq!(plan.steps(), 1);
    let logits = vector(&[1.0, -2.0]);
    let feeds = Feeds::new().feed(x, &logits);
    assert_same(&plan.run(&feeds).unwrap()[0], &vector(&[-1.0, 2.0]).into());
    // Fed for nothing, but not wrongly.
    assert!(plan.run(&feeds.clone().feed(z, &logits)).is_ok());
    assert!(graph.compile(&[loss]).unwrap().run(&feeds).is_err());
}

#[test]
fn any_node_can_be_fetched_and_twice() {
    let (mut graph, [_, x, _]) = loss([2]);
    let one = graph.constant("one", Tensor::scalar(1.0_f32)).unwrap();
    let y = graph.call("math.add", Args::new().arg(x).arg(one)).unwrap();
    let plan = graph.compile(&[y, x, one, y]).unwrap();
    let fed = vector(&[1.0, 2.0]);
    let found = plan.run(&Feeds::new().feed(x, &fed)).unwrap();
    let sum = vector(&[2.0, 3.0]).into();
    let expected = [&sum, &fed.into(), &DynTensor::scalar(DType::F32, 1.0), &sum];
    assert_eq!(found.len(), 4);
    for (found, expected) in found.iter().zip(expected) {
        assert_same(found, expected);
    }
}

#[test]
fn dead_buffers_are_used_again_but_not_fetched_ones() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [4]).unwrap();
    let mut chain = vec![x];
    for _ in 0..100 {
        let last = chain[chain.len() - 1];
        chain.push(graph.call("math.negative", Args::new().arg(last)).unwrap());
    }
    assert_eq!(graph.compile(&[chain[100]]).unwrap().buffers(), 2);
    let plan = graph.compile(&[chain[1], chain[2], chain[100]]).unwrap();
    let fed = vector(&[1.0, -2.0, 0.0, 3.0]);
    let found = plan.run(&Feeds::new().feed(x, &fed)).unwrap();
    assert_same(&found[1], &fed.clone().into());
    assert_same(&found[2], &found[1]);
    assert_same(&found[0], &vector(&[-1.0, 2.0, -0.0, -3.0]).into());
}

#[test]
fn deep_graphs_take_no_deep_stack() {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, [1]).unwrap();
    let mut last = x;
    for _ in 0..100_000 {
        last = graph.call("math.negative", Args::new().arg(last)).unwrap();
    }
    let slope = graph.gradients(&[last], &[x]).unwrap()[0].unwrap();
    let plan = graph.compile(&[last, slope]).unwrap();
    let fed = vector(&[3.0]);
    let found = plan.run(&Feeds::new().feed(x, &fed)).unwrap();
    assert_same(&found[0], &fed.into());
    assert_same(&found[1], &vector(&[1.0]).into());
}

#[test]
fn a_plan_runs_in_several_threads_at_once() {
    fn assert_shared<T: Send + Sync + 'static>(_: &T) {}
    let (graph, [z, x, loss]) = loss([None]);
    let plan = graph.compile(&[loss]).unwrap();
    assert_shared::<Plan>(&plan);
    let expected = 34.0_f32;
    std::thread::scope(|scope| {
        for count in 1..9 {
            let plan = &plan;
            scope.spawn(move || {
                let (labels, logits) = (vector(&vec![1.0; count]), vector(&vec![-17.0; count]));
                for _ in 0..100 {
                    let feeds = Feeds::new().feed(z, &labels).feed(x, &logits);
                    let found = plan.run(&feeds).unwrap();
                    assert_same(&found[0], &vector(&vec![expected; count]).into());
                }
            });
        }
    });
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let mut graph = Graph::new();
    let z = graph.placeholder("z", DType::F32, [2, 3]).unwrap();
    let x = graph.placeholder("x", DType::F32, [None, Some(3)]).unwrap();
    let loss = graph
        .call(LOSS, Args::new().arg(z).arg(x).arg(2.0))
        .unwrap();
    let plan = graph.compile(&[loss]).unwrap();
    let fits = Tensor::new([2, 3], vec![0.5_f32; 6]).unwrap();
    let long = Tensor::new([4, 3], vec![0.5_f32; 12]).unwrap();
    let flat = Tensor::new([6], vec![0.5_f32; 6]).unwrap();
    let double = Tensor::new([2, 3], vec![0.5_f64; 6]).unwrap();
    let feeds = Feeds::new().feed(z, &fits);
    let foreign = {
        let mut other = graph.clone();
        other.constant(None, fits.clone()).unwrap()
    };
    let cases = [
        feeds.clone(),
        feeds.clone().feed(x, &flat),
        feeds.clone().feed(x, &double),
        feeds.clone().feed(x, &fits).feed(loss, &fits),
        feeds.clone().feed(x, &fits).feed(z, &fits),
        feeds.clone().feed(x, &fits).feed(foreign, &fits),
        // Each fits its placeholder, but they do not fit each other.
        feeds.clone().feed(x, &long),
    ];
    let mut report = String::new();
    for feeds in cases {
        report += &message(plan.run(&feeds));
        report.push('\n');
    }
    report += &message(graph.compile(&[foreign]));
    insta::assert_snapshot!(report);
    assert!(plan.run(&feeds.feed(x, &fits)).is_ok());
}

/// The ops of random graphs, with their count of tensor arguments. All take
/// floats of any shape that broadcasts.
const OPS: [(&str, usize); 12] = [
    ("math.add", 2),
    ("math.multiply", 2),
    ("math.maximum", 2),
    ("math.subtract", 2),
    ("math.negative", 1),
    ("math.sigmoid", 1),
    ("math.softplus", 1),
    ("math.abs", 1),
    ("nn.relu", 1),
    ("zeros_like", 1),
    ("grad.sum_like", 1),
    ("math.reduce_sum", 1),
];

/// The value of every node, each op called eagerly.
fn eager(graph: &Graph, fed: &[DynTensor<'static>]) -> Vec<DynTensor<'static>> {
    let mut values: Vec<DynTensor<'static>> = Vec::new();
    let mut fed = fed.iter();
    for (_, node) in graph.nodes() {
        let value = match node.kind() {
            NodeKind::Placeholder => fed.next().unwrap().clone(),
            NodeKind::Constant(value) => value.clone(),
            NodeKind::Op(op) => {
                let inputs = node.inputs().map(|id| &values[id.index()]);
                let args = inputs.fold(Args::new(), Args::arg);
                let op = graph.registry().get(op.op_name()).unwrap();
                op.call(args).unwrap()
            }
            other => panic!("{other:?}"),
        };
        values.push(value);
    }
    values
}

proptest! {
    #[test]
    fn a_plan_computes_what_eager_calls_do(
        steps in prop::collection::vec((0..OPS.len(), any::<[u16; 2]>()), 1..40),
        fetched in prop::collection::vec(any::<u16>(), 1..4),
        values in prop::collection::vec(-30.0_f32..30.0, 9),
        known in any::<bool>(),
    ) {
        let fed: [DynTensor<'static>; 3] = [
            Tensor::new([2, 3], values[..6].to_vec()).unwrap().into(),
            Tensor::new([3], values[6..].to_vec()).unwrap().into(),
            Tensor::scalar(values[0]).into(),
        ];
        let mut graph = Graph::new();
        let mut nodes: Vec<NodeId> = fed
            .iter()
            .map(|value| {
                let shape = if known { value.shape().into() } else { PartialShape::unknown() };
                graph.placeholder(None, DType::F32, shape).unwrap()
            })
            .collect();
        let placeholders = nodes.clone();
        for (op, picks) in steps {
            let (op, arity) = OPS[op];
            let pick = |i: usize| nodes[picks[i] as usize % nodes.len()];
            let args = (0..arity).fold(Args::new(), |args, i| args.arg(pick(i)));
            let args = if op == "grad.sum_like" { args.arg(pick(0)) } else { args };
            nodes.push(graph.call(op, args).unwrap());
        }
        let fetched: Vec<_> = fetched.iter().map(|&i| nodes[i as usize % nodes.len()]).collect();
        let plan = graph.compile(&fetched).unwrap();
        let feeds = placeholders.iter().zip(&fed);
        let feeds = feeds.fold(Feeds::new(), |feeds, (id, value)| feeds.feed(*id, value));
        let expected = eager(&graph, &fed);
        for _ in 0..2 {
            for (id, found) in fetched.iter().zip(plan.run(&feeds).unwrap()) {
                assert_same(&found, &expected[id.index()]);
            }
        }
    }
}
