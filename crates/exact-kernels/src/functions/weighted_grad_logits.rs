//! `(1 - z) sigmoid(x) - q z sigmoid(-x)`, the loss's derivative with respect to the logits
//!
//! `1 - z` at +inf, `-(q z)` at -inf.

use crate::functions::shared::logit_terms::{LogitTerms, SIGMOID, Terms};
use crate::functions::shared::tails;
use crate::functions::shared::weighted::{is_nan, sum_of_products, total_weight, weights};
use crate::number::arithmetic::Arithmetic;
use crate::number::lane::Lane;
use crate::number::pair::Pair;
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, NOTHING, Sum, factor};
use crate::ziv::function::Function;

/// The gradient of the weighted cross-entropy.
#[derive(Debug)]
pub(crate) struct WeightedGradLogits;

/// Above this `|x|` the sigmoid's tail is counted from its limit, below from its value at 0.
const NEAR_ZERO: f64 = 0.5;

impl Function<3> for WeightedGradLogits {
    type Terms = LogitTerms;
    const TERMS: LogitTerms = SIGMOID;

    /// The sigmoid's error (that of e^-|x| and four roundings), u of `1 - z`, u each of a product
    /// and the sum: in `f64` below 2^-39; in `f32` less than the loss's 15.6u.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x, z, q]: [L; 3], terms: Terms<L>) -> Estimate<L> {
        let (rising, falling) = terms.sigmoid(x);
        let (negative, positive) = ((L::ONE - z) * rising, q * z * falling);
        let estimate = Estimate {
            value: negative - positive,
            size: negative.abs() + positive.abs(),
        };
        estimate.only_if_finite::<A>(x)
    }

    /// See `sum_of_products`.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x, z, q]: [f64; 3], terms: Terms<Pair>) -> PairEstimate {
        let sigmoid = terms.sigmoid_pair::<A>(x);
        let (negative, positive) = weights::<A>(z, q);
        let positive = (-positive.0, -positive.1);
        let (major, minor) = if x < 0.0 {
            (positive, negative)
        } else {
            (negative, positive)
        };
        let (major, minor) = ((major, sigmoid.large), (minor, sigmoid.small));
        sum_of_products::<A>(major, minor, sigmoid.excess)
    }

    /// With a = |x| and `l = (1 - z) + q z`: `1 - z - l sigmoid(-a)`, for negative x
    /// `-q z + l sigmoid(-a)`; near 0 `((1 - z) - q z) / 2 ± l tanh(a/2)/2`.
    fn exact_form(inputs: [f64; 3]) -> ExactForm {
        let [x, z, q] = inputs;
        if is_nan(inputs) {
            return ExactForm::Limit(f64::NAN);
        }
        let a = x.abs();
        let sign = if x >= 0.0 { 1.0 } else { -1.0 };
        if a < NEAR_ZERO {
            return ExactForm::Finite(Sum {
                head: [factor(0.5), [-0.5, z, 1.0], [-0.5, q, z]],
                coefficient: if a == 0.0 {
                    NOTHING
                } else {
                    total_weight(z, q, sign)
                },
                tail: tails::half_tanh(a),
            });
        }
        ExactForm::Finite(Sum {
            head: if x > 0.0 {
                [factor(1.0), factor(-z), [0.0; 3]]
            } else {
                [[-1.0, q, z], [0.0; 3], [0.0; 3]]
            },
            coefficient: if a.is_infinite() {
                NOTHING
            } else {
                total_weight(z, q, -sign)
            },
            tail: tails::sigmoid_neg(a),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::testing::{self, Domain};

    #[test]
    fn estimates_keep_their_bounds() {
        testing::check_bounds::<WeightedGradLogits, 3>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<WeightedGradLogits, 3>(
            "(1 - z) * sigmoid(x) - q * z * sigmoid(-x)",
            Domain::Any,
        );
    }
}
