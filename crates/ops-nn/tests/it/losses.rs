//! The two losses: broadcasting of the weight, the q = 1 identity, checked
//! calls, derivatives.

use ops_nn::tensor_core::{DynTensor, Shape, Tensor};
use ops_nn::{Args, Call, OpError, Registry, nn};
use proptest::prelude::*;

const WEIGHTED: &str = "nn.weighted_cross_entropy_with_logits";

fn bind<'a>(op: &str, args: Args<'a>) -> Call<'a> {
    Registry::builtin().get(op).unwrap().bind(args).unwrap()
}

fn bits(tensor: &DynTensor<'_>) -> Vec<u64> {
    (0..tensor.len())
        .map(|i| tensor.get_bits(i).unwrap())
        .collect()
}

/// Any bits, so NaN, infinities and subnormals as well.
fn any_f32() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<u32>().prop_map(f32::from_bits),
        -120.0..120.0_f32,
        Just(0.0),
        Just(1.0)
    ]
}

proptest! {
    #[test]
    fn the_sigmoid_loss_is_the_weighted_one_at_1_bit_for_bit(
        pairs in prop::collection::vec((any_f32(), any_f32()), 1..40)
    ) {
        let (z, x): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
        let (z, x) = (DynTensor::from(Tensor::from(z)), DynTensor::from(Tensor::from(x)));
        for dtype in ops_nn::tensor_core::DType::FLOATS {
            let (z, x) = (z.cast(dtype), x.cast(dtype));
            for suffix in ["", "_grad_logits", "_hess_logits", "_grad_labels"] {
                let weighted = bind(
                    &format!("{WEIGHTED}{suffix}"),
                    Args::new().arg(&z).arg(&x).arg(1.0),
                );
                let sigmoid = bind(
                    &format!("nn.sigmoid_cross_entropy_with_logits{suffix}"),
                    Args::new().arg(&z).arg(&x),
                );
                prop_assert_eq!(bits(&weighted.run().unwrap()), bits(&sigmoid.run().unwrap()));
            }
        }
    }

    #[test]
    fn a_weight_that_broadcasts_is_the_weight_written_out(
        pattern in prop::sample::select(vec![
            vec![], vec![1], vec![4], vec![3, 1], vec![3, 4], vec![2, 1, 1], vec![2, 1, 4],
            vec![2, 3, 4], vec![1, 3, 1], vec![1, 1, 1],
        ]),
        seed in prop::collection::vec((0.0..1.0_f32, -20.0..20.0_f32, 0.0..5.0_f32), 24),
    ) {
        let shape = Shape::new([2, 3, 4]).unwrap();
        let z = Tensor::new(&shape, seed.iter().map(|s| s.0).collect()).unwrap();
        let x = Tensor::new(&shape, seed.iter().map(|s| s.1).collect()).unwrap();
        let count = pattern.iter().product();
        let q = Tensor::new(pattern, seed.iter().take(count).map(|s| s.2).collect()).unwrap();
        let whole = q.broadcast_to(&shape).unwrap();
        let loss = nn::weighted_cross_entropy_with_logits(&z, &x, &q).unwrap();
        let expected = nn::weighted_cross_entropy_with_logits(&z, &x, &whole).unwrap();
        prop_assert_eq!(loss, expected);
    }
}

#[test]
fn a_checked_call_names_the_first_offender() {
    let x = Tensor::from(vec![1.0_f32, 2.0]);
    let cases = [
        ("labels", vec![0.5_f32, 1.5], vec![1.0_f32, 2.0], 1.0),
        ("labels", vec![0.5, f32::NAN], vec![1.0, 2.0], 1.0),
        ("labels", vec![-0.5, 1.5], vec![1.0, 2.0], 1.0),
        ("logits", vec![0.5, 0.5], vec![f32::NAN, 2.0], 1.0),
        ("pos_weight", vec![0.5, 0.5], vec![1.0, 2.0], -1.0),
        ("pos_weight", vec![0.5, 0.5], vec![1.0, 2.0], f64::INFINITY),
    ];
    let texts = cases.map(|(argument, z, x, q)| {
        let (z, x) = (Tensor::from(z), Tensor::from(x));
        let call = bind(WEIGHTED, Args::new().arg(&z).arg(&x).arg(q));
        let error = call.check().unwrap_err();
        assert!(matches!(&error, OpError::OutsideDomain { argument: a, .. } if a == argument));
        error.to_string()
    });
    insta::assert_snapshot!(texts.join("\n"));
    let sound = Tensor::from(vec![0.0_f32, 1.0]);
    bind(WEIGHTED, Args::new().arg(&sound).arg(&x).arg(0.0))
        .check()
        .unwrap();
}

