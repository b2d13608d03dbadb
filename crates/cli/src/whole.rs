//! Ops that are not element-wise, such as reductions: their arguments are read whole.

use ops_nn::tensor_core::DynTensor;
use ops_nn::{Args, Op, Value};

use crate::error::CliError;
use crate::inputs::{self, Given, Input};
use crate::run::{Order, Outcome, Request};
use crate::sink::Sink;
use crate::summary::Summary;

/// Runs the op on the inputs.
pub(crate) fn run(
    op: Op<'_>,
    inputs: &mut [Input],
    request: &Request<'_>,
) -> Result<Outcome, CliError> {
    let tensors = load(inputs)?;
    let call = op.bind(arguments(inputs, &tensors))?;
    if request.is_checked {
        call.check()?;
    }
    let mut sinks = Vec::new();
    let mut write = |content: &str, path, tensor: &DynTensor<'_>| -> Result<(), CliError> {
        let (dtype, shape) = (tensor.dtype(), tensor.shape());
        let mut sink = Sink::create(content, path, dtype, shape, &request.interrupt)?;
        sink.write(tensor)?;
        sinks.push(sink);
        Ok(())
    };
    let result = call.run()?;
    if let Some(path) = request.out {
        write("result", path, &result)?;
    }
    for derivative in &request.derivatives {
        let tensor = match derivative.order {
            Order::First => call.gradient(derivative.parameter, None)?,
            Order::Second => call.second_partial(derivative.parameter)?,
        };
        write(&derivative.content(), derivative.path, &tensor)?;
    }
    let mut summary = Summary::new(result.dtype());
    summary.add(&result);
    Ok(Outcome {
        shape: result.shape().clone(),
        warnings: call.warnings().iter().map(ToString::to_string).collect(),
        summary,
        sinks,
    })
}

/// Refuses values outside their arguments' domains; computes nothing.
pub(crate) fn check(op: Op<'_>, inputs: &mut [Input]) -> Result<(), CliError> {
    let tensors = load(inputs)?;
    Ok(op.bind(arguments(inputs, &tensors))?.check()?)
}

fn load(inputs: &mut [Input]) -> Result<Vec<Option<DynTensor<'static>>>, CliError> {
    let tensors = inputs.iter_mut().map(|input| match &mut input.given {
        Given::Array(source) => source.load().map(Some),
        Given::Plain(_) => Ok(None),
    });
    tensors.collect()
}

fn arguments<'a>(inputs: &'a [Input], tensors: &'a [Option<DynTensor<'static>>]) -> Args<'a> {
    inputs::arguments(inputs, |index, _| {
        tensors[index].as_ref().map_or(Value::None, Value::from)
    })
}
