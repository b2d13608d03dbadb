//! `reshape`.

use tensor_core::Shape;

use crate::binding::Inputs;
use crate::compute::Compute;
use crate::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::gradient::{Adjoint, Gradient};
use crate::shapes::ShapeRule;

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
            .gradient(Gradient::adjoint([Adjoint::new("tensor", |b, call, upstream| {
                b.call("grad.reshape_like", &[upstream, call.arg("tensor")])
            })]))
            .example(Example::new(
                [
                    ("tensor", ExampleArg::Values(vec![1.0, 2.0])),
                    ("shape", ExampleArg::Ints(vec![2, -1])),
                ],
                [1.0, 2.0],
            )),
    ]
}

fn target(inputs: &Inputs<'_>) -> Result<Shape, OpError> {
    let count = inputs.shape("tensor")?.len();
    super::shape_argument(inputs, "shape", Some(count))
}
