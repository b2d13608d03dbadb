//! The rounding of one element, for certain: the later stages of Ziv's strategy, scalar.
//!
//! Second stage: head and coefficient as exact expansions, the tail in double-double with relative
//! error 2^-90; if both ends of the tail's interval round alike, that is the result. Third stage
//! (`wide`): the same over wide integers.

use crate::number::double_double::DoubleDouble;
use crate::number::expansion::Expansion;
use crate::number::format::power_of_two;
use crate::number::format::sealed::Format;
use crate::ziv::elementary;
use crate::ziv::exact_form::{Exact, Sum, Tail};
use crate::ziv::third_stage;

/// Bound on the relative error of coefficient times tail: 2^-94 for the tail (see `elementary`; the
/// sigmoid forms add three operations of at most 15u² each), 2^-104 for the coefficient, 7u² for
/// the product.
const TAIL_ERROR: f64 = 1.0 / (1_u128 << 90) as f64;

/// The number of `T` nearest to an exact value.
pub(crate) fn settle<T: Format>(exact: &Exact) -> T {
    match exact {
        Exact::Limit(value) if value.is_nan() => T::CANONICAL_NAN,
        Exact::Limit(value) => T::nearest(*value),
        Exact::Finite(sum) => second_stage(sum).unwrap_or_else(|| third_stage::third_stage(sum)),
    }
}

/// The result, where double-double decides it.
pub(crate) fn second_stage<T: Format>(sum: &Sum) -> Option<T> {
    if !sum
        .head
        .iter()
        .chain(&sum.coefficient)
        .flatten()
        .all(|&factor| is_moderate(factor, 200))
    {
        return None;
    }
    if !is_moderate(sum.argument, if sum.head[0][0] == 0.0 { 1000 } else { 200 }) {
        return None;
    }
    let head = exact_sum(&sum.head);
    let coefficient = exact_sum(&sum.coefficient);
    if coefficient.is_zero() || (sum.argument == 0.0 && sum.tail.vanishes_at_zero()) {
        return Some(head.round());
    }
    let coefficient = coefficient.to_double_double();
    let [low, high] = match tail(sum.tail, sum.argument) {
        Some(tail) => {
            let product = coefficient.mul(tail);
            if product.hi.abs() < power_of_two(-900) {
                return None;
            }
            let middle = head.plus(product.lo).plus(product.hi);
            let bound = product.hi * TAIL_ERROR;
            [middle.plus(-bound), middle.plus(bound)]
        }
        // Beneath all formats: the coefficient is below 2^602, e^-1500 below 2^-2164.
        None if head.is_zero() && sum.tail != Tail::Exp && sum.argument > 1500.0 => {
            return Some(T::nearest(if coefficient.hi > 0.0 { 0.0 } else { -0.0 }));
        }
        None if head.is_zero() => return None,
        // Between nothing and e^-700 of the coefficient: below every bit of the head, unless it
        // cancels that far.
        None => {
            let least = if coefficient.hi > 0.0 {
                f64::from_bits(1)
            } else {
                -f64::from_bits(1)
            };
            [
                head.plus(least),
                head.plus(coefficient.hi * power_of_two(-1000)),
            ]
        }
    };
    let (low, high): (T, T) = (low.round(), high.round());
    (low.pattern() == high.pattern()).then_some(low)
}

/// Whether a factor is 0 or within 2^±exponent: at 200, products of three neither overflow nor lose
/// bits.
fn is_moderate(factor: f64, exponent: i32) -> bool {
    factor == 0.0 || (power_of_two(-exponent)..=power_of_two(exponent)).contains(&factor.abs())
}

fn exact_sum(terms: &[[f64; 3]; 3]) -> Expansion {
    let mut sum = Expansion::ZERO;
    for &[a, b, c] in terms {
        if a != 0.0 && b != 0.0 && c != 0.0 {
            sum.add_product([a, b, c]);
        }
    }
    sum
}

