//! `((1 - z) + q z) sigmoid(x) sigmoid(-x)`, the loss's second derivative with respect to the
//! logits
//!
//! `+0` at both infinities.

use crate::functions::shared::logit_terms::{LogitTerms, SIGMOID, Terms};
use crate::functions::shared::tails::HalfTanh;
use crate::functions::shared::weighted::{is_nan, total_weight, weights};
use crate::number::arithmetic::Arithmetic;
use crate::number::elementary::Elementary;
use crate::number::error_free::two_sum;
use crate::number::lane::Lane;
use crate::number::pair::{Pair, product};
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::{ExactForm, NOTHING, Sum, Tail, TailFunction};
use crate::ziv::function::Function;

/// The second derivative of the weighted cross-entropy.
#[derive(Debug)]
pub(crate) struct WeightedHessLogits;

/// Below this `|x|` the tail is counted from the value at 0.
const NEAR_ZERO: f64 = 0.5;

impl Function<3> for WeightedHessLogits {
    type Terms = LogitTerms;
    const TERMS: LogitTerms = SIGMOID;

    /// The product of both sigmoids is t / (1 + t)², so it has the error of t = e^-|x| once, and
    /// with the coefficient nine roundings: less than the loss's bound.
    #[inline(always)]
    fn estimate<A: Arithmetic, L: Lane>([x, z, q]: [L; 3], terms: Terms<L>) -> Estimate<L> {
        let (rising, falling) = terms.sigmoid(x);
        let (negative, positive) = (L::ONE - z, q * z);
        let bell = rising * falling;
        let estimate = Estimate {
            value: (negative + positive) * bell,
            size: (negative.abs() + positive.abs()) * bell,
        };
        estimate.only_if_finite::<A>(x)
    }

    /// The sigmoids' errors, below 2^-67 together, and u² for each product.
    #[inline(always)]
    fn estimate_f64<A: Arithmetic>([x, z, q]: [f64; 3], terms: Terms<Pair>) -> PairEstimate {
        let sigmoid = terms.sigmoid_pair::<A>(x);
        let (negative, positive) = weights::<A>(z, q);
        let (sum, error) = two_sum(negative.0, positive.0);
        let bell = product::<A>(sigmoid.large, sigmoid.small);
        let value = product::<A>((sum, error + (negative.1 + positive.1)), bell);
        let total = (negative.0.abs() + positive.0.abs()) * bell.0;
        PairEstimate::new(value, total, sigmoid.excess * total)
    }

    /// With a = |x| and `l = (1 - z) + q z`: `l e^-a / (1 + e^-a)²`; near 0 `l/4 - l tanh(a/2)²/4`.
    fn exact_form(inputs: [f64; 3]) -> ExactForm {
        let [x, z, q] = inputs;
        if is_nan(inputs) {
            return ExactForm::Limit(f64::NAN);
        }
        let a = x.abs();
        if a.is_infinite() {
            return ExactForm::Limit(0.0);
        }
        if a < NEAR_ZERO {
            return ExactForm::Finite(Sum {
                head: total_weight(z, q, 0.25),
                coefficient: if a == 0.0 {
                    NOTHING
                } else {
                    total_weight(z, q, -1.0)
                },
                tail: Tail::new::<QuarterTanhSquared>(a),
            });
        }
        ExactForm::Finite(Sum {
            head: NOTHING,
            coefficient: total_weight(z, q, 1.0),
            tail: Tail::of_size::<Bell>(a, -a),
        })
    }
}

/// `tanh(a/2)² / 4`
struct QuarterTanhSquared;

impl TailFunction for QuarterTanhSquared {
    fn value<N: Elementary>(a: f64) -> N {
        let half: N = HalfTanh::value(a);
        half * half
    }
}

/// `e^-a / (1 + e^-a)²`, below `e^-a`
struct Bell;

impl TailFunction for Bell {
    fn value<N: Elementary>(a: f64) -> N {
        let t = N::exp(-a);
        let sum = t + N::from_f64(1.0);
        t / (sum * sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::testing::{self, Domain};

    #[test]
    fn estimates_keep_their_bounds() {
        testing::check_bounds::<WeightedHessLogits, 3>(Domain::Any);
    }

    #[test]
    fn the_hardest_of_many_inputs_are_rounded_correctly() {
        testing::check_hard_cases::<WeightedHessLogits, 3>(
            "((1 - z) + q * z) * sigmoid(x) * sigmoid(-x)",
            Domain::Any,
        );
    }
}
