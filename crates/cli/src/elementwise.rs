//! Element-wise ops, run piece by piece, so that memory does not grow with the files.
//!
//! Each piece is a call of its own on flat stretches of the arguments. Every element of the result is
//! the same number wherever it is computed, and sums are exact, so pieces change no bit.

use std::ops::Range;

use indicatif::{ProgressBar, ProgressStyle};
use ops_nn::tensor_core::{DynTensor, PartialShape, Shape};
use ops_nn::{Call, Gradient, Inferred, Op, OpError, TensorInfo, Value};

use crate::adjoint::Sums;
use crate::error::CliError;
use crate::inputs::{self, Given, Input};
use crate::interrupt::Interrupt;
use crate::layout::Layout;
use crate::operand::{self, Operand};
use crate::run::{Derivative, Order, Outcome, Request};
use crate::sink::Sink;
use crate::summary::Summary;
use crate::whole;

/// Up to this many pieces, a progress bar would only flicker.
const PIECES_WITHOUT_BAR: usize = 8;

/// Runs the op on the inputs.
pub(crate) fn run(
    op: Op<'_>,
    inputs: &mut [Input],
    request: &Request<'_>,
) -> Result<Outcome, CliError> {
    let mut plan = Plan::new(op, inputs, request)?;
    let mut pieces = Pieces::new(op, inputs, &plan.shape, request)?;
    if request.is_checked {
        plan.check(&mut pieces)?;
    }
    let mut out = operand::vector(plan.summary.dtype(), 0)?;
    pieces.each("running", |range, call| {
        operand::resize(&mut out, range.len())?;
        call.run_into(out.as_slice_mut())?;
        plan.take(range, call, &out)
    })?;
    plan.finish()
}

/// The call as a whole, and what becomes of its results.
struct Plan {
    shape: Shape,
    warnings: Vec<String>,
    summary: Summary,
    out: Option<Sink>,
    derivatives: Vec<DerivativeSink>,
    /// How each parameter with a domain repeats over the result.
    checked: Vec<(String, Layout)>,
}

impl Plan {
    fn new(op: Op<'_>, inputs: &[Input], request: &Request<'_>) -> Result<Self, CliError> {
        let infos: Vec<Option<TensorInfo>> = inputs.iter().map(Input::info).collect();
        let args = inputs::arguments(inputs, |index, _| {
            infos[index].as_ref().map_or(Value::None, Value::from)
        });
        let inferred = op.infer(args)?;
        let (dtype, shape) = (inferred.dtype(), known(inferred.shape())?);
        let out = request
            .out
            .map(|path| Sink::create("result", path, dtype, &shape, &request.interrupt));
        let derivatives = request.derivatives.iter();
        let checked = op
            .definition()
            .parameters()
            .iter()
            .filter(|_| request.is_checked);
        Ok(Self {
            warnings: inferred
                .warnings()
                .iter()
                .map(ToString::to_string)
                .collect(),
            summary: Summary::new(dtype),
            out: out.transpose()?,
            derivatives: derivatives
                .map(|derivative| {
                    DerivativeSink::new(&inferred, &shape, derivative, &request.interrupt)
                })
                .collect::<Result<_, _>>()?,
            checked: checked
                .map(|parameter| {
                    let own = known(&inferred.inputs().shape(parameter.name())?)?;
                    Ok((parameter.name().to_owned(), Layout::new(&own, &shape)))
                })
                .collect::<Result<_, CliError>>()?,
            shape,
        })
    }

