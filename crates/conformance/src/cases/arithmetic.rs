//! Operands for functions of two variables.

use super::{Class, Input};
use crate::DType;
use crate::dtype::power_of_two;
use crate::formula::Operation;
use crate::numbers::Numbers;

/// Hand-picked pairs and `random` more of each class that the function has, with the ties of the
/// operation if it is one.
pub(super) fn inputs(
    operation: Option<Operation>,
    dtype: DType,
    random: usize,
    numbers: &mut Numbers,
) -> Vec<Input> {
    let mut inputs = shared(dtype);
    inputs.extend(own(operation, dtype));
    for _ in 0..random {
        for class in [
            Class::Ordinary,
            Class::Cancellation,
            Class::Subnormal,
            Class::ExactTie,
        ] {
            let drawn = drawn(operation, class, dtype, numbers);
            inputs.extend(drawn.map(|bits| Input::random(class, &bits)));
        }
    }
    inputs
}

/// Pairs for every operation.
fn shared(dtype: DType) -> Vec<Input> {
    let (one, max) = (dtype.one(), dtype.max_finite());
    let negative = |bits: u64| bits | dtype.sign_bit();
    let number = |value: f64| dtype.from_f64(value);
    let normal = 1 << (dtype.precision() - 1);
    #[rustfmt::skip]
    let table = [
        (Class::Ordinary, [number(3.0), number(2.0)], "three and two"),
        (Class::Ordinary, [one, number(3.0)], "one and three"),
        (Class::Ordinary, [number(-1.25), number(0.1)], "opposite signs"),
        (Class::Cancellation, [one, one + 1], "one and its successor"),
        (Class::Cancellation, [one, negative(one + 1)], "one and its successor, negative"),
        (Class::Subnormal, [normal, 1], "smallest normal and smallest number"),
        (Class::Subnormal, [normal, negative(1)], "smallest normal and smallest number, negative"),
        (Class::Overflow, [max, max], "the largest number, twice"),
        (Class::Overflow, [max, negative(max)], "the largest number and its negative"),
        (Class::Overflow, [max, number(0.5)], "the largest number and a half"),
        (Class::Overflow, [max, 1], "the largest and the smallest number"),
    ];
    let rows = table
        .iter()
        .map(|(class, bits, reason)| Input::new(*class, *reason, bits));
    let (zero, inf, nan) = (0, dtype.infinity(), dtype.nan());
    let specials = [zero, one, inf, nan].map(|bits| [bits, negative(bits)]);
    let specials = specials.as_flattened();
    let pairs = specials
        .iter()
        .flat_map(|&x| specials.iter().map(move |&y| [x, y]));
    let pairs = pairs.map(|pair| Input::new(Class::Edge, "zeros, ones, infinities and NaN", &pair));
    rows.chain(pairs).collect()
}

/// Pairs for one operation: its ties, and its ways to a subnormal result.
fn own(operation: Option<Operation>, dtype: DType) -> Vec<Input> {
    let one = dtype.one();
    let negative = |bits: u64| bits | dtype.sign_bit();
    let number = |value: f64| dtype.from_f64(value);
    let half_ulp = number(power_of_two(-i64::from(dtype.precision())));
    let (half, two) = (number(0.5), number(2.0));
    let halved = |by: u64| {
        vec![
            (
                Class::Subnormal,
                [1, by],
                "smallest number, halved: half-way, to even 0",
            ),
            (
                Class::Subnormal,
                [3, by],
                "three smallest, halved: half-way, to even",
            ),
            (
                Class::Subnormal,
                [negative(1), by],
                "smallest number, negative, halved: -0",
            ),
        ]
    };
    #[rustfmt::skip]
    let table = match operation {
        Some(Operation::Add) => vec![
            (Class::ExactTie, [one, half_ulp], "1 + ulp/2: half-way, down to even"),
            (Class::ExactTie, [one + 1, half_ulp], "1 + ulp + ulp/2: half-way, up to even"),
        ],
        Some(Operation::Subtract) => vec![
            (Class::ExactTie, [one, negative(half_ulp)], "1 + ulp/2: half-way, down to even"),
            (Class::ExactTie, [one + 1, negative(half_ulp)], "1 + ulp + ulp/2: half-way, up to even"),
        ],
        Some(Operation::Multiply) => {
            let mut table = halved(half);
            table.push((Class::ExactTie, [one + 1, number(1.5)], "(1 + ulp) 1.5: half-way"));
            table
        }
        Some(Operation::Divide) => halved(two),
        _ => Vec::new(),
    };
    table
        .into_iter()
        .map(|(class, bits, reason)| Input::new(class, reason, &bits))
        .collect()
}

/// A random pair of a class, `None` for classes that the operation does not have.
fn drawn(
    operation: Option<Operation>,
    class: Class,
    dtype: DType,
    numbers: &mut Numbers,
) -> Option<[u64; 2]> {
    use Operation::{Add, Divide, Multiply, Subtract};
    let digits = dtype.precision() - 1;
    let negative = |bits: u64| bits | dtype.sign_bit();
    let (x, y) = (numbers.signed(3), numbers.signed(3));
    let near = x * (1.0 + numbers.between(-0.01, 0.01));
    let small = power_of_two(dtype.quantum_exponent() / 2);
    let stored = |pair: [f64; 2]| Some(pair.map(|value| dtype.from_f64(value)));
    let odd = 2 * numbers.below(1 << (digits - 3)) + 1;
    match (class, operation) {
        (Class::Ordinary, _) => stored([x, y]),
        (Class::Cancellation, Some(Add)) => stored([x, -near]),
        (Class::Cancellation, Some(Subtract)) => stored([x, near]),
        (Class::Subnormal, Some(Multiply)) => stored([x * small, y * small]),
        (Class::Subnormal, Some(Divide)) => stored([x * small, y / small]),
        (Class::Subnormal, _) => {
            let mut one = || numbers.below(1 << digits) | (dtype.sign_bit() * numbers.below(2));
            Some([one(), one()])
        }
        (Class::ExactTie, Some(Add | Subtract)) => {
            let whole = dtype.one() + numbers.below(1 << digits);
            let half = dtype.from_f64(power_of_two(-i64::from(dtype.precision())));
            let half = if operation == Some(Operation::Add) {
                half
            } else {
                negative(half)
            };
            Some([whole, half])
        }
        // An odd significand below 5/4, by 3/2; an odd subnormal, by two.
        (Class::ExactTie, Some(Multiply)) => Some([dtype.one() + odd, dtype.from_f64(1.5)]),
        (Class::ExactTie, Some(Divide)) => Some([odd, dtype.from_f64(2.0)]),
        _ => None,
    }
}
