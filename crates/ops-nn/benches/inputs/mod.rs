//! Arguments for any op, made from the example in its definition: its tensors
//! grown to a given size, everything else as it is there.

#[path = "../../../exact-kernels/benches/random/mod.rs"]
mod random;

use ops_nn::tensor_core::Tensor;
use ops_nn::{Args, ExampleArg, Op, ParamKind, Value};
use random::Random;

/// The arguments of one call, by name.
#[derive(Debug)]
pub(crate) struct Inputs(Vec<(String, Value<'static>)>);

impl Inputs {
    /// Rank-1 tensors of `count` elements, drawn between the smallest and the
    /// largest element of those in the op's example; `None` without an example.
    pub(crate) fn like_example(op: Op<'_>, count: usize) -> Option<Self> {
        let mut random = Random::new();
        let example = op.definition().runnable_example()?;
        let args = example.args.iter().map(|(name, arg)| {
            let kind = op.parameter(name)?.kind();
            Some((name.to_string(), grown(arg, kind, count, &mut random)))
        });
        args.collect::<Option<_>>().map(Self)
    }

    /// The arguments, for a call.
    pub(crate) fn args(&self) -> Args<'_> {
        self.0.iter().fold(Args::new(), |args, (name, value)| {
            let value = value.as_tensor().map_or(value.clone(), Value::Tensor);
            args.kwarg(name, value)
        })
    }
}

fn grown(arg: &ExampleArg, kind: ParamKind, count: usize, random: &mut Random) -> Value<'static> {
    match arg {
        ExampleArg::Values(values) => {
            let smallest = values.iter().copied().fold(f32::INFINITY, f32::min);
            let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let draw = |_| smallest + random.unit() as f32 * (largest - smallest);
            Tensor::from((0..count).map(draw).collect::<Vec<_>>()).into()
        }
        ExampleArg::Bools(_) => {
            let draw = |_| random.label() == 1.0;
            Tensor::from((0..count).map(draw).collect::<Vec<_>>()).into()
        }
        ExampleArg::Ints(_) if kind == ParamKind::Shape => [count as i64].into(),
        ExampleArg::Ints(ints) => Value::Ints(ints.clone().into()),
        ExampleArg::Number(value) => (*value).into(),
        ExampleArg::DType(dtype) => (*dtype).into(),
        other => panic!("an example argument of a new kind: {other:?}"),
    }
}