#[test]
fn the_gradient_of_a_broadcast_weight_is_the_exact_sum() {
    // z·softplus(-x) at x = 0 is z·ln 2; 1e8 and -1e8 cancel exactly.
    let z = Tensor::new([3, 2], vec![1e8_f32, 1.0, -1e8, 1.0, 1.0, 0.0]).unwrap();
    let x = Tensor::new([3, 2], vec![0.0_f32; 6]).unwrap();
    let q = Tensor::from(vec![1.0_f32, 2.0]);
    let ln2 = std::f32::consts::LN_2;
    let call = bind(WEIGHTED, Args::new().arg(&z).arg(&x).arg(&q));
    let gradient = call.gradient("pos_weight", None).unwrap();
    assert_eq!(
        gradient,
        DynTensor::from(Tensor::from(vec![ln2, 2.0 * ln2]))
    );
    let call = bind(WEIGHTED, Args::new().arg(&z).arg(&x).arg(2.0));
    let gradient = call.gradient("pos_weight", None).unwrap();
    assert_eq!(gradient, DynTensor::from(Tensor::scalar(3.0 * ln2)));
}

#[test]
fn an_upstream_gradient_is_multiplied_in() {
    let z = Tensor::from(vec![0.0_f32, 1.0]);
    let x = Tensor::from(vec![0.0_f32, 0.0]);
    let upstream = DynTensor::from(Tensor::from(vec![4.0_f32, 8.0]));
    let call = bind(WEIGHTED, Args::new().arg(&z).arg(&x).arg(2.0));
    let gradient = call.gradient("logits", Some(&upstream)).unwrap();
    assert_eq!(gradient, DynTensor::from(Tensor::from(vec![2.0_f32, -8.0])));
}

#[test]
fn zero_elements_and_rank_0_work() {
    let empty = Tensor::<f64>::new([0, 3], vec![]).unwrap();
    let loss = nn::weighted_cross_entropy_with_logits(&empty, &empty, 2.0).unwrap();
    assert_eq!(loss.shape().dims(), [0, 3]);
    let (z, x) = (Tensor::scalar(0.0_f64), Tensor::scalar(0.0_f64));
    let loss = nn::sigmoid_cross_entropy_with_logits(&z, &x).unwrap();
    assert_eq!(loss.item().unwrap(), std::f64::consts::LN_2);
    let numbers = bind(WEIGHTED, Args::new().arg(1.0).arg(0.0).arg(2.0))
        .run()
        .unwrap();
    assert_eq!(
        numbers.get_f64(0),
        Some(f64::from(2.0 * std::f32::consts::LN_2))
    );
}

/// TensorFlow's own loss of bits, step by step: the documented formula in f32
/// is 0 at x = -17, z = 0, and 4.5776367e-05 at x = -10.
#[test]
fn the_decomposition_is_the_documented_formula_in_steps() {
    let z = Tensor::from(vec![0.0_f32, 0.0, 1.0]);
    let x = Tensor::from(vec![-17.0_f32, -10.0, 17.0]);
    let weighted = bind(WEIGHTED, Args::new().arg(&z).arg(&x).arg(2.0));
    let steps = weighted.run_decomposed().unwrap();
    assert_eq!(steps.get_f64(0), Some(0.0));
    assert_eq!(steps.get_f64(1), Some(f64::from(4.577_636_7e-5_f32)));
    let tensor = Tensor::scalar(2.0_f32);
    let same = bind(WEIGHTED, Args::new().arg(&z).arg(&x).arg(&tensor));
    assert_eq!(same.run_decomposed().unwrap(), steps);
    let sigmoid = bind(
        "nn.sigmoid_cross_entropy_with_logits",
        Args::new().arg(&z).arg(&x),
    );
    // The select form keeps this tail.
    let tail = sigmoid.run_decomposed().unwrap().get_f64(0).unwrap();
    assert!((tail / 4.139_937_6e-8 - 1.0).abs() < 1e-6, "{tail}");
    let primitive = bind("math.exp", Args::new().arg(&x));
    assert!(matches!(
        primitive.run_decomposed(),
        Err(OpError::NoDecomposition { .. })
    ));
}
