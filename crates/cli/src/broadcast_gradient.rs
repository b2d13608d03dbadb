//! The gradient of a broadcast argument, in pieces: the exact sum, for each of its elements, over
//! all positions that the element is broadcast to.

use std::ops::Range;

use ops_nn::OpError;
use ops_nn::exact_kernels::ExactSum;
use ops_nn::tensor_core::{DType, DynTensor, Shape, Tensor};

use crate::error::CliError;
use crate::layout::{Layout, Run};
use crate::sink::Sink;
use crate::summary;

/// How many sums are held at once: 18 MiB of them, up to 86 MiB where their addends differ widely
/// in size.
const MAX_SUMS: usize = 1 << 18;
/// How many finished sums are written at once.
const WRITTEN_AT_ONCE: usize = 1 << 12;

/// From this many derivatives per sum on, those of one piece are gathered before they are added,
/// which is then faster.
const GATHERED_FROM: usize = 16;

/// Sums of derivatives, one per element of a broadcast argument.
#[derive(Debug)]
pub(crate) struct Sums {
    layout: Layout,
    dtype: DType,
    /// Sums of the block of elements that the result is going through.
    block: Vec<ExactSum>,
    /// Derivatives that are still to be added to the block's sums.
    gathered: Vec<Vec<f64>>,
    /// The index of the argument's element that the block starts with.
    start: usize,
    /// How many elements the argument has.
    total: usize,
    /// Sums of earlier blocks, rounded, exactly as doubles.
    finished: Vec<f64>,
}

impl Sums {
    /// Sums for an argument of shape `argument` broadcast to `target`; the number of sums that
    /// would have to be held if it is too large.
    pub(crate) fn new(argument: &Shape, target: &Shape, dtype: DType) -> Result<Self, TooMany> {
        let layout = Layout::new(argument, target);
        let total = argument.len();
        let len = layout.block().min(total);
        if len > MAX_SUMS {
            return Err(TooMany { found: len });
        }
        Ok(Self {
            layout,
            dtype,
            block: vec![ExactSum::default(); len],
            gathered: vec![Vec::new(); len],
            start: 0,
            total,
            finished: Vec::new(),
        })
    }

    /// Adds the derivatives of a stretch of the result; writes what is finished.
    pub(crate) fn add(
        &mut self,
        target: &Range<usize>,
        derivatives: &DynTensor<'_>,
        sink: &mut Sink,
    ) -> Result<(), CliError> {
        // Every dtype's values are doubles, and the sums are exact.
        let values = derivatives.cast(DType::F64);
        let values = values.downcast_ref::<f64>().map_err(OpError::from)?;
        let is_gathered = self.block.len().saturating_mul(GATHERED_FROM) <= target.len();
        let layout = self.layout.clone();
        let mut rest = values.as_slice();
        for run in layout.runs(target.clone()) {
            let (now, later) = rest.split_at(run.len);
            self.add_run(run, now, is_gathered);
            rest = later;
        }
        self.add_gathered();
        if self.finished.len() >= WRITTEN_AT_ONCE {
            self.write(sink)?;
        }
        Ok(())
    }

    /// Writes the rest.
    pub(crate) fn finish(mut self, sink: &mut Sink) -> Result<(), CliError> {
        while self.start < self.total {
            self.next_block();
            if self.finished.len() >= WRITTEN_AT_ONCE {
                self.write(sink)?;
            }
        }
        self.write(sink)
    }

    /// Adds the derivatives of a run, which may go through several blocks.
    fn add_run(&mut self, run: Run, values: &[f64], is_gathered: bool) {
        if !run.advances {
            let index = self.enter(run.operand);
            self.block[index].add_slice(values);
            return;
        }
        for (operand, &value) in (run.operand..).zip(values) {
            let index = self.enter(operand);
            if is_gathered {
                self.gathered[index].push(value);
            } else {
                self.block[index].add(value);
            }
        }
    }

    fn add_gathered(&mut self) {
        for (sum, values) in self.block.iter_mut().zip(&mut self.gathered) {
            sum.add_slice(values);
            values.clear();
        }
    }

    /// Goes on to the block of the argument's element `operand`, which is this one or a later one;
    /// the element's place in it.
    fn enter(&mut self, operand: usize) -> usize {
        while operand >= self.start + self.block.len() {
            self.next_block();
        }
        operand - self.start
    }

    fn next_block(&mut self) {
        self.add_gathered();
        for sum in &mut self.block {
            let rounded = summary::sum(sum, self.dtype);
            self.finished
                .extend(rounded.and_then(|value| value.get_f64(0)));
            *sum = ExactSum::default();
        }
        self.start += self.block.len();
    }

    fn write(&mut self, sink: &mut Sink) -> Result<(), CliError> {
        let finished = std::mem::take(&mut self.finished);
        sink.write(&DynTensor::from(Tensor::from(finished)).cast(self.dtype))
    }
}

/// More sums than are held at once.
#[derive(Debug)]
pub(crate) struct TooMany {
    found: usize,
}

impl TooMany {
    /// As an error of the call of `op`.
    pub(crate) fn of(self, op: &str, parameter: &str) -> CliError {
        CliError::TooManySums {
            op: op.to_owned(),
            parameter: parameter.to_owned(),
            expected: MAX_SUMS,
            found: self.found,
        }
    }
}
