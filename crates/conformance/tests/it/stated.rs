//! Stated formulas: judged as the known ops are.

use conformance::{
    Budget, ConformanceError, DType, Function, NaiveImplementation, Suite, cases,
    correctly_rounded, correctly_rounded_without_filter, exact_decimal,
};

/// A known formula in the names of the arguments instead of the short ones.
fn spelled_out(known: &Function) -> String {
    let spell = |word: &str| match word {
        "x" if known.is_loss() => "logits".to_owned(),
        "x" => known.arguments()[0].clone(),
        "z" => "labels".to_owned(),
        "q" => "pos_weight".to_owned(),
        other => other.to_owned(),
    };
    let is_end = |letter: char| !letter.is_alphanumeric();
    known
        .formula()
        .split_inclusive(is_end)
        .map(|part| {
            let word = part.trim_end_matches(is_end);
            spell(word) + &part[word.len()..]
        })
        .collect()
}

/// Nothing about a known function is worked out by hand: stated under another name, its formula
/// gives the same cases, classes and bits.
#[test]
fn a_known_formula_stated_again_gives_the_same_cases() {
    for known in Function::all() {
        let names: Vec<&str> = known.arguments().iter().map(String::as_str).collect();
        let formula = spelled_out(known);
        let stated = Function::stated(&format!("test.{known}"), &names, &formula).unwrap();
        for dtype in DType::ALL {
            let again = cases(&stated, dtype, 4).unwrap();
            let cases = cases(known, dtype, 4).unwrap();
            assert_eq!(again.len(), cases.len(), "{known}");
            for (case, again) in cases.iter().zip(&again) {
                let found = (&again.inputs, again.expected, again.class, &again.reason);
                let expected = (&case.inputs, case.expected, case.class, &case.reason);
                assert_eq!(found, expected, "{stated:?}");
            }
        }
    }
}

/// New exact functions need no code here: however they are written, every case is decided, and by
/// the same bits.
#[test]
fn formulas_of_one_function_agree_and_are_decided_everywhere() {
    let groups: [(&[&str], &[&str]); 6] = [
        (&["x"], &["exp(x) - 1", "expm1(x)"]),
        (
            &["x"],
            &[
                "tanh(x)",
                "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
                "1 - 2 / (1 + exp(2 * x))",
            ],
        ),
        (&["p"], &["log(p) - log1p(-p)", "log(p) - log(1 - p)"]),
        (
            &["x"],
            &[
                "x * sigmoid(x)",
                "x / (1 + exp(-x))",
                "-x * (sigmoid(-x) - 1)",
            ],
        ),
        (
            &["x"],
            &["(exp(x) - exp(-x)) / 2", "exp(x) / 2 - exp(-x) / 2"],
        ),
        (
            &[
                "labels",
                "logits",
                "pos_weight",
                "weights",
                "label_smoothing",
            ],
            &[
                "weights * ((1 - z) * softplus(logits) + pos_weight * z * softplus(-logits)), \
                 z = labels * (1 - label_smoothing) + label_smoothing / 2",
                "weights * ((1 - z) * -log(1 - sigmoid(logits)) - pos_weight * z * log(sigmoid(logits))), \
                 z = label_smoothing / 2 + labels - labels * label_smoothing",
            ],
        ),
    ];
    for (arguments, formulas) in groups {
        let stated = formulas
            .iter()
            .map(|text| Function::stated("test.op", arguments, text));
        let stated: Vec<Function> = stated.map(Result::unwrap).collect();
        for dtype in DType::ALL {
            let cases = cases(&stated[0], dtype, 30).unwrap();
            assert!(cases.len() > 50, "{}: {}", formulas[0], cases.len());
            for case in &cases {
                for other in &stated[1..] {
                    let bits = correctly_rounded(other, dtype, &case.inputs).unwrap();
                    assert_eq!(bits, case.expected, "{other:?} {case:x?}");
                }
                let proved = correctly_rounded_without_filter(&stated[0], dtype, &case.inputs);
                assert_eq!(proved.unwrap(), case.expected, "{case:x?}");
            }
        }
    }
}

