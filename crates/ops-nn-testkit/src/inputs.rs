//! Arguments for any op, made from the example in its definition: its tensors grown to a given
//! size, everything else unchanged.

use ops_nn::tensor_core::{DynTensorRef, Tensor};
use ops_nn::{Args, Op, ParamKind, Value};
use testkit::Random;

/// The arguments of one call, by name.
#[derive(Debug)]
pub struct Inputs(Vec<(String, Value<'static>)>);

impl Inputs {
    /// Rank-1 tensors of `count` elements, drawn between the smallest and the
    /// largest element of those in the op's example; `None` without an example.
    pub fn like_example(op: Op<'_>, count: usize) -> Option<Self> {
        let mut random = Random(1);
        let example = op.definition().example()?;
        let args = example.args.iter().map(|(name, arg)| {
            let kind = op.parameter(name)?.kind();
            Some((name.to_string(), grown(arg, kind, count, &mut random)))
        });
        args.collect::<Option<_>>().map(Self)
    }

    /// The arguments, for a call.
    pub fn args(&self) -> Args<'_> {
        self.0
            .iter()
            .fold(Args::new(), |args, (name, value)| args.kwarg(name, value))
    }
}

fn grown(
    value: &Value<'static>,
    kind: ParamKind,
    count: usize,
    random: &mut Random,
) -> Value<'static> {
    match value.as_tensor() {
        Some(DynTensorRef::F32(tensor)) => {
            let values = tensor.as_slice().iter().copied();
            let smallest = values.clone().fold(f32::INFINITY, f32::min);
            let largest = values.fold(f32::NEG_INFINITY, f32::max);
            let draw = |_| smallest + random.unit() as f32 * (largest - smallest);
            Tensor::from((0..count).map(draw).collect::<Vec<_>>()).into()
        }
        Some(DynTensorRef::Bool(_)) => {
            let draw = |_| random.hard_label() == 1.0;
            Tensor::from((0..count).map(draw).collect::<Vec<_>>()).into()
        }
        _ if kind == ParamKind::Shape => [count as i64].into(),
        _ => value.clone(),
    }
}
