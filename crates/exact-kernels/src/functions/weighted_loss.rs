//! `(1 - z) softplus(x) + q z softplus(-x)`
//!
//! At x = +inf the weight `1 - z` decides: `+0` for 0, else that sign's infinity; at -inf `q z`.

use crate::functions::shared::logit_terms::{LOG, LogitTerms, Terms};
use crate::functions::shared::tails;
use crate::functions::shared::weighted::{
    is_nan, sum_of_products, times_infinity, total_weight, weights,
};
use crate::number::arithmetic::Arithmetic;
use crate::number::lane::Lane;
use crate::number::pair::Pair;
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, Sum, factor};
use crate::ziv::function::Function;

/// The weighted cross-entropy.
#[derive(Debug)]
pub(crate) struct WeightedLoss;

impl Function<3> for WeightedLoss {
    type Terms = LogitTerms;
    const TERMS: LogitTerms = LOG;

    /// Softplus's error, u of `1 - z`, u each of a product and the sum: in `f64` less than 2^-39.3
    /// and few u, below 2^-39. In `f32` 11.6u of softplus, 3u, and u of the rounding of `y ± e`:
    /// 15.6u, below 2^-20.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x, z, q]: [L; 3], terms: Terms<L>) -> Estimate<L> {
        let (rising, falling) = terms.softplus::<A>(x);
        let (negative, positive) = ((L::ONE - z) * rising, q * z * falling);
        Estimate {
            value: negative + positive,
            size: negative.abs() + positive.abs(),
        }
    }

    /// See `sum_of_products`.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x, z, q]: [f64; 3], terms: Terms<Pair>) -> PairEstimate {
        let softplus = terms.softplus_pair(x);
        let (negative, positive) = weights::<A>(z, q);
        let (major, minor) = if x < 0.0 {
            (positive, negative)
        } else {
            (negative, positive)
        };
        let (major, minor) = ((major, softplus.large), (minor, softplus.small));
        sum_of_products::<A>(major, minor, softplus.excess)
    }

    /// With a = |x| and `l = (1 - z) + q z`: `(1 - z) a + l ln(1 + e^-a)`, and `q z a` as the head
    /// for negative x.
    fn exact_form(inputs: [f64; 3]) -> ExactForm {
        let [x, z, q] = inputs;
        if is_nan(inputs) {
            return ExactForm::Limit(f64::NAN);
        }
        if x == f64::INFINITY {
            return times_infinity(z < 1.0, z == 1.0);
        }
        if x == f64::NEG_INFINITY {
            // The product itself may underflow.
            return times_infinity((q > 0.0) == (z > 0.0), q == 0.0 || z == 0.0);
        }
        let a = x.abs();
        ExactForm::Finite(Sum {
            head: if x >= 0.0 {
                [factor(a), [-z, a, 1.0], [0.0; 3]]
            } else {
                [[q, z, a], [0.0; 3], [0.0; 3]]
            },
            coefficient: total_weight(z, q, 1.0),
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
        testing::check_bounds::<WeightedLoss, 3>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        let formula = "(1 - z) * log(1 + exp(x)) + q * z * log(1 + exp(-x))";
        testing::check_hard_cases::<WeightedLoss, 3>(formula, Domain::Any);
    }
}
