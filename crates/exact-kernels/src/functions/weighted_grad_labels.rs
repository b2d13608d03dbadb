//! `q softplus(-x) - softplus(x)`, the loss's derivative with respect to the labels
//!
//! -inf at +inf; at -inf the weight q decides: `+0` for 0, else its sign's infinity. Labels count
//! only by being finite.

use crate::functions::shared::logit_terms::{LOG, LogitTerms, Terms};
use crate::functions::shared::tails;
use crate::functions::shared::weighted::{is_nan, nan_unless_finite, sum_of_two, times_infinity};
use crate::number::arithmetic::Arithmetic;
use crate::number::lane::Lane;
use crate::number::pair::{Pair, product};
use crate::ziv::driver::{Loops, loops};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, Sum, factor, only};
use crate::ziv::function::Function;

/// The derivative of the weighted cross-entropy by its labels.
#[derive(Debug)]
pub(crate) struct WeightedGradLabels;

/// Its loops.
pub(crate) static LOOPS: Loops<3, 1> = loops::<WeightedGradLabels, 3, 1>();

impl Function<3> for WeightedGradLabels {
    type Terms = LogitTerms;
    const TERMS: LogitTerms = LOG;

    /// Softplus's error, a product and the sum: less than the loss's bound.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x, z, q]: [L; 3], terms: Terms<L>) -> Estimate<L> {
        let (rising, falling) = terms.softplus::<A>(x);
        let positive = q * falling;
        let estimate = Estimate {
            value: positive - rising,
            size: positive.abs() + rising,
        };
        estimate.only_if_finite::<A>(z)
    }

    /// Softplus's 2^-65.9 and u² of the product.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x, z, q]: [f64; 3], terms: Terms<Pair>) -> PairEstimate {
        let softplus = terms.softplus_pair(x);
        let (rising, falling) = (softplus.at(x), softplus.at_opposite(x));
        let excess = softplus.excess * softplus.small.0 * (1.0 + q.abs()) + nan_unless_finite(z);
        let positive = product::<A>((q, 0.0), falling);
        sum_of_two(positive, (-rising.0, -rising.1), excess)
    }

    /// With a = |x|: `-a + (q - 1) ln(1 + e^-a)`, and `q a` as the head for negative x.
    fn exact_form(inputs: [f64; 3]) -> ExactForm {
        let [x, _, q] = inputs;
        if is_nan(inputs) {
            return ExactForm::Limit(f64::NAN);
        }
        if x == f64::INFINITY {
            return ExactForm::Limit(f64::NEG_INFINITY);
        }
        if x == f64::NEG_INFINITY {
            return times_infinity(q > 0.0, q == 0.0);
        }
        let a = x.abs();
        ExactForm::Finite(Sum {
            head: if x >= 0.0 {
                only(-a)
            } else {
                [[q, a, 1.0], [0.0; 3], [0.0; 3]]
            },
            coefficient: [factor(q), factor(-1.0), [0.0; 3]],
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
        testing::check_bounds::<WeightedGradLabels, 3>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<WeightedGradLabels, 3>(
            "q * log(1 + exp(-x)) - log(1 + exp(x)) + 0 * z",
            Domain::Any,
        );
    }
}
