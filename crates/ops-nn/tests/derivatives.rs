//! Every derivative rule against central differences of the oracle's values.

use conformance::{DType, Quantity, correctly_rounded};
use ops_nn::tensor_core::Tensor;
use ops_nn::{Args, Call, Gradient, Registry};

/// The exact function, to f64.
fn exact(quantity: Quantity, inputs: &[f64]) -> f64 {
    let bits: Vec<u64> = inputs.iter().map(|v| v.to_bits()).collect();
    f64::from_bits(correctly_rounded(quantity, DType::F64, &bits).unwrap())
}

/// The slope of the exact function in one argument.
fn slope(quantity: Quantity, inputs: &[f64], by: usize) -> f64 {
    let h = 1e-5;
    let at = |step: f64| {
        let mut moved = inputs.to_vec();
        moved[by] += step;
        exact(quantity, &moved)
    };
    // Fourth order: the error is about h^4 plus rounding / h.
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
}

fn check(quantity: Quantity, call: &Call<'_>, inputs: &[f64], wrt: &str) {
    let by = call
        .op()
        .definition()
        .parameters()
        .iter()
        .position(|p| p.name() == wrt)
        .unwrap();
    let found = call.partial(wrt).unwrap().get_f64(0).unwrap();
    let expected = slope(quantity, inputs, by);
    assert!(
        (found - expected).abs() <= 1e-9 * (1.0 + expected.abs()),
        "d {quantity} / d {wrt} at {inputs:?} is {found}, must be {expected}"
    );
}

#[test]
fn every_partial_derivative_is_the_slope_of_the_exact_function() {
    // Away from the corners of abs, relu and maximum, inside the domain of log.
    let points = [[0.25, 0.75, 2.0], [0.9, 3.5, 0.5], [0.6, 1.25, 1.0]];
    for quantity in Quantity::ALL {
        let op = Registry::builtin().get(quantity.op()).unwrap();
        let Gradient::Elementwise(_) = op.definition().gradient_rule() else {
            panic!("{quantity} has no element-wise derivative");
        };
        for point in points {
            let inputs = &point[..quantity.arguments().len()];
            let tensors: Vec<_> = inputs.iter().map(|&v| Tensor::from(vec![v])).collect();
            let args = tensors.iter().fold(Args::new(), ops_nn::Args::arg);
            let call = op.bind(args).unwrap();
            for wrt in op.definition().gradient_rule().arguments() {
                check(quantity, &call, inputs, wrt);
            }
        }
    }
}

#[test]
fn the_second_derivatives_are_the_slopes_of_the_first() {
    let pairs = [
        (Quantity::WeightedLoss, Quantity::WeightedGradLogits),
        (Quantity::SigmoidLoss, Quantity::SigmoidGradLogits),
        (Quantity::WeightedGradLogits, Quantity::WeightedHessLogits),
        (Quantity::SigmoidGradLogits, Quantity::SigmoidHessLogits),
    ];
    for (loss, first) in pairs {
        for point in [[0.25, 0.75, 2.0], [0.9, -3.5, 0.5], [0.0, 0.0, 1.0]] {
            let inputs = &point[..loss.arguments().len()];
            let tensors: Vec<_> = inputs.iter().map(|&v| Tensor::from(vec![v])).collect();
            let args = tensors.iter().fold(Args::new(), ops_nn::Args::arg);
            let call = Registry::builtin()
                .get(loss.op())
                .unwrap()
                .bind(args)
                .unwrap();
            let found = call.second_partial("logits").unwrap().get_f64(0).unwrap();
            let expected = slope(first, inputs, 1);
            assert!(
                (found - expected).abs() <= 1e-9,
                "{loss} at {inputs:?}: {found} {expected}"
            );
        }
    }
}

#[test]
fn at_the_corners_the_slopes_are_tensorflows() {
    let cases = [
        (
            "nn.relu",
            "features",
            vec![-1.0_f32, 0.0, 2.0, f32::NAN],
            vec![0.0, 0.0, 1.0, f64::NAN],
        ),
        (
            "math.abs",
            "x",
            vec![-1.0, 0.0, 2.0, f32::NAN],
            vec![-1.0, 0.0, 1.0, f64::NAN],
        ),
    ];
    for (op, wrt, values, expected) in cases {
        let x = Tensor::from(values);
        let call = Registry::builtin()
            .get(op)
            .unwrap()
            .bind(Args::new().arg(&x))
            .unwrap();
        let found = call.partial(wrt).unwrap();
        for (i, expected) in expected.into_iter().enumerate() {
            let found = found.get_f64(i).unwrap();
            assert!(
                found == expected || (found.is_nan() && expected.is_nan()),
                "{op}[{i}]: {found}"
            );
        }
    }
}

#[test]
fn adjoints_undo_shapes_and_spread_means() {
    let x = Tensor::new([2, 2], vec![1.0_f32, 2.0, 3.0, 4.0]).unwrap();
    let cases: [(&str, Args<'_>, &str, Vec<f32>); 5] = [
        (
            "math.reduce_sum",
            Args::new().arg(&x),
            "input_tensor",
            vec![1.0; 4],
        ),
        (
            "math.reduce_mean",
            Args::new().arg(&x).kwarg("axis", [0]),
            "input_tensor",
            vec![0.5; 4],
        ),
        (
            "reshape",
            Args::new().arg(&x).arg([4]),
            "tensor",
            vec![1.0; 4],
        ),
        (
            "broadcast_to",
            Args::new().arg(&x).arg([3, 2, 2]),
            "input",
            vec![3.0; 4],
        ),
        (
            "cast",
            Args::new().arg(&x).arg(ops_nn::tensor_core::DType::F64),
            "x",
            vec![1.0; 4],
        ),
    ];
    for (op, args, wrt, expected) in cases {
        let call = Registry::builtin().get(op).unwrap().bind(args).unwrap();
        let gradient = call.gradient(wrt, None).unwrap();
        let gradient = gradient.downcast_ref::<f32>().unwrap();
        assert_eq!(gradient.shape(), x.shape(), "{op}");
        assert_eq!(gradient.as_slice(), expected, "{op}");
    }
}
