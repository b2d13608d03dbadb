//! `z softplus(-x)`, the loss's derivative with respect to the weight
//!
//! `+0` at +inf; at -inf the label decides: `+0` for 0, else its sign's infinity. Weights count
//! only by being finite.

use crate::functions::shared::logit_terms::{LOG, LogitTerms, Terms};
use crate::functions::shared::tails;
use crate::functions::shared::weighted::{is_nan, nan_unless_finite, times_infinity};
use crate::number::arithmetic::Arithmetic;
use crate::number::lane::Lane;
use crate::number::pair::{Pair, product};
use crate::ziv::driver::{Loops, loops};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, NOTHING, Sum, only};
use crate::ziv::function::Function;

/// The derivative of the weighted cross-entropy by its weight.
#[derive(Debug)]
pub(crate) struct WeightedGradPosWeight;

/// Its loops.
pub(crate) static LOOPS: Loops<3, 1> = loops::<WeightedGradPosWeight, 3, 1>();

impl Function<3> for WeightedGradPosWeight {
    type Terms = LogitTerms;
    const TERMS: LogitTerms = LOG;

    /// Softplus's error and a product: less than the loss's bound.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x, z, q]: [L; 3], terms: Terms<L>) -> Estimate<L> {
        let (_, falling) = terms.softplus::<A>(x);
        Estimate::relative(z * falling)
            .only_if_finite::<A>(q)
            .only_if_finite::<A>(x)
    }

    /// Softplus's 2^-65.9 and u² of the product.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x, z, q]: [f64; 3], terms: Terms<Pair>) -> PairEstimate {
        let softplus = terms.softplus_pair(x);
        let value = product::<A>((z, 0.0), softplus.at_opposite(x));
        let total = value.0.abs();
        PairEstimate::new(value, total, softplus.excess * total + nan_unless_finite(q))
    }

    /// With a = |x|: `z ln(1 + e^-a)`, and `z a` as the head for negative x.
    fn exact_form(inputs: [f64; 3]) -> ExactForm {
        let [x, z, _] = inputs;
        if is_nan(inputs) {
            return ExactForm::Limit(f64::NAN);
        }
        if x == f64::INFINITY {
            return ExactForm::Limit(0.0);
        }
        if x == f64::NEG_INFINITY {
            return times_infinity(z > 0.0, z == 0.0);
        }
        let a = x.abs();
        ExactForm::Finite(Sum {
            head: if x >= 0.0 {
                NOTHING
            } else {
                [[z, a, 1.0], [0.0; 3], [0.0; 3]]
            },
            coefficient: only(z),
            tail: tails::log1p_exp_neg(a),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::testing::{self, Domain};

    #[test]
    fn estimates_keep_their_bounds() {
        testing::check_bounds::<WeightedGradPosWeight, 3>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<WeightedGradPosWeight, 3>(
            "z * log(1 + exp(-x)) + 0 * q",
            Domain::Any,
        );
    }
}
