//! `reshape`.

use tensor_core::PartialShape;

use crate::call::binding::Inputs;
use crate::op::compute::Compute;
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::op::rules::{Vjp, Gradient};
use crate::op::tf_node::TfNode;
use crate::op::shapes::ShapeRule;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("reshape")
            .aliases(super::tensorflow_names(["reshape"]))
            .params([
                Param::new("tensor", ParamKind::Tensor(DTypes::Any)).doc("Any shape."),
                Param::new("shape", ParamKind::Shape).doc(
                    "The shape of the result, with as many elements; one dimension may be -1, to be worked out.",
                ),
            ])
            .shape(ShapeRule::custom(target))
            .summary("The same elements, row-major, in another shape.")
            .formula("tensor, in another shape")
            .since(super::FIRST)
            .source("TensorFlow, tf.reshape")
            .compute(Compute::copy())
            .gradient(Gradient::vjp([Vjp::new("tensor", |b, call, upstream| {
                b.call("grad.reshape_like", &[upstream, call.arg("tensor")])
            })]))
            .node(TfNode::named("Reshape").types(["Reshape"]))
            .example(Example::new(
                [
                    ("tensor", ExampleArg::Values(vec![1.0, 2.0])),
                    ("shape", ExampleArg::Ints(vec![2, -1])),
                ],
                [1.0, 2.0],
            )),
    ]
}

fn target(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
    let dims = super::dims_argument(inputs, "shape", 1)?;
    let Some(tensor) = inputs.shape("tensor")?.to_shape() else {
        return Ok(PartialShape::new(dims));
    };
    let count = tensor.len();
    let product: usize = dims.iter().flatten().product();
    let rest = match (product, dims.contains(&None)) {
        (product, false) if product == count => 1,
        (product, true) if product > 0 && count % product == 0 => count / product,
        _ => {
            let expected = format!("a shape of {count} elements");
            return Err(super::wrong_ints(inputs, "shape", expected));
        }
    };
    Ok(PartialShape::new(
        dims.into_iter().map(|dim| Some(dim.unwrap_or(rest))),
    ))
}
