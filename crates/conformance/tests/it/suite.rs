//! The suite must pass what is right and fail what is wrong, in the classes where it is wrong.

use std::collections::BTreeSet;

use conformance::{
    Budget, Class, DType, Failure, FailureKind, Function, Implementation, NaiveImplementation,
    Report, Suite, cases, correctly_rounded,
};

use crate::common::known;

/// The oracle itself, with a flaw on request.
struct Flawed<F: Fn(&Function, DType, &[u64], u64) -> u64>(F);

impl<F: Fn(&Function, DType, &[u64], u64) -> u64> Implementation for Flawed<F> {
    fn name(&self) -> String {
        "flawed".to_owned()
    }

    fn supports(&self, _: &Function, _: DType) -> bool {
        true
    }

    fn run(
        &mut self,
        function: &Function,
        dtype: DType,
        columns: &[&[u64]],
    ) -> Result<Vec<u64>, Failure> {
        let result = |index: usize| {
            let inputs: Vec<u64> = columns.iter().map(|column| column[index]).collect();
            let right = correctly_rounded(function, dtype, &inputs).unwrap();
            (self.0)(function, dtype, &inputs, right)
        };
        Ok((0..columns[0].len()).map(result).collect())
    }
}

fn judge(flaw: impl Fn(&Function, DType, &[u64], u64) -> u64) -> Report {
    Suite::new().random(20).judge(&mut Flawed(flaw)).unwrap()
}

fn wrong_classes(report: &Report, function: &Function, dtype: DType) -> BTreeSet<Class> {
    let rows = report
        .rows
        .iter()
        .filter(|row| (&row.function, row.dtype) == (function, dtype));
    rows.filter(|row| row.wrong > 0)
        .map(|row| row.class)
        .collect()
}

#[test]
fn what_is_right_is_perfect_and_fits_a_budget_of_zeros() {
    let report = judge(|_, _, _, right| right);
    assert!(report.is_perfect(), "{report}");
    let budget = Budget::measured(&report);
    for function in Function::all() {
        for dtype in DType::ALL {
            assert_eq!(
                budget.allowed(function, dtype),
                Some(0),
                "{function} {dtype}"
            );
        }
    }
    assert!(budget.verdict(&report).is_passed());
}

/// Where the documented form loses bits, and where it cannot.
#[test]
fn the_naive_implementation_fails_where_the_documented_formula_loses_bits() {
    let report = Suite::new()
        .random(50)
        .judge(&mut NaiveImplementation)
        .unwrap();
    assert!(report.findings.is_empty());
    for dtype in DType::ALL {
        let wrong = wrong_classes(&report, &known("weighted"), dtype);
        let expected = [
            Class::Ordinary,
            Class::Tail,
            Class::NearZero,
            Class::Cancellation,
            Class::SoftLabel,
            Class::LabelOutside,
            Class::LargeWeight,
            Class::Subnormal,
            Class::ExactTie,
            Class::Edge,
        ];
        for class in expected {
            assert!(wrong.contains(&class), "{dtype} {class}\n{report}");
        }
        // e^x overflows although the softplus does not.
        let wrong = wrong_classes(&report, &known("math.softplus"), dtype);
        assert!(wrong.contains(&Class::Overflow), "{dtype}");
        // Single correctly rounded operations: nothing to lose.
        for function in [
            known("math.exp"),
            known("math.log"),
            known("math.multiply"),
            known("math.maximum"),
        ] {
            assert!(
                wrong_classes(&report, &function, dtype).is_empty(),
                "{function} {dtype}"
            );
        }
    }
    let loss = known("weighted");
    let lost = report
        .rows
        .iter()
        .find(|row| (&row.function, row.dtype, row.class) == (&loss, DType::F32, Class::Tail));
    let lost = lost.unwrap();
    assert!(
        lost.lost * 4 > lost.cases,
        "most confident losses lose all digits: {lost:?}"
    );
}

#[test]
fn each_kind_of_wrong_is_counted_as_what_it_is() {
    let one = (known("math.softplus"), DType::F32);
    let row = |report: &Report| report.merged()[&one].clone();
    let off = row(&judge(|_, _, _, right| right ^ 1));
    assert_eq!(
        (off.worst_ulp, off.wrong_special),
        (1, 1),
        "inf becomes NaN: {off:?}"
    );
    let zero = row(&judge(
        |_, dtype, _, right| if right == 0 { dtype.sign_bit() } else { right },
    ));
    assert!(zero.wrong_zero_sign > 0 && zero.wrong_zero_sign == zero.wrong && zero.worst_ulp == 0);
    let nan = row(&judge(|_, dtype, _, right| {
        if dtype.is_nan(right) {
            right | dtype.sign_bit()
        } else {
            right
        }
    }));
    assert!(nan.other_nan > 0 && nan.wrong == 0);
    let inf = row(&judge(|_, dtype, _, right| {
        if dtype.is_infinite(right) {
            dtype.max_finite()
        } else {
            right
        }
    }));
    assert!(inf.wrong_special > 0 && inf.worst_ulp == 0);
}

