//! Every op that computes, before the judge: the golden vectors and random
//! cases of every class, in every dtype, against arbitrary precision.

use std::fs;

use conformance::{DType, Function, Implementation, Suite, cases, correctly_rounded, goldens};
use ops_nn::Registry;
use ops_nn_testkit::{OpsNn, functions, stated};
use testkit::fixtures;

/// The budget of every op is 0 ulp in every dtype, and not even the bits of a NaN differ.
#[test]
fn the_suite_finds_no_wrong_bit_in_any_op() {
    let functions = functions(Registry::builtin()).unwrap();
    let suite = Suite::new().random(200).functions(functions);
    let report = suite.judge(&mut OpsNn).unwrap();
    assert!(report.is_perfect(), "{report}");
}

#[test]
fn the_stored_goldens_are_met_bit_for_bit() {
    let folder = fixtures::goldens();
    for function in functions(Registry::builtin()).unwrap() {
        let file = folder.join(format!("{function}.json"));
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{}: {e}; run cargo xtask goldens", file.display()));
        for case in goldens::read(&text).unwrap() {
            let columns: Vec<&[u64]> = case.inputs.iter().map(std::slice::from_ref).collect();
            let found = OpsNn.run(&function, case.dtype, &columns).unwrap();
            assert_eq!(found, [case.expected], "{function} {case:?}");
        }
    }
}

/// The page of an op shows the formula of its definition, the judge has its own: they are one
/// function.
#[test]
fn the_documented_formulas_are_those_of_the_judge() {
    for known in Function::all() {
        let op = Registry::builtin().get(known.op()).unwrap().definition();
        let documented = stated(op, &format!("documented.{known}")).unwrap();
        let is_finite = |bits: &u64| DType::F32.to_f64(*bits).is_finite();
        let mut compared = 0;
        for case in cases(known, DType::F32, 4).unwrap() {
            if !case.inputs.iter().all(is_finite) || !is_finite(&case.expected) {
                continue;
            }
            let bits = correctly_rounded(&documented, DType::F32, &case.inputs).unwrap();
            let (found, expected) = (DType::F32.to_f64(bits), DType::F32.to_f64(case.expected));
            assert_eq!(found, expected, "{}: {case:x?}", op.formula());
            compared += 1;
        }
        assert!(compared > 5, "{known}: {compared} compared");
    }
}
