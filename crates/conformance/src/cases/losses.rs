//! Labels, logits and weights for the losses and their derivatives.

use super::{Class, Input, overflow_logit, subnormal_logit, underflow_logit};
use crate::dtype::power_of_two;
use crate::formula::Operation;
use crate::numbers::Numbers;
use crate::{DType, Function, correctly_rounded};

/// Hand-picked inputs `[labels, logits, pos_weight]` and `random` more of each class.
pub(super) fn inputs(dtype: DType, random: usize, numbers: &mut Numbers) -> Vec<Input> {
    let mut inputs = picked(dtype);
    inputs.extend(small(dtype));
    inputs.extend(large(dtype));
    inputs.extend(ties(dtype));
    for class in Class::ALL {
        for _ in 0..random {
            inputs.extend(drawn(class, dtype, numbers));
        }
    }
    inputs
}

/// Inputs that are the same numbers in every dtype, up to rounding.
fn picked(dtype: DType) -> Vec<Input> {
    use Class::{
        Cancellation, Edge, LabelOutside, LargeWeight, NearZero, Ordinary, SoftLabel, Tail,
    };
    const INF: f64 = f64::INFINITY;
    const NAN: f64 = f64::NAN;
    #[rustfmt::skip]
    let table: &[(Class, [f64; 3], &str)] = &[
        (Ordinary, [0.0, 1.0, 1.0], "hard label 0"),
        (Ordinary, [1.0, 1.0, 1.0], "hard label 1"),
        (Ordinary, [0.0, -2.5, 2.0], "hard label 0, right and weighted"),
        (Ordinary, [1.0, -2.5, 2.0], "hard label 1, wrong and weighted"),
        (Ordinary, [1.0, 3.25, 0.5], "hard label 1, right, weighted down"),
        (Tail, [0.0, -10.0, 1.0], "confident and right: x + log1p(e^-x) loses four digits in f32"),
        (Tail, [0.0, -17.0, 1.0], "confident and right: 1 + e^-17 is 1 in f32"),
        (Tail, [1.0, 17.0, 1.0], "confident and right: 1 + e^-17 is 1 in f32"),
        (Tail, [1.0, 9.5, 3.0], "confident and right, weighted: 1 + e^-9.5 is 1 in f16"),
        (Tail, [0.0, -15.5, 2.0], "confident and right: e^-15.5 is three of f16's smallest numbers"),
        (NearZero, [0.0, 0.0, 1.0], "the logit is 0: abs and max have kinks here, the loss has none"),
        (NearZero, [1.0, 0.0, 2.0], "the logit is 0: the gradient is ((1 - z) - q z)/2, not 1 - z"),
        (NearZero, [0.5, 0.0, 1.0], "the logit is 0 and the gradient exactly 0"),
        (NearZero, [0.5, 0.0009765625, 1.0], "the gradient is about x/4, what is left of 1/2 - 1/2"),
        (NearZero, [0.5, -0.0009765625, 1.0], "the gradient is about x/4, what is left of 1/2 - 1/2"),
        (Cancellation, [-1.0, 8.0, 2.0], "total weight 0: the loss is its head alone"),
        (Cancellation, [2.0, -3.0, 0.5], "total weight 0: the loss is its head alone"),
        (Cancellation, [0.75, 1.0986122886681098, 1.0], "the gradient's terms nearly cancel: sigmoid(log 3) = 3/4"),
        (SoftLabel, [0.1, -4.0, 1.0], "smoothed label 0"),
        (SoftLabel, [0.9, 4.0, 1.0], "smoothed label 1"),
        (SoftLabel, [0.3, 40.0, 1.0], "smoothed label, saturated logit"),
        (SoftLabel, [0.05, -60.0, 5.0], "smoothed label, saturated logit, weighted"),
        (LabelOutside, [1.5, 2.0, 1.0], "label above 1: negative weight of the first term"),
        (LabelOutside, [-0.5, 2.0, 3.0], "label below 0: negative weight of the second term"),
        (LabelOutside, [2.0, -5.0, -1.0], "label above 1 and negative weight"),
        (LargeWeight, [1.0, 5.0, 1000.0], "weight 1000 on a right answer"),
        (LargeWeight, [0.0, 5.0, 1000.0], "weight 1000 on a negative"),
        (LargeWeight, [0.25, -5.0, 30000.0], "weight 30000 on a soft label"),
        (Edge, [NAN, 1.0, 1.0], "label NaN"),
        (Edge, [0.0, NAN, 1.0], "logit NaN"),
        (Edge, [1.0, 1.0, NAN], "weight NaN"),
        (Edge, [0.0, 1.0, NAN], "weight NaN, with a label of 0"),
        (Edge, [INF, 1.0, 1.0], "label infinite"),
        (Edge, [-INF, 1.0, 1.0], "label infinite"),
        (Edge, [1.0, 1.0, INF], "weight infinite"),
        (Edge, [0.0, 1.0, -INF], "weight infinite, with a label of 0"),
        (Edge, [1.0, INF, 1.0], "infinitely right: 1 - z is 0 and contributes 0"),
        (Edge, [0.0, -INF, 1.0], "infinitely right: q z is 0 and contributes 0"),
        (Edge, [0.5, -INF, 0.0], "q z is 0 and contributes 0"),
        (Edge, [0.0, INF, 1.0], "infinitely wrong"),
        (Edge, [1.0, -INF, 1.0], "infinitely wrong"),
        (Edge, [0.25, INF, 2.0], "logit +inf with a soft label"),
        (Edge, [0.25, -INF, 2.0], "logit -inf with a soft label"),
        (Edge, [1.5, INF, 2.0], "logit +inf, negative weight of the first term"),
        (Edge, [0.5, -INF, -2.0], "logit -inf, negative weight of the second term"),
        (Edge, [1.0, 2.0, 0.0], "both weights 0: the loss is exactly +0"),
        (Edge, [1.0, -2.0, -0.0], "both weights 0: the loss is exactly +0"),
        (Edge, [0.0, -0.0, 1.0], "logit -0"),
        (Edge, [-0.0, 1.0, 1.0], "label -0"),
    ];
    let row = |(class, numbers, reason): &(Class, [f64; 3], &str)| {
        Input::new(
            *class,
            *reason,
            &numbers.map(|number| dtype.from_f64(number)),
        )
    };
    table.iter().map(row).collect()
}