    /// Takes the results of one piece.
    fn take(
        &mut self,
        range: &Range<usize>,
        call: &Call<'_>,
        out: &DynTensor<'_>,
    ) -> Result<(), CliError> {
        self.summary.add(out);
        if let Some(sink) = &mut self.out {
            sink.write(out)?;
        }
        for derivative in &mut self.derivatives {
            derivative.take(range, call)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Outcome, CliError> {
        let derivatives = self.derivatives.into_iter().map(DerivativeSink::finish);
        let derivatives = derivatives.collect::<Result<Vec<_>, _>>()?;
        Ok(Outcome {
            shape: self.shape,
            warnings: self.warnings,
            summary: self.summary,
            sinks: self.out.into_iter().chain(derivatives).collect(),
        })
    }

    /// Refuses the offender that the check of the whole call would name: of the first parameter that
    /// has one, the first.
    fn check(&self, pieces: &mut Pieces<'_>) -> Result<(), CliError> {
        if self.shape.is_empty() {
            // There are no pieces, but numbers and arrays that would be repeated.
            return whole::check(pieces.op, pieces.inputs);
        }
        let mut first: Option<(usize, OpError)> = None;
        pieces.each("checking", |range, call| {
            let Err(error) = call.check() else {
                return Ok(());
            };
            // A piece names its first parameter with an offender; a later piece, perhaps an earlier
            // parameter. Elements of a repeated argument come in their order when first met.
            let (order, error) = self.whole_index(range, error)?;
            if first.as_ref().is_none_or(|(least, _)| order < *least) {
                first = Some((order, error));
            }
            Ok(())
        })?;
        first.map_or(Ok(()), |(_, error)| Err(error.into()))
    }

    /// An error about an element of a piece as one about the element of the whole argument, and the
    /// parameter's place among the others.
    fn whole_index(
        &self,
        piece: &Range<usize>,
        error: OpError,
    ) -> Result<(usize, OpError), OpError> {
        let mut error = error;
        if let OpError::OutsideDomain {
            argument, index, ..
        } = &mut error
        {
            let order = self.checked.iter().position(|(name, _)| name == argument);
            if let Some(order) = order {
                *index = self.checked[order].1.operand_index(piece.start + *index);
                return Ok((order, error));
            }
        }
        Err(error)
    }
}

/// The shape, of which everything is known because everything is of the arguments.
fn known(shape: &PartialShape) -> Result<Shape, CliError> {
    let dims = shape.dims().unwrap_or_default().iter();
    let dims: Vec<usize> = dims.map(|dim| dim.unwrap_or_default()).collect();
    Ok(Shape::new(dims).map_err(OpError::from)?)
}

/// A derivative that is computed along with the result.
struct DerivativeSink {
    parameter: String,
    order: Order,
    sink: Sink,
    /// Where the argument is broadcast, the sums that make up its gradient.
    sums: Option<Sums>,
}

impl DerivativeSink {
    fn new(
        inferred: &Inferred<'_>,
        shape: &Shape,
        request: &Derivative<'_>,
        interrupt: &Interrupt,
    ) -> Result<Self, CliError> {
        let parameter = request.parameter;
        let dtype = match request.order {
            Order::First => inferred.gradient_dtype(parameter)?,
            Order::Second => inferred.second_partial_dtype(parameter)?,
        };
        let (own, sums) = match request.order {
            Order::Second => (shape.clone(), None),
            Order::First => {
                let own = known(&inferred.inputs().shape(parameter)?)?;
                let is_same = Layout::new(&own, shape).is_same();
                let sums = (!is_same).then(|| Sums::new(&own, shape, dtype));
                let sums = sums.transpose();
                let sums = sums.map_err(|many| many.of(inferred.inputs().op_name(), parameter))?;
                (own, sums)
            }
        };
        Ok(Self {
            parameter: parameter.to_owned(),
            order: request.order,
            sink: Sink::create(request.content(), request.path, dtype, &own, interrupt)?,
            sums,
        })
    }

    fn take(&mut self, range: &Range<usize>, call: &Call<'_>) -> Result<(), CliError> {
        let derivatives = elements(call, self.order, &self.parameter)?;
        match &mut self.sums {
            None => self.sink.write(&derivatives),
            Some(sums) => sums.add(range, &derivatives, &mut self.sink),
        }
    }

    fn finish(mut self) -> Result<Sink, CliError> {
        if let Some(sums) = self.sums {
            sums.finish(&mut self.sink)?;
        }
        Ok(self.sink)
    }
}

/// The derivative of each element of a piece.
fn elements(
    call: &Call<'_>,
    order: Order,
    parameter: &str,
) -> Result<DynTensor<'static>, CliError> {
    let is_adjoint = matches!(call.op().definition().gradient(), Gradient::Vjp(_));
    Ok(match order {
        Order::Second => call.second_partial(parameter)?,
        // An argument of one array has as many elements as the piece: the same numbers.
        Order::First if is_adjoint => call.gradient(parameter, None)?,
        Order::First => call.partial(parameter)?,
    })
}

/// The pieces of a call.
struct Pieces<'i> {
    op: Op<'i>,
    inputs: &'i mut [Input],
    operands: Vec<Option<Operand>>,
    count: usize,
    piece: usize,
    interrupt: &'i Interrupt,
}

impl<'i> Pieces<'i> {
    fn new(
        op: Op<'i>,
        inputs: &'i mut [Input],
        shape: &Shape,
        request: &'i Request<'_>,
    ) -> Result<Self, CliError> {
        let operands = inputs.iter_mut().map(|input| match &mut input.given {
            Given::Array(source) => Operand::new(source, shape, request.piece).map(Some),
            Given::Plain(_) => Ok(None),
        });
        Ok(Self {
            op,
            operands: operands.collect::<Result<_, _>>()?,
            inputs,
            count: shape.len(),
            piece: request.piece,
            interrupt: &request.interrupt,
        })
    }

    /// Binds each piece's call and passes it on.
    fn each(
        &mut self,
        verb: &'static str,
        mut take: impl FnMut(&Range<usize>, &Call<'_>) -> Result<(), CliError>,
    ) -> Result<(), CliError> {
        let bar = progress_bar(verb, self.count, self.piece);
        for start in (0..self.count).step_by(self.piece) {
            self.interrupt.check()?;
            let range = start..self.count.min(start.saturating_add(self.piece));
            for (input, operand) in self.inputs.iter_mut().zip(&mut self.operands) {
                if let (Given::Array(source), Some(operand)) = (&mut input.given, operand) {
                    operand.read(source, &range)?;
                }
            }
            let args = inputs::arguments(self.inputs, |index, _| {
                let operand = self.operands[index].as_ref();
                operand.map_or(Value::None, Operand::argument)
            });
            take(&range, &self.op.bind(args)?)?;
            bar.inc(range.len() as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }
}

/// A bar on standard error; hidden where that is no terminal, and for short runs.
fn progress_bar(verb: &'static str, count: usize, piece: usize) -> ProgressBar {
    const TEMPLATE: &str = "{msg} [{wide_bar}] {human_pos} of {human_len}, {eta} left";
    if count.div_ceil(piece) <= PIECES_WITHOUT_BAR {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(count as u64).with_message(verb);
    match ProgressStyle::with_template(TEMPLATE) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
