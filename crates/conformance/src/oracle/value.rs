//! The exact value of a function: an exact head plus exact coefficients times transcendental tails.
//!
//! Growing precision alone does not end where the head is half-way between two numbers and the
//! tail is e^-1e38. With an exact head, the sign of the tail is enough. Such a value with one tail
//! can always be rounded; several tails may add up to a number on a rounding boundary.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::form::{Form, LinearForm, Region, TermForm};
use crate::Function;
use crate::exact::{Dyadic, Interval, exp, exp_m1, ln, ln_1p};
use crate::formula::{Base, Operation, Polynomial};

/// From here on a tail is below 2^-23552. Heads and coefficients are polynomials of degree 8 at
/// most, hence multiples of 2^-8592 and below 2^8192 (times their constants): only the sign of such
/// a tail counts.
const SATURATED: i64 = 1 << 14;

/// The exact result of an op on given inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Not a number.
    Nan,
    /// Infinite, negative or not.
    Infinite { negative: bool },
    /// A zero of IEEE-754 arithmetic, with its sign.
    Zero { negative: bool },
    /// A dyadic number; zero is `+0`.
    Exact(Dyadic),
    /// The quotient of two non-zero dyadic numbers.
    Quotient(Dyadic, Dyadic),
    /// `head` plus at least one part. With one part it is irrational, hence never on a rounding
    /// boundary.
    Sum { head: Dyadic, parts: Vec<Part> },
    /// Known by enclosures of the formula only.
    Unknown,
}

/// `coefficient * tail(at)`, not zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) coefficient: Dyadic,
    pub(crate) tail: Tail,
    pub(crate) at: Dyadic,
}

/// A transcendental function of the magnitude of a term's argument, or of the argument itself for
/// the last four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// `log1p(e^-a)`, `a >= 0`.
    Log1pExp,
    /// `e^-a / (1 + e^-a)`, `a >= 0`.
    Sigmoid,
    /// `e^-a / (1 + e^-a)^2`, `a >= 0`.
    SigmoidSlope,
    /// `1/(1 + e^-a) - 1/2`, `a >= 0`: the sigmoid seen from its centre.
    CentredSigmoid,
    /// The square of [`Tail::CentredSigmoid`], which is `1/4 - SigmoidSlope`.
    CentredSquare,
    /// `e^x`.
    Exp,
    /// `e^x - 1`.
    ExpM1,
    /// `ln x`.
    Log,
    /// `ln (1 + x)`.
    Log1p,
}

impl Value {
    /// The value of `function`; `inputs` has its number of arguments.
    pub(crate) fn of(function: &Function, inputs: &[f64]) -> Value {
        if inputs.iter().any(|input| input.is_nan()) {
            return Value::Nan;
        }
        match function.form() {
            Form::Arithmetic(operation) => arithmetic(*operation, inputs),
            Form::Linear(form) if inputs.iter().all(|input| input.is_finite()) => {
                form.value(&form.polynomial, inputs)
            }
            Form::Linear(form) => form.at_infinity(inputs),
            Form::Other => Value::Unknown,
        }
    }
}

impl Part {
    /// An interval with the part inside, as [`Tail::enclose`].
    pub(crate) fn enclose(&self, precision: usize) -> Option<Interval> {
        let tail = self.tail.enclose(&self.at, precision)?;
        Some(tail.times_exact(&self.coefficient))
    }

    /// As [`Tail::rough`].
    pub(crate) fn rough(&self) -> Option<Interval> {
        Some(self.tail.rough(&self.at)?.times_exact(&self.coefficient))
    }
}

/// The sum of a head and parts, by an enclosure of each.
pub(crate) fn total(
    head: &Dyadic,
    parts: &[Part],
    enclose: impl Fn(&Part) -> Option<Interval>,
) -> Option<Interval> {
    let head = Interval::point(head.clone());
    let mut parts = parts.iter();
    parts.try_fold(head, |sum, part| Some(sum.plus(&enclose(part)?)))
}