/// Inputs at the lower end of the dtype's range.
fn small(dtype: DType) -> Vec<Input> {
    let number = |value: f64| dtype.from_f64(value);
    let negative = |bits: u64| bits | dtype.sign_bit();
    let (zero, one, smallest, normal) = (0, dtype.one(), 1, 1 << (dtype.precision() - 1));
    let half = number(0.5);
    let tail = f64::midpoint(subnormal_logit(dtype), underflow_logit(dtype));
    let vanishing = number(underflow_logit(dtype) + 2.0);
    // Two such numbers multiply to one that is subnormal by half the significant bits.
    let least = -dtype.max_exponent() - i64::from(dtype.precision() / 2);
    let deep = number(power_of_two(least / 2) * 4.0 / 3.0);
    let huge = number(0.7 * dtype.to_f64(dtype.max_finite()));
    #[rustfmt::skip]
    let table = [
        ([one, number(tail), one], "e^-|x| is subnormal"),
        ([zero, number(-tail), one], "e^-|x| is subnormal"),
        ([one, vanishing, one], "e^-|x| is below half the smallest number"),
        ([one, vanishing, negative(one)], "e^-|x| is below half the smallest number, with a negative weight"),
        ([one, vanishing, number(4096.0)], "e^-|x| is below half the smallest number, 4096 e^-|x| is not"),
        ([zero, smallest, one], "smallest logit"),
        ([half, 2, one], "twice the smallest logit: the gradient x/4 is half-way"),
        ([half, negative(2), one], "twice the smallest logit, negative: the gradient x/4 is half-way"),
        ([one, number(-3.0), smallest], "smallest weight"),
        ([smallest, number(3.0), one], "smallest label"),
        ([normal, number(-3.0), normal], "smallest normal label and weight: q z rounds to 0"),
        ([deep, negative(huge), deep], "q z is subnormal, a huge logit lifts the bits that it drops"),
        ([deep, negative(huge), negative(deep)], "q z is subnormal and negative, a huge logit lifts the bits that it drops"),
    ];
    table
        .map(|(bits, reason)| Input::new(Class::Subnormal, reason, &bits))
        .into()
}

