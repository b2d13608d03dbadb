//! Every op that computes, before the judge: the golden vectors and random
//! cases of every class, in every dtype, against arbitrary precision.

mod judged;

use std::fs;
use std::path::Path;

use conformance::{Budget, Implementation, Quantity, Suite, goldens};
use judged::OpsNn;

/// The errors allowed, in ulp; a row that allows more than is needed fails.
const BUDGET: &str = include_str!("budget.json");

#[test]
fn the_suite_finds_no_more_than_the_budget_allows() {
    let report = Suite::new().random(200).judge(&mut OpsNn).unwrap();
    let verdict = Budget::read(BUDGET).unwrap().verdict(&report);
    assert!(verdict.is_passed(), "{verdict}");
    // Not even the bits of a NaN differ.
    assert!(report.is_perfect(), "{report}");
}

#[test]
fn the_stored_goldens_are_met_bit_for_bit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/goldens");
    for quantity in Quantity::ALL {
        let text = fs::read_to_string(folder.join(format!("{}.json", quantity.op()))).unwrap();
        for case in goldens::read(&text).unwrap() {
            let columns: Vec<&[u64]> = case.inputs.iter().map(std::slice::from_ref).collect();
            let found = OpsNn.run(quantity, case.dtype, &columns).unwrap();
            assert_eq!(found, [case.expected], "{quantity} {case:?}");
        }
    }
}
