//! The oracle against a second, unrelated system, against the edges of the contract and
//! against ties that no fixed precision decides.

use conformance::{DType, Quantity, correctly_rounded, correctly_rounded_without_filter};

/// Both ways to the answer, which must be the same.
fn check(quantity: Quantity, dtype: DType, inputs: &[u64], expected: u64) {
    for (way, answer) in [
        (
            "filtered",
            correctly_rounded(quantity, dtype, inputs).unwrap(),
        ),
        (
            "proved",
            correctly_rounded_without_filter(quantity, dtype, inputs).unwrap(),
        ),
    ] {
        assert_eq!(
            answer, expected,
            "{way} {quantity} {dtype} {inputs:x?}: {answer:#x}, expected {expected:#x}"
        );
    }
}

fn check_numbers(quantity: Quantity, inputs: &[f64], expected: f64) {
    for dtype in DType::ALL {
        let bits: Vec<u64> = inputs.iter().map(|&input| dtype.from_f64(input)).collect();
        check(quantity, dtype, &bits, dtype.from_f64(expected));
    }
}

#[test]
fn the_oracle_agrees_with_mpmath() {
    for line in include_str!("data/witness.txt").lines() {
        let mut words = line.split(' ');
        let quantity: Quantity = words.next().unwrap().parse().unwrap();
        let dtype: DType = words.next().unwrap().parse().unwrap();
        let mut bits: Vec<u64> = words
            .map(|word| u64::from_str_radix(word, 16).unwrap())
            .collect();
        let expected = bits.pop().unwrap();
        check(quantity, dtype, &bits, expected);
    }
}

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

#[test]
fn edges_of_the_losses_follow_the_zero_weight_convention() {
    use Quantity::*;
    #[rustfmt::skip]
    let table: &[(Quantity, &[f64], f64)] = &[
        // any input NaN, the ones that the value does not depend on included
        (WeightedLoss, &[NAN, 1.0, 1.0], NAN),
        (WeightedLoss, &[0.0, NAN, 1.0], NAN),
        (WeightedLoss, &[0.0, 1.0, NAN], NAN),
        (WeightedGradLabels, &[NAN, 1.0, 1.0], NAN),
        (WeightedGradPosWeight, &[1.0, 1.0, NAN], NAN),
        (SigmoidHessLogits, &[NAN, 1.0], NAN),
        (Softplus, &[NAN], NAN),
        // infinite labels or weights
        (WeightedLoss, &[INF, 1.0, 1.0], NAN),
        (WeightedGradLogits, &[0.0, 1.0, -INF], NAN),
        (WeightedGradPosWeight, &[0.0, INF, INF], NAN),
        (SigmoidLoss, &[-INF, 1.0], NAN),
        // x = +inf: the weight 1 - z
        (WeightedLoss, &[1.0, INF, 2.0], 0.0),
        (WeightedLoss, &[0.25, INF, 2.0], INF),
        (WeightedLoss, &[1.5, INF, 2.0], -INF),
        // x = -inf: the weight q z
        (WeightedLoss, &[0.0, -INF, 2.0], 0.0),
        (WeightedLoss, &[0.5, -INF, 0.0], 0.0),
        (WeightedLoss, &[0.5, -INF, 2.0], INF),
        (WeightedLoss, &[0.5, -INF, -2.0], -INF),
        // derivatives at infinite logits
        (WeightedGradLogits, &[0.25, INF, 2.0], 0.75),
        (WeightedGradLogits, &[1.0, INF, 2.0], 0.0),
        (WeightedGradLogits, &[0.25, -INF, 2.0], -0.5),
        (WeightedGradLogits, &[0.0, -INF, 2.0], 0.0),
        (WeightedHessLogits, &[0.25, INF, 2.0], 0.0),
        (WeightedHessLogits, &[0.25, -INF, 2.0], 0.0),
        (WeightedGradLabels, &[0.25, INF, 2.0], -INF),
        (WeightedGradLabels, &[0.25, -INF, 2.0], INF),
        (WeightedGradLabels, &[0.25, -INF, 0.0], 0.0),
        (WeightedGradLabels, &[0.25, -INF, -1.0], -INF),
        (WeightedGradPosWeight, &[0.25, INF, 2.0], 0.0),
        (WeightedGradPosWeight, &[0.25, -INF, 2.0], INF),
        (WeightedGradPosWeight, &[0.0, -INF, 2.0], 0.0),
        (WeightedGradPosWeight, &[-1.0, -INF, 2.0], -INF),
        // x = 0
        (WeightedGradLogits, &[0.0, 0.0, 2.0], 0.5),
        (WeightedGradLogits, &[1.0, 0.0, 2.0], -1.0),
        (WeightedHessLogits, &[1.0, 0.0, 2.0], 0.5),
        // exact zeros are positive
        (WeightedGradLogits, &[0.5, -0.0, 1.0], 0.0),
        (WeightedLoss, &[1.0, 3.0, 0.0], 0.0),
        (WeightedLoss, &[1.0, -3.0, -0.0], 0.0),
        (SigmoidGradLabels, &[0.5, 0.0], 0.0),
        (WeightedGradPosWeight, &[-0.0, 3.0, 1.0], 0.0),
        // the one-argument functions
        (Exp, &[-INF], 0.0), (Exp, &[INF], INF), (Exp, &[0.0], 1.0),
        (Log, &[0.0], -INF), (Log, &[-0.0], -INF), (Log, &[1.0], 0.0), (Log, &[-1.0], NAN), (Log, &[INF], INF),
        (Log1p, &[-1.0], -INF), (Log1p, &[-2.0], NAN), (Log1p, &[-0.0], 0.0), (Log1p, &[INF], INF),
        (Sigmoid, &[INF], 1.0), (Sigmoid, &[-INF], 0.0), (Sigmoid, &[0.0], 0.5),
        (Softplus, &[INF], INF), (Softplus, &[-INF], 0.0),
        (LogSigmoid, &[INF], 0.0), (LogSigmoid, &[-INF], -INF),
    ];
    for &(quantity, inputs, expected) in table {
        check_numbers(quantity, inputs, expected);
    }
}

