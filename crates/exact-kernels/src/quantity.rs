//! The quantities as types: for each its first-stage estimates, narrow and wide, and its exact
//! form.
//!
//! Loops are generic over quantities; several of them in one pass share what [`Needs`] names.

use crate::first_stage::{self as narrow, Estimate, Parts};
use crate::first_stage_f64::{self as wide, Parts as WideParts, WideEstimate};
use crate::formula::{self, Exact};
use crate::tier::Arithmetic;

/// Which shared functions of the logit a quantity is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) log: bool,
    pub(crate) sigmoid: bool,
}

impl Needs {
    const NOTHING: Self = Self {
        log: false,
        sigmoid: false,
    };
    const LOG: Self = Self {
        log: true,
        sigmoid: false,
    };
    const SIGMOID: Self = Self {
        log: false,
        sigmoid: true,
    };

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            log: self.log || other.log,
            sigmoid: self.sigmoid || other.sigmoid,
        }
    }
}

/// A function of logits x, labels z and weight q.
pub(crate) trait Quantity: Sync {
    const NEEDS: Needs;
    /// An estimate for inputs of the narrow formats.
    fn estimate<A: Arithmetic>(x: f64, z: f64, q: f64, parts: Parts) -> Estimate;
    /// An estimate for inputs of `f64`.
    fn estimate_wide<A: Arithmetic>(x: f64, z: f64, q: f64, parts: WideParts) -> WideEstimate;
    /// The exact form, for all inputs.
    fn exact(x: f64, z: f64, q: f64) -> Exact;
}

/// Declares a quantity as the functions of one name in the modules of the stages.
macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident = $function:ident of $needs:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl Quantity for $name {
            const NEEDS: Needs = Needs::$needs;

            #[inline(always)]
            fn estimate<A: Arithmetic>(x: f64, z: f64, q: f64, parts: Parts) -> Estimate {
                narrow::$function::<A>(x, z, q, parts)
            }

            #[inline(always)]
            fn estimate_wide<A: Arithmetic>(
                x: f64,
                z: f64,
                q: f64,
                parts: WideParts,
            ) -> WideEstimate {
                wide::$function::<A>(x, z, q, parts)
            }

            fn exact(x: f64, z: f64, q: f64) -> Exact {
                formula::$function(x, z, q)
            }
        }
    )+};
}

quantities! {
    /// `(1 - z) softplus(x) + q z softplus(-x)`
    WeightedLoss = weighted_loss of LOG;
    /// `(1 - z) sigmoid(x) - q z sigmoid(-x)`
    WeightedGradLogits = weighted_grad_logits of SIGMOID;
    /// `((1 - z) + q z) sigmoid(x) sigmoid(-x)`
    WeightedHessLogits = weighted_hess_logits of SIGMOID;
    /// `q softplus(-x) - softplus(x)`
    WeightedGradLabels = weighted_grad_labels of LOG;
    /// `z softplus(-x)`
    WeightedGradPosWeight = weighted_grad_pos_weight of LOG;
    /// `ln(1 + e^x)`
    Softplus = softplus of LOG;
    /// `-ln(1 + e^-x)`
    LogSigmoid = log_sigmoid of LOG;
    /// `1 / (1 + e^-x)`
    Sigmoid = sigmoid of SIGMOID;
    /// `e^x`
    Exp = exp of NOTHING;
    /// `ln x`
    Log = log of NOTHING;
    /// `ln(1 + x)`
    LogOnePlus = log_one_plus of NOTHING;
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
    fn check<Q: Quantity>(name: &str, positive_only: bool) {
        let (mut narrow_worst, mut wide_worst): (f64, f64) = (0.0, 0.0);
        for [x, z, q] in inputs(20) {
            let x = if positive_only { x.abs() } else { x };
            let shared = narrow::Shared::new::<Baseline>(Q::NEEDS, &[x]);
            let estimate = Q::estimate::<Baseline>(x, z, q, shared.at(0));
            let (value, bound) = estimate.parts();
            let error = distance(&Q::exact(x, z, q), value, 0.0);
            narrow_worst = narrow_worst.max(error.map_or(0.0, |error| error / bound));
        }
        for [x, z, q] in inputs(53) {
            let x = if positive_only { x.abs() } else { x };
            let shared = wide::Shared::new::<Baseline>(Q::NEEDS, &[x]);
            let estimate = Q::estimate_wide::<Baseline>(x, z, q, shared.at(0));
            let (hi, lo, bound) = estimate.parts();
            let error = distance(&Q::exact(x, z, q), hi, lo);
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
