//! `where`.

use super::prelude::*;

pub(super) fn definition() -> OpDefBuilder {
    OpDef::builder("where")
        .aliases(tensorflow_names(["where"]))
        .params([
            Param::tensor("condition", DTypes::Bool)
                .doc("Which of the two to take; a shape that broadcasts with the others."),
            Param::tensor("x", DTypes::Any).doc("Taken where true."),
            Param::tensor("y", DTypes::Any).doc("Taken where false."),
        ])
        .summary("The element of x where the condition holds, else that of y.")
        .formula("x if condition else y")
        .special("NaN in the element not taken", "has no effect")
        .since(FIRST)
        .source("TensorFlow, tf.where with three arguments")
        .compute(Compute::host(select))
        .gradient(Gradient::elementwise([
            Partial::new("x", |b, call| {
                pick(b, call, Value::Number(1.0), Value::Number(0.0))
            })
            .product(|b, call, upstream| pick(b, call, upstream, Value::Number(0.0))),
            Partial::new("y", |b, call| {
                pick(b, call, Value::Number(0.0), Value::Number(1.0))
            })
            .product(|b, call, upstream| pick(b, call, Value::Number(0.0), upstream)),
        ]))
        .node(
            TfNode::named("Select")
                .types(["Select", "SelectV2"])
                .broadcasting_type("SelectV2")
                .constant("x", "t")
                .constant("y", "e"),
        )
        .example(
            [
                ("condition", [true, false].into()),
                ("x", [1.0, 2.0].into()),
                ("y", Value::Number(0.0)),
            ],
            [1.0, 0.0],
        )
}

fn select(task: &Task<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    fn run<T: Element + FromNumber>(task: &Task<'_>, out: &mut [T]) -> Result<(), OpError> {
        let condition = task.operand::<bool>(0)?;
        let (x, y) = (task.operand::<T>(1)?, task.operand::<T>(2)?);
        task.kernel(k::select(
            condition.as_operand(),
            x.as_operand(),
            y.as_operand(),
            out,
        ))
    }
    match out {
        DynSliceMut::Bool(out) => run(task, out),
        DynSliceMut::F16(out) => run(task, out),
        DynSliceMut::BF16(out) => run(task, out),
        DynSliceMut::F32(out) => run(task, out),
        DynSliceMut::F64(out) => run(task, out),
    }
}

/// By the call's condition.
fn pick(
    b: &mut dyn OpBuilder,
    call: &CallSite<'_>,
    if_true: Value<'static>,
    if_false: Value<'static>,
) -> RuleResult {
    b.select(call.arg("condition"), if_true, if_false)
}
