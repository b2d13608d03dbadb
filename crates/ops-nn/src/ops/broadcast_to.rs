//! `broadcast_to`.

use tensor_core::{DynSliceMut, PartialShape};

use crate::call::binding::Inputs;
use crate::call::eager::Call;
use crate::op::compute::{self, Compute};
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::op::rules::{Vjp, Gradient};
use crate::op::tf_node::TfNode;
use crate::op::shapes::ShapeRule;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("broadcast_to")
            .aliases(super::tensorflow_names(["broadcast_to"]))
            .params([
                Param::new("input", ParamKind::Tensor(DTypes::Any))
                    .doc("A shape that broadcasts to `shape`."),
                Param::new("shape", ParamKind::Shape).doc("The shape of the result."),
            ])
            .shape(ShapeRule::custom(target))
            .summary("The tensor repeated along its dimensions of 1, and along new leading ones.")
            .formula("input, repeated to shape")
            .since(super::FIRST)
            .source("TensorFlow, tf.broadcast_to")
            .compute(Compute::new(expand))
            .gradient(Gradient::vjp([Vjp::new(
                "input",
                |b, call, upstream| b.call("grad.sum_like", &[upstream, call.arg("input")]),
            )]))
            .node(TfNode::named("BroadcastTo").types(["BroadcastTo"]))
            .example(Example::new(
                [
                    ("input", ExampleArg::Values(vec![1.0, 2.0])),
                    ("shape", ExampleArg::Ints(vec![2, 2])),
                ],
                [1.0, 2.0, 1.0, 2.0],
            )),
    ]
}

fn target(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    let target = PartialShape::new(super::dims_argument(inputs, "shape", 0)?);
    inputs
        .shape("input")?
        .broadcast_to(&target)
        .map_err(|source| inputs.tensor_error(source))?;
    Ok(target)
}

fn expand(call: &Call<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    let whole = call.tensor("input")?.broadcast_to(call.shape());
    compute::write(call, &whole.map_err(|e| call.tensor_error(e))?, out)
}