#[test]
fn a_tie_decided_the_wrong_way_is_seen() {
    let report = judge(|function, dtype, inputs, right| {
        if *function != known("sigmoid_loss_grad_logits") || dtype != DType::F32 {
            return right;
        }
        // What plain arithmetic does with a tail too small to represent: it drops it.
        let (z, x) = (dtype.to_f64(inputs[0]), dtype.to_f64(inputs[1]));
        if x > 40.0 && x.is_finite() {
            dtype.from_f64(1.0 - z)
        } else {
            right
        }
    });
    let wrong = wrong_classes(&report, &known("sigmoid_loss_grad_logits"), DType::F32);
    assert!(wrong.contains(&Class::ExactTie), "{report}");
}

/// The rounding of the exact sum of two doubles, if that is half-way between two numbers.
fn tie(dtype: DType, one: f64, other: f64) -> Option<u64> {
    let (large, small) = if one.abs() < other.abs() {
        (other, one)
    } else {
        (one, other)
    };
    let sum = large + small;
    let lost = small - (sum - large);
    if dtype != DType::F64 && lost != 0.0 {
        return None;
    }
    let nearest = dtype.from_f64(sum);
    let rest = (sum - dtype.to_f64(nearest)) + lost;
    let opposite = dtype.to_f64(nearest) + 2.0 * rest;
    let is_exact = opposite - dtype.to_f64(nearest) == 2.0 * rest;
    let is_number = dtype.to_f64(dtype.from_f64(opposite)) == opposite;
    (rest != 0.0 && is_exact && is_number).then_some(nearest)
}

/// Implementations that drop the last term of a series where the rest of it is half-way, as plain
/// arithmetic does: each goes wrong in ties only, and the suite must see it in every dtype, with
/// and without random cases.
#[test]
fn functions_that_decide_a_tie_of_their_series_by_its_head_are_seen() {
    /// The distance from the centre of the series, and its first two terms.
    type Head = fn(f64) -> (f64, f64, f64);
    let mutants: [(Function, Head); 4] = [
        (known("math.exp"), |x| (x, 1.0, x)),
        (known("math.sigmoid"), |x| (x, 0.5, x / 4.0)),
        (known("math.log"), |x| {
            let t = x - 1.0;
            (t, t, -t * t / 2.0)
        }),
        (known("math.log1p"), |x| (x, x, -x * x / 2.0)),
    ];
    for (mutant, head) in mutants {
        for random in [0, 20] {
            let flaw = |function: &Function, dtype: DType, inputs: &[u64], right| {
                let x = dtype.to_f64(inputs[0]);
                let (distance, one, other) = head(x);
                let reach = 2f64.powi(-(dtype.precision() as i32 / 3 + 2));
                if *function == mutant && distance.abs() < reach {
                    tie(dtype, one, other).unwrap_or(right)
                } else {
                    right
                }
            };
            let suite = Suite::new().random(random).functions([mutant.clone()]);
            let report = suite.judge(&mut Flawed(flaw)).unwrap();
            for dtype in DType::ALL {
                let wrong = wrong_classes(&report, &mutant, dtype);
                let is_seen = wrong.contains(&Class::ExactTie);
                assert!(is_seen, "{mutant} {dtype} {random}\n{report}");
            }
        }
    }
}