#[test]
fn arithmetic_follows_ieee_754() {
    use Quantity::*;
    #[rustfmt::skip]
    let table: &[(Quantity, &[f64], f64)] = &[
        (Add, &[-0.0, -0.0], -0.0), (Add, &[0.0, -0.0], 0.0), (Add, &[1.5, -1.5], 0.0), (Add, &[INF, -INF], NAN), (Add, &[INF, 1.0], INF),
        (Subtract, &[-0.0, 0.0], -0.0), (Subtract, &[1.0, INF], -INF),
        (Multiply, &[-0.0, 2.0], -0.0), (Multiply, &[0.0, INF], NAN), (Multiply, &[-INF, 2.0], -INF),
        (Divide, &[1.0, -0.0], -INF), (Divide, &[0.0, 0.0], NAN), (Divide, &[INF, INF], NAN), (Divide, &[-1.0, INF], -0.0), (Divide, &[3.0, 4.0], 0.75),
        (Maximum, &[-0.0, 0.0], 0.0), (Maximum, &[0.0, -0.0], 0.0), (Maximum, &[NAN, 1.0], NAN), (Maximum, &[1.0, NAN], NAN), (Maximum, &[-2.0, -3.0], -2.0),
        (Negative, &[0.0], -0.0), (Abs, &[-0.0], 0.0), (Abs, &[-INF], INF), (Relu, &[-0.0], 0.0), (Relu, &[-3.0], 0.0), (Relu, &[NAN], NAN),
    ];
    for &(quantity, inputs, expected) in table {
        check_numbers(quantity, inputs, expected);
    }
}

