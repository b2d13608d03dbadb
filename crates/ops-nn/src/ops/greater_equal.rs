//! `math.greater_equal`.

use tensor_core::{bf16, f16};

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    binary("math.greater_equal")
        .aliases(tensorflow_names(["math.greater_equal", "greater_equal"]))
        .dtype(DTypeRule::Fixed(DType::Bool))
        .summary("Whether x is at least y, element by element, as bool.")
        .formula("x >= y")
        .special("x or y NaN", "false")
        .source("TensorFlow, tf.math.greater_equal; IEEE 754")
        .compute(Compute::host(compare))
        .node(TfNode::of_type("GreaterEqual"))
        .example(
            [("x", [-1.0, 0.0].into()), ("y", Value::Number(0.0))],
            [0.0, 1.0],
        )
}

fn compare(task: &Task<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    fn run<T: Number>(task: &Task<'_>, out: &mut [bool]) -> Result<(), OpError> {
        let (x, y) = (task.operand::<T>(0)?, task.operand::<T>(1)?);
        task.kernel(k::greater_equal(x.as_operand(), y.as_operand(), out))
    }
    let out = out.downcast::<bool>().map_err(|e| task.tensor_error(e))?;
    match task.shared_dtype() {
        DType::F16 => run::<f16>(task, out),
        DType::BF16 => run::<bf16>(task, out),
        DType::F32 => run::<f32>(task, out),
        DType::F64 => run::<f64>(task, out),
        DType::Bool => Err(task.no_kernel()),
    }
}
