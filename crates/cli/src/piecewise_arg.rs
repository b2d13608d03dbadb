//! An argument of an element-wise call, read in pieces: the elements that a range of the result
//! needs.

use std::ops::Range;

use ops_nn::tensor_core::{DType, DynSliceMut, DynTensor, Element, Shape};
use ops_nn::{OpError, Value};

use crate::error::CliError;
use crate::layout::Layout;
use crate::source::Source;

/// An array, cut into the pieces of the result.
#[derive(Debug)]
pub(crate) struct PiecewiseArg {
    layout: Layout,
    /// The elements of the piece at hand, or the only element.
    piece: DynTensor<'static>,
    window: Window,
    is_single: bool,
}

impl PiecewiseArg {
    /// The operand for a result of shape `target`, which comes in pieces of at most `limit`
    /// elements.
    pub(crate) fn new(source: &mut Source, target: &Shape, limit: usize) -> Result<Self, CliError> {
        let is_single = source.shape().len() == 1;
        let piece = if is_single {
            source.load()?.reshape([]).map_err(OpError::from)?
        } else {
            vector(source.dtype(), 0)?
        };
        Ok(Self {
            layout: Layout::new(source.shape(), target),
            piece,
            window: Window {
                start: 0,
                limit,
                elements: vector(source.dtype(), 0)?,
            },
            is_single,
        })
    }

    /// Reads what stands for a stretch of the result.
    pub(crate) fn read(
        &mut self,
        source: &mut Source,
        target: &Range<usize>,
    ) -> Result<(), CliError> {
        if self.is_single {
            return Ok(());
        }
        resize(&mut self.piece, target.len())?;
        if self.layout.is_same() {
            return source.read(target.start, self.piece.as_slice_mut());
        }
        let (layout, window) = (&self.layout, &mut self.window);
        match self.piece.as_slice_mut() {
            DynSliceMut::Bool(out) => spread(layout, window, source, target, out),
            DynSliceMut::F16(out) => spread(layout, window, source, target, out),
            DynSliceMut::BF16(out) => spread(layout, window, source, target, out),
            DynSliceMut::F32(out) => spread(layout, window, source, target, out),
            DynSliceMut::F64(out) => spread(layout, window, source, target, out),
        }
    }

    /// The piece as an argument of the call.
    pub(crate) fn argument(&self) -> Value<'_> {
        (&self.piece).into()
    }
}

/// A tensor of rank 1 with `len` elements, all zero.
pub(crate) fn vector(dtype: DType, len: usize) -> Result<DynTensor<'static>, CliError> {
    let zeros = Shape::new([len]).and_then(|shape| DynTensor::try_zeros(dtype, shape));
    Ok(zeros.map_err(OpError::from)?)
}

/// Makes `tensor` one of rank 1 with `len` elements. Only the last piece is of another length than
/// the others, so this seldom allocates.
pub(crate) fn resize(tensor: &mut DynTensor<'static>, len: usize) -> Result<(), CliError> {
    if tensor.rank() != 1 || tensor.len() != len {
        *tensor = vector(tensor.dtype(), len)?;
    }
    Ok(())
}

/// The part of a repeated operand that was read last. Runs go through an operand mostly in order,
/// so the next one is mostly in it.
#[derive(Debug)]
struct Window {
    start: usize,
    /// How many elements are read at once.
    limit: usize,
    elements: DynTensor<'static>,
}

impl Window {
    /// Makes sure that the elements `start..start + len` are in it.
    fn cover(&mut self, source: &mut Source, start: usize, len: usize) -> Result<(), CliError> {
        let is_inside = self.start <= start && start + len <= self.start + self.elements.len();
        if is_inside {
            return Ok(());
        }
        let total = source.shape().len();
        self.start = if total <= self.limit { 0 } else { start };
        resize(
            &mut self.elements,
            self.limit.max(len).min(total - self.start),
        )?;
        source.read(self.start, self.elements.as_slice_mut())
    }
}

/// Fills `out` with the operand's elements for a stretch of the result.
fn spread<T: Element>(
    layout: &Layout,
    window: &mut Window,
    source: &mut Source,
    target: &Range<usize>,
    out: &mut [T],
) -> Result<(), CliError> {
    let mut rest = out;
    for run in layout.runs(target.clone()) {
        let needed = if run.advances { run.len } else { 1 };
        window.cover(source, run.operand, needed)?;
        let elements = window.elements.downcast_ref::<T>().map_err(OpError::from)?;
        let from = &elements.as_slice()[run.operand - window.start..][..needed];
        let (now, later) = rest.split_at_mut(run.len);
        if run.advances {
            now.copy_from_slice(from);
        } else {
            now.fill(from[0]);
        }
        rest = later;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ops_nn::tensor_core::Tensor;

    use super::*;

    #[test]
    fn pieces_of_any_size_join_to_the_broadcast_operand() {
        let shapes: [(&[usize], &[usize]); 6] = [
            (&[], &[3, 4]),
            (&[4], &[3, 4]),
            (&[3, 1], &[3, 4]),
            (&[2, 1, 3], &[2, 4, 3]),
            (&[1, 4, 1], &[2, 4, 3]),
            (&[3, 4], &[3, 4]),
        ];
        for (own, target) in shapes {
            let (own, target) = (Shape::new(own).unwrap(), Shape::new(target).unwrap());
            let values: Vec<f32> = (0..own.len()).map(|i| i as f32).collect();
            let tensor = DynTensor::from(Tensor::new(own.dims(), values).unwrap());
            let expected = tensor.broadcast_to(&target).unwrap();
            let mut source = Source::Memory(tensor);
            for limit in 1..=target.len() {
                let mut operand = PiecewiseArg::new(&mut source, &target, limit).unwrap();
                for start in (0..target.len()).step_by(limit) {
                    let range = start..(start + limit).min(target.len());
                    operand.read(&mut source, &range).unwrap();
                    for (at, position) in range.enumerate() {
                        let at = if operand.is_single { 0 } else { at };
                        let found = operand.piece.get_f64(at);
                        assert_eq!(
                            found,
                            expected.get_f64(position),
                            "{own}, {target}, {limit}"
                        );
                    }
                }
            }
        }
    }
}
