//! Arguments for the functions of one variable.

use super::{Class, Input, overflow_logit, subnormal_logit, underflow_logit};
use crate::dtype::power_of_two;
use crate::exact::Dyadic;
use crate::formula::{Base, Polynomial};
use crate::numbers::Numbers;
use crate::oracle::{LinearForm, TermForm, Value};
use crate::{DType, Function};

/// What the functions of a family have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Functions of `e^x`, or of `e^-x` where mirrored; and all that are of no other family.
    Exponential { mirrored: bool },
    /// Functions with the pole of a logarithm, which is zero at 1 or at 0.
    Logarithm { at_one: bool },
    /// Functions that select or negate: exact in every dtype.
    Sign,
}

impl Family {
    fn of(function: &Function) -> Family {
        if function.parsed().selects() {
            return Family::Sign;
        }
        let logarithm = logarithms(function).next();
        if let Some(at) = logarithm {
            let at_one = at.value(&[0.0]) != Dyadic::one();
            return Family::Logarithm { at_one };
        }
        let vanishes = Value::of(function, &[f64::INFINITY]) == Value::Exact(Dyadic::zero());
        Family::Exponential { mirrored: vanishes }
    }
}

/// The arguments of the logarithms in a function's linear form.
fn logarithms(function: &Function) -> impl Iterator<Item = &Polynomial> {
    let terms = function
        .form()
        .as_linear()
        .map_or(&[][..], |form| &form.terms);
    let logarithms = terms.iter().filter(|form| form.term.base == Base::Log);
    logarithms.map(|form| &form.term.at)
}

/// Hand-picked arguments and `random` more of each class that the function has.
pub(super) fn inputs(
    function: &Function,
    dtype: DType,
    random: usize,
    numbers: &mut Numbers,
) -> Vec<Input> {
    let family = Family::of(function);
    let mut inputs = shared(dtype);
    match family {
        Family::Exponential { mirrored } => inputs.extend(exponential(dtype, mirrored)),
        Family::Logarithm { at_one } => inputs.extend(logarithm(at_one, dtype)),
        Family::Sign => {}
    }
    inputs.extend(ties(function, dtype));
    let has_value = |x: f64| logarithms(function).all(|at| at.value(&[x]) > Dyadic::zero());
    for _ in 0..random {
        for class in [
            Class::Ordinary,
            Class::NearZero,
            Class::Tail,
            Class::Subnormal,
            Class::Overflow,
        ] {
            let drawn = drawn(family, class, dtype, numbers);
            // The domain may end at 1, as that of a function of a probability does.
            let drawn = drawn.map(|x| if has_value(x) { x } else { 1.0 / x });
            inputs.extend(drawn.map(|value| Input::random(class, &[dtype.from_f64(value)])));
        }
    }
    // Arguments below the pole have no logarithm: an edge, whatever their magnitude.
    inputs.retain(|input| input.class == Class::Edge || has_value(dtype.to_f64(input.bits[0])));
    inputs
}

/// Arguments for every function.
fn shared(dtype: DType) -> Vec<Input> {
    let number = |value: f64| dtype.from_f64(value);
    let (one, max, inf, nan) = (
        dtype.one(),
        dtype.max_finite(),
        dtype.infinity(),
        dtype.nan(),
    );
    let negative = |bits: u64| bits | dtype.sign_bit();
    #[rustfmt::skip]
    let table = [
        (Class::Ordinary, number(0.5), "a half"),
        (Class::Ordinary, number(-0.75), "minus three quarters"),
        (Class::Ordinary, number(3.0), "three"),
        (Class::Ordinary, one - 4, "just below one"),
        (Class::Subnormal, 1, "smallest number"),
        (Class::Subnormal, negative(1), "smallest number, negative"),
        (Class::Subnormal, 1 << (dtype.precision() - 1), "smallest normal number"),
        (Class::Overflow, max, "largest number"),
        (Class::Overflow, negative(max), "largest number, negative"),
        (Class::Edge, 0, "zero"),
        (Class::Edge, negative(0), "minus zero"),
        (Class::Edge, one, "one"),
        (Class::Edge, negative(one), "minus one: the pole of log1p"),
        (Class::Edge, number(-2.0), "below the domain of the logarithms"),
        (Class::Edge, inf, "plus infinity"),
        (Class::Edge, negative(inf), "minus infinity"),
        (Class::Edge, nan, "NaN"),
        (Class::Edge, negative(nan), "NaN with its sign bit set"),
    ];
    rows(&table)
}

/// Arguments for functions of `e^x`.
fn exponential(dtype: DType, mirrored: bool) -> Vec<Input> {
    let (sign, name) = if mirrored { (-1.0, "-x") } else { (1.0, "x") };
    let number = |value: f64| dtype.from_f64(sign * value);
    let subnormal = f64::midpoint(subnormal_logit(dtype), underflow_logit(dtype));
    let tiny = power_of_two(-i64::from(dtype.precision()) - 2);
    let top = overflow_logit(dtype);
    let is_lost = "1 + e^-17 is 1 in f32";
    let mut table = vec![
        (Class::NearZero, number(tiny), "small: 1 + x rounds to 1"),
        (Class::NearZero, number(-tiny), "small: 1 + x rounds to 1"),
        (Class::Tail, number(-17.0), is_lost),
        (Class::Tail, number(17.0), is_lost),
    ];
    let own = [
        (Class::Tail, -8.5, "is small"),
        (Class::Subnormal, -subnormal, "is subnormal"),
        (
            Class::Subnormal,
            -underflow_logit(dtype) - 2.0,
            "is below half the smallest number",
        ),
        (Class::Overflow, top - 0.5, "is near the largest number"),
        (Class::Overflow, top + 1.0, "overflows"),
    ];
    let own = own.map(|(class, value, what)| (class, number(value), format!("e^{name} {what}")));
    table.extend(
        own.iter()
            .map(|(class, bits, reason)| (*class, *bits, &**reason)),
    );
    rows(&table)
}