/// The tail to 2^-94, or nothing where it lies below e^-700 or above e^700.
fn tail(tail: Tail, argument: f64) -> Option<DoubleDouble> {
    let one = DoubleDouble::ONE;
    let decays = matches!(tail, Tail::Softplus | Tail::Logistic | Tail::Bell);
    if (decays && argument > 700.0) || (tail == Tail::Exp && argument.abs() > 700.0) {
        return None;
    }
    let decayed = || elementary::exp(-argument);
    Some(match tail {
        Tail::Softplus => elementary::log_one_plus_double(decayed()),
        Tail::Logistic => decayed().div(decayed().add(one)),
        Tail::Bell => {
            let sum = decayed().add(one);
            decayed().div(sum.mul(sum))
        }
        Tail::HalfTanh => half_tanh(argument),
        Tail::QuarterTanhSquared => half_tanh(argument).mul(half_tanh(argument)),
        Tail::Exp => elementary::exp(argument),
        Tail::ExpMinusOne => elementary::exp_minus_one(argument),
        Tail::Log => elementary::log(argument),
        Tail::LogOnePlus => elementary::log_one_plus(argument),
    })
}

/// `tanh(a/2)/2 = (e^a - 1) / (2 (e^a - 1) + 4)`
fn half_tanh(a: f64) -> DoubleDouble {
    let grown = elementary::exp_minus_one(a);
    grown.div(grown.scale(2.0).add_f64(4.0))
}

/// How far an exact value lies from `hi + lo`, by the second stage; nothing outside its domain.
#[cfg(test)]
pub(crate) fn distance(exact: &Exact, hi: f64, lo: f64) -> Option<f64> {
    let Exact::Finite(sum) = exact else {
        return None;
    };
    let product = exact_sum(&sum.coefficient)
        .to_double_double()
        .mul(tail(sum.tail, sum.argument)?);
    let rest = exact_sum(&sum.head)
        .plus(-hi)
        .plus(-lo)
        .plus(product.lo)
        .plus(product.hi);
    Some(rest.to_double_double().hi.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ziv::exact_form;
    use half::{bf16, f16};
    use std::vec::Vec;

    /// Inputs over all the stages' cases: everyday ones, saturated ones, ties, cancelling terms,
    /// far exponents.
    fn inputs<T: Format>() -> Vec<[f64; 3]> {
        let x = [
            0.0, 1e-40, 1e-9, 0.25, -0.4, 0.5, 1.0, -2.5, 17.0, -40.0, 354.0, -699.0, 701.0,
            -1600.0, 5000.0, 1e30,
        ];
        let z = [
            0.0,
            1.0,
            0.3,
            0.25 + power_of_two(-12),
            0.5,
            -1.0,
            3.0,
            1e-30,
        ];
        let q = [1.0, 2.0, 0.0, -0.7, 1e20];
        let narrow = |value: f64| T::nearest(value).exactly();
        let mut triples = Vec::new();
        for x in x {
            for z in z {
                triples.extend(q.map(|q| [x, z, q].map(narrow)));
            }
        }
        triples
    }

    type Formula = fn(f64, f64, f64) -> Exact;
    const FORMULAS: [Formula; 11] = [
        exact_form::weighted_loss,
        exact_form::weighted_grad_logits,
        exact_form::weighted_hess_logits,
        exact_form::weighted_grad_labels,
        exact_form::weighted_grad_pos_weight,
        exact_form::softplus,
        exact_form::log_sigmoid,
        exact_form::sigmoid,
        exact_form::exp,
        exact_form::log,
        exact_form::log_one_plus,
    ];

    fn check<T: Format>() {
        let mut decided = 0;
        let cases = inputs::<T>()
            .into_iter()
            .flat_map(|[x, z, q]| FORMULAS.map(|formula| formula(x, z, q)));
        for (index, exact) in cases.enumerate() {
            let Exact::Finite(sum) = exact else { continue };
            let (low, high) = third_stage::enclosure::<T, 6>(&sum);
            assert_eq!(low.pattern(), high.pattern(), "{sum:?}");
            // The widest takes milliseconds.
            if index % 61 == 0 {
                let (widest, _) = third_stage::enclosure::<T, 40>(&sum);
                assert_eq!(low.pattern(), widest.pattern(), "{sum:?}");
            }
            if let Some(second) = second_stage::<T>(&sum) {
                assert_eq!(second.pattern(), low.pattern(), "{sum:?}");
                decided += 1;
            }
        }
        assert!(decided > 3000, "{decided}");
    }

    #[test]
    fn the_later_stages_agree_where_each_is_fed_directly() {
        check::<f16>();
        check::<bf16>();
        check::<f32>();
        check::<f64>();
    }
}
