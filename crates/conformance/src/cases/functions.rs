//! Arguments for the functions of one variable.

use super::{Class, Input, overflow_logit, subnormal_logit, underflow_logit};
use crate::numbers::Numbers;
use crate::{DType, Quantity};

/// Hand-picked arguments and `random` more of each class that the function has.
pub(super) fn inputs(
    quantity: Quantity,
    dtype: DType,
    random: usize,
    numbers: &mut Numbers,
) -> Vec<Input> {
    let mut inputs = picked(dtype);
    for _ in 0..random {
        for class in [
            Class::Ordinary,
            Class::NearZero,
            Class::Tail,
            Class::Subnormal,
            Class::Overflow,
        ] {
            let value = drawn(quantity, class, dtype, numbers);
            let class = if value.is_finite() {
                class
            } else {
                Class::Edge
            };
            inputs.push(Input::new(
                class,
                format!("random: {class}"),
                &[dtype.from_f64(value)],
            ));
        }
    }
    if quantity == Quantity::Log {
        // Negative arguments have no logarithm: an edge, whatever their magnitude.
        inputs.retain(|input| input.class == Class::Edge || input.bits[0] & dtype.sign_bit() == 0);
    } else if quantity == Quantity::Log1p {
        inputs.retain(|input| input.class == Class::Edge || dtype.to_f64(input.bits[0]) > -1.0);
    }
    inputs
}

fn picked(dtype: DType) -> Vec<Input> {
    let number = |value: f64| dtype.from_f64(value);
    let (one, max) = (dtype.one(), dtype.max_finite());
    let negative = |bits: u64| bits | dtype.sign_bit();
    let inf = dtype.infinity();
    vec![
        Input::new(Class::Ordinary, "a half", &[number(0.5)]),
        Input::new(Class::Ordinary, "minus three quarters", &[number(-0.75)]),
        Input::new(Class::Ordinary, "three", &[number(3.0)]),
        Input::new(Class::Ordinary, "just below one", &[number(0.999)]),
        Input::new(
            Class::NearZero,
            "one and an ulp: the logarithm cancels",
            &[one + 1],
        ),
        Input::new(
            Class::NearZero,
            "one less an ulp: the logarithm cancels",
            &[one - 1],
        ),
        Input::new(
            Class::NearZero,
            "small: 1 + x rounds to 1",
            &[number(2f64.powi(-14))],
        ),
        Input::new(
            Class::NearZero,
            "small and negative: 1 + x rounds to 1",
            &[number(-(2f64.powi(-14)))],
        ),
        Input::new(
            Class::Tail,
            "the exponential is a small tail",
            &[number(-8.5)],
        ),
        Input::new(Class::Tail, "1 + e^-17 is 1 in f32", &[number(-17.0)]),
        Input::new(Class::Tail, "1 + e^-17 is 1 in f32", &[number(17.0)]),
        Input::new(Class::Subnormal, "smallest number", &[1]),
        Input::new(
            Class::Subnormal,
            "smallest number, negative",
            &[negative(1)],
        ),
        Input::new(
            Class::Subnormal,
            "smallest normal number",
            &[1 << (dtype.precision() - 1)],
        ),
        Input::new(
            Class::Subnormal,
            "the exponential is subnormal",
            &[number(-f64::midpoint(
                subnormal_logit(dtype),
                underflow_logit(dtype),
            ))],
        ),
        Input::new(
            Class::Subnormal,
            "the exponential underflows",
            &[number(-underflow_logit(dtype) - 2.0)],
        ),
        Input::new(
            Class::Overflow,
            "the exponential overflows",
            &[number(overflow_logit(dtype) + 1.0)],
        ),
        Input::new(Class::Overflow, "largest number", &[max]),
        Input::new(
            Class::Overflow,
            "largest number, negative",
            &[negative(max)],
        ),
        Input::new(Class::Edge, "zero", &[0]),
        Input::new(Class::Edge, "minus zero", &[negative(0)]),
        Input::new(Class::Edge, "one", &[one]),
        Input::new(
            Class::Edge,
            "minus one: the pole of log1p",
            &[negative(one)],
        ),
        Input::new(
            Class::Edge,
            "below the domain of the logarithms",
            &[number(-2.0)],
        ),
        Input::new(Class::Edge, "plus infinity", &[inf]),
        Input::new(Class::Edge, "minus infinity", &[negative(inf)]),
        Input::new(Class::Edge, "NaN", &[dtype.nan()]),
        Input::new(
            Class::Edge,
            "NaN with its sign bit set",
            &[negative(dtype.nan())],
        ),
    ]
}

fn drawn(quantity: Quantity, class: Class, dtype: DType, numbers: &mut Numbers) -> f64 {
    let logarithm = matches!(quantity, Quantity::Log | Quantity::Log1p);
    let wide = |numbers: &mut Numbers, low: i64, high: i64| {
        let power = low + numbers.below((high - low) as u64) as i64;
        (1.0 + numbers.unit()) * crate::dtype::power_of_two(power)
    };
    match class {
        Class::NearZero if quantity == Quantity::Log => 1.0 + numbers.between(-0.1, 0.1),
        Class::NearZero => wide(numbers, -24, -1) * numbers.pick(&[1.0, -1.0]),
        Class::Tail if logarithm => numbers.between(8.0, 200.0),
        Class::Tail => numbers.between(8.0, underflow_logit(dtype)) * numbers.pick(&[1.0, -1.0]),
        Class::Subnormal if logarithm => {
            wide(numbers, dtype.quantum_exponent(), dtype.min_exponent())
        }
        Class::Subnormal => -numbers.between(subnormal_logit(dtype), underflow_logit(dtype)),
        Class::Overflow if logarithm => {
            wide(numbers, dtype.max_exponent() - 4, dtype.max_exponent())
        }
        Class::Overflow => overflow_logit(dtype) * numbers.between(0.98, 1.02),
        _ if logarithm => numbers.between(0.0, 8.0),
        _ => numbers.between(-8.0, 8.0),
    }
}