/// Inputs at the upper end of the dtype's range.
fn large(dtype: DType) -> Vec<Input> {
    let number = |value: f64| dtype.from_f64(value);
    let negative = |bits: u64| bits | dtype.sign_bit();
    let (zero, one, max) = (0, dtype.one(), dtype.max_finite());
    let beyond = overflow_logit(dtype) + 1.0;
    #[rustfmt::skip]
    let table = [
        ([zero, max, one], "largest logit, wrong"),
        ([one, negative(max), number(1.5)], "largest logit, wrong and weighted"),
        ([one, max, one], "largest logit, right"),
        ([zero, number(beyond), one], "e^x overflows, the loss does not"),
        ([one, number(-beyond), one], "e^-x overflows, the loss does not"),
        ([one, number(12.0), max], "largest weight on a tail"),
        ([one, number(-2.0), max], "largest weight, wrong"),
        ([number(0.0625), number(-8.0), max], "largest weight times a small label"),
        ([number(2.0), number(9.0), max], "q z overflows, q z e^-x does not"),
    ];
    table
        .map(|(bits, reason)| Input::new(Class::Overflow, reason, &bits))
        .into()
}

/// Heads exactly half-way between two numbers: only the sign of the tail decides.
fn ties(dtype: DType) -> Vec<Input> {
    let number = |value: f64| dtype.from_f64(value);
    let one = dtype.one();
    let tie = |reason: &str, bits: [u64; 3]| Input::new(Class::ExactTie, reason, &bits);
    let mut inputs = Vec::new();
    // From 64 on, the tail is below every dtype's last place.
    let powers = [6, 7, 9, 14, dtype.max_exponent().min(126)];
    let multiples = [64.0, 128.0, 256.0, 8192.0, 16384.0];
    for (index, power) in powers.into_iter().enumerate() {
        let odd = 2 * index as u64 + 1;
        // 1 - z is half-way for odd z in [1/4, 1/2); so is (1 - z) x for x a power of two.
        let (label, logit) = (number(0.25) | odd, number(power_of_two(power)));
        let reason = "1 - z half-way, positive total weight";
        inputs.push(tie(reason, [label, logit, one]));
        let reason = "1 - z half-way, negative total weight";
        inputs.push(tie(reason, [label, logit, number(-8.0)]));
        // (1 + ulp) 1.5·2^k is half-way.
        let (above, logit) = (one + odd, number(-1.5 * multiples[index]));
        inputs.push(tie("q |x| half-way", [one, logit, above]));
        inputs.push(tie("z |x| half-way", [above, logit, one]));
    }
    inputs.extend(central_ties(dtype));
    inputs
}

/// Ties next to `x = 0`, where gradient and second derivative are `((1 - z) - q z)/2 + l x/4 - …`
/// and `l/4 - l x²/16 + …`, with `l = (1 - z) + q z`.
fn central_ties(dtype: DType) -> Vec<Input> {
    let number = |value: f64| dtype.from_f64(value);
    let one = dtype.one();
    let tie = |reason: &str, bits: [u64; 3]| Input::new(Class::ExactTie, reason, &bits);
    let precision = i64::from(dtype.precision());
    let half = power_of_two(-precision);
    let mut inputs = Vec::new();
    for odd in [1, 3, 5] {
        let label = number(0.25) | odd;
        let reason = "(1 - z)/2 and (1 - z)/4 half-way, next to x = 0";
        for logit in [1, 1 | dtype.sign_bit(), number(half / 16.0)] {
            inputs.push(tie(reason, [label, logit, 0]));
        }
        let reason = "1/2 + |x|/4 half-way";
        let logit = 2.0 * odd as f64 * half;
        inputs.push(tie(reason, [0, number(logit), one]));
        inputs.push(tie(reason, [one, number(-logit), one]));
        let reason = "1/2 - |x|/4 half-way";
        inputs.push(tie(reason, [0, number(-logit / 2.0), one]));
        inputs.push(tie(reason, [one, number(logit / 2.0), one]));
    }
    if precision % 2 == 1 {
        let logit = number(power_of_two((1 - precision) / 2));
        inputs.push(tie("1/4 - x²/16 half-way", [0, logit, one]));
        inputs.push(tie("1/4 - x²/16 half-way", [one, logit, one]));
    }
    inputs
}

