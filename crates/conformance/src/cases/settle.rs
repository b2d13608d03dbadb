//! What a case shows, from its exact value and its result: inputs are shared by several ops, and
//! what is a tail for one is half-way for another and plain for a third.

use std::cmp::Ordering;

use super::Class;
use crate::exact::Dyadic;
use crate::oracle::Value;
use crate::{ConformanceError, DType, Quantity, correctly_rounded};

/// Weights from here on are large.
const LARGE_WEIGHT: f64 = 8.0;

/// Tails from `e^-5` on are small.
const TAIL: i64 = 5;

/// Arguments below this are near zero; logarithms cancel where the argument is as close to 1 as
/// the other says.
const NEAR_ZERO: f64 = 0.6;
const NEAR_ONE: f64 = 0.125;

/// Terms cancel where so little of them is left.
const LEFT: f64 = 0.125;

/// The class that a case was picked for if it shows that, else the first of the others that it shows.
pub(super) fn settled(
    picked: Class,
    quantity: Quantity,
    dtype: DType,
    inputs: &[u64],
    expected: u64,
) -> Result<Class, ConformanceError> {
    let numbers: Vec<f64> = inputs.iter().map(|&bits| dtype.to_f64(bits)).collect();
    if dtype.is_nan(expected) || numbers.iter().any(|number| !number.is_finite()) {
        return Ok(Class::Edge);
    }
    if dtype.is_infinite(expected) && !matches!(picked, Class::Edge | Class::LargeWeight) {
        return Ok(Class::Overflow);
    }
    let shown = Shown {
        quantity,
        dtype,
        inputs,
        numbers: &numbers,
        expected,
        value: Value::of(quantity, &numbers),
    };
    let others = [
        Class::Overflow,
        Class::Subnormal,
        Class::LargeWeight,
        Class::Tail,
        Class::LabelOutside,
        Class::SoftLabel,
        Class::NearZero,
    ];
    for class in [picked].into_iter().chain(others) {
        if shown.is(class)? {
            return Ok(class);
        }
    }
    let is_zero = dtype.is_zero(expected);
    Ok(if is_zero {
        Class::Edge
    } else {
        Class::Ordinary
    })
}

/// A case with finite inputs, and all that is known of it.
struct Shown<'a> {
    quantity: Quantity,
    dtype: DType,
    inputs: &'a [u64],
    numbers: &'a [f64],
    expected: u64,
    value: Value,
}

