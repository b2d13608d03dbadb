//! Checked evaluation: each piece of the inputs is checked and computed with while it is in the
//! cache.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::dispatch::threads;
use crate::dispatch::tier::Tier;
use crate::error::KernelError;
use crate::kernels::domain::first_outside;
use crate::number::format::Real;
use crate::operand::Operand;
use crate::ziv::compiled::Function;
use crate::ziv::tiles::{Inputs, evaluate_part};

/// The elements of one piece: three inputs and three outputs of f64 fit a cache of the second
/// level.
const PIECE: usize = 1 << 11;

/// Evaluates a function for inputs of one length. If an element is outside its domain, the outputs
/// are filled with NaN.
pub(crate) fn evaluate_checked<T: Real, const K: usize>(
    function: Function,
    tier: Tier,
    inputs: &Inputs<T>,
    mut outputs: [&mut [T]; K],
) -> Result<(), KernelError> {
    let refused = AtomicBool::new(!repeated_are_inside(inputs));
    let places = outputs.each_mut().map(|output| &mut **output);
    threads::for_each_part(places, 1, |start, mut rest| {
        let mut at = start;
        while !rest[0].is_empty() && !refused.load(Ordering::Relaxed) {
            let length = PIECE.min(rest[0].len());
            let (now, later) = threads::split_each(rest, length);
            if piece_is_inside(inputs, at, length) {
                evaluate_part(function, tier, inputs, at, now);
            } else {
                refused.store(true, Ordering::Relaxed);
            }
            (rest, at) = (later, at + length);
        }
    });
    if !refused.into_inner() {
        return Ok(());
    }
    for output in outputs {
        output.fill(T::CANONICAL_NAN);
    }
    inputs.check_domains()
}

/// Checks the operands that are no slices of the length of the outputs.
fn repeated_are_inside<T: Real>(inputs: &Inputs<T>) -> bool {
    inputs
        .domains()
        .into_iter()
        .all(|(_, operand, domain)| match operand {
            Operand::Full(_) => true,
            Operand::Scalar(value) => first_outside(domain, &[value]).is_none(),
            Operand::Periodic { values, .. } => first_outside(domain, values).is_none(),
        })
}

/// Checks the others from `start` on.
fn piece_is_inside<T: Real>(inputs: &Inputs<T>, start: usize, length: usize) -> bool {
    inputs
        .domains()
        .into_iter()
        .all(|(_, operand, domain)| match operand {
            Operand::Full(values) => {
                first_outside(domain, &values[start..start + length]).is_none()
            }
            Operand::Scalar(_) | Operand::Periodic { .. } => true,
        })
}
