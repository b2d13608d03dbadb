//! Every op that computes, before the judge: the golden vectors and random
//! cases of every class, in every dtype, against arbitrary precision.

mod judged;
#[path = "judged/quantities.rs"]
mod quantities;

use std::fs;
use std::path::Path;

use conformance::{
    Budget, DType, Implementation, Quantity, Suite, cases, correctly_rounded, goldens,
};
use judged::OpsNn;
use ops_nn::Registry;
use quantities::{quantities, stated};

/// The errors allowed, in ulp: none without a row; a row that allows more than is needed fails.
const BUDGET: &str = include_str!("budget.json");

#[test]
fn the_suite_finds_no_more_than_the_budget_allows() {
    let quantities = quantities(Registry::builtin()).unwrap();
    let budget = Budget::read_for(BUDGET, &quantities).unwrap();
    let budget = budget.or_exact(&quantities);
    let suite = Suite::new().random(200).quantities(quantities);
    let report = suite.judge(&mut OpsNn).unwrap();
    let verdict = budget.verdict(&report);
    assert!(verdict.is_passed(), "{verdict}");
    // Not even the bits of a NaN differ.
    assert!(report.is_perfect(), "{report}");
}

#[test]
fn the_stored_goldens_are_met_bit_for_bit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/goldens");
    for quantity in quantities(Registry::builtin()).unwrap() {
        let file = folder.join(format!("{quantity}.json"));
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{}: {e}; run cargo xtask goldens", file.display()));
        for case in goldens::read(&text).unwrap() {
            let columns: Vec<&[u64]> = case.inputs.iter().map(std::slice::from_ref).collect();
            let found = OpsNn.run(quantity, case.dtype, &columns).unwrap();
            assert_eq!(found, [case.expected], "{quantity} {case:?}");
        }
    }
}

/// The page of an op shows the formula of its definition, the judge has its own: they are one function.
#[test]
fn the_documented_formulas_are_those_of_the_judge() {
    for known in Quantity::ALL {
        let op = Registry::builtin().get(known.op()).unwrap().definition();
        let documented = stated(op, &format!("documented.{known}")).unwrap();
        let is_finite = |bits: &u64| DType::F32.to_f64(*bits).is_finite();
        let mut compared = 0;
        for case in cases(known, DType::F32, 4).unwrap() {
            if !case.inputs.iter().all(is_finite) || !is_finite(&case.expected) {
                continue;
            }
            // Where it decides: exact ties need the judge's exact heads.
            if let Ok(bits) = correctly_rounded(documented, DType::F32, &case.inputs) {
                let (found, expected) = (DType::F32.to_f64(bits), DType::F32.to_f64(case.expected));
                assert_eq!(found, expected, "{}: {case:x?}", op.formula());
                compared += 1;
            }
        }
        assert!(compared > 5, "{known}: {compared} compared");
    }
}