impl Shown<'_> {
    fn is(&self, class: Class) -> Result<bool, ConformanceError> {
        let dtype = self.dtype;
        let magnitude = |bits: u64| bits & !dtype.sign_bit();
        let mut all = self.inputs.iter().copied().chain([self.expected]);
        Ok(match class {
            Class::Ordinary => true,
            Class::Tail => self.value.tail_from(TAIL),
            Class::NearZero => self.is_near_zero(),
            Class::Cancellation => self.cancels()?,
            Class::SoftLabel => self.label().is_some_and(|label| 0.0 < label && label < 1.0),
            Class::LabelOutside => self
                .label()
                .is_some_and(|label| !(0.0..=1.0).contains(&label)),
            Class::LargeWeight => self.weight().is_some_and(|weight| weight >= LARGE_WEIGHT),
            Class::Subnormal => {
                let smallest_normal = 1 << (dtype.precision() - 1);
                all.any(|bits| (1..smallest_normal).contains(&magnitude(bits)))
            }
            Class::Overflow => magnitude(self.expected) >= dtype.max_finite(),
            Class::ExactTie => self.is_tie(),
            Class::Edge => all.any(|bits| dtype.is_zero(bits) || dtype.is_infinite(bits)),
        })
    }

    fn label(&self) -> Option<f64> {
        self.quantity.is_loss().then(|| self.numbers[0])
    }

    fn weight(&self) -> Option<f64> {
        let weight = self.numbers.get(2).copied();
        weight.filter(|_| self.quantity.is_loss())
    }

    /// A head is half-way between two numbers, and the result is one of these.
    fn is_tie(&self) -> bool {
        self.value.heads().iter().any(|head| {
            let below = head.round(self.dtype, Ordering::Less);
            let above = head.round(self.dtype, Ordering::Greater);
            !head.is_zero() && below != above && [below, above].contains(&self.expected)
        })
    }

    fn is_near_zero(&self) -> bool {
        use Quantity as Q;
        let near_zero = |x: f64| x.abs() < NEAR_ZERO;
        match (self.quantity, self.numbers) {
            (Q::Exp | Q::Log1p | Q::Sigmoid | Q::LogSigmoid | Q::Softplus, &[x]) => near_zero(x),
            (Q::Log, &[x]) => (x - 1.0).abs() < NEAR_ONE,
            (quantity, &[_, x, ..]) if quantity.is_loss() => near_zero(x),
            _ => false,
        }
    }

    /// Little is left of the two terms of the formula, or of the total weight of the tail.
    fn cancels(&self) -> Result<bool, ConformanceError> {
        use Quantity as Q;
        let little = |one: f64, other: f64| {
            let size = one.abs() + other.abs();
            size > 0.0 && (one + other).abs() <= LEFT * size
        };
        // Not the platform's exp and log: every platform must find the same classes.
        let of_logit = |function: Q, x: f64| {
            let bits = correctly_rounded(function, DType::F64, &[x.to_bits()])?;
            Ok::<f64, ConformanceError>(f64::from_bits(bits))
        };
        let (z, x, q) = match (self.quantity, self.numbers) {
            (Q::Add, &[x, y]) => return Ok(little(x, y)),
            (Q::Subtract, &[x, y]) => return Ok(little(x, -y)),
            (_, &[z, x, q]) => (z, x, q),
            (quantity, &[z, x]) if quantity.is_loss() => (z, x, 1.0),
            _ => return Ok(false),
        };
        let (negative, positive) = (1.0 - z, q * z);
        Ok(match self.quantity {
            Q::WeightedLoss | Q::SigmoidLoss => {
                let (up, down) = (of_logit(Q::Softplus, x)?, of_logit(Q::Softplus, -x)?);
                little(negative, positive) || little(negative * up, positive * down)
            }
            Q::WeightedGradLogits | Q::SigmoidGradLogits => {
                let (up, down) = (of_logit(Q::Sigmoid, x)?, of_logit(Q::Sigmoid, -x)?);
                little(negative, positive) || little(negative * up, -positive * down)
            }
            Q::WeightedHessLogits => little(negative, positive),
            Q::WeightedGradLabels | Q::SigmoidGradLabels => {
                let (up, down) = (of_logit(Q::Softplus, x)?, of_logit(Q::Softplus, -x)?);
                little(q * down, -up)
            }
            _ => false,
        })
    }
}

impl Value {
    /// True for a tail alone, from `e^-at` on.
    fn tail_from(&self, at: i64) -> bool {
        matches!(self, Value::Irrational { head, tail, at: found, .. }
            if head.is_zero() && tail.exponent(found).is_some_and(|exponent| exponent >= at))
    }

    /// The exact numbers close to which the value may lie: the head, and its sums with the first
    /// terms of the rest's series. An exact value is its own head.
    fn heads(&self) -> Vec<Dyadic> {
        match self {
            Value::Exact(value) => vec![value.clone()],
            Value::Quotient(x, y) => x.exact_quotient(y).into_iter().collect(),
            Value::Irrational {
                head,
                coefficient,
                tail,
                at,
            } => {
                let mut heads = vec![head.clone()];
                for term in tail.series(at) {
                    let last = &heads[heads.len() - 1];
                    heads.push(last + &(coefficient * &term));
                }
                heads
            }
            Value::Nan | Value::Infinite { .. } | Value::Zero { .. } | Value::Stated => Vec::new(),
        }
    }
}
