//! The catalogue of built-in ops: complete, documented, with examples that run.

use std::collections::BTreeSet;

use ops_nn::tensor_core::{DynTensor, Float, PartialShape, Tensor};
use ops_nn::{
    Args, Compute, DTypeRule, ErrorKind, Example, Gradient, Inputs, OpDef, OpDefBuilder, OpError,
    Param, Partial, Registry, ShapeRule, Signature, SignatureParam, TfNode, Vjp,
};
use ops_nn_testkit::functions;

/// Runs an op's example and compares the result with the one it states.
fn check(op: &str, example: &Example) {
    let op = Registry::builtin().get(op).unwrap();
    let result = op.call(example.call_args()).unwrap();
    let found: Vec<f64> = (0..result.len())
        .map(|i| result.get_f64(i).unwrap())
        .collect();
    // The example's numbers are decimal; the result is float32 or exact.
    let expected: Vec<f64> = example
        .result
        .iter()
        .map(|&v| f32::from_f64(v).to_f64())
        .collect();
    assert_eq!(found, expected, "the example of {op:?}");
}

#[test]
fn every_op_has_an_example_and_it_runs() {
    for op in Registry::builtin().list("") {
        let example = op.definition().example();
        check(
            op.name(),
            example.unwrap_or_else(|| panic!("{op:?} has no example")),
        );
    }
}

#[test]
fn every_op_is_documented() {
    for op in Registry::builtin().list("") {
        let def = op.definition();
        for (part, text) in [
            ("summary", def.summary()),
            ("formula", def.formula()),
            ("source", def.source()),
            ("since", def.since()),
        ] {
            assert!(!text.is_empty(), "{op:?} has no {part}");
        }
        assert!(
            def.summary().ends_with('.'),
            "{op:?}: the summary is no sentence"
        );
        for param in def.parameters() {
            assert!(
                !param.doc().is_empty(),
                "{op:?}: '{}' is undocumented",
                param.name()
            );
        }
    }
}

/// Every formula can be judged: by the judge's own statement of it or by the definition's.
#[test]
fn every_float_formula_is_known_to_the_oracle() {
    let judged = functions(Registry::builtin()).unwrap();
    let judged: BTreeSet<&str> = judged.iter().map(conformance::Function::op).collect();
    let known = conformance::Function::all().iter();
    let known: BTreeSet<&str> = known.map(conformance::Function::op).collect();
    assert!(known.is_subset(&judged), "{known:?} {judged:?}");
    // These move, choose, convert, compare or sum numbers.
    let others = Registry::builtin().list("").map(|op| op.name());
    let others: Vec<&str> = others.filter(|op| !judged.contains(op)).collect();
    insta::assert_snapshot!(others.join("\n"));
}