impl Tail {
    /// True for the tails that are about `e^-a`.
    fn decays(self) -> bool {
        matches!(self, Tail::Log1pExp | Tail::Sigmoid | Tail::SigmoidSlope)
    }

    /// True where the tail is so small that only its sign counts, or so large that it overflows
    /// every dtype: it has no other enclosure than the rough one then.
    pub(crate) fn is_saturated(self, at: &Dyadic) -> bool {
        let whole = at.floor_to_integer();
        self.decays() && whole >= SATURATED
            || self == Tail::Exp && !(-SATURATED..SATURATED).contains(&whole)
    }

    /// An interval that serves for `tail(at)` and costs no transcendental function: wide, but
    /// enough where only the sign of the tail matters, or where it overflows every dtype.
    pub(crate) fn rough(self, at: &Dyadic) -> Option<Interval> {
        let whole = at.floor_to_integer();
        // e^-a < 2^-(floor(a) * 23/16), as log2 e > 23/16.
        let below = |a: i64| {
            let power = -(a.min(SATURATED) * 23 / 16);
            Some(Interval::new(Dyadic::zero(), Dyadic::power_of_two(power)))
        };
        if self.decays() {
            return if whole > 0 { below(whole) } else { None };
        }
        if !self.is_saturated(at) {
            return None;
        }
        if whole < 0 {
            return below(SATURATED);
        }
        let power = Dyadic::power_of_two(SATURATED * 23 / 16);
        Some(Interval::new(power.clone(), power.scaled(1)))
    }

    /// The first terms of the series around 0 that are exact numbers.
    pub(crate) fn series(self, at: &Dyadic) -> Vec<Dyadic> {
        let square = |power: i64| (at * at).scaled(power);
        match self {
            Tail::CentredSigmoid => vec![at.scaled(-2)],
            Tail::CentredSquare => vec![square(-4)],
            Tail::ExpM1 => vec![at.clone(), square(-1)],
            Tail::Log1p => vec![at.clone(), -&square(-1)],
            _ => Vec::new(),
        }
    }

    /// The whole part of `a` where the tail is about `e^-a`.
    pub(crate) fn exponent(self, at: &Dyadic) -> Option<i64> {
        match self {
            Tail::Log1pExp | Tail::Sigmoid | Tail::SigmoidSlope => Some(at.floor_to_integer()),
            Tail::Exp => Some((-at).floor_to_integer()),
            _ => None,
        }
    }

    /// An interval with `tail(at)` inside, about `precision` bits narrow; the rough one where the
    /// tail is saturated. `None` if the precision is not enough.
    pub(crate) fn enclose(self, at: &Dyadic, precision: usize) -> Option<Interval> {
        if self.is_saturated(at) {
            return self.rough(at);
        }
        let one = Interval::point(Dyadic::one());
        // The image under a growing function of an enclosure.
        let image = |inner: &Interval, function: &dyn Fn(&Dyadic, bool) -> Option<Dyadic>| {
            Some(Interval::new(
                function(&inner.low, false)?,
                function(&inner.high, true)?,
            ))
        };
        match self {
            Tail::Log1pExp => image(&exp(&-at, precision)?, &|u, up| {
                let value = ln_1p(u, precision)?;
                Some(if up { value.high } else { value.low })
            }),
            Tail::Sigmoid => image(&exp(&-at, precision)?, &|u, up| {
                Some(u.quotient(&(u + &one.low), precision, up))
            }),
            Tail::SigmoidSlope => {
                let small = Tail::Sigmoid.enclose(at, precision)?;
                let large = one.plus(&small.negated());
                Some(small.times(&large).outwards(precision))
            }
            // m/(2(m + 2)) with m = e^a - 1.
            Tail::CentredSigmoid => image(&exp_m1(at, precision)?, &|m, up| {
                let divisor = m + &Dyadic::power_of_two(1);
                Some(m.quotient(&divisor, precision, up).scaled(-1))
            }),
            Tail::CentredSquare => {
                let centred = Tail::CentredSigmoid.enclose(at, precision)?;
                Some(centred.times(&centred).outwards(precision))
            }
            Tail::Exp => exp(at, precision),
            Tail::ExpM1 => exp_m1(at, precision),
            Tail::Log => ln(at, precision),
            Tail::Log1p => ln_1p(at, precision),
        }
    }
}

