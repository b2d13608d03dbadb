//! Inference without data gives what calls give.

use ops_nn::tensor_core::{DType, DynTensor, PartialShape, Shape, Tensor};
use ops_nn::{
    Args, Compute, ErrorKind, Graph, Kernel, OpDef, OpError, Param, Registry, ShapeRule,
    TensorInfo, Value,
};

#[test]
fn inference_gives_dtype_and_shape_of_every_example() {
    for op in Registry::builtin().list("") {
        let example = op.definition().example().expect("every op has one");
        let call = op.bind(example.call_args()).unwrap();
        let infos: Vec<_> = example.args.iter().map(|(_, value)| info(value)).collect();
        let named = example.args.iter().zip(&infos);
        let args = named.fold(Args::new(), |args, ((name, value), info)| match info {
            Some(info) => args.kwarg(name, info),
            None => args.kwarg(name, value),
        });
        let inferred = op.infer(args).unwrap();
        assert_eq!(inferred.dtype(), call.dtype(), "{op:?}");
        assert_eq!(inferred.shape(), &call.shape().into(), "{op:?}");
        for wrt in op.definition().gradient().arguments() {
            let found = inferred.gradient_dtype(wrt).ok();
            let expected = call.gradient(wrt, None).ok().map(|g| g.dtype());
            assert_eq!(found, expected, "{op:?} with respect to {wrt}");
        }
    }
}

fn info(value: &Value<'_>) -> Option<TensorInfo> {
    let tensor = value.as_tensor()?;
    Some(TensorInfo::new(tensor.dtype(), tensor.shape()))
}

#[test]
fn unknown_dimensions_stay_unknown() {
    let logits = TensorInfo::new(DType::F16, [None, Some(3)]);
    let labels = TensorInfo::new(DType::F16, [Some(2), None]);
    let op = Registry::builtin().get("nn.weighted_cross_entropy_with_logits");
    let args = Args::new().arg(&labels).arg(&logits).arg(2.0);
    let inferred = op.unwrap().infer(args).unwrap();
    assert_eq!(inferred.dtype(), DType::F16);
    assert_eq!(inferred.shape().to_string(), "(2, 3)");
    assert!(inferred.second_partial_dtype("labels").is_err());
    assert_eq!(inferred.second_partial_dtype("logits"), Ok(DType::F16));
}

/// Calls that do not fit are refused with the same words with data, without
/// data and as a node.
#[test]
fn inference_refuses_what_a_call_refuses() {
    let zeros = |dtype, dims: &[usize]| DynTensor::zeros(dtype, Shape::new(dims).unwrap());
    let pairs = [
        (zeros(DType::F32, &[2]), zeros(DType::F32, &[3])),
        (zeros(DType::F32, &[2]), zeros(DType::F64, &[2])),
        (zeros(DType::Bool, &[2]), zeros(DType::F64, &[2])),
    ];
    for name in ["math.add", "nn.sigmoid_cross_entropy_with_logits"] {
        let op = Registry::builtin().get(name).unwrap();
        for (x, y) in &pairs {
            let eager = op.bind(Args::new().arg(x).arg(y)).unwrap_err();
            let of = |tensor: &DynTensor<'_>| TensorInfo::new(tensor.dtype(), tensor.shape());
            let (a, b) = (of(x), of(y));
            let inferred = op.infer(Args::new().arg(&a).arg(&b)).unwrap_err();
            assert_eq!(eager, inferred);
            let mut graph = Graph::new();
            let node = graph.call(name, Args::new().arg(x).arg(y)).unwrap_err();
            let OpError::Node { cause, .. } = node else {
                panic!("{node}");
            };
            assert_eq!(*cause, inferred);
        }
    }
}

#[test]
fn a_call_and_a_node_refuse_a_tensor_without_data() {
    let info = TensorInfo::new(DType::F32, [2]);
    let op = Registry::builtin().get("nn.relu").unwrap();
    let error = op.bind(Args::new().arg(&info)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    let error = Graph::new().call("nn.relu", Args::new().arg(&info));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Argument);
    let x = Tensor::from(vec![1.0_f32]);
    assert!(op.bind(Args::new().arg(&x)).is_ok());
}

#[test]
fn a_tensor_without_data_is_for_inference_only() {
    let info = TensorInfo::new(DType::F32, Shape::new([3]).unwrap());
    let op = Registry::builtin().get("math.exp").unwrap();
    let error = op.bind(Args::new().arg(&info)).unwrap_err();
    assert!(
        error.to_string().contains("which only Op::infer takes"),
        "{error}"
    );
}

#[test]
fn a_shape_rule_that_does_not_suit_a_copy_is_an_error() {
    let copy = OpDef::builder("acme.copy")
        .params([Param::float("x")])
        .summary("A copy.")
        .formula("x")
        .shape(ShapeRule::custom(|_| Ok(PartialShape::new([Some(2)]))))
        .compute(Compute::Kernel(Kernel::Copy))
        .build()
        .unwrap();
    let mut registry = Registry::with_builtins();
    registry.register(copy).unwrap();
    let x = Tensor::from(vec![1.0_f32, 2.0, 3.0]);
    let error = registry
        .get("acme.copy")
        .unwrap()
        .call(Args::new().arg(&x))
        .unwrap_err();
    assert!(error.to_string().contains("acme.copy"), "{error}");
}
