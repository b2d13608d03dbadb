//! `where`.

use exact_kernels as k;
use tensor_core::{DynSliceMut, Element};

use crate::call::eager::{Call, FromNumber};
use crate::op::compute::Compute;
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::op::rules::{OpBuilder, CallSite, Gradient, Partial};
use crate::op::value::{RuleResult, Value};
use crate::op::tf_node::TfNode;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("where")
            .aliases(super::tensorflow_names(["where"]))
            .params([
                Param::new("condition", ParamKind::Tensor(DTypes::Bool))
                    .doc("Which of the two to take; a shape that broadcasts with the others."),
                Param::new("x", ParamKind::Tensor(DTypes::Any)).doc("Taken where true."),
                Param::new("y", ParamKind::Tensor(DTypes::Any)).doc("Taken where false."),
            ])
            .summary("The element of x where the condition holds, else that of y.")
            .formula("x if condition else y")
            .special("NaN in the element not taken", "has no effect")
            .since(super::FIRST)
            .source("TensorFlow, tf.where with three arguments")
            .compute(Compute::new(select))
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
            .node(TfNode::named("Select").types(["Select", "SelectV2"]).broadcasting_type("SelectV2").constant("x", "t").constant("y", "e"))
            .example(Example::new(
                [
                    ("condition", ExampleArg::Bools(vec![true, false])),
                    ("x", ExampleArg::Values(vec![1.0, 2.0])),
                    ("y", ExampleArg::Number(0.0)),
                ],
                [1.0, 0.0],
            )),
    ]
}

fn select(call: &Call<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    fn run<T: Element + FromNumber>(call: &Call<'_>, out: &mut [T]) -> Result<(), OpError> {
        let condition = call.operand::<bool>(0)?;
        let (x, y) = (call.operand::<T>(1)?, call.operand::<T>(2)?);
        call.kernel(k::select(
            condition.as_operand(),
            x.as_operand(),
            y.as_operand(),
            out,
        ))
    }
    match out {
        DynSliceMut::Bool(out) => run(call, out),
        DynSliceMut::F16(out) => run(call, out),
        DynSliceMut::BF16(out) => run(call, out),
        DynSliceMut::F32(out) => run(call, out),
        DynSliceMut::F64(out) => run(call, out),
    }
}

/// By the call's condition.
fn pick(
    b: &mut dyn OpBuilder,
    call: &CallSite<'_>,
    if_true: Value<'static>,
    if_false: Value<'static>,
) -> RuleResult {
    b.call("where", &[call.arg("condition"), if_true, if_false])
}
