//! The driver of the quantities: cuts slices into tiles, expands operands, and runs the stages over each tile.

use crate::error::KernelError;
use crate::first_stage::{Quantity, TILE, round_tile};
use crate::operand::Operand;
use crate::real::Real;

/// Evaluates a quantity for every element of `out`.
pub(crate) fn evaluate<T: Real, Q: Quantity>(
    logits: &[T],
    labels: Operand<T>,
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    check(logits, labels, pos_weight, out.len())?;
    for (index, out) in out.chunks_mut(TILE).enumerate() {
        let inputs = Tiles::load(
            index * TILE,
            out.len(),
            Operand::Full(logits),
            labels,
            pos_weight,
        );
        let mut rounded = [T::default(); TILE];
        round_tile::<T, Q>(
            &inputs.logits,
            &inputs.labels,
            &inputs.weights,
            &mut rounded,
        );
        out.copy_from_slice(&rounded[..out.len()]);
    }
    Ok(())
}

/// Checks that the inputs of a quantity serve `length` elements.
pub(crate) fn check<T: Real>(
    logits: &[T],
    labels: Operand<T>,
    pos_weight: Operand<T>,
    length: usize,
) -> Result<(), KernelError> {
    Operand::Full(logits).check("logits", length)?;
    labels.check("labels", length)?;
    pos_weight.check("pos_weight", length)
}

/// The inputs of one tile; lanes past the end hold zeros.
pub(crate) struct Tiles<T> {
    pub(crate) logits: [T; TILE],
    pub(crate) labels: [T; TILE],
    pub(crate) weights: [T; TILE],
}

impl<T: Real> Tiles<T> {
    pub(crate) fn load(
        start: usize,
        length: usize,
        logits: Operand<T>,
        labels: Operand<T>,
        pos_weight: Operand<T>,
    ) -> Self {
        let mut tiles = Self {
            logits: [T::default(); TILE],
            labels: [T::default(); TILE],
            weights: [T::default(); TILE],
        };
        logits.copy_tile(start, &mut tiles.logits[..length]);
        labels.copy_tile(start, &mut tiles.labels[..length]);
        pos_weight.copy_tile(start, &mut tiles.weights[..length]);
        tiles
    }
}
