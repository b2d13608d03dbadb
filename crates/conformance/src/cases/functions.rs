//! Arguments for the functions of one variable.

use super::{Class, Input, overflow_logit, subnormal_logit, underflow_logit};
use crate::dtype::power_of_two;
use crate::numbers::Numbers;
use crate::{DType, Quantity};

/// What the functions of a family have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Functions of `e^x`, or of `e^-x` where mirrored.
    Exponential { mirrored: bool },
    /// Functions with a pole.
    Logarithm,
    /// Functions of the sign.
    Sign,
}

impl Family {
    fn of(quantity: Quantity) -> Family {
        match quantity {
            Quantity::Log | Quantity::Log1p => Family::Logarithm,
            Quantity::Negative | Quantity::Abs | Quantity::Relu => Family::Sign,
            _ => Family::Exponential {
                mirrored: quantity == Quantity::LogSigmoid,
            },
        }
    }
}

/// Hand-picked arguments and `random` more of each class that the function has.
pub(super) fn inputs(
    quantity: Quantity,
    dtype: DType,
    random: usize,
    numbers: &mut Numbers,
) -> Vec<Input> {
    let family = Family::of(quantity);
    let mut inputs = shared(dtype);
    match family {
        Family::Exponential { mirrored } => inputs.extend(exponential(dtype, mirrored)),
        Family::Logarithm => inputs.extend(logarithm(quantity, dtype)),
        Family::Sign => {}
    }
    inputs.extend(ties(quantity, dtype));
    for _ in 0..random {
        for class in [
            Class::Ordinary,
            Class::NearZero,
            Class::Tail,
            Class::Subnormal,
            Class::Overflow,
        ] {
            let drawn = drawn(quantity, class, dtype, numbers);
            inputs.extend(drawn.map(|value| Input::random(class, &[dtype.from_f64(value)])));
        }
    }
    // Arguments below the pole have no logarithm: an edge, whatever their magnitude.
    let pole = match quantity {
        Quantity::Log => 0.0,
        Quantity::Log1p => -1.0,
        _ => return inputs,
    };
    inputs.retain(|input| input.class == Class::Edge || dtype.to_f64(input.bits[0]) > pole);
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
fn logarithm(quantity: Quantity, dtype: DType) -> Vec<Input> {
    let tiny = power_of_two(-i64::from(dtype.precision()) - 2);
    let number = |value: f64| dtype.from_f64(value);
    let one = dtype.one();
    let table = if quantity == Quantity::Log {
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
fn ties(quantity: Quantity, dtype: DType) -> Vec<Input> {
    let half = power_of_two(-i64::from(dtype.precision()));
    let odd = [1.0, 3.0, 5.0, 7.0];
    let (arguments, reason) = match quantity {
        Quantity::Exp => {
            let pairs = odd.map(|odd| [odd * half, -odd * half / 2.0]);
            (pairs.concat(), "1 + x is half-way")
        }
        Quantity::Sigmoid => {
            let pairs = odd.map(|odd| [2.0 * odd * half, -odd * half]);
            (pairs.concat(), "1/2 + x/4 is half-way")
        }
        Quantity::Log => {
            let arguments = vec![1.0 + 12.0 * half, 1.0 - 12.0 * half, 1.0 - 2.0 * half];
            (arguments, "t - t²/2 is half-way, t = x - 1")
        }
        Quantity::Log1p => {
            let arguments = vec![half, 12.0 * half, -12.0 * half, -2.0 * half];
            (arguments, "x - x²/2 is half-way")
        }
        _ => return Vec::new(),
    };
    let tie = |value: f64| Input::new(Class::ExactTie, reason, &[dtype.from_f64(value)]);
    arguments.into_iter().map(tie).collect()
}

fn rows(table: &[(Class, u64, &str)]) -> Vec<Input> {
    table
        .iter()
        .map(|&(class, bits, reason)| Input::new(class, reason, &[bits]))
        .collect()
}

/// A random argument of a class, `None` for classes that the function does not have.
fn drawn(quantity: Quantity, class: Class, dtype: DType, numbers: &mut Numbers) -> Option<f64> {
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
    match (class, Family::of(quantity)) {
        (Class::Ordinary, Family::Logarithm) => Some(match numbers.below(3) {
            0 => numbers.between(0.0, 8.0),
            1 => numbers.between(8.0, 200.0),
            _ => wide(numbers, normal, top),
        }),
        (Class::Ordinary, _) => Some(numbers.between(-8.0, 8.0)),
        (Class::NearZero, Family::Logarithm) if quantity == Quantity::Log => {
            Some(1.0 + numbers.between(-0.1, 0.1))
        }
        (Class::NearZero, Family::Sign) => None,
        (Class::NearZero, _) => Some(wide(numbers, -24, -1) * sign),
        (Class::Subnormal, Family::Sign) => Some(wide(numbers, lowest, normal) * sign),
        (Class::Subnormal, Family::Logarithm) => Some(wide(numbers, lowest, normal)),
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
