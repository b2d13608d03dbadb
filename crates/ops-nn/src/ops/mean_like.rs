//! `grad.mean_like`: the adjoint of a mean.

use exact_kernels as k;
use tensor_core::{DynSliceMut, DynTensor};

use super::broadcast_like::{repeat_along_axes, target};
use super::reduction;
use crate::call::eager::Call;
use crate::op::compute::{Compute, Number};
use crate::op::definition::{DTypes, Example, ExampleArg, OpDef, Param, ParamKind};
use crate::error::OpError;
use crate::op::rules::{Vjp, Gradient};
use crate::op::shapes::ShapeRule;

pub(super) fn definitions() -> Vec<OpDef> {
    vec![
        OpDef::new("grad.mean_like")
            .params([
                Param::float("input").doc("The shape that reducing `like` gives."),
                Param::new("like", ParamKind::Tensor(DTypes::Like))
                    .doc("A tensor of the shape wanted."),
                reduction::axis_param(),
                reduction::keepdims_param(),
            ])
            .shape(ShapeRule::custom(target))
            .summary("Each element's share of a mean: divided by the count, rounded once, repeated to the shape that was reduced.")
            .formula("input / count, repeated along axis")
            .since(super::FIRST)
            .source("the adjoint of math.reduce_mean")
            .compute(Compute::new(spread))
            .gradient(Gradient::vjp([Vjp::new("input", |b, call, upstream| {
                let mut args = vec![upstream];
                args.extend(call.args(&["axis", "keepdims"]));
                b.call("math.reduce_mean", &args)
            })]))
            .example(Example::new(
                [
                    ("input", ExampleArg::Number(3.0)),
                    ("like", ExampleArg::Values(vec![1.0, 2.0])),
                ],
                [1.5, 1.5],
            )),
    ]
}

fn spread(call: &Call<'_>, out: DynSliceMut<'_>) -> Result<(), OpError> {
    fn shares<T: Number>(
        call: &Call<'_>,
        count: usize,
        shares: &mut [T],
    ) -> Result<(), OpError> {
        call.kernel(k::divide_by_count(&call.dense(0)?, count as u64, shares))
    }
    let reduced = call.argument_shape("input")?;
    let count = call.shape().len() / reduced.len().max(1);
    let tensor = DynTensor::try_zeros(call.dtype(), reduced.clone());
    let mut tensor = tensor.map_err(|e| call.tensor_error(e))?;
    if count > 0 {
        match tensor.as_slice_mut() {
            DynSliceMut::F16(out) => shares(call, count, out),
            DynSliceMut::BF16(out) => shares(call, count, out),
            DynSliceMut::F32(out) => shares(call, count, out),
            DynSliceMut::F64(out) => shares(call, count, out),
            DynSliceMut::Bool(_) => Err(call.no_kernel()),
        }?;
    }
    repeat_along_axes(call, tensor, out)
}