/// Values of functions that no table knows, from mpmath at 60 digits, and their edges.
#[test]
fn stated_functions_have_their_textbook_values() {
    const INF: f64 = f64::INFINITY;
    let loss = "w * (1 - z) * softplus(x) + w * z * softplus(-x)";
    #[rustfmt::skip]
    let table: &[(&[&str], &str, &[f64], f64)] = &[
        (&["x"], "tanh(x)", &[0.5], 0.46211715726000975), // 0.462117157260009758502…
        (&["x"], "tanh(x)", &[1e-300], 1e-300),
        (&["x"], "tanh(x)", &[-20.0], -1.0), // -1 + 8.5e-18
        (&["x"], "tanh(x)", &[INF], 1.0),
        (&["x"], "tanh(x)", &[-INF], -1.0),
        (&["x"], "tanh(x)", &[-0.0], 0.0),
        (&["x"], "expm1(x)", &[1e-20], 1e-20),
        (&["x"], "expm1(x)", &[1.0], 1.7182818284590453), // 1.718281828459045235…
        (&["x"], "expm1(x)", &[-5000.0], -1.0),
        (&["x"], "expm1(x)", &[1e4], INF),
        (&["x"], "expm1(x)", &[-INF], -1.0),
        (&["p"], "log(p) - log1p(-p)", &[0.5], 0.0),
        (&["p"], "log(p) - log1p(-p)", &[0.75], 1.0986122886681098), // log 3 = 1.098612288668109691…
        (&["p"], "log(p) - log1p(-p)", &[0.0], -INF),
        (&["p"], "log(p) - log1p(-p)", &[1.0], INF),
        (&["p"], "log(p) - log1p(-p)", &[1.5], f64::NAN),
        (&["x"], "x * sigmoid(x)", &[-INF], 0.0),
        (&["x"], "x * sigmoid(x)", &[INF], INF),
        (&["x"], "x - log(x)", &[INF], INF),
        (&["x"], "exp(x) - x * x", &[-INF], -INF),
        (&["x"], "log(exp(x))", &[-0.0], 0.0),
        (&["z", "x", "w"], loss, &[0.0, -INF, 2.0], 0.0),
        (&["z", "x", "w"], loss, &[0.0, INF, 0.0], 0.0),
        (&["z", "x", "w"], loss, &[0.5, INF, 2.0], INF),
        (&["z", "x", "w"], loss, &[0.5, 1.0, INF], f64::NAN),
    ];
    for &(arguments, formula, inputs, expected) in table {
        let function = Function::stated("test.op", arguments, formula).unwrap();
        let bits: Vec<u64> = inputs.iter().map(|input| input.to_bits()).collect();
        let found = correctly_rounded(&function, DType::F64, &bits).unwrap();
        let expected = DType::F64.from_f64(expected);
        assert_eq!(
            found,
            expected,
            "{formula} at {inputs:?}: {}",
            DType::F64.reading(found)
        );
    }
}

/// Coefficients that underflow in f64 are not zero. The values are mpmath's, at 3000 bits.
#[test]
fn a_large_term_counts_where_its_coefficient_underflows_in_f64() {
    let check = |formula: &str, rest: &[f64], expected: f64| {
        let names = ["x", "y", "z", "q", "w", "s"];
        let inputs = [&[600.0, 1e-140], rest].concat();
        let bits: Vec<u64> = inputs.iter().map(|input| input.to_bits()).collect();
        let function = Function::stated("test.op", &names[..inputs.len()], formula).unwrap();
        for answer in [correctly_rounded, correctly_rounded_without_filter] {
            let found = f64::from_bits(answer(&function, DType::F64, &bits).unwrap());
            assert_eq!(found, expected, "{formula} at {inputs:?}");
        }
    };
    check(
        "y + z * q * exp(x)",
        &[1e-200, 1e-200],
        4.77302030092994e-140,
    );
    check(
        "y + z * q * w * exp(x)",
        &[1e-200, 1e-200, 0.5],
        2.8865101504649696e-140,
    );
    // In f64 the two products are the same subnormal number.
    check(
        "y + (z * q - w * s) * exp(x)",
        &[1e-160, 1e-160, 1.0001e-160, 1e-160],
        -3.77302030092906e-64,
    );
    check("y + z * q * exp(x)", &[0.0, 1e-200], 1e-140);
}

