//! Checked evaluation of the weighted loss and its derivatives: each piece of the inputs is checked
//! and computed with while it is in the cache.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::dispatch::threads::{self, longest};
use crate::dispatch::tier::Tier;
use crate::error::KernelError;
use crate::functions::weighted_fused::LOOPS;
use crate::kernels::domain::{check_inputs, domains, first_outside};
use crate::number::format::Real;
use crate::operand::Operand;
use crate::ziv::driver::Inputs;

/// The elements of one piece: three inputs and three outputs of f64 fit a cache of the second
/// level.
const PIECE: usize = 1 << 11;

/// Evaluates the wanted functions for inputs that serve the outputs. If an element is outside its
/// domain, the outputs are filled with NaN.
pub(crate) fn evaluate_checked<T: Real>(
    inputs: &Inputs<T, 3>,
    mut outputs: [&mut [T]; 3],
) -> Result<(), KernelError> {
    if longest(&outputs) == 0 {
        return check_inputs(inputs);
    }
    let (tier, run) = (Tier::current(), T::entry(&LOOPS));
    let refused = AtomicBool::new(!repeated_are_inside(inputs));
    let places = outputs.each_mut().map(|output| &mut **output);
    threads::for_each_part(places, 1, &|start, mut rest| {
        let mut at = start;
        while longest(&rest) > 0 && !refused.load(Ordering::Relaxed) {
            let length = PIECE.min(longest(&rest));
            let (now, later) = threads::split_each(rest, length);
            if piece_is_inside(inputs, at, length) {
                run(tier, inputs, at, now);
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
    check_inputs(inputs)
}

/// Checks the operands that are no slices of the length of the outputs.
fn repeated_are_inside<T: Real>(inputs: &Inputs<T, 3>) -> bool {
    domains(inputs)
        .into_iter()
        .all(|(_, operand, domain)| match operand {
            Operand::Full(_) => true,
            Operand::Scalar(value) => first_outside(domain, &[value]).is_none(),
            Operand::Periodic { values, .. } => first_outside(domain, values).is_none(),
        })
}

/// Checks the others from `start` on.
fn piece_is_inside<T: Real>(inputs: &Inputs<T, 3>, start: usize, length: usize) -> bool {
    domains(inputs)
        .into_iter()
        .all(|(_, operand, domain)| match operand {
            Operand::Full(values) => {
                first_outside(domain, &values[start..start + length]).is_none()
            }
            Operand::Scalar(_) | Operand::Periodic { .. } => true,
        })
}
