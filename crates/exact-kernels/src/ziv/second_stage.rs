//! Correct rounding of one element (second and third stage), scalar.
//!
//! Second stage: head and coefficient as exact expansions, the tail in double-double with a
//! relative error of 2^-90; if both ends of the tail's interval round to the same bits, they are
//! the result. Third stage: the same with wide integers.

use crate::number::expansion::Expansion;
use crate::number::format::power_of_two;
use crate::number::format::sealed::Format;
use crate::ziv::exact_form::{ExactForm, Sum};
use crate::ziv::third_stage::third_stage;

/// Bound on the relative error of coefficient times tail: 2^-94 for each elementary function in
/// double-double, which a tail's formula may multiply by 8 with its own operations, 2^-104 for the
/// coefficient, 7u² for the product.
const TAIL_ERROR: f64 = power_of_two(-90);
/// Tails below 2 to this power are not computed in double-double.
const SMALLEST: f64 = -1000.0;
/// The same with nothing else in the result: times a coefficient below 2^602, it is less than half
/// of the smallest number of any format.
const BELOW_ALL_FORMATS: f64 = -1700.0;

/// The number of `T` nearest to an exact value.
pub(crate) fn second_stage<T: Format>(exact: &ExactForm) -> T {
    match exact {
        ExactForm::Limit(value) => T::round_f64_or_nan(*value),
        ExactForm::Finite(sum) => in_double_double(sum).unwrap_or_else(|| third_stage(sum)),
    }
}

/// The result, where double-double decides it.
pub(crate) fn in_double_double<T: Format>(sum: &Sum) -> Option<T> {
    let mut factors = sum.head.iter().chain(&sum.coefficient).flatten();
    if !factors.all(|&factor| is_moderate(factor, 200)) {
        return None;
    }
    let tail = &sum.tail;
    if !is_moderate(
        tail.argument,
        if sum.head[0][0] == 0.0 { 1000 } else { 200 },
    ) {
        return None;
    }
    let head = exact_sum(&sum.head);
    let coefficient = exact_sum(&sum.coefficient);
    if coefficient.is_zero() {
        return Some(head.round());
    }
    let coefficient = coefficient.to_double_double();
    let sign = coefficient.hi.signum();
    let [low, high] = if tail.exponent.abs() <= -SMALLEST {
        let product = coefficient * (tail.double_double)(tail.argument);
        if product.hi.abs() < power_of_two(-900) {
            return None;
        }
        let middle = head.plus(product.lo).plus(product.hi);
        let bound = product.hi * TAIL_ERROR;
        [middle.plus(-bound), middle.plus(bound)]
    } else if tail.exponent > 0.0 {
        return None;
    } else if head.is_zero() {
        return (tail.exponent < BELOW_ALL_FORMATS).then(|| T::round_f64(0.0_f64.copysign(sign)));
    } else {
        // Between nothing and 2^-1000 of the coefficient: below every bit of the head, unless it
        // cancels that far.
        [
            head.plus(f64::from_bits(1).copysign(sign)),
            head.plus(coefficient.hi * power_of_two(-999)),
        ]
    };
    let (low, high): (T, T) = (low.round(), high.round());
    (low.as_bits() == high.as_bits()).then_some(low)
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

/// How far an exact value is from `hi + lo`, by the second stage; nothing outside its domain.
#[cfg(test)]
pub(crate) fn distance(exact: &ExactForm, hi: f64, lo: f64) -> Option<f64> {
    let ExactForm::Finite(sum) = exact else {
        return None;
    };
    if sum.tail.exponent.abs() > -SMALLEST {
        return None;
    }
    let tail = (sum.tail.double_double)(sum.tail.argument);
    let product = exact_sum(&sum.coefficient).to_double_double() * tail;
    let rest = exact_sum(&sum.head)
        .plus(-hi)
        .plus(-lo)
        .plus(product.lo)
        .plus(product.hi);
    Some(rest.to_double_double().hi.abs())
}