impl LinearForm {
    /// The value at finite arguments, with `polynomial` in place of the form's own.
    fn value(&self, polynomial: &Polynomial, arguments: &[f64]) -> Value {
        let mut head = polynomial.value(arguments);
        let mut parts: Vec<Part> = Vec::new();
        let mut poles = Vec::new();
        for form in &self.terms {
            let u = form.term.at.value(arguments);
            let coefficient = form.term.plus.value(arguments);
            if form.term.base == Base::Log && u <= Dyadic::zero() {
                // A term whose coefficient is 0 contributes 0, but terms that cancel must be
                // defined.
                match (coefficient.signum(), u.is_zero()) {
                    (Ordering::Equal, _) if !form.term.is_cancelled() => {}
                    (Ordering::Less, true) => poles.push(false),
                    (Ordering::Greater, true) => poles.push(true),
                    _ => return Value::Nan,
                }
                continue;
            }
            let (term_head, part) = form.split(&u, arguments);
            head = &head + &term_head;
            let same = |other: &&mut Part| (other.tail, &other.at) == (part.tail, &part.at);
            match parts.iter_mut().find(same) {
                Some(other) => other.coefficient = &other.coefficient + &part.coefficient,
                None => parts.push(part),
            }
        }
        if let [first, others @ ..] = &poles[..] {
            return if others.iter().all(|other| other == first) {
                Value::Infinite { negative: *first }
            } else {
                Value::Nan
            };
        }
        parts.retain(|part| {
            let is_zero_at_0 = !part.tail.decays() && part.tail != Tail::Exp;
            let is_zero = is_zero_at_0 && part.at.is_zero();
            !(is_zero || part.coefficient.is_zero())
        });
        if parts.is_empty() {
            Value::Exact(head)
        } else {
            Value::Sum { head, parts }
        }
    }

    /// The value where an argument is infinite. One that is neither in the argument nor in the
    /// coefficient of a term is added as IEEE-754 does; infinite coefficients give NaN.
    fn at_infinity(&self, arguments: &[f64]) -> Value {
        let infinite = |index: &usize| arguments[*index].is_infinite();
        let is_argument = |index: usize| self.terms.iter().any(|form| form.term.at.uses(index));
        let is_coefficient = |index: usize| {
            let mut terms = self.terms.iter().map(|form| &form.term);
            terms.any(|term| term.plus.uses(index) || term.minus.uses(index))
        };
        let (of_terms, addends): (Vec<usize>, Vec<usize>) = (0..arguments.len())
            .filter(infinite)
            .partition(|&index| is_argument(index));
        let means_nothing = |&index: &usize| is_coefficient(index) || !self.polynomial.uses(index);
        if addends.iter().any(means_nothing) {
            return Value::Nan;
        }
        let (sum, rest) = self.polynomial.split_by(&addends);
        let value = if of_terms.is_empty() {
            self.value(&rest, arguments)
        } else {
            self.limit(&rest, &of_terms, arguments)
        };
        if addends.is_empty() {
            return value;
        }
        match (infinite_sum(&sum, arguments), value) {
            (_, Value::Unknown) => Value::Unknown,
            (None, _) | (_, Value::Nan) => Value::Nan,
            (Some(negative), Value::Infinite { negative: other }) if other != negative => {
                Value::Nan
            }
            (Some(negative), _) => Value::Infinite { negative },
        }
    }