/// A random case of a class, `None` for classes that chance does not reach.
fn drawn(class: Class, dtype: DType, numbers: &mut Numbers) -> Option<Input> {
    let hard = numbers.pick(&[0.0, 1.0]);
    // The sign of a logit that agrees with the label.
    let right = 2.0 * hard - 1.0;
    let weight = numbers.pick(&[1.0, 1.0, 2.0, 0.3]);
    let weight = if weight == 0.3 {
        numbers.between(0.1, 8.0)
    } else {
        weight
    };
    let [z, x, q] = match class {
        Class::Ordinary => [hard, numbers.between(-8.0, 8.0), weight],
        Class::Tail => [
            hard,
            right * numbers.between(8.0, underflow_logit(dtype)),
            weight,
        ],
        Class::NearZero => {
            let power = numbers.between(-20.0, -1.0) as i32;
            [
                numbers.pick(&[0.0, 0.5, 1.0]),
                numbers.between(-1.0, 1.0) * 2f64.powi(power),
                weight,
            ]
        }
        Class::Cancellation => {
            // The gradient vanishes at z = sigmoid(x); the tail at q = 1 - 1/z.
            let logit = dtype.from_f64(numbers.between(-4.0, 4.0));
            if hard == 0.0 {
                let label =
                    correctly_rounded(Function::of(Operation::Sigmoid), dtype, &[logit]).ok()?;
                return Some(Input::random(class, &[label, logit, dtype.one()]));
            }
            let label = numbers.signed(3);
            [label, dtype.to_f64(logit), 1.0 - 1.0 / label]
        }
        Class::SoftLabel => [numbers.unit(), numbers.between(-30.0, 30.0), weight],
        Class::LabelOutside => {
            let beyond = numbers.between(0.001, 4.0);
            [
                if hard == 0.0 { -beyond } else { 1.0 + beyond },
                numbers.between(-20.0, 20.0),
                weight,
            ]
        }
        Class::LargeWeight => {
            let power = numbers.between(6.0, 15.0) as i32;
            let weight = (1.0 + numbers.unit()) * 2f64.powi(power);
            [
                numbers.pick(&[1.0, numbers.clone().unit()]),
                numbers.between(-12.0, 12.0),
                weight,
            ]
        }
        Class::Subnormal => [
            hard,
            right * numbers.between(subnormal_logit(dtype), underflow_logit(dtype)),
            weight,
        ],
        Class::Overflow => {
            // A wrong answer whose weight, times the logit, is beyond the largest number.
            let top = dtype.to_f64(dtype.max_finite());
            let logit = numbers.between(0.1, 1.0);
            let beyond = numbers.between(1.0, 2.0) / logit;
            if hard == 0.0 {
                [1.0, -logit * top, beyond]
            } else {
                [1.0 - beyond, logit * top, weight]
            }
        }
        Class::ExactTie => {
            let odd = dtype.from_f64(0.25) | 1;
            let label = odd + 2 * numbers.below(1 << (dtype.precision() - 2).min(40));
            let powers = dtype.max_exponent().min(126) - 6;
            let power = 6 + numbers.below(powers as u64 + 1) as i64;
            let weight = numbers.pick(&[1.0, 2.0, -8.0]);
            let bits = [
                label,
                dtype.from_f64(power_of_two(power)),
                dtype.from_f64(weight),
            ];
            return Some(Input::random(class, &bits));
        }
        Class::Edge => return None,
    };
    let bits = [z, x, q].map(|value| dtype.from_f64(value));
    Some(Input::random(class, &bits))
}
