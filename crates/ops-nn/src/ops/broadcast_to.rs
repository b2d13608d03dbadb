//! `broadcast_to`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("broadcast_to")
        .aliases(tensorflow_names(["broadcast_to"]))
        .params([
            Param::tensor("input", DTypes::Any).doc("A shape that broadcasts to `shape`."),
            Param::builder("shape", ParamKind::Shape).doc("The shape of the result."),
        ])
        .shape(ShapeRule::custom(target))
        .summary("The tensor repeated along its dimensions of 1, and along new leading ones.")
        .formula("input, repeated to shape")
        .since(FIRST)
        .source("TensorFlow, tf.broadcast_to")
        .compute(Compute::host(expand))
        .vjp("input", |b, call, upstream| {
            b.sum_like(upstream, call.arg("input"))
        })
        .node(TfNode::of_type("BroadcastTo"))
        .example(
            [("input", [1.0, 2.0].into()), ("shape", [2_i64, 2].into())],
            [1.0, 2.0, 1.0, 2.0],
        )
}

fn target(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    let target = PartialShape::new(super::dims_argument(inputs, "shape", 0)?);
    inputs
        .shape("input")?
        .broadcast_to(&target)
        .map_err(|source| inputs.tensor_error(source))?;
    Ok(target)
}

fn expand(task: &Task<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    let whole = task.tensor("input")?.broadcast_to(task.shape());
    task.write(&whole.map_err(|e| task.tensor_error(e))?, out)
}
