//! The gradient of a broadcast argument, piece by piece: for each of its elements the exact sum over
//! all places where it stands.

use std::ops::Range;

use ops_nn::exact_kernels::ExactSum;
use ops_nn::tensor_core::{DType, DynTensor, Shape, Tensor};

use crate::bytes::Number;
use crate::error::CliError;
use crate::layout::{Layout, Run};
use crate::sink::Sink;
use crate::summary;

/// How many sums are held at once, 64 MiB of them.
const MAX_SUMS: usize = (64 << 20) / size_of::<ExactSum>();
/// How many finished sums are written at once.
const WRITTEN_AT_ONCE: usize = 1 << 12;

/// Sums of derivatives, one per element of a broadcast argument.
#[derive(Debug)]
pub(crate) struct Sums {
    layout: Layout,
    dtype: DType,
    /// Sums of the block of elements that the result is going through.
    block: Vec<ExactSum>,
    /// The index of the argument's element that the block starts with.
    start: usize,
    /// How many elements the argument has.
    total: usize,
    /// Sums of earlier blocks, rounded, exactly as doubles.
    finished: Vec<f64>,
}

impl Sums {
    /// Sums for an argument of shape `argument` broadcast to `target`; the number of sums that would
    /// have to be held if it is too large.
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
        match derivatives {
            DynTensor::F16(values) => self.add_numbers(target, values.as_slice()),
            DynTensor::BF16(values) => self.add_numbers(target, values.as_slice()),
            DynTensor::F32(values) => self.add_numbers(target, values.as_slice()),
            DynTensor::F64(values) => self.add_numbers(target, values.as_slice()),
            DynTensor::Bool(_) => {}
        }
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

    fn add_numbers<T: Number>(&mut self, target: &Range<usize>, values: &[T]) {
        let layout = self.layout.clone();
        let mut rest = values;
        for run in layout.runs(target.clone()) {
            let (now, later) = rest.split_at(run.len);
            rest = later;
            self.add_run(run, now);
        }
    }

    /// Adds a run, which an operand's block may end within.
    fn add_run<T: Number>(&mut self, run: Run, values: &[T]) {
        if !run.advances {
            self.sum_at(run.operand).add_slice(values);
            return;
        }
        for (index, &value) in (run.operand..).zip(values) {
            self.sum_at(index).add(value);
        }
    }

    /// The sum of the argument's element at `index`, which is in this block or a later one.
    fn sum_at(&mut self, index: usize) -> &mut ExactSum {
        while index >= self.start + self.block.len() {
            self.next_block();
        }
        &mut self.block[index - self.start]
    }

    fn next_block(&mut self) {
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
