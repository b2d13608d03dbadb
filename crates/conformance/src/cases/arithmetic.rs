//! Operands for the arithmetic of two variables.

use super::{Class, Input};
use crate::DType;
use crate::numbers::Numbers;

/// Hand-picked pairs and `random` more of each class.
pub(super) fn inputs(dtype: DType, random: usize, numbers: &mut Numbers) -> Vec<Input> {
    let mut inputs = picked(dtype);
    for _ in 0..random {
        let (x, y) = (numbers.signed(3), numbers.signed(3));
        inputs.push(pair(dtype, Class::Ordinary, "random: ordinary", x, y));
        let close = x * (1.0 + numbers.between(-0.01, 0.01));
        inputs.push(pair(
            dtype,
            Class::Cancellation,
            "random: nearly equal",
            x,
            close,
        ));
        let small = dtype.quantum_exponent() / 2;
        let scale = crate::dtype::power_of_two(small);
        inputs.push(pair(
            dtype,
            Class::Subnormal,
            "random: the product is subnormal",
            x * scale,
            y * scale,
        ));
        // x + half an ulp, and half an ulp more for luck: sums near and on ties.
        let whole = dtype.one() + numbers.below(1 << (dtype.precision() - 1));
        let half = dtype.from_f64(crate::dtype::power_of_two(-i64::from(dtype.precision())));
        inputs.push(Input::new(
            Class::ExactTie,
            "random: the sum is half-way",
            &[whole, half + numbers.below(2)],
        ));
    }
    inputs
}

fn pair(dtype: DType, class: Class, reason: &str, x: f64, y: f64) -> Input {
    Input::new(class, reason, &[dtype.from_f64(x), dtype.from_f64(y)])
}

fn picked(dtype: DType) -> Vec<Input> {
    let (zero, one, max) = (0, dtype.one(), dtype.max_finite());
    let negative = |bits: u64| bits | dtype.sign_bit();
    let (inf, nan) = (dtype.infinity(), dtype.nan());
    let number = |value: f64| dtype.from_f64(value);
    let half_ulp = number(crate::dtype::power_of_two(-i64::from(dtype.precision())));
    let specials = [
        zero,
        negative(zero),
        one,
        negative(one),
        inf,
        negative(inf),
        nan,
        negative(nan),
    ];
    let mut inputs = vec![
        Input::new(
            Class::Ordinary,
            "three and two",
            &[number(3.0), number(2.0)],
        ),
        Input::new(Class::Ordinary, "one third", &[one, number(3.0)]),
        Input::new(
            Class::Ordinary,
            "opposite signs",
            &[number(-1.25), number(0.1)],
        ),
        Input::new(
            Class::Cancellation,
            "one and its successor",
            &[one, negative(one + 1)],
        ),
        Input::new(
            Class::Cancellation,
            "one and its successor",
            &[one, one + 1],
        ),
        Input::new(Class::ExactTie, "1 + ulp/2: down to even", &[one, half_ulp]),
        Input::new(
            Class::ExactTie,
            "1 + ulp + ulp/2: up to even",
            &[one + 1, half_ulp],
        ),
        Input::new(
            Class::ExactTie,
            "(1 + ulp) 1.5: half-way",
            &[one + 1, number(1.5)],
        ),
        Input::new(
            Class::Subnormal,
            "smallest number, halved: half-way, to even 0",
            &[1, number(0.5)],
        ),
        Input::new(
            Class::Subnormal,
            "three smallest, halved: half-way, to even",
            &[3, number(0.5)],
        ),
        Input::new(
            Class::Subnormal,
            "smallest number, negative, halved: -0",
            &[negative(1), number(0.5)],
        ),
        Input::new(
            Class::Subnormal,
            "smallest normal less the smallest number",
            &[1 << (dtype.precision() - 1), negative(1)],
        ),
        Input::new(Class::Overflow, "largest number, doubled", &[max, max]),
        Input::new(
            Class::Overflow,
            "largest number less itself",
            &[max, negative(max)],
        ),
        Input::new(
            Class::Overflow,
            "largest number by a half",
            &[max, number(0.5)],
        ),
        Input::new(Class::Overflow, "largest number by the smallest", &[max, 1]),
    ];
    for x in specials {
        for y in specials {
            inputs.push(Input::new(
                Class::Edge,
                "zeros, ones, infinities and NaN",
                &[x, y],
            ));
        }
    }
    inputs
}
