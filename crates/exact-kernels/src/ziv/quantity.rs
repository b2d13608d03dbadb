//! The quantities as types: for each its first-stage estimates, narrow (in lanes of `f32` or `f64`)
//! and wide, and its exact form.
//!
//! Loops are generic over quantities; several of them in one pass share what [`Needs`] names.

use crate::dispatch::tier::Arithmetic;
use crate::number::lane::Lane;
use crate::ziv::exact_form::{self, Exact};
use crate::ziv::first_stage::{self as narrow, Estimate, Parts};
use crate::ziv::first_stage_f64::{self as wide, Parts as WideParts, WideEstimate};

/// Which shared functions of the logit a quantity is made of.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
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
pub trait Quantity: Sync {
    const NEEDS: Needs;
    /// An estimate for inputs of the narrow formats.
    fn estimate<A: Arithmetic, L: Lane>(x: L, z: L, q: L, parts: Parts<L>) -> Estimate<L>;
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
            fn estimate<A: Arithmetic, L: Lane>(
                x: L,
                z: L,
                q: L,
                parts: Parts<L>,
            ) -> Estimate<L> {
                narrow::$function::<A, L>(x, z, q, parts)
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
                exact_form::$function(x, z, q)
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
    use crate::dispatch::tier::Baseline;
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    use crate::dispatch::tier::FusedMultiplyAdd;
    use crate::ziv::second_stage::distance;

    /// Inputs without a pattern in their digits: logits within ±30, every second time ±60; labels
    /// and weights within [0, 1] and [0, 4], every third time within ±2 and ±4, where terms cancel.
    fn inputs(digits: u32) -> impl Iterator<Item = [f64; 3]> {
        let unit = move |i: u64| {
            let bits = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (i << 13);
            (bits >> (64 - digits)) as f64 / (1_u64 << digits) as f64
        };
        (1..40_000).map(move |i| {
            let x = (60.0 * unit(3 * i) - 30.0) * if i % 2 == 0 { 2.0 } else { 1.0 };
            let [z, q] = [1, 2].map(|k| unit(3 * i + k));
            if i % 3 == 0 {
                [x, 4.0 * z - 2.0, 8.0 * q - 4.0]
            } else {
                [x, z, 4.0 * q]
            }
        })
    }

    /// The worst error of a quantity on inputs of so many digits, in bounds, if this estimates it.
    fn worst<Q: Quantity>(
        digits: u32,
        positive_only: bool,
        estimate: impl Fn(f64, f64, f64) -> (f64, f64, f64),
    ) -> f64 {
        inputs(digits)
            .map(|[x, z, q]| {
                let x = if positive_only { x.abs() } else { x };
                let (hi, lo, bound) = estimate(x, z, q);
                distance(&Q::exact(x, z, q), hi, lo).map_or(0.0, |error| error / bound)
            })
            .fold(0.0, f64::max)
    }

    fn in_lanes<Q: Quantity, A: Arithmetic, L: Lane + Into<f64>>(
        x: L,
        z: L,
        q: L,
    ) -> (f64, f64, f64) {
        let shared = narrow::Shared::new::<A>(Q::NEEDS, &[x]);
        let (value, bound) = Q::estimate::<A, L>(x, z, q, shared.at(0)).parts();
        (value.into(), 0.0, bound.into())
    }

    /// Every exact value lies within the bound; and the bounds are no more than a few thousand
    /// times too wide, so that the later stages stay rare.
    fn check_in<Q: Quantity, A: Arithmetic>(name: &str, positive_only: bool) {
        let single = worst::<Q>(10, positive_only, |x, z, q| {
            in_lanes::<Q, A, f32>(x as f32, z as f32, q as f32)
        });
        let narrow = worst::<Q>(20, positive_only, in_lanes::<Q, A, f64>);
        let wide = worst::<Q>(53, positive_only, |x, z, q| {
            let shared = wide::Shared::new::<A>(Q::NEEDS, &[x]);
            Q::estimate_wide::<A>(x, z, q, shared.at(0)).parts()
        });
        for (stage, worst) in [("single", single), ("narrow", narrow), ("wide", wide)] {
            assert!(worst < 1.0, "{name}, {stage}: an error of {worst} bounds");
            assert!(
                worst > 1e-4,
                "{name}, {stage}: errors of only {worst} bounds"
            );
        }
    }

    fn check<Q: Quantity>(name: &str, positive_only: bool) {
        check_in::<Q, Baseline>(name, positive_only);
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        check_in::<Q, FusedMultiplyAdd>(name, positive_only);
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