/// Arguments for the logarithms.
fn logarithm(at_one: bool, dtype: DType) -> Vec<Input> {
    let tiny = power_of_two(-i64::from(dtype.precision()) - 2);
    let number = |value: f64| dtype.from_f64(value);
    let one = dtype.one();
    let table = if at_one {
        [
            (Class::NearZero, one + 1, "one and an ulp: little is left"),
            (Class::NearZero, one - 1, "one less an ulp: little is left"),
        ]
    } else {
        [
            (Class::NearZero, number(tiny), "small: 1 + x rounds to 1"),
            (Class::NearZero, number(-tiny), "small: 1 + x rounds to 1"),
        ]
    };
    rows(&table)
}

/// Arguments at which the first terms of the series are half-way between two numbers: only
/// the sign of the next term decides.
fn ties(function: &Function, dtype: DType) -> Vec<Input> {
    let half = power_of_two(-i64::from(dtype.precision()));
    let odd = [1.0, 3.0, 5.0, 7.0];
    let Some((base, at, rest)) = function.form().as_linear().and_then(single) else {
        return Vec::new();
    };
    let series = [half, 12.0 * half, -12.0 * half, -2.0 * half];
    let is = |constant: f64| rest == Dyadic::from_f64(constant);
    let x = Polynomial::variable(0);
    let shifted = x.plus(&Polynomial::constant(Dyadic::one()));
    let (arguments, reason) = match base {
        Base::Exp if *at == x && is(0.0) => {
            let pairs = odd.map(|odd| [odd * half, -odd * half / 2.0]);
            (pairs.concat(), "1 + x is half-way")
        }
        Base::Exp if *at == x && is(-1.0) => (series.map(|x| -x).to_vec(), "x + x²/2 is half-way"),
        Base::Sigmoid if *at == x && is(0.0) => {
            let pairs = odd.map(|odd| [2.0 * odd * half, -odd * half]);
            (pairs.concat(), "1/2 + x/4 is half-way")
        }
        Base::Log if *at == x && is(0.0) => {
            let arguments = vec![1.0 + 12.0 * half, 1.0 - 12.0 * half, 1.0 - 2.0 * half];
            (arguments, "t - t²/2 is half-way, t = x - 1")
        }
        Base::Log if *at == shifted && is(0.0) => (series.to_vec(), "x - x²/2 is half-way"),
        _ => return Vec::new(),
    };
    let tie = |value: f64| Input::new(Class::ExactTie, reason, &[dtype.from_f64(value)]);
    arguments.into_iter().map(tie).collect()
}

/// The only term of a function of one variable with coefficient 1: its base, its argument, and
/// the constant beside it.
fn single(form: &LinearForm) -> Option<(Base, &Polynomial, Dyadic)> {
    let [TermForm { term, .. }] = &form.terms[..] else {
        return None;
    };
    let is_one = term.plus.as_constant()? == Dyadic::one() && term.minus.is_zero();
    is_one.then_some((term.base, &term.at, form.polynomial.as_constant()?))
}

fn rows(table: &[(Class, u64, &str)]) -> Vec<Input> {
    table
        .iter()
        .map(|&(class, bits, reason)| Input::new(class, reason, &[bits]))
        .collect()
}

/// A random argument of a class, `None` for classes that the function does not have.
fn drawn(family: Family, class: Class, dtype: DType, numbers: &mut Numbers) -> Option<f64> {
    let wide = |numbers: &mut Numbers, low: i64, high: i64| {
        let power = low + numbers.below((high - low) as u64) as i64;
        (1.0 + numbers.unit()) * power_of_two(power)
    };
    let (lowest, normal, top) = (
        dtype.quantum_exponent(),
        dtype.min_exponent(),
        dtype.max_exponent(),
    );
    let sign = numbers.pick(&[1.0, -1.0]);
    match (class, family) {
        (Class::Ordinary, Family::Logarithm { .. }) => Some(match numbers.below(3) {
            0 => numbers.between(0.0, 8.0),
            1 => numbers.between(8.0, 200.0),
            _ => wide(numbers, normal, top),
        }),
        (Class::Ordinary, _) => Some(numbers.between(-8.0, 8.0)),
        (Class::NearZero, Family::Logarithm { at_one: true }) => {
            Some(1.0 + numbers.between(-0.1, 0.1))
        }
        (Class::NearZero, Family::Sign) => None,
        (Class::NearZero, _) => Some(wide(numbers, -24, -1) * sign),
        (Class::Subnormal, Family::Sign) => Some(wide(numbers, lowest, normal) * sign),
        (Class::Subnormal, Family::Logarithm { .. }) => Some(wide(numbers, lowest, normal)),
        (_, Family::Exponential { mirrored }) => {
            let value = match class {
                Class::Tail => -numbers.between(8.0, underflow_logit(dtype)),
                Class::Subnormal => {
                    -numbers.between(subnormal_logit(dtype), underflow_logit(dtype))
                }
                Class::Overflow => overflow_logit(dtype) * numbers.between(1.0, 1.04),
                _ => return None,
            };
            Some(if mirrored { -value } else { value })
        }
        _ => None,
    }
}
