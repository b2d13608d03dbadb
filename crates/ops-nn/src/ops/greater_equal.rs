//! `math.greater_equal`.

use exact_kernels as k;
use tensor_core::{DType, DynSliceMut, bf16, f16};

use crate::call::eager::Call;
use crate::op::compute::{Compute, Number};
use crate::op::definition::{DTypeRule, Example, ExampleArg, OpDef, Param};
use crate::error::OpError;
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("math.greater_equal")
            .aliases(super::tensorflow_names([
                "math.greater_equal",
                "greater_equal",
            ]))
            .params([
                Param::float("x").doc("Any shape."),
                Param::float("y").doc("A shape that broadcasts with that of `x`."),
            ])
            .dtype(DTypeRule::Fixed(DType::Bool))
            .summary("Whether x is at least y, element by element, as bool.")
            .formula("x >= y")
            .special("x or y NaN", "false")
            .since(super::FIRST)
            .source("TensorFlow, tf.math.greater_equal; IEEE 754")
            .compute(Compute::new(compare))
            .node(TfNode::named("GreaterEqual").types(["GreaterEqual"]))
            .example(Example::new(
                [
                    ("x", ExampleArg::Values(vec![-1.0, 0.0])),
                    ("y", ExampleArg::Number(0.0)),
                ],
                [0.0, 1.0],
            )),
    ]
}

fn compare(call: &Call<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    fn run<T: Number>(call: &Call<'_>, out: &mut [bool]) -> Result<(), OpError> {
        let (x, y) = (call.operand::<T>(0)?, call.operand::<T>(1)?);
        call.kernel(k::greater_equal(x.as_operand(), y.as_operand(), out))
    }
    let out = out.downcast::<bool>().map_err(|e| call.tensor_error(e))?;
    match call.shared_dtype() {
        DType::F16 => run::<f16>(call, out),
        DType::BF16 => run::<bf16>(call, out),
        DType::F32 => run::<f32>(call, out),
        DType::F64 => run::<f64>(call, out),
        DType::Bool => Err(call.no_kernel()),
    }
}
