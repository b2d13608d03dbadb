//! Stated formulas: judged as the known ops are.

use conformance::{
    Budget, ConformanceError, DType, NaiveImplementation, Quantity, Suite, cases,
    correctly_rounded, exact_decimal,
};

/// The known formulas, stated again in the names of their variables, give the bits of the known ops
/// wherever the arguments are finite: the exact heads of those were worked out by hand, and this is
/// the formula alone.
#[test]
fn a_known_formula_stated_again_gives_the_same_bits() {
    for known in Quantity::ALL {
        let names: &[&str] = match (known.is_loss(), known.arguments().len()) {
            (true, 2) => &["z", "x"],
            (true, _) => &["z", "x", "q"],
            (false, 1) => &["x"],
            (false, _) => &["x", "y"],
        };
        let stated = Quantity::stated(&format!("test.{known}"), names, known.formula()).unwrap();
        let (mut decided, mut undecided) = (0, 0);
        for dtype in DType::ALL {
            for case in cases(known, dtype, 4).unwrap() {
                let is_finite = |bits: &u64| dtype.to_f64(*bits).is_finite();
                // A step of the formula may have no finite value where the op has one.
                if !case.inputs.iter().all(is_finite) || !is_finite(&case.expected) {
                    continue;
                }
                match correctly_rounded(stated, dtype, &case.inputs) {
                    Ok(bits) if dtype.is_zero(bits) => assert!(dtype.is_zero(case.expected)),
                    Ok(bits) => assert_eq!(bits, case.expected, "{case:x?}"),
                    Err(ConformanceError::Undecided { .. }) => undecided += 1,
                    Err(error) => panic!("{error}"),
                }
                decided += 1;
            }
        }
        assert!(
            undecided * 4 < decided,
            "{known}: {undecided} of {decided} undecided"
        );
    }
}

#[test]
fn infinities_poles_and_signs_of_zero_are_those_of_ieee() {
    let f32 = |value: f32| u64::from(value.to_bits());
    let check = |formula: &str, inputs: [f32; 2], expected: f32| {
        let op = Quantity::stated("test.op", &["a", "b"], formula).unwrap();
        let bits = correctly_rounded(op, DType::F32, &inputs.map(f32)).unwrap();
        assert_eq!(bits, f32(expected), "{formula} at {inputs:?}");
    };
    check("a * b", [-0.0, 3.0], -0.0);
    check("a - b", [2.0, 2.0], 0.0);
    check("a / b", [1.0, -0.0], f32::NEG_INFINITY);
    check("log(a) + b", [0.0, 1.0], f32::NEG_INFINITY);
    check("max(a, 0) + b", [f32::NEG_INFINITY, 1.0], 1.0);
    check("a - b", [f32::INFINITY, f32::INFINITY], f32::NAN);
    check("a + 0 * b", [1.0, f32::NAN], f32::NAN);
    check("a * a + b", [1e30, 0.0], f32::INFINITY);
    check("max(a, exp(b) - 1)", [f32::NEG_INFINITY, 1e-12], 1e-12);
    check(
        "max(a, log(1 + exp(b)))",
        [f32::NEG_INFINITY, -40.0],
        4.248354e-18,
    );
    check(
        "sigmoid(a) * b + log(1 + exp(b))",
        [f32::NEG_INFINITY, -17.0],
        4.1399375e-8,
    );
    check("1 / (a - 2) + b", [2.0, 1.0], f32::INFINITY);
    check("exp(a) * b", [f32::INFINITY, 0.0], f32::NAN);
    check("b / a", [f32::INFINITY, -3.0], -0.0);
    // 1 + 2^-24 is half-way; the product decides it.
    check("1 + a * b", [1.0, 2f32.powi(-24)], 1.0);
    check(
        "1 + a * b",
        [1.0 + f32::EPSILON, 2f32.powi(-24)],
        1.0 + f32::EPSILON,
    );
}

#[test]
fn a_stated_op_is_judged_budgeted_and_read_in_decimal() {
    let square = Quantity::stated("test.square", &["x"], "x * x").unwrap();
    let report = Suite::new()
        .quantities([square])
        .judge(&mut NaiveImplementation)
        .unwrap();
    assert!(report.is_perfect(), "{report}");
    let budget = Budget::measured(&report);
    let read = Budget::read_for(&budget.to_json(), &[square]).unwrap();
    assert_eq!(read, budget);
    assert!(Budget::read(&budget.to_json()).is_err());
    assert!(budget.verdict(&report).is_passed());

    let third = Quantity::stated("test.third", &["x"], "x / 3").unwrap();
    let one = DType::F64.from_f64(1.0);
    assert_eq!(
        exact_decimal(third, DType::F64, &[one], 5).unwrap(),
        "3.3333e-1"
    );
    assert_eq!(
        exact_decimal(square, DType::F64, &[one], 5).unwrap(),
        "1.0000e0"
    );
}
