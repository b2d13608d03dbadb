//! `reshape`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("reshape")
        .aliases(tensorflow_names(["reshape"]))
        .params([
            Param::tensor("tensor", DTypes::Any).doc("Any shape."),
            Param::builder("shape", ParamKind::Shape).doc(
                "The shape of the result, with as many elements; one dimension may be -1, \
                 to be worked out.",
            ),
        ])
        .shape(ShapeRule::custom(target))
        .summary("The same elements, row-major, in another shape.")
        .formula("tensor, in another shape")
        .since(FIRST)
        .source("TensorFlow, tf.reshape")
        .compute(Compute::Kernel(Kernel::Copy))
        .vjp("tensor", |b, call, upstream| {
            b.call("grad.reshape_like", &[upstream, call.arg("tensor")])
        })
        .node(TfNode::of_type("Reshape"))
        .example(
            [("tensor", [1.0, 2.0].into()), ("shape", [2_i64, -1].into())],
            [1.0, 2.0],
        )
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
