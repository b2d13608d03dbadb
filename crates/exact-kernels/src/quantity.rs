//! The quantities as types: for each its first-stage estimates, narrow and wide, and its exact
//! form.
//!
//! Loops are generic over a quantity; several of them in one pass are the tuple of them, and share
//! what they have in common because all of it is inlined.

use crate::first_stage::{self as narrow, Estimate};
use crate::first_stage_f64::{self as wide, WideEstimate};
use crate::formula::{self, Exact};
use crate::tier::Arithmetic;

/// K functions of logits x, labels z and weight q.
pub(crate) trait Quantity<const K: usize>: Sync {
    /// Estimates for inputs of the narrow formats.
    fn estimate<A: Arithmetic>(x: f64, z: f64, q: f64) -> [Estimate; K];
    /// Estimates for inputs of `f64`.
    fn estimate_wide<A: Arithmetic>(x: f64, z: f64, q: f64) -> [WideEstimate; K];
    /// The exact form of function k, for all inputs.
    fn exact(k: usize, x: f64, z: f64, q: f64) -> Exact;
}

/// Declares a quantity as the functions of one name in the modules of the stages.
macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident = $function:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Quantity<1> for $name {
            #[inline(always)]
            fn estimate<A: Arithmetic>(x: f64, z: f64, q: f64) -> [Estimate; 1] {
                [narrow::$function::<A>(x, z, q)]
            }

            #[inline(always)]
            fn estimate_wide<A: Arithmetic>(x: f64, z: f64, q: f64) -> [WideEstimate; 1] {
                [wide::$function::<A>(x, z, q)]
            }

            fn exact(_: usize, x: f64, z: f64, q: f64) -> Exact {
                formula::$function(x, z, q)
            }
        }
    )+};
}

quantities! {
    /// `(1 - z) softplus(x) + q z softplus(-x)`
    WeightedLoss = weighted_loss;
    /// `(1 - z) sigmoid(x) - q z sigmoid(-x)`
    WeightedGradLogits = weighted_grad_logits;
    /// `((1 - z) + q z) sigmoid(x) sigmoid(-x)`
    WeightedHessLogits = weighted_hess_logits;
    /// `q softplus(-x) - softplus(x)`
    WeightedGradLabels = weighted_grad_labels;
    /// `z softplus(-x)`
    WeightedGradPosWeight = weighted_grad_pos_weight;
    /// `ln(1 + e^x)`
    Softplus = softplus;
    /// `-ln(1 + e^-x)`
    LogSigmoid = log_sigmoid;
    /// `1 / (1 + e^-x)`
    Sigmoid = sigmoid;
    /// `e^x`
    Exp = exp;
    /// `ln x`
    Log = log;
    /// `ln(1 + x)`
    LogOnePlus = log_one_plus;
}

impl<P: Quantity<1>, R: Quantity<1>> Quantity<2> for (P, R)
where
    (P, R): Sync,
{
    #[inline(always)]
    fn estimate<A: Arithmetic>(x: f64, z: f64, q: f64) -> [Estimate; 2] {
        let ([first], [second]) = (P::estimate::<A>(x, z, q), R::estimate::<A>(x, z, q));
        [first, second]
    }

    #[inline(always)]
    fn estimate_wide<A: Arithmetic>(x: f64, z: f64, q: f64) -> [WideEstimate; 2] {
        let ([first], [second]) = (
            P::estimate_wide::<A>(x, z, q),
            R::estimate_wide::<A>(x, z, q),
        );
        [first, second]
    }

    fn exact(k: usize, x: f64, z: f64, q: f64) -> Exact {
        if k == 0 {
            P::exact(0, x, z, q)
        } else {
            R::exact(0, x, z, q)
        }
    }
}

impl<P: Quantity<1>, R: Quantity<1>, S: Quantity<1>> Quantity<3> for (P, R, S)
where
    (P, R, S): Sync,
{
    #[inline(always)]
    fn estimate<A: Arithmetic>(x: f64, z: f64, q: f64) -> [Estimate; 3] {
        let ([first, second], [third]) =
            (<(P, R)>::estimate::<A>(x, z, q), S::estimate::<A>(x, z, q));
        [first, second, third]
    }

    #[inline(always)]
    fn estimate_wide<A: Arithmetic>(x: f64, z: f64, q: f64) -> [WideEstimate; 3] {
        let ([first, second], [third]) = (
            <(P, R)>::estimate_wide::<A>(x, z, q),
            S::estimate_wide::<A>(x, z, q),
        );
        [first, second, third]
    }

    fn exact(k: usize, x: f64, z: f64, q: f64) -> Exact {
        if k < 2 {
            <(P, R)>::exact(k, x, z, q)
        } else {
            S::exact(0, x, z, q)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settle::distance;
    use crate::tier::Baseline;

    /// Everyday inputs without a pattern in their digits: logits within ±30, labels and weights
    /// within [0, 1] and [0, 4].
    fn inputs(digits: u32) -> impl Iterator<Item = [f64; 3]> {
        let unit = move |i: u64| {
            let bits = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (i << 13);
            (bits >> (64 - digits)) as f64 / (1_u64 << digits) as f64
        };
        (1..40_000).map(move |i| {
            [
                60.0 * unit(3 * i) - 30.0,
                unit(3 * i + 1),
                4.0 * unit(3 * i + 2),
            ]
        })
    }

    /// Every exact value lies within the bound; and the bounds are no more than a few thousand
    /// times too wide, so that the later stages stay rare.
    fn check<Q: Quantity<1>>(name: &str, positive_only: bool) {
        let (mut narrow_worst, mut wide_worst): (f64, f64) = (0.0, 0.0);
        for [x, z, q] in inputs(20) {
            let x = if positive_only { x.abs() } else { x };
            let [Estimate { value, bound }] = Q::estimate::<Baseline>(x, z, q);
            let error = distance(&Q::exact(0, x, z, q), value, 0.0);
            narrow_worst = narrow_worst.max(error.map_or(0.0, |error| error / bound));
        }
        for [x, z, q] in inputs(53) {
            let x = if positive_only { x.abs() } else { x };
            let [estimate] = Q::estimate_wide::<Baseline>(x, z, q);
            let (hi, lo, bound) = estimate.parts();
            let error = distance(&Q::exact(0, x, z, q), hi, lo);
            wide_worst = wide_worst.max(error.map_or(0.0, |error| error / bound));
        }
        for worst in [narrow_worst, wide_worst] {
            assert!(worst < 1.0, "{name}: an error of {worst} bounds");
            assert!(worst > 1e-4, "{name}: errors of only {worst} bounds");
        }
    }

    #[test]
    fn first_stages_keep_their_bounds() {
        check::<WeightedLoss>("loss", false);
        check::<WeightedGradLogits>("gradient", false);
        check::<WeightedHessLogits>("second derivative", false);
        check::<WeightedGradLabels>("derivative by labels", false);
        check::<WeightedGradPosWeight>("derivative by weights", false);
        check::<Softplus>("softplus", false);
        check::<LogSigmoid>("log sigmoid", false);
        check::<Sigmoid>("sigmoid", false);
        check::<Exp>("exp", false);
        check::<Log>("log", true);
        check::<LogOnePlus>("log1p", true);
    }
}
