//! Argument binding: every signature under its own name, every misuse an error.

use ops_nn::tensor_core::{DType, DynTensor, Tensor};
use ops_nn::{Args, ErrorKind, OpError, Registry, Value};

const Z: [f32; 3] = [0.0, 1.0, 0.25];
const X: [f32; 3] = [-17.0, -17.0, 0.5];

fn z() -> Tensor<'static, f32> {
    Tensor::borrowed([3], &Z).unwrap()
}

fn x() -> Tensor<'static, f32> {
    Tensor::borrowed([3], &X).unwrap()
}

fn call(op: &str, args: Args<'_>) -> Result<(DynTensor<'static>, Vec<String>), OpError> {
    let call = Registry::builtin().get(op)?.bind(args)?;
    let warnings = call.warnings().iter().map(ToString::to_string).collect();
    Ok((call.run()?, warnings))
}

#[test]
fn each_signature_takes_its_own_argument_order() {
    let (z, x) = (z(), x());
    let reference = call(
        "nn.weighted_cross_entropy_with_logits",
        Args::new().arg(&z).arg(&x).arg(2.0),
    );
    let (reference, _) = reference.unwrap();
    let labels_first = Args::new().arg(&z).arg(&x).arg(2.0);
    let logits_first = Args::new().arg(&x).arg(&z).arg(2.0);
    let named = |labels| {
        Args::new()
            .kwarg("pos_weight", 2.0)
            .kwarg("logits", &x)
            .kwarg(labels, &z)
    };
    let cases = [
        (
            "tf.nn.weighted_cross_entropy_with_logits",
            labels_first.clone(),
        ),
        ("tf.nn.weighted_cross_entropy_with_logits", named("labels")),
        (
            "tf.nn.weighted_cross_entropy_with_logits",
            labels_first.clone().kwarg("name", "loss"),
        ),
        (
            "tf.compat.v1.nn.weighted_cross_entropy_with_logits",
            labels_first.clone(),
        ),
        (
            "tf.compat.v1.nn.weighted_cross_entropy_with_logits",
            named("labels"),
        ),
        (
            "tf.compat.v1.nn.weighted_cross_entropy_with_logits",
            named("labels").kwarg("targets", Value::None),
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits@1.14",
            named("labels"),
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits@1.13",
            labels_first,
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits@1.13",
            named("targets"),
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits@0.12",
            logits_first,
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits@0.12",
            named("targets"),
        ),
    ];
    for (op, args) in cases {
        let (result, warnings) = call(op, args).unwrap();
        assert_eq!(result, reference, "{op}");
        assert!(warnings.is_empty(), "{op}: {warnings:?}");
    }
}

#[test]
fn the_deprecated_targets_warns_and_means_labels() {
    let (z, x) = (z(), x());
    for op in [
        "tf.compat.v1.nn.weighted_cross_entropy_with_logits",
        "tf.nn.weighted_cross_entropy_with_logits@1.14",
    ] {
        let args = Args::new()
            .kwarg("targets", &z)
            .kwarg("logits", &x)
            .kwarg("pos_weight", 2);
        let (result, warnings) = call(op, args).unwrap();
        let args = Args::new()
            .kwarg("labels", &z)
            .kwarg("logits", &x)
            .kwarg("pos_weight", 2);
        assert_eq!(result, call(op, args).unwrap().0);
        assert_eq!(
            warnings,
            [format!("{op}: targets is deprecated, use labels instead")]
        );
        let fifth = Args::new()
            .arg(Value::None)
            .arg(&x)
            .arg(2)
            .arg(Value::None)
            .arg(&z);
        assert_eq!(call(op, fifth).unwrap(), (result, warnings));
    }
}

