//! Every derivative rule against central differences of the oracle's values.

use conformance::Function;
use ops_nn::tensor_core::{DType, DynTensor, Shape, Tensor};
use ops_nn::{Args, Call, Gradient, OpError, Registry};
use ops_nn_testkit::functions;

use crate::slopes::slope;

fn check(function: &Function, call: &Call<'_>, inputs: &[f64], wrt: &str) {
    let by = call
        .op()
        .definition()
        .parameters()
        .iter()
        .position(|p| p.name() == wrt)
        .unwrap();
    let found = call.partial(wrt).unwrap().get_f64(0).unwrap();
    let expected = slope(function, inputs, by);
    assert!(
        (found - expected).abs() <= 1e-9 * (1.0 + expected.abs()),
        "d {function} / d {wrt} at {inputs:?} is {found}, must be {expected}"
    );
}

#[test]
fn every_partial_derivative_is_the_slope_of_the_exact_function() {
    // Away from the corners of abs, relu and maximum, inside the domain of log.
    let points = [[0.25, 0.75, 2.0], [0.9, 3.5, 0.5], [0.6, 1.25, 1.0]];
    for function in functions(Registry::builtin()).unwrap() {
        let op = Registry::builtin().get(function.op()).unwrap();
        let Gradient::Elementwise(_) = op.definition().gradient() else {
            panic!("{function} has no element-wise derivative");
        };
        for point in points {
            let inputs = &point[..function.arguments().len()];
            let tensors: Vec<_> = inputs.iter().map(|&v| Tensor::from(vec![v])).collect();
            let args = tensors.iter().fold(Args::new(), ops_nn::Args::arg);
            let call = op.bind(args).unwrap();
            for wrt in op.definition().gradient().arguments() {
                check(&function, &call, inputs, wrt);
            }
        }
    }
}

#[test]
fn the_second_derivatives_are_the_slopes_of_the_first() {
    let pairs = [
        (
            Function::known("nn.weighted_cross_entropy_with_logits").unwrap(),
            Function::known("nn.weighted_cross_entropy_with_logits_grad_logits").unwrap(),
        ),
        (
            Function::known("nn.sigmoid_cross_entropy_with_logits").unwrap(),
            Function::known("nn.sigmoid_cross_entropy_with_logits_grad_logits").unwrap(),
        ),
        (
            Function::known("nn.weighted_cross_entropy_with_logits_grad_logits").unwrap(),
            Function::known("nn.weighted_cross_entropy_with_logits_hess_logits").unwrap(),
        ),
        (
            Function::known("nn.sigmoid_cross_entropy_with_logits_grad_logits").unwrap(),
            Function::known("nn.sigmoid_cross_entropy_with_logits_hess_logits").unwrap(),
        ),
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
            let expected = slope(&first, inputs, 1);
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
            Args::new().arg(&x).arg(DType::F64),
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

#[test]
fn an_upstream_gradient_must_fit_the_result() {
    let x = Tensor::new([2, 3], vec![0.0_f32; 6]).unwrap();
    let registry = Registry::builtin();
    let cases = [
        ("math.exp", Args::new().arg(&x), "x"),
        ("reshape", Args::new().arg(&x).arg([6]), "tensor"),
    ];
    for (op, args, wrt) in cases {
        let call = registry.get(op).unwrap().bind(args).unwrap();
        let right = DynTensor::full(DType::F32, call.shape().clone(), 1.0);
        assert_eq!(
            call.gradient(wrt, Some(&right)),
            call.gradient(wrt, None),
            "{op}"
        );
        let wrong = [
            right.cast(DType::F64),
            DynTensor::scalar(DType::F32, 1.0),
            DynTensor::full(DType::F32, Shape::new([4, 2, 3]).unwrap(), 1.0),
        ];
        for upstream in wrong {
            let error = call.gradient(wrt, Some(&upstream)).unwrap_err();
            assert!(matches!(error, OpError::Upstream { .. }), "{op}: {error}");
        }
    }
}

/// The count itself is no value of the dtype here; expectations are 1 / n in
/// exact arithmetic, rounded once.
#[test]
fn the_gradient_of_a_mean_divides_by_the_exact_count() {
    let cases = [
        (DType::F16, 70_000, 240.0 * f64::exp2(-24.0)),
        (DType::F16, 2049, 2047.0 * f64::exp2(-22.0)),
        (DType::BF16, 257, 255.0 * f64::exp2(-16.0)),
    ];
    for (dtype, count, share) in cases {
        let x = DynTensor::zeros(dtype, Shape::new([count]).unwrap());
        let op = Registry::builtin().get("math.reduce_mean").unwrap();
        let gradient = op
            .bind(Args::new().arg(&x))
            .unwrap()
            .gradient("input_tensor", None);
        let found = gradient.unwrap().get_f64(count - 1).unwrap();
        assert_eq!(found, share, "1 / {count} in {dtype}");
    }
}

#[test]
fn nothing_is_differentiated_through_bool() {
    let x = Tensor::from(vec![1.0_f32]);
    let flags = Tensor::from(vec![true]);
    let cases = [
        ("cast", Args::new().arg(&x).arg(DType::Bool), "x"),
        ("cast", Args::new().arg(&flags).arg(DType::F32), "x"),
        ("identity", Args::new().arg(&flags), "input"),
        (
            "where",
            Args::new().arg(&flags).arg(&flags).arg(&flags),
            "x",
        ),
        ("math.greater_equal", Args::new().arg(&x).arg(&x), "x"),
    ];
    for (op, args, wrt) in cases {
        let call = Registry::builtin().get(op).unwrap().bind(args).unwrap();
        let error = call.gradient(wrt, None).unwrap_err();
        assert!(
            matches!(error, OpError::NoDerivative { .. }),
            "{op}: {error}"
        );
    }
}

#[test]
fn the_slope_of_a_maximum_is_that_of_the_larger_and_nan_beside_nan() {
    let x = Tensor::from(vec![1.0_f32, 3.0, 2.0, f32::NAN, 1.0]);
    let y = Tensor::from(vec![2.0_f32, 1.0, 2.0, 1.0, f32::NAN]);
    let op = Registry::builtin().get("math.maximum").unwrap();
    let call = op.bind(Args::new().arg(&x).arg(&y)).unwrap();
    let (dx, dy) = (call.partial("x").unwrap(), call.partial("y").unwrap());
    for (i, (by_x, by_y)) in [(0.0, 1.0), (1.0, 0.0), (1.0, 0.0)].into_iter().enumerate() {
        assert_eq!(
            (dx.get_f64(i), dy.get_f64(i)),
            (Some(by_x), Some(by_y)),
            "{i}"
        );
    }
    for i in [3, 4] {
        assert!(
            dx.get_f64(i).unwrap().is_nan() && dy.get_f64(i).unwrap().is_nan(),
            "{i}"
        );
    }
}