    /// The value where arguments of terms are infinite, with `polynomial` in place of the form's
    /// own: a term whose coefficient is 0 contributes 0, any other one its limit.
    fn limit(&self, polynomial: &Polynomial, infinities: &[usize], arguments: &[f64]) -> Value {
        let uses = |index: usize| self.terms.iter().any(move |form| form.term.at.uses(index));
        let &[variable] = infinities else {
            return Value::Unknown;
        };
        let others = (0..arguments.len()).filter(|&index| index != variable);
        if others.clone().any(uses) || self.terms.iter().any(|form| !form.term.at.uses(variable)) {
            return Value::Unknown;
        }
        let mut growth = Growth {
            variable,
            arguments,
            orders: BTreeMap::new(),
        };
        growth.add(polynomial, Rank::Polynomial);
        for form in &self.terms {
            if form.term.is_cancelled() {
                return Value::Nan;
            }
            let is_up = growth.is_up(&form.term.at);
            let branch = form.branch(Region::of(!is_up, false));
            growth.add(&branch.head, Rank::Polynomial);
            let rank = match (form.term.base, is_up) {
                (Base::Exp, true) => Rank::Exponential,
                (Base::Log, true) => Rank::Logarithm,
                (Base::Log, false) if growth.is_zero(&branch.coefficient) => continue,
                (Base::Log, false) => return Value::Nan,
                _ => continue,
            };
            if growth.orders.keys().any(|order| order.0 == rank) {
                // How two exponentials or two logarithms compare is not analysed.
                return Value::Unknown;
            }
            growth.add(&branch.coefficient, rank);
        }
        growth.value()
    }
}

impl TermForm {
    /// The exact head and the part at an argument that the base is defined at.
    fn split(&self, u: &Dyadic, arguments: &[f64]) -> (Dyadic, Part) {
        let base = self.term.base;
        let from_centre = if base == Base::Log {
            u - &Dyadic::one()
        } else {
            u.clone()
        };
        let is_central = from_centre.magnitude() < if base == Base::Log { -1 } else { 0 };
        let branch = self.branch(Region::of(u.is_negative(), is_central));
        let at = match branch.tail {
            Tail::Log1p => from_centre,
            Tail::Exp | Tail::ExpM1 | Tail::Log => u.clone(),
            _ if u.is_negative() => -u,
            _ => u.clone(),
        };
        let part = Part {
            coefficient: branch.coefficient.value(arguments),
            tail: branch.tail,
            at,
        };
        (branch.head.value(arguments), part)
    }
}

/// The sign of an infinite polynomial, each of whose monomials has an infinite argument, true for
/// minus; `None` for NaN. Of the powers of an argument the highest counts, 0 times infinity is NaN.
fn infinite_sum(polynomial: &Polynomial, arguments: &[f64]) -> Option<bool> {
    let powers = polynomial.by_factors(|index| arguments[index].is_infinite(), arguments);
    if powers.values().any(Dyadic::is_zero) {
        return None;
    }
    let is_counted = |factors: &&Vec<usize>| {
        let is_within = |other: &Vec<usize>| other != *factors && contains(other, factors);
        !powers.keys().any(is_within)
    };
    let is_negative = |factors: &Vec<usize>| {
        let below = factors.iter().filter(|&&index| arguments[index] < 0.0);
        powers[factors].is_negative() != (below.count() % 2 == 1)
    };
    let mut signs = powers.keys().filter(is_counted).map(is_negative);
    let first = signs.next()?;
    signs.all(|sign| sign == first).then_some(first)
}

/// True if the product has all these factors, each as often.
fn contains(product: &[usize], factors: &[usize]) -> bool {
    let count = |all: &[usize], index| all.iter().filter(|&&other| other == index).count();
    let mut indices = factors.iter();
    indices.all(|&index| count(product, index) >= count(factors, index))
}

/// How a function grows at an infinite argument: the coefficients by kind and power of it.
struct Growth<'a> {
    variable: usize,
    arguments: &'a [f64],
    orders: BTreeMap<(Rank, usize), Dyadic>,
}

/// A logarithm grows less than every power; it comes after the constant, which has power 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Polynomial,
    Logarithm,
    Exponential,
}