#[test]
fn misuse_is_an_error_that_says_what_to_do() {
    let (z, x) = (z(), x());
    let wide = Tensor::new([2, 3], vec![1.0_f32; 6]).unwrap();
    let double = Tensor::from(vec![1.0_f64; 3]);
    let flags = Tensor::from(vec![true; 3]);
    let v2 = "nn.weighted_cross_entropy_with_logits";
    let v1 = "tf.compat.v1.nn.weighted_cross_entropy_with_logits";
    let v1_13 = "tf.nn.weighted_cross_entropy_with_logits@1.13";
    let sentinel = "tf.nn.sigmoid_cross_entropy_with_logits@1.14";
    let (argument, shape, dtype) = (ErrorKind::Argument, ErrorKind::Shape, ErrorKind::DType);
    #[rustfmt::skip]
    let cases = vec![
        (argument, v2, Args::new()),
        (argument, v2, Args::new().arg(&z).arg(&x)),
        (argument, v2, Args::new().kwarg("labels", Value::None).kwarg("logits", &x).kwarg("pos_weight", 1)),
        (argument, v2, Args::new().kwarg("targets", &z).kwarg("logits", &x).kwarg("pos_weight", 1)),
        (argument, v2, Args::new().arg(&z).arg(&x).kwarg("pos_wieght", 1)),
        (argument, v2, Args::new().arg(&z).arg(&x).arg(1).kwarg("logits", &x)),
        (argument, v2, Args::new().kwarg("logits", &x).kwarg("logits", &x)),
        (argument, v2, Args::new().arg(&z).arg(&x).arg(1).arg("n").arg(1)),
        (argument, v2, Args::new().arg(&z).arg("x").arg(1)),
        (argument, v2, Args::new().arg(&z).arg(&x).arg(1).arg(1)),
        (argument, v1, Args::new().arg(&z).arg(&x).arg(1).kwarg("targets", &z)),
        (argument, v1, Args::new().kwarg("targets", &z).kwarg("labels", &z).kwarg("logits", &x).kwarg("pos_weight", 1)),
        (argument, v1, Args::new().kwarg("logits", &x).kwarg("pos_weight", 1)),
        (argument, v1_13, Args::new().kwarg("labels", &z).kwarg("logits", &x).kwarg("pos_weight", 1)),
        (argument, v1_13, Args::new().kwarg("logits", &x).kwarg("pos_weight", 1)),
        (argument, sentinel, Args::new().arg(&x).arg(&z)),
        (argument, "math.reduce_sum", Args::new().arg(&x).arg(0.5)),
        (argument, "reshape", Args::new().arg(&x).arg([-1, -1])),
        (argument, "reshape", Args::new().arg(&x).arg([2, -1])),
        (argument, "reshape", Args::new().arg(&x).arg([-2])),
        (argument, "broadcast_to", Args::new().arg(&x).arg([-1, 3])),
        (dtype, v2, Args::new().arg(&z).arg(&double).arg(1)),
        (dtype, v2, Args::new().arg(&z).arg(&x).arg(&double)),
        (dtype, v2, Args::new().arg(&flags).arg(&flags).arg(1)),
        (dtype, "where", Args::new().arg(&z).arg(&x).arg(&x)),
        (shape, v2, Args::new().arg(&z).arg(&wide).arg(1)),
        (shape, v2, Args::new().arg(&z).arg(3.0).arg(1)),
        (shape, v1, Args::new().arg(&z).arg(&wide).arg(1)),
        (shape, v1_13, Args::new().arg(&z).arg(&wide).arg(1)),
        (shape, v2, Args::new().arg(&z).arg(&x).arg(&wide)),
        (shape, v2, Args::new().arg(&wide).arg(&wide).arg(Tensor::from(vec![1.0_f32, 2.0]))),
        (shape, "math.add", Args::new().arg(&wide).arg(Tensor::from(vec![1.0_f32, 2.0]))),
        (shape, "broadcast_to", Args::new().arg(&x).arg([2, 2])),
        (shape, "broadcast_to", Args::new().arg(&x).arg([i64::MAX, i64::MAX, 3])),
        (shape, "math.reduce_sum", Args::new().arg(&x).arg([1])),
        (shape, "math.reduce_sum", Args::new().arg(&x).arg([0, -1])),
        (shape, "math.reduce_mean", Args::new().arg(Tensor::<f32>::from(vec![]))),
    ];
    let texts = cases.into_iter().map(|(kind, op, args)| {
        let error = call(op, args).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        error.to_string()
    });
    insta::assert_snapshot!(texts.collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_contract_texts_of_tensorflow_are_kept() {
    let (z, x) = (z(), x());
    let wide = Tensor::new([2, 3], vec![1.0_f32; 6]).unwrap();
    let both = Args::new().kwarg("targets", &z).arg(&z).arg(&x).arg(1);
    let cases = [
        (
            "tf.nn.weighted_cross_entropy_with_logits@1.13",
            Args::new().arg(&z).arg(&wide).arg(1),
            "logits and targets must have the same shape ((2, 3) vs (3,))",
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits@1.14",
            Args::new().arg(&z).arg(&wide).arg(1),
            "logits and labels must have the same shape ((2, 3) vs (3,))",
        ),
        (
            "tf.compat.v1.nn.weighted_cross_entropy_with_logits",
            Args::new().arg(&z).arg(&wide).arg(1),
            "logits and labels must have the same shape ((2, 3) vs (3,))",
        ),
        (
            "tf.nn.weighted_cross_entropy_with_logits",
            Args::new().arg(&z).arg(&wide).arg(1),
            "`logits` and `labels` must have the same shape, received ((2, 3) vs (3,)).",
        ),
        (
            "tf.nn.sigmoid_cross_entropy_with_logits",
            Args::new().arg(&z).arg(&wide),
            "`logits` and `labels` must have the same shape, received ((2, 3) vs (3,)).",
        ),
        (
            "tf.compat.v1.nn.weighted_cross_entropy_with_logits",
            both,
            "Cannot specify both 'targets' and 'labels'",
        ),
    ];
    for (op, args, text) in cases {
        let error = call(op, args).unwrap_err().to_string();
        assert!(error.contains(text), "{op}: {error}");
    }
    let error = Registry::builtin().get("X").unwrap_err().to_string();
    assert!(error.contains("Op type not registered 'X'"), "{error}");
}

#[test]
fn a_number_takes_the_dtype_of_the_tensors_beside_it() {
    for dtype in DType::FLOATS {
        let x = DynTensor::full(dtype, x().shape().clone(), 1.0);
        let (sum, _) = call("math.add", Args::new().arg(&x).arg(0.1)).unwrap();
        assert_eq!(sum.dtype(), dtype);
    }
    let (alone, _) = call("math.exp", Args::new().arg(0.0)).unwrap();
    assert_eq!(
        (alone.dtype(), alone.rank(), alone.get_f64(0)),
        (DType::F32, 0, Some(1.0))
    );
}

#[test]
fn the_output_must_fit() {
    let (z, x) = (z(), x());
    let op = Registry::builtin()
        .get("nn.weighted_cross_entropy_with_logits")
        .unwrap();
    let call = op.bind(Args::new().arg(&z).arg(&x).arg(2.0)).unwrap();
    let mut short = [0.0_f32; 2];
    let error = call.run_into(short.as_mut_slice().into()).unwrap_err();
    assert!(
        matches!(
            error,
            OpError::Output {
                expected_len: 3,
                found_len: 2,
                ..
            }
        ),
        "{error}"
    );
    let mut wrong = [0.0_f64; 3];
    let error = call.run_into(wrong.as_mut_slice().into()).unwrap_err();
    assert!(matches!(error, OpError::Output { .. }), "{error}");
}

#[test]
fn a_call_into_a_buffer_is_the_call_however_its_arguments_are_given() {
    // The oracle's, as in the op's example.
    let expected = [4.13993746e-08, 34.0, 0.967596233];
    let (z, x) = (z(), x());
    let q = Tensor::scalar(2.0_f32);
    let owned = DynTensor::from(x.clone());
    let cases = [
        Args::new().arg(&z).arg(&x).arg(2.0),
        Args::new().arg(&z).arg(&x).arg(&q),
        Args::new().arg(&z).arg(owned).arg(q.clone()),
        Args::new().arg(&z).arg(&x).arg(2.0).arg("name"),
        Args::new().arg(&z).arg(&x).kwarg("pos_weight", 2.0),
        Args::new()
            .kwarg("labels", &z)
            .kwarg("logits", &x)
            .kwarg("pos_weight", 2.0),
        Args::new()
            .kwarg("pos_weight", 2.0)
            .kwarg("logits", &x)
            .kwarg("labels", &z)
            .kwarg("name", "name"),
        Args::new()
            .kwarg("pos_weight", 2.0)
            .arg(&z)
            .kwarg("name", Value::None)
            .arg(&x),
        Args::new().arg(&z).kwarg("pos_weight", &q).arg(&x),
    ];
    let op = Registry::builtin()
        .get("nn.weighted_cross_entropy_with_logits")
        .unwrap();
    for args in cases {
        let shown = format!("{args:?}");
        let mut out = [0.0_f32; 3];
        op.call_into(args, out.as_mut_slice().into()).unwrap();
        assert_eq!(out, expected, "{shown}");
    }
    let many = Args::new().arg(&z).arg(&x).arg(2.0).arg("name").arg(1.0);
    let error = op.call_into(many, [0.0_f32; 3].as_mut_slice().into());
    assert!(matches!(
        error,
        Err(OpError::TooManyArguments { found: 5, .. })
    ));
}

#[test]
fn one_axis_may_be_a_number() {
    let x = x();
    let as_number = call("math.reduce_sum", Args::new().arg(&x).kwarg("axis", -1)).unwrap();
    let as_list = call("math.reduce_sum", Args::new().arg(&x).kwarg("axis", [-1])).unwrap();
    assert_eq!(as_number, as_list);
}

#[test]
fn errors_and_derivatives_speak_the_names_of_the_signature_called() {
    let (z, x) = (z(), x());
    let double = Tensor::from(vec![1.0_f64; 3]);
    let op = Registry::builtin()
        .get("tf.nn.weighted_cross_entropy_with_logits@1.13")
        .unwrap();
    let error = op
        .bind(Args::new().arg(&double).arg(&x).arg(1))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("'targets' is float64") || error.contains("but 'targets'"),
        "{error}"
    );
    let call = op.bind(Args::new().arg(&z).arg(&x).arg(2)).unwrap();
    assert_eq!(
        call.gradient("targets", None),
        call.gradient("labels", None)
    );
    let outside = Tensor::from(vec![2.0_f32; 3]);
    let call = op.bind(Args::new().arg(&outside).arg(&x).arg(2)).unwrap();
    assert!(
        call.check()
            .unwrap_err()
            .to_string()
            .contains("'targets'[0] is 2")
    );
}
