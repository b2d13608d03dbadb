//! The call patterns of the golden graphs, made with this library.

use ops_nn::graph::NodeId;
use ops_nn::tensor_core::{DType, PartialShape, Tensor};
use ops_nn::{Args, Graph, OpError, Value};

const WEIGHTED: &str = "tf.nn.weighted_cross_entropy_with_logits";
const ALIASED: &str = "tf.compat.v1.nn.weighted_cross_entropy_with_logits";
const SIGMOID: &str = "tf.nn.sigmoid_cross_entropy_with_logits";

/// The graph of the call pattern of that name.
pub(crate) fn build(pattern: &str) -> Result<Graph, OpError> {
    let graph = &mut Graph::new();
    match pattern {
        "weighted_scalar_static" => weighted(graph, DType::F32, ["(2, 3)", "(2, 3)"], 2.0)?,
        "weighted_scalar_unknown_batch" => {
            weighted(graph, DType::F32, ["(None, 3)", "(2, None)"], 0.5)?
        }
        "weighted_unknown_rank" => weighted(graph, DType::F32, ["<unknown>", "(2, None)"], 0.5)?,
        "weighted_f16" => weighted(graph, DType::F16, ["(4,)", "(4,)"], 3.0)?,
        "weighted_f64" => weighted(graph, DType::F64, ["(4,)", "(4,)"], 3.0)?,
        "weighted_tensor_pos_weight" => {
            let (z, x) = labels_and_logits(graph, DType::F32, ["(None, 3)", "(None, 3)"])?;
            let q = graph.placeholder("q", DType::F32, shape("(3,)"))?;
            graph.call(WEIGHTED, Args::new().arg(z).arg(x).arg(q))?
        }
        "weighted_named" => {
            let (z, x) = labels_and_logits(graph, DType::F32, ["(4,)", "(4,)"])?;
            let args = Args::new().arg(z).arg(x).arg(3.0);
            graph.call(WEIGHTED, args.kwarg("name", "mybce"))?
        }
        "weighted_targets_alias" => {
            let (z, x) = labels_and_logits(graph, DType::F32, ["(4,)", "(4,)"])?;
            let args = Args::new().kwarg("targets", z).kwarg("logits", x);
            graph.call(ALIASED, args.kwarg("pos_weight", 3.0))?
        }
        "weighted_lists" => {
            let labels = Tensor::from(vec![1.0_f32, 0.5, 0.0]);
            let logits = Tensor::from(vec![1.5_f32, -0.1, -10.0]);
            graph.call(WEIGHTED, Args::new().arg(&labels).arg(&logits).arg(1.5))?
        }
        "sigmoid_static" => sigmoid(graph, ["(2, 3)", "(2, 3)"], Value::None)?,
        "sigmoid_unknown_batch" => sigmoid(graph, ["(None, 3)", "(None, 3)"], Value::None)?,
        "sigmoid_named" => sigmoid(graph, ["(4,)", "(4,)"], "mylogistic".into())?,
        "two_calls" => {
            let x = graph.placeholder("x", DType::F32, shape("(4,)"))?;
            let z = graph.placeholder("z", DType::F32, shape("(4,)"))?;
            graph.call(WEIGHTED, Args::new().arg(z).arg(x).arg(2.0))?;
            graph.call(WEIGHTED, Args::new().arg(z).arg(x).arg(2.0))?;
            graph.call(SIGMOID, Args::new().arg(z).arg(x))?
        }
        "nested_scopes" => towers(graph, "tower")?,
        "reentered_scope" => towers(graph, "tower/")?,
        other => panic!("no call pattern '{other}'"),
    };
    Ok(std::mem::take(graph))
}

fn shape(text: &str) -> PartialShape {
    text.parse().expect("a shape")
}

/// Placeholders `z` and `x`.
fn labels_and_logits(
    graph: &mut Graph,
    dtype: DType,
    shapes: [&str; 2],
) -> Result<(NodeId, NodeId), OpError> {
    let z = graph.placeholder("z", dtype, shape(shapes[0]))?;
    let x = graph.placeholder("x", dtype, shape(shapes[1]))?;
    Ok((z, x))
}

fn weighted(
    graph: &mut Graph,
    dtype: DType,
    shapes: [&str; 2],
    pos_weight: f64,
) -> Result<NodeId, OpError> {
    let (z, x) = labels_and_logits(graph, dtype, shapes)?;
    graph.call(WEIGHTED, Args::new().arg(z).arg(x).arg(pos_weight))
}

fn sigmoid(graph: &mut Graph, shapes: [&str; 2], name: Value<'_>) -> Result<NodeId, OpError> {
    let (z, x) = labels_and_logits(graph, DType::F32, shapes)?;
    let args = Args::new().arg(z).arg(x);
    graph.call(SIGMOID, args.kwarg("name", name))
}

/// Two calls, the second in `second_scope`.
fn towers(graph: &mut Graph, second_scope: &str) -> Result<NodeId, OpError> {
    let (x, z) = graph.name_scope("tower", |graph| {
        let x = graph.placeholder("x", DType::F32, shape("(4,)"))?;
        let z = graph.placeholder("z", DType::F32, shape("(4,)"))?;
        graph.call(WEIGHTED, Args::new().arg(z).arg(x).arg(2.0))?;
        Ok((x, z))
    })?;
    graph.name_scope(second_scope, |graph| {
        graph.call(WEIGHTED, Args::new().arg(z).arg(x).arg(2.0))
    })
}