impl Growth<'_> {
    fn powers(&self, polynomial: &Polynomial) -> Vec<Dyadic> {
        let is_negative = self.arguments[self.variable] < 0.0;
        let powers = polynomial.in_powers_of(self.variable, self.arguments);
        let signed = |(power, coefficient): (usize, Dyadic)| {
            let is_odd = power % 2 == 1;
            if is_odd && is_negative {
                -&coefficient
            } else {
                coefficient
            }
        };
        powers.into_iter().enumerate().map(signed).collect()
    }

    /// True if the polynomial goes to plus infinity.
    fn is_up(&self, polynomial: &Polynomial) -> bool {
        let powers = self.powers(polynomial);
        let leading = powers
            .iter()
            .rev()
            .find(|coefficient| !coefficient.is_zero());
        leading.is_some_and(|coefficient| !coefficient.is_negative())
    }

    fn is_zero(&self, polynomial: &Polynomial) -> bool {
        self.powers(polynomial).iter().all(Dyadic::is_zero)
    }

    fn add(&mut self, polynomial: &Polynomial, rank: Rank) {
        for (power, coefficient) in self.powers(polynomial).into_iter().enumerate() {
            let sum = self
                .orders
                .entry((rank, power))
                .or_insert_with(Dyadic::zero);
            *sum = &*sum + &coefficient;
        }
    }

    /// The limit: the largest order that does not vanish.
    fn value(mut self) -> Value {
        self.orders.retain(|_, coefficient| !coefficient.is_zero());
        let size = |order: &(Rank, usize)| match *order {
            (Rank::Exponential, power) => (1, power, 0),
            (rank, power) => (0, power, usize::from(rank == Rank::Logarithm)),
        };
        match self.orders.iter().max_by_key(|(order, _)| size(order)) {
            None => Value::Exact(Dyadic::zero()),
            Some(((Rank::Polynomial, 0), constant)) => Value::Exact(constant.clone()),
            Some((_, coefficient)) => Value::Infinite {
                negative: coefficient.is_negative(),
            },
        }
    }
}

/// The exact result of one operation of IEEE-754 arithmetic, zeros with their signs.
fn arithmetic(operation: Operation, inputs: &[f64]) -> Value {
    match (operation, inputs) {
        (Operation::Add, &[x, y]) => sum(x, y),
        (Operation::Subtract, &[x, y]) => sum(x, -y),
        (Operation::Multiply, &[x, y]) => product(x, y),
        (Operation::Divide, &[x, y]) => quotient(x, y),
        (Operation::Maximum, &[x, y]) => {
            let is_first = x > y || (x == y && y.is_sign_negative());
            ieee(if is_first { x } else { y })
        }
        (Operation::Negative, &[x]) => ieee(-x),
        (Operation::Abs, &[x]) => ieee(x.abs()),
        _ => Value::Unknown,
    }
}

/// A result that IEEE-754 gives exactly.
fn ieee(value: f64) -> Value {
    if value.is_nan() {
        Value::Nan
    } else if value.is_infinite() {
        let negative = value < 0.0;
        Value::Infinite { negative }
    } else if value == 0.0 {
        let negative = value.is_sign_negative();
        Value::Zero { negative }
    } else {
        Value::Exact(Dyadic::from_f64(value))
    }
}

fn sum(x: f64, y: f64) -> Value {
    // With an infinity or two zeros, f64's own sum is exact and has IEEE's sign.
    if x.is_infinite() || y.is_infinite() || (x == 0.0 && y == 0.0) {
        return ieee(x + y);
    }
    Value::Exact(&Dyadic::from_f64(x) + &Dyadic::from_f64(y))
}

fn product(x: f64, y: f64) -> Value {
    // With an infinity or a zero, f64's own product is exact.
    if [x, y]
        .iter()
        .any(|factor| *factor == 0.0 || factor.is_infinite())
    {
        return ieee(x * y);
    }
    Value::Exact(&Dyadic::from_f64(x) * &Dyadic::from_f64(y))
}

fn quotient(x: f64, y: f64) -> Value {
    if [x, y]
        .iter()
        .any(|operand| *operand == 0.0 || operand.is_infinite())
    {
        return ieee(x / y);
    }
    Value::Quotient(Dyadic::from_f64(x), Dyadic::from_f64(y))
}
