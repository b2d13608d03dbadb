//! The class of a case, from its exact value and its result: several ops share their inputs, and
//! one input may be in a tail of one op, half-way for another and ordinary for a third.

use std::cmp::Ordering;

use super::Class;
use crate::exact::Dyadic;
use crate::formula::{Base, Operation, Polynomial};
use crate::oracle::{Form, Part, Value};
use crate::{ConformanceError, DType, Function, correctly_rounded};

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

/// The class that the input was picked for where the case belongs to it, else the first of the
/// others that the case belongs to.
pub(super) fn class_of(
    picked: Class,
    function: &Function,
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
        function,
        dtype,
        inputs,
        numbers: &numbers,
        expected,
        value: Value::of(function, &numbers),
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
    function: &'a Function,
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

    /// The argument of this name, of a loss.
    fn argument(&self, name: &str) -> Option<f64> {
        let index = self.function.position(name);
        index
            .filter(|_| self.function.is_loss())
            .map(|index| self.numbers[index])
    }

    fn label(&self) -> Option<f64> {
        self.argument("labels")
    }

    fn weight(&self) -> Option<f64> {
        self.argument("pos_weight")
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
        if let Some(logit) = self.argument("logits") {
            return logit.abs() < NEAR_ZERO;
        }
        let (Form::Linear(form), &[x]) = (self.function.form(), self.numbers) else {
            return false;
        };
        form.terms.iter().any(|form| match form.term.base {
            Base::Log if form.term.at.value(&[0.0]) != Dyadic::one() => {
                let distance = &form.term.at.value(&[x]) - &Dyadic::one();
                distance.clone().max(-&distance) < Dyadic::from_f64(NEAR_ONE)
            }
            _ => x.abs() < NEAR_ZERO,
        })
    }

    /// Little is left of the two terms of the formula, or of the total weight of the tail.
    fn cancels(&self) -> Result<bool, ConformanceError> {
        let little = |one: f64, other: f64| {
            let size = one.abs() + other.abs();
            size > 0.0 && (one + other).abs() <= LEFT * size
        };
        let form = match (self.function.form(), self.numbers) {
            (Form::Arithmetic(Operation::Add), &[x, y]) => return Ok(little(x, y)),
            (Form::Arithmetic(Operation::Subtract), &[x, y]) => return Ok(little(x, -y)),
            (Form::Linear(form), _) => form,
            _ => return Ok(false),
        };
        let [form] = &form.terms[..] else {
            return Ok(false);
        };
        let number = |polynomial: &Polynomial| {
            let bits = polynomial
                .value(self.numbers)
                .round(DType::F64, Ordering::Equal);
            f64::from_bits(bits)
        };
        let (plus, minus) = (&form.term.plus, &form.term.minus);
        let base = match form.term.base {
            Base::Softplus => "math.softplus",
            Base::Sigmoid => "math.sigmoid",
            Base::SigmoidProduct => {
                let parts = plus.without_last();
                return Ok(parts.is_some_and(|(rest, last)| little(number(&rest), number(&last))));
            }
            Base::Exp | Base::Log => return Ok(false),
        };
        // Not the platform's exp and log: every platform must find the same classes.
        let base = Function::known(base)?;
        let u = number(&form.term.at);
        let at = |u: f64| correctly_rounded(&base, DType::F64, &[u.to_bits()]).map(f64::from_bits);
        let label = self.function.position("labels");
        let depends_on_label = label.is_some_and(|label| plus.uses(label) || minus.uses(label));
        let (plus, minus) = (number(plus), number(minus));
        let of_tail = if form.term.base == Base::Sigmoid {
            -minus
        } else {
            minus
        };
        Ok(depends_on_label && little(plus, of_tail) || little(plus * at(u)?, minus * at(-u)?))
    }
}

impl Value {
    /// True for a tail alone, from `e^-at` on.
    fn tail_from(&self, at: i64) -> bool {
        let Value::Sum { head, parts } = self else {
            return false;
        };
        let [part] = &parts[..] else { return false };
        head.is_zero()
            && part
                .tail
                .exponent(&part.at)
                .is_some_and(|exponent| exponent >= at)
    }

    /// The exact numbers close to which the value may lie: the head, and its sums with the first
    /// terms of the rest's series. An exact value is its own head.
    fn heads(&self) -> Vec<Dyadic> {
        let (head, parts) = match self {
            Value::Exact(value) => return vec![value.clone()],
            Value::Quotient(x, y) => return x.exact_quotient(y).into_iter().collect(),
            Value::Sum { head, parts } => (head, parts),
            _ => return Vec::new(),
        };
        let mut heads = vec![head.clone()];
        if let [
            Part {
                coefficient,
                tail,
                at,
            },
        ] = &parts[..]
        {
            for term in tail.series(at) {
                let last = &heads[heads.len() - 1];
                heads.push(last + &(coefficient * &term));
            }
        }
        heads
    }
}
