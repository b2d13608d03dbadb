//! `opsnn run`: open the inputs, run the op, put the outputs in their places, report.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use ops_nn::tensor_core::{DynTensor, Shape};
use ops_nn::{Op, Param, Registry};

use crate::cli::{NamedFile, Reduction, RunArgs};
use crate::error::CliError;
use crate::inputs;
use crate::interrupt::Interrupt;
use crate::report::Report;
use crate::sink::{self, Sink};
use crate::summary::Summary;
use crate::{stream, whole};

/// Runs the command; what it prints.
pub(crate) fn run(args: &RunArgs) -> Result<String, CliError> {
    let op = Registry::builtin().get(&args.op)?;
    let request = Request::new(op, args)?;
    let mut inputs = inputs::open(op, &args.args, args.dtype)?;
    let outcome = if op.definition().is_elementwise() {
        stream::run(op, &mut inputs, &request)?
    } else {
        whole::run(op, &mut inputs, &request)?
    };
    for warning in &outcome.warnings {
        // Standard error may be closed; that is no reason to fail.
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
    let reduced = reduce(op, args.reduction, &outcome)?;
    let mut sinks = outcome.sinks;
    if let (Some(reduced), Some(path)) = (&reduced, &args.out) {
        let mut sink = Sink::create(
            args.reduction.name(),
            path,
            reduced.dtype(),
            reduced.shape(),
            &request.interrupt,
        )?;
        sink.write(reduced)?;
        sinks.insert(0, sink);
    }
    let written = sink::commit(sinks, &request.interrupt)?;
    let report = Report {
        op,
        shape: &outcome.shape,
        summary: &outcome.summary,
        reduction: args.reduction,
        reduced: reduced.as_ref(),
        warnings: &outcome.warnings,
        written: &written,
    };
    if args.json {
        report.json()
    } else {
        report.text()
    }
}

/// What a run is to do beside computing the result.
pub(crate) struct Request<'a> {
    /// Where the elements of the result go.
    pub(crate) out: Option<&'a Path>,
    pub(crate) derivatives: Vec<Derivative<'a>>,
    pub(crate) is_checked: bool,
    /// Elements per piece.
    pub(crate) piece: usize,
    pub(crate) interrupt: Interrupt,
}

/// A derivative to be written.
pub(crate) struct Derivative<'a> {
    pub(crate) order: Order,
    /// By the op's own name for it.
    pub(crate) parameter: &'a str,
    pub(crate) path: &'a Path,
}

/// Which derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The gradient of the sum of the result.
    First,
    /// The second derivative of each element.
    Second,
}

/// What a run found, its outputs not yet in their places.
pub(crate) struct Outcome {
    pub(crate) shape: Shape,
    pub(crate) warnings: Vec<String>,
    pub(crate) summary: Summary,
    pub(crate) sinks: Vec<Sink>,
}

impl<'a> Request<'a> {
    fn new(op: Op<'a>, args: &'a RunArgs) -> Result<Self, CliError> {
        let derivative = |order| {
            move |file: &'a NamedFile| {
                Ok(Derivative {
                    order,
                    parameter: own_parameter(op, &file.name)?,
                    path: &file.path,
                })
            }
        };
        let first = args.grad.iter().map(derivative(Order::First));
        let derivatives = first
            .chain(args.hess.iter().map(derivative(Order::Second)))
            .collect::<Result<Vec<_>, CliError>>()?;
        let outputs = derivatives.iter().map(|derivative| derivative.path);
        check_outputs(outputs.chain(args.out.as_deref()), &args.args)?;
        Ok(Self {
            out: args
                .out
                .as_deref()
                .filter(|_| args.reduction == Reduction::None),
            derivatives,
            is_checked: args.checked,
            piece: args.piece,
            interrupt: Interrupt::watch(),
        })
    }
}

impl Derivative<'_> {
    /// What the output holds, in words.
    pub(crate) fn content(&self) -> String {
        match self.order {
            Order::First => format!("gradient of the sum with respect to {}", self.parameter),
            Order::Second => format!("second derivative with respect to {}", self.parameter),
        }
    }
}

/// The op's own name of a parameter that is called by it or as in the signature.
fn own_parameter<'a>(op: Op<'a>, name: &str) -> Result<&'a str, CliError> {
    let parameter = op.parameter(name);
    parameter
        .map(Param::name)
        .ok_or_else(|| CliError::NoSuchParameter {
            op: op.name().to_owned(),
            parameter: name.to_owned(),
            available: op.definition().gradient().arguments().join(", "),
        })
}

/// Refuses outputs of no known format, and those that would overwrite an input or each other.
fn check_outputs<'a>(
    outputs: impl Iterator<Item = &'a Path>,
    args: &[String],
) -> Result<(), CliError> {
    let inputs: BTreeSet<PathBuf> = inputs::paths(args)
        .map(|place| sink::identity(&place.path))
        .collect();
    let mut seen = BTreeSet::new();
    for path in outputs {
        sink::check_format(path)?;
        let identity = sink::identity(path);
        let also = match (inputs.contains(&identity), seen.insert(identity)) {
            (true, _) => "an input",
            (false, false) => "another output",
            (false, true) => continue,
        };
        return Err(CliError::OutputConflict {
            path: path.to_owned(),
            also,
        });
    }
    Ok(())
}

/// The exact sum or mean that is asked for.
fn reduce(
    op: Op<'_>,
    reduction: Reduction,
    outcome: &Outcome,
) -> Result<Option<DynTensor<'static>>, CliError> {
    let summary = &outcome.summary;
    let reduced = match reduction {
        Reduction::None => return Ok(None),
        Reduction::Sum => summary.sum(),
        Reduction::Mean if summary.count() == 0 => {
            return Err(CliError::EmptyMean {
                op: op.name().to_owned(),
                shape: outcome.shape.clone(),
            });
        }
        Reduction::Mean => summary.mean()?,
    };
    match reduced {
        Some(reduced) => Ok(Some(reduced)),
        None => Err(CliError::NotReducible {
            op: op.name().to_owned(),
            found: summary.dtype(),
        }),
    }
}