#[test]
fn the_listing_is_sorted_and_complete() {
    let lines: Vec<String> = Registry::builtin()
        .names_with("")
        .map(|op| {
            format!(
                "{} -> {}{}",
                op.name(),
                op.definition().name(),
                op.signature()
            )
        })
        .collect();
    assert!(lines.is_sorted());
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_scope_prefix_lists_its_ops_only() {
    let names: Vec<&str> = Registry::builtin()
        .list("nn.")
        .map(|op| op.name())
        .collect();
    assert!(names.contains(&"nn.relu"));
    assert!(names.iter().all(|n| n.starts_with("nn.")));
    assert_eq!(Registry::builtin().list("acme.").count(), 0);
}

#[test]
fn unknown_names_are_answered_with_the_nearest_ones() {
    let cases = [
        "nn.weigthed_cross_entropy_with_logits",
        "sigmoid",
        "tf.nn.rellu",
        "Add",
        "zzz",
    ];
    let texts = cases.map(|name| Registry::builtin().get(name).unwrap_err().to_string());
    insta::assert_snapshot!(texts.join("\n"));
}

fn double(name: &'static str) -> OpDefBuilder {
    OpDef::builder(name)
        .params([Param::float("x").doc("Any shape.")])
        .summary("Twice the number.")
        .formula("2 * x")
        .compute(Compute::host(|call, mut out| {
            let x = call.tensor("x")?;
            let x = x.downcast_ref::<f64>()?;
            let out = out.reborrow().downcast::<f64>()?;
            for (out, x) in out.iter_mut().zip(x.iter()) {
                *out = 2.0 * x;
            }
            Ok(())
        }))
}

#[test]
fn a_host_finds_its_own_op_by_name_and_alias() {
    let mut registry = Registry::with_builtins();
    registry
        .register(
            double("acme.double")
                .aliases(["acme.twice"])
                .build()
                .unwrap(),
        )
        .unwrap();
    let x = Tensor::from(vec![1.5_f64]);
    let result = registry
        .get("acme.twice")
        .unwrap()
        .call(Args::new().arg(&x))
        .unwrap();
    assert_eq!(result, DynTensor::from(Tensor::from(vec![3.0_f64])));
    assert!(
        Registry::builtin().get("acme.double").is_err(),
        "registries are separate"
    );
}

#[test]
fn a_refused_registration_changes_nothing_and_says_why() {
    let mut registry = Registry::with_builtins();
    registry
        .register(double("acme.double").build().unwrap())
        .unwrap();
    let before: Vec<String> = registry
        .names_with("")
        .map(|op| op.name().to_owned())
        .collect();
    let like = |argument| ShapeRule::Like {
        argument,
        same: &[],
    };
    let by = |wrt| Gradient::elementwise([Partial::constant(wrt, 1.0)]);
    let twice = [Partial::constant("x", 1.0), Partial::constant("x", 2.0)];
    let signature = |params: Vec<SignatureParam>| Signature::new(["acme.v@1"]).params(params);
    let twins = || vec![SignatureParam::new("x"), SignatureParam::new("x")];
    let nameless = Signature::new(Vec::<String>::new()).params([SignatureParam::new("x")]);
    #[rustfmt::skip]
    let refused = vec![
        double("acme.double"),
        double("acme.other").aliases(["acme.new", "acme.double"]),
        double("acme.same").aliases(["acme.same"]),
        double("nn.double"),
        double("tf.double"),
        double("NN.double"),
        double("double"),
        double("double@2.0"),
        double(""),
        double("acme.do uble"),
        double("acme.double@1..2"),
        OpDef::builder("acme.x").params([Param::float("x")]),
        OpDef::builder("acme.none").summary("s").formula("f"),
        OpDef::builder("acme.idle").params([Param::float("x")]).summary("s").formula("f"),
        double("acme.twins").param(Param::float("x")),
        double("acme.p").params([Param::float("a b")]),
        double("acme.v").signature(signature(vec![SignatureParam::new("y")])),
        double("acme.v").signature(signature(Vec::new())),
        double("acme.v").signature(signature(twins())),
        double("acme.v").signature(nameless),
        double("acme.g").gradient(by("y")),
        double("acme.g").gradient(by("name")),
        double("acme.g").gradient(Gradient::elementwise(twice)),
        double("acme.s").shape(like("y")),
        double("acme.d").dtype(DTypeRule::Like("y")),
        double("acme.d").dtype(DTypeRule::Argument),
        double("acme.n").node(TfNode::named("a b")),
        double("acme.n").node(TfNode::named("n").constant("y", "c")),
        double("acme.n").node(TfNode::named("n").constant("x", "_c")),
        double("acme.k").compute(Compute::binary(ops_nn::kernels!(ops_nn::exact_kernels::add))),
        double("acme.k").commutative(),
        double("acme.e").example([("q", 1.0.into())], [1.0]),
    ];
    let texts: Vec<String> = refused
        .into_iter()
        .map(|builder| {
            let refusal = builder.build().and_then(|def| registry.register(def));
            let error = refusal.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Name);
            error.to_string()
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
    let after: Vec<String> = registry
        .names_with("")
        .map(|op| op.name().to_owned())
        .collect();
    assert_eq!(before, after);
}

#[test]
fn an_op_without_a_derivative_says_which_it_has() {
    let x = Tensor::from(vec![1.0_f32]);
    let call = Registry::builtin()
        .get("math.log")
        .unwrap()
        .bind(Args::new().arg(&x))
        .unwrap();
    let error = call.second_partial("x").unwrap_err();
    assert!(matches!(
        error,
        OpError::NoDerivative {
            order: "second",
            ..
        }
    ));
    assert_eq!(call.partial("x").unwrap().get_f64(0), Some(1.0));
    assert!(
        call.partial("y")
            .unwrap_err()
            .to_string()
            .contains("it has one for x")
    );
}

#[test]
fn a_host_can_define_a_shape_rule_and_an_adjoint() {
    fn one(inputs: &Inputs<'_>) -> Result<PartialShape, OpError> {
        inputs.shape("x").map(|_| PartialShape::new([]))
    }
    let total = double("acme.total")
        .shape(ShapeRule::custom(one))
        .compute(Compute::composed(|b, call| {
            b.call("math.reduce_sum", &call.args(&["x"]))
        }))
        .gradient(Gradient::vjp([Vjp::new("x", |b, call, upstream| {
            b.call("grad.broadcast_like", &[upstream, call.arg("x")])
        })]));
    let mut registry = Registry::with_builtins();
    registry.register(total.build().unwrap()).unwrap();
    let x = Tensor::from(vec![1.0_f64, 2.0]);
    let call = registry
        .get("acme.total")
        .unwrap()
        .bind(Args::new().arg(&x))
        .unwrap();
    assert_eq!(call.run().unwrap().get_f64(0), Some(3.0));
    let ones = DynTensor::from(Tensor::from(vec![1.0_f64, 1.0]));
    assert_eq!(call.gradient("x", None).unwrap(), ones);
}

#[test]
fn rules_that_call_each_other_in_a_circle_are_an_error() {
    let mut registry = Registry::with_builtins();
    for (name, next) in [("acme.a", "acme.b"), ("acme.b", "acme.a")] {
        let op = double(name)
            .compute(Compute::composed(move |b, call| {
                b.call(next, &call.args(&["x"]))
            }))
            .gradient(Gradient::elementwise([Partial::op("x", next, &["x"])]));
        registry.register(op.build().unwrap()).unwrap();
    }
    let x = Tensor::from(vec![1.0_f64]);
    let call = registry
        .get("acme.a")
        .unwrap()
        .bind(Args::new().arg(&x))
        .unwrap();
    for error in [call.run().unwrap_err(), call.partial("x").unwrap_err()] {
        assert!(error.to_string().contains("without end"), "{error}");
    }
}