#[test]
fn wrong_counts_and_refusals_are_findings() {
    struct Short;
    impl Implementation for Short {
        fn name(&self) -> String {
            "short".to_owned()
        }
        fn supports(&self, function: &Function, _: DType) -> bool {
            ["math.exp", "math.log"].contains(&function.op())
        }
        fn run(
            &mut self,
            function: &Function,
            _: DType,
            columns: &[&[u64]],
        ) -> Result<Vec<u64>, Failure> {
            match function.op() {
                "math.exp" => Ok(columns[0][1..].to_vec()),
                _ => Err(Failure {
                    kind: FailureKind::Refused,
                    message: "no logarithms".to_owned(),
                }),
            }
        }
    }
    let report = Suite::new()
        .random(1)
        .dtypes([DType::F16])
        .judge(&mut Short)
        .unwrap();
    let texts: Vec<String> = report
        .findings
        .iter()
        .map(|finding| finding.failure.to_string())
        .collect();
    let count = cases(&known("math.exp"), DType::F16, 1).unwrap().len();
    let wrong_count = format!("wrong count: expected {count} results, found {}", count - 1);
    assert_eq!(texts, [&*wrong_count, "refused: no logarithms"]);
    assert!(!report.is_perfect());
    assert_eq!(Budget::default().verdict(&report).violations.len(), 2);
}

#[test]
fn what_was_asked_for_and_is_not_offered_is_a_fault() {
    struct OnlyAbs;
    impl Implementation for OnlyAbs {
        fn name(&self) -> String {
            "only abs".to_owned()
        }
        fn supports(&self, function: &Function, dtype: DType) -> bool {
            (function.op(), dtype) == ("math.abs", DType::F32)
        }
        fn run(
            &mut self,
            _: &Function,
            dtype: DType,
            columns: &[&[u64]],
        ) -> Result<Vec<u64>, Failure> {
            let abs = |&bits: &u64| {
                if dtype.is_nan(bits) {
                    dtype.nan()
                } else {
                    bits & !dtype.sign_bit()
                }
            };
            Ok(columns[0].iter().map(abs).collect())
        }
    }
    let faults = |suite: Suite| {
        let report = suite.random(1).judge(&mut OnlyAbs).unwrap();
        assert_eq!(report.is_perfect(), report.faults.is_empty(), "{report}");
        let texts = report.faults.iter().map(ToString::to_string);
        texts.collect::<Vec<_>>().join("\n")
    };
    let (abs, exp) = (known("math.abs"), known("math.exp"));
    assert_eq!(faults(Suite::new()), "");
    assert_eq!(
        faults(Suite::new().functions([abs.clone()]).dtypes([DType::F32])),
        ""
    );
    let exp = faults(Suite::new().functions([abs, exp]));
    assert_eq!(exp, "not judged: math.exp was asked for and is not offered");
    let f64 = faults(Suite::new().dtypes([DType::F32, DType::F64]));
    assert_eq!(f64, "not judged: f64 was asked for and is not offered");
    let none = faults(Suite::new().functions([]));
    assert_eq!(
        none,
        "not judged: no op and dtype is both offered and known here"
    );
}

#[test]
fn budgets_are_exhaustive_and_exact() {
    let suite = Suite::new()
        .random(5)
        .functions([known("math.exp"), known("math.log")])
        .dtypes([DType::F32]);
    let off_by_one = Flawed(|_: &Function, dtype: DType, _: &[u64], right| {
        if dtype.to_f64(right).is_normal() {
            right ^ 1
        } else {
            right
        }
    });
    let report = suite.judge(&mut { off_by_one }).unwrap();
    let verdict = |json: &str| Budget::read(json).unwrap().verdict(&report);
    let fitting = r#"{"schema":1,"allowed":{"math.exp":{"f32":1},"math.log":{"f32":1}}}"#;
    assert!(verdict(fitting).is_passed(), "{}", verdict(fitting));
    #[rustfmt::skip]
    let table = [
        (r#"{"schema":1,"allowed":{"math.exp":{"f32":0},"math.log":{"f32":1}}}"#, "1 ulp, allowed 0"),
        (r#"{"schema":1,"allowed":{"math.exp":{"f32":2},"math.log":{"f32":1}}}"#, "lower the row to 1"),
        (r#"{"schema":1,"allowed":{"math.exp":{"f32":1}}}"#, "math.log f32: 1 ulp, but no row"),
        (r#"{"schema":1,"allowed":{"math.exp":{"f32":1,"f64":0},"math.log":{"f32":1}}}"#, "math.exp f64: a row, but not judged"),
    ];
    for (budget, part) in table {
        let verdict = verdict(budget);
        let text = verdict.to_string();
        assert!(
            verdict.violations.len() == 1 && text.contains(part),
            "{text}"
        );
    }
    let again = Budget::read(&Budget::measured(&report).to_json()).unwrap();
    assert_eq!(again, Budget::measured(&report));
    assert!(Budget::read(r#"{"schema":1,"allowed":{},"more":1}"#).is_err());
    assert!(Budget::read(r#"{"schema":2,"allowed":{}}"#).is_err());
}