/// Heads exactly half-way, tails from e^-20 to e^-1e38: only the tail's sign decides, and
/// the sign of the tail is that of the total weight.
#[test]
fn exact_ties_are_decided_by_the_sign_of_the_tail() {
    for dtype in DType::ALL {
        let ulp = |bits: u64| dtype.to_f64(bits + 1) - dtype.to_f64(bits);
        let mut ties = 0;
        for step in 0..64 {
            let label_bits = dtype.from_f64(0.25) + step * 37 % (1 << (dtype.precision() - 1));
            let label = dtype.to_f64(label_bits);
            // In f64 itself, 1 - z of a 53-bit z in [1/4, 1/2) needs 54 bits: take it apart by its odd bit.
            let odd = label_bits & 1 == 1;
            if !odd {
                continue;
            }
            ties += 1;
            let below = 1.0 - dtype.to_f64(label_bits + 1);
            let lower = dtype.from_f64(below);
            assert_eq!(ulp(lower), 2.0 * ulp(label_bits), "{dtype} {label}");
            // 1 - z is half-way between `lower` and its successor; the gradient is 1 - z - (tail > 0).
            for logit in [40.0, 354.0, 3e4, 1e38].map(|logit| dtype.from_f64(logit)) {
                let logit = logit.min(dtype.max_finite());
                check(
                    Quantity::SigmoidGradLogits,
                    dtype,
                    &[label_bits, logit],
                    lower,
                );
                // A weight so negative that the tail changes its sign.
                let weight = dtype.from_f64(-8.0);
                let inputs = [label_bits, logit, weight];
                check(Quantity::WeightedGradLogits, dtype, &inputs, lower + 1);
            }
        }
        assert!(ties > 10, "{dtype}: {ties}");
    }
}

#[test]
fn a_tiny_tail_below_every_subnormal_keeps_its_sign() {
    for dtype in DType::ALL {
        let logit = dtype.max_finite();
        let one = dtype.one();
        let minus_one = one | dtype.sign_bit();
        check(Quantity::WeightedLoss, dtype, &[one, logit, one], 0);
        check(
            Quantity::WeightedLoss,
            dtype,
            &[one, logit, minus_one],
            dtype.sign_bit(),
        );
        check(
            Quantity::SigmoidGradLogits,
            dtype,
            &[one, logit],
            dtype.sign_bit(),
        );
        check(Quantity::LogSigmoid, dtype, &[logit], dtype.sign_bit());
        check(Quantity::Exp, dtype, &[logit | dtype.sign_bit()], 0);
    }
}

/// The first terms of the series are half-way: the next one decides.
#[test]
fn ties_of_a_series_are_decided_by_its_next_term() {
    use Quantity::*;
    let f32 = |quantity, x: f64, expected: u64| {
        check(quantity, DType::F32, &[DType::F32.from_f64(x)], expected);
    };
    f32(Exp, 2f64.powi(-24), 0x3f80_0001);
    f32(Exp, -(2f64.powi(-25)), 0x3f80_0000);
    f32(Exp, -3.0 * 2f64.powi(-25), 0x3f7f_ffff);
    f32(Sigmoid, 2f64.powi(-23), 0x3f00_0000);
    f32(Sigmoid, 3.0 * 2f64.powi(-23), 0x3f00_0001);
    let f64 =
        |quantity, x: f64, expected: u64| check(quantity, DType::F64, &[x.to_bits()], expected);
    f64(Exp, 2f64.powi(-53), 0x3ff0_0000_0000_0001);
    f64(Sigmoid, 3.0 * 2f64.powi(-52), 0x3fe0_0000_0000_0001);
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let arity = correctly_rounded(Quantity::WeightedLoss, DType::F32, &[0, 0]).unwrap_err();
    assert_eq!(
        arity.to_string(),
        "nn.weighted_cross_entropy_with_logits takes 3 inputs (labels, logits, pos_weight), \
         found 2: give one value each"
    );
    let width = correctly_rounded(Quantity::Exp, DType::F16, &[0x1_0000]).unwrap_err();
    assert!(width.to_string().contains("at most 16 bits"), "{width}");
}

#[test]
#[ignore = "takes minutes: every f16 and bf16 logit, filter against proof"]
fn the_filter_agrees_with_the_proof_on_every_16_bit_logit() {
    for dtype in [DType::F16, DType::BF16] {
        let [label, weight] = [0.3, 2.7].map(|value| dtype.from_f64(value));
        for quantity in Quantity::ALL
            .into_iter()
            .filter(|quantity| quantity.is_loss())
        {
            for logit in 0..=0xffff {
                let inputs = [label, logit, weight];
                let inputs = &inputs[..quantity.arguments().len()];
                let proved = correctly_rounded_without_filter(quantity, dtype, inputs).unwrap();
                check(quantity, dtype, inputs, proved);
            }
        }
    }
}