#[test]
fn infinities_poles_and_signs_of_zero_are_those_of_ieee() {
    let f32 = |value: f32| u64::from(value.to_bits());
    let check = |formula: &str, inputs: [f32; 2], expected: f32| {
        let op = Function::stated("test.op", &["a", "b"], formula).unwrap();
        let bits = correctly_rounded(&op, DType::F32, &inputs.map(f32)).unwrap();
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
    // Linear in exp: a term whose coefficient is 0 contributes 0.
    check("exp(a) * b", [f32::INFINITY, 0.0], 0.0);
    check("max(exp(a) * b, 0)", [f32::INFINITY, 0.0], f32::NAN);
    check("b / a", [f32::INFINITY, -3.0], -0.0);
    // 1 + 2^-24 is half-way; the product decides it.
    check("1 + a * b", [1.0, 2f32.powi(-24)], 1.0);
    check(
        "1 + a * b",
        [1.0 + f32::EPSILON, 2f32.powi(-24)],
        1.0 + f32::EPSILON,
    );
}

/// An infinite argument that is an addend, and no coefficient, follows IEEE-754.
#[test]
fn an_infinite_addend_is_added() {
    const INF: f64 = f64::INFINITY;
    #[rustfmt::skip]
    let table = [
        ("y + exp(x)", [1.0, INF, 0.0], INF),
        ("x + log(y)", [INF, 2.0, 0.0], INF),
        ("sigmoid(x) - y", [0.5, INF, 0.0], -INF),
        ("sigmoid(x) - y", [0.5, -INF, 0.0], INF),
        ("y + x * sigmoid(x)", [3.0, INF, 0.0], INF),
        ("y + x * sigmoid(x)", [-INF, INF, 0.0], INF),
        ("y + exp(x)", [1e300, INF, 0.0], INF),
        ("y + exp(x)", [INF, INF, 0.0], INF),
        ("y + exp(x)", [INF, -INF, 0.0], f64::NAN),
        ("y + log(x)", [0.0, INF, 0.0], f64::NAN),
        ("y + log(x)", [-1.0, INF, 0.0], f64::NAN),
        ("y + log(x)", [0.0, -INF, 0.0], -INF),
        ("y + z * log(x)", [-1.0, INF, 0.0], INF),
        ("log(exp(x))", [-INF, 0.0, 0.0], -INF),
        // Of the powers of an argument the highest counts; 0 times infinity is NaN.
        ("(1 - y) * (1 - y) + exp(x)", [1.0, INF, 0.0], INF),
        ("y * z + exp(x)", [1.0, INF, -2.0], -INF),
        ("y * z + exp(x)", [1.0, INF, 0.0], f64::NAN),
        ("y * z + exp(x)", [1.0, INF, -INF], -INF),
        ("y - z + exp(x)", [1.0, INF, INF], f64::NAN),
        ("(1 - y) * (1 - y) + z + exp(x)", [1.0, -INF, INF], INF),
        ("x * y + exp(x)", [-INF, INF, 0.0], -INF),
        // The limit of two exponentials is not analysed: infinity minus infinity, step by step.
        ("exp(2 * x) - exp(x)", [INF, 0.0, 0.0], f64::NAN),
        // Coefficients, and arguments that the value does not depend on, mean nothing infinite.
        ("y + y * exp(x)", [1.0, INF, 0.0], f64::NAN),
        ("y + z * exp(x)", [1.0, INF, INF], f64::NAN),
        ("y + exp(x)", [1.0, 1.0, INF], f64::NAN),
    ];
    for (formula, inputs, expected) in table {
        let function = Function::stated("test.op", &["x", "y", "z"], formula).unwrap();
        let bits = inputs.map(f64::to_bits);
        let found = correctly_rounded(&function, DType::F64, &bits).unwrap();
        let expected = DType::F64.from_f64(expected);
        assert_eq!(found, expected, "{formula} at {inputs:?}: {found:#x}");
    }
}

/// Both logarithms have no value there, whatever their difference is elsewhere; one that is
/// multiplied by 0 contributes 0.
#[test]
fn logarithms_that_cancel_keep_their_domain() {
    #[rustfmt::skip]
    let table = [
        ("log(x) - log(x)", -1.0, f64::NAN),
        ("log(x) - log(x)", 0.0, f64::NAN),
        ("log(x) - log(x)", 3.0, 0.0),
        ("log(x) - log(x)", f64::INFINITY, f64::NAN),
        ("x + 2 * (log1p(x) - log(1 + x))", -3.0, f64::NAN),
        ("x + 2 * (log1p(x) - log(1 + x))", 3.0, 3.0),
        ("exp(x) + x * log(x) - x * log(x)", -1.0, f64::NAN),
        ("0 * log(x)", -1.0, 0.0),
        ("x * log(x)", 0.0, 0.0),
    ];
    for (formula, input, expected) in table {
        let function = Function::stated("test.op", &["x"], formula).unwrap();
        for answer in [correctly_rounded, correctly_rounded_without_filter] {
            let found = answer(&function, DType::F64, &[input.to_bits()]).unwrap();
            let expected = DType::F64.from_f64(expected);
            assert_eq!(found, expected, "{formula} at {input}: {found:#x}");
        }
    }
}

/// A sum of logarithms that is exactly 0 is on the boundary between `+0` and the numbers beside it.
#[test]
fn a_sum_of_several_terms_may_be_undecided_and_says_so() {
    let sum = Function::stated("test.sum", &["x", "y"], "log(x) + log(y)").unwrap();
    let bits = [2.0_f64, 0.5].map(f64::to_bits);
    let error = correctly_rounded(&sum, DType::F64, &bits).unwrap_err();
    assert!(matches!(error, ConformanceError::Undecided { .. }));
    let message = error.to_string();
    assert!(message.contains("leave this input out"), "{message}");
    assert!(!message.contains("defect"), "{message}");
    let bits = [2.0_f64, 4.0].map(f64::to_bits);
    let log_8 = correctly_rounded(&sum, DType::F64, &bits).unwrap();
    assert_eq!(f64::from_bits(log_8), 2.0794415416798357); // 2.079441541679835928…
}

#[test]
fn a_stated_op_is_judged_budgeted_and_read_in_decimal() {
    let square = Function::stated("test.square", &["x"], "x * x").unwrap();
    let report = Suite::new()
        .functions([square.clone()])
        .judge(&mut NaiveImplementation)
        .unwrap();
    assert!(report.is_perfect(), "{report}");
    let budget = Budget::measured(&report);
    let read = Budget::read_for(&budget.to_json(), std::slice::from_ref(&square)).unwrap();
    assert_eq!(read, budget);
    assert!(Budget::read(&budget.to_json()).is_err());
    assert!(budget.verdict(&report).is_passed());

    let third = Function::stated("test.third", &["x"], "x / 3").unwrap();
    let one = DType::F64.from_f64(1.0);
    assert_eq!(
        exact_decimal(&third, DType::F64, &[one], 5).unwrap(),
        "3.3333e-1"
    );
    assert_eq!(
        exact_decimal(&square, DType::F64, &[one], 5).unwrap(),
        "1.0000e0"
    );
}
