//! The pass that computes any of the weighted loss, its gradient and its second derivative at once.
//!
//! One form serves every choice of outputs, with a branch for each output of a tile: seven forms
//! would take several times as long to compile and run no faster.

use crate::functions::shared::logit_terms::LogitTerms;
use crate::functions::weighted_grad_logits::WeightedGradLogits;
use crate::functions::weighted_hess_logits::WeightedHessLogits;
use crate::functions::weighted_loss::WeightedLoss;
use crate::number::arithmetic::Arithmetic;
use crate::operand::Operand;
use crate::ziv::driver::{Inputs, Loops, loops};
use crate::ziv::first_stage::FirstStage;
use crate::ziv::function::{Pass, Place, TermsTile};

/// Loss, gradient and second derivative.
struct WeightedFused;

/// Their loops.
pub(crate) static LOOPS: Loops<3, 3> = loops::<WeightedFused, 3, 3>();

impl Pass<3, 3> for WeightedFused {
    type Terms = LogitTerms;
    const HAS_SHORT_TILES: bool = true;

    #[inline(always)]
    fn round<T: FirstStage, A: Arithmetic, const N: usize>(
        inputs: &[[T::Lane; N]; 3],
        terms: &mut TermsTile<LogitTerms, T, 3, N>,
        [loss, grad, hess]: &mut [&mut [T]; 3],
        place: Place,
    ) {
        let wanted = LogitTerms {
            log: !loss.is_empty(),
            sigmoid: !grad.is_empty() || !hess.is_empty(),
        };
        T::fill::<LogitTerms, A, 3, N>(wanted, inputs, terms);
        if !loss.is_empty() {
            place.store(loss, T::round::<WeightedLoss, A, 3, N>(inputs, terms));
        }
        if !grad.is_empty() {
            place.store(grad, T::round::<WeightedGradLogits, A, 3, N>(inputs, terms));
        }
        if !hess.is_empty() {
            place.store(hess, T::round::<WeightedHessLogits, A, 3, N>(inputs, terms));
        }
    }
}

/// The inputs of the weighted functions.
pub(crate) fn inputs<'a, T>(
    labels: &'a [T],
    logits: &'a [T],
    pos_weight: Operand<'a, T>,
) -> Inputs<'a, T, 3> {
    [
        ("logits", Operand::Full(logits)),
        ("labels", Operand::Full(labels)),
        ("pos_weight", pos_weight),
    ]
}
