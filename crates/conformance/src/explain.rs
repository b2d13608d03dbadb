//! Why an implementation's loss differs: the documented forms, evaluated step by step in a dtype,
//! and the step that loses the bits.
//!
//! Each step's share of the final error is exact: the result with the first k steps rounded and
//! the rest computed exactly, less the same with k - 1 steps rounded. The shares add up to the
//! error.

use std::cmp::Ordering;
use std::fmt;

use crate::exact::{Dyadic, Interval};
use crate::formula::{DOCUMENTATION, Enclosed, Formula, NoValue, Operand, Steps};
use crate::function::WEIGHTED;
use crate::{ConformanceError, DType, Function, correctly_rounded, exact_decimal};

/// Digits of the exact value.
const DIGITS: usize = 30;

/// Working precision up to a logit of 700: enough to see e^-700 beside 1, and 300 bits of it.
const PRECISION: usize = 1400;

/// Beyond this logit, `1 - sigmoid(x)` and the like are not worth their bits: what depends on
/// them stays unknown.
const LARGEST_LOGIT: f64 = 8192.0;

/// Bits to see `e^-|x|` beside 1, and some hundred bits of it.
fn precision(logit: f64) -> usize {
    if logit.abs() <= LARGEST_LOGIT {
        PRECISION.max((1.5 * logit.abs()) as usize + 400)
    } else {
        PRECISION
    }
}

/// What there is to say about the loss at one point. Its text form is made for reading.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explanation {
    /// The dtype in which the forms are evaluated.
    pub dtype: DType,
    /// Labels, logits and weight, as the dtype stores them.
    pub inputs: [u64; 3],
    /// The exact value at these inputs, to 30 digits.
    pub exact: String,
    /// The right bits in each dtype, at the inputs as that dtype stores them.
    pub right: Vec<(DType, u64)>,
    /// Each documented form.
    pub forms: Vec<Form>,
}

/// A documented form, evaluated step by step.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Form {
    /// Its name.
    pub name: &'static str,
    /// Its formula.
    pub formula: String,
    /// Its steps, in order.
    pub steps: Vec<Traced>,
    /// The result.
    pub result: u64,
    /// Error of the result in ulp; `None` if it is not finite and should be, or the reverse.
    pub ulps: Option<u64>,
    /// The step after which nothing finite is left, or else the one with the largest share of the
    /// error; `None` if there is no error or no step is known to cause it.
    pub culprit: Option<usize>,
}

/// One step of a form.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Traced {
    /// What it computes.
    pub text: String,
    /// The rounded result.
    pub bits: u64,
    /// What its rounding adds to the final error, in ulp of the right result; `None` if nothing
    /// finite is left before or after it, or if the exact evaluation would take too many bits.
    pub share: Option<f64>,
    /// True if the share was not computed.
    is_unknown: bool,
}

/// Explains the weighted loss at a point, with the documented forms evaluated in `dtype`.
/// The inputs are first rounded to the dtype.
///
/// # Errors
/// Only if the oracle fails, which is a defect of this crate.
///
/// ```
/// use conformance::{DType, explain};
///
/// let explanation = explain(0.0, -17.0, 1.0, DType::F32)?;
/// assert_eq!(explanation.exact, "4.13993763308974744770836006167e-8");
/// let documented = explanation.forms.iter().find(|form| form.name == "no overflow").unwrap();
/// let culprit = &documented.steps[documented.culprit.unwrap()];
/// assert_eq!(culprit.text, "1 + exp(-abs(x))");
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
pub fn explain(
    label: f64,
    logit: f64,
    pos_weight: f64,
    dtype: DType,
) -> Result<Explanation, ConformanceError> {
    let loss = Function::known(WEIGHTED)?;
    let stored = |dtype: DType| [label, logit, pos_weight].map(|value| dtype.from_f64(value));
    let inputs = stored(dtype);
    let right = DType::ALL
        .into_iter()
        .map(|dtype| Ok((dtype, correctly_rounded(&loss, dtype, &stored(dtype))?)))
        .collect::<Result<Vec<_>, ConformanceError>>()?;
    let expected = correctly_rounded(&loss, dtype, &inputs)?;
    let [z, x, q] = inputs.map(|bits| dtype.to_f64(bits));
    // In the order of the documentation's variables: x, y, z, q.
    let arguments = [x, 0.0, z, q];
    let mut forms = Vec::new();
    for line in DOCUMENTATION
        .iter()
        .filter(|line| line.weighted || q == 1.0)
    {
        forms.push(trace(
            line.name,
            &line.formula()?,
            dtype,
            &arguments,
            expected,
        ));
    }
    let library = Formula::parse(LIBRARY_FORM)?;
    forms.push(trace(
        "no overflow, with log1p",
        &library,
        dtype,
        &arguments,
        expected,
    ));
    let exact = exact_decimal(&loss, dtype, &inputs, DIGITS)?;
    Ok(Explanation {
        dtype,
        inputs,
        exact,
        right,
        forms,
    })
}

/// The last documented form with `log1p`, which TensorFlow and PyTorch use.
const LIBRARY_FORM: &str = "(1 - z) * x + (1 + (q - 1) * z) * (log1p(exp(-abs(x))) + max(-x, 0))";

fn trace(
    name: &'static str,
    formula: &Formula,
    dtype: DType,
    arguments: &[f64],
    expected: u64,
) -> Form {
    let steps = formula.steps();
    let values = steps.in_dtype(dtype, arguments);
    let result = steps.result_in_dtype(dtype, arguments);
    let given: Vec<f64> = values.iter().map(|&bits| dtype.to_f64(bits)).collect();
    // The end result if the first none, one, two, … steps are rounded and the others exact.
    let ends = steps.enclose_after_each(&given, arguments, precision(arguments[0]));
    let unit = ulp(dtype, expected);
    let shares: Vec<Result<f64, NoValue>> = ends
        .windows(2)
        .map(|ends| share(&ends[0], &ends[1], unit))
        .collect();
    let right = dtype.is_nan(expected) && dtype.is_nan(result) || expected == result;
    let culprit = (!right)
        .then(|| {
            loss_of_finiteness(&ends)
                .or_else(|| largest(&shares))
                .or_else(|| special(&steps, &given, arguments, dtype.to_f64(result)))
        })
        .flatten();
    let ulps = if right {
        Some(0)
    } else {
        dtype.ulps_between(expected, result)
    };
    let traced = steps.steps.into_iter().zip(&values).zip(shares);
    let steps = traced
        .map(|((step, &bits), share)| Traced {
            text: step.text,
            bits,
            share: share.ok(),
            is_unknown: share == Err(NoValue::Unknown),
        })
        .collect();
    Form {
        name,
        formula: formula.to_string(),
        steps,
        result,
        ulps,
        culprit,
    }
}

/// The difference that one more rounded step makes, in units of `2^unit`.
fn share(before: &Enclosed, after: &Enclosed, unit: i64) -> Result<f64, NoValue> {
    let (before, after) = (
        before.as_ref().map_err(|&e| e)?,
        after.as_ref().map_err(|&e| e)?,
    );
    let difference = (&after.low - &before.low).scaled(-unit);
    let share = f64::from_bits(difference.round(DType::F64, Ordering::Equal));
    // An interval too wide to show the difference shows nothing.
    let is_narrow = |interval: &Interval| {
        let width = (&interval.high - &interval.low).scaled(-unit);
        width.is_zero() || width.top() < -10 || width.top() < difference.magnitude() - 10
    };
    if is_narrow(before) && is_narrow(after) {
        Ok(share)
    } else {
        Err(NoValue::Unknown)
    }
}

/// The first step that turns a finite result, or one not known, into none.
fn loss_of_finiteness(ends: &[Enclosed]) -> Option<usize> {
    let is_lost = |end: &Enclosed| matches!(end, Err(NoValue::NotFinite));
    ends.windows(2)
        .position(|ends| !is_lost(&ends[0]) && is_lost(&ends[1]))
}

/// The first step with the largest share, if any has one.
fn largest(shares: &[Result<f64, NoValue>]) -> Option<usize> {
    let size = |index: &usize| shares[*index].map_or(0.0, f64::abs);
    (0..shares.len())
        .rev()
        .max_by(|one, other| size(one).total_cmp(&size(other)))
        .filter(|index| size(index) > 0.0)
}

/// Where the inputs are not finite: the first step that makes a NaN or an infinity, as the result
/// is, of operands that are none.
fn special(steps: &Steps, given: &[f64], arguments: &[f64], result: f64) -> Option<usize> {
    let is_alike = |value: f64| {
        if result.is_nan() {
            value.is_nan()
        } else {
            value.is_infinite()
        }
    };
    let operand = |operand: &Operand| match *operand {
        Operand::Constant(value) => value,
        Operand::Variable(variable) => arguments[variable.0],
        Operand::Step(step) => given[step],
    };
    let makes = |index: &usize| {
        let mut operands = steps.steps[*index].operands.iter().map(operand);
        is_alike(given[*index]) && !operands.any(is_alike)
    };
    let is_special = !result.is_finite();
    (0..given.len()).find(makes).filter(|_| is_special)
}

/// Exponent of the unit in the last place of a number.
fn ulp(dtype: DType, bits: u64) -> i64 {
    let value = dtype.to_f64(bits);
    if value == 0.0 || !value.is_finite() {
        return dtype.quantum_exponent();
    }
    let top = Dyadic::from_f64(value).top();
    (top - i64::from(dtype.precision()) + 1).max(dtype.quantum_exponent())
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explanation {
            dtype,
            inputs,
            exact,
            right,
            forms,
        } = self;
        let [z, x, q] = inputs.map(|bits| dtype.reading(bits));
        writeln!(
            f,
            "weighted loss at logits x = {x}, labels z = {z}, pos_weight q = {q} (as {dtype} stores them)\n"
        )?;
        writeln!(f, "exact value  {exact}\n")?;
        writeln!(f, "right bits, at the inputs as each dtype stores them")?;
        for (dtype, bits) in right {
            writeln!(
                f,
                "  {:<4}  {:<18}  {}",
                dtype.name(),
                dtype.hex(*bits),
                dtype.reading(*bits)
            )?;
        }
        writeln!(
            f,
            "\nthe documented forms in {dtype}, each step correctly rounded; beside each step, what its"
        )?;
        writeln!(
            f,
            "rounding adds to the final error, in ulp of the right result; - where that is not finite, ? where\nit is not computed"
        )?;
        forms.iter().try_for_each(|form| form.write(f, *dtype))
    }
}

impl Form {
    fn write(&self, f: &mut fmt::Formatter<'_>, dtype: DType) -> fmt::Result {
        writeln!(f, "\n{}: {}", self.name, self.formula)?;
        let width = self
            .steps
            .iter()
            .map(|step| step.text.len())
            .max()
            .unwrap_or(0)
            .min(60);
        for (index, step) in self.steps.iter().enumerate() {
            let mark = if self.culprit == Some(index) {
                "<- here"
            } else {
                ""
            };
            let share = match step.share {
                None if step.is_unknown => "?".to_owned(),
                None => "-".to_owned(),
                Some(0.0) => "0".to_owned(),
                Some(share) if (0.01..1e6).contains(&share.abs()) => format!("{share:+.2}"),
                Some(share) => format!("{share:+.1e}"),
            };
            let value = dtype.reading(step.bits);
            writeln!(
                f,
                "  {:<width$}  {value:>24}  {share:>10}  {mark}",
                step.text
            )?;
        }
        let result = dtype.reading(self.result);
        match self.ulps {
            Some(0) if self.culprit.is_none() => writeln!(f, "  result {result}: right"),
            Some(0) => writeln!(f, "  result {result}: the sign of zero is wrong"),
            Some(ulps) => writeln!(f, "  result {result}: {ulps} ulp off"),
            None => writeln!(f, "  result {result}: wrong NaN or infinity"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::enclosure;

    fn check(point: [f64; 3], dtype: DType, form: &str, culprit: Option<&str>) {
        let [x, z, q] = point;
        let explanation = explain(z, x, q, dtype).unwrap();
        let form = explanation
            .forms
            .iter()
            .find(|other| other.name == form)
            .unwrap();
        let found = form.culprit.map(|index| &*form.steps[index].text);
        assert_eq!(found, culprit, "{point:?}\n{explanation}");
    }

    #[test]
    fn the_step_that_loses_the_bits_is_found() {
        check(
            [-17.0, 0.0, 1.0],
            DType::F32,
            "no overflow",
            Some("1 + exp(-abs(x))"),
        );
        check(
            [-17.0, 0.0, 1.0],
            DType::F32,
            "no overflow, with log1p",
            Some("log1p(exp(-abs(x))) + max(-x, 0)"),
        );
        check(
            [17.0, 1.0, 1.0],
            DType::F32,
            "definition",
            Some("sigmoid(x)"),
        );
        check([-100.0, 0.0, 1.0], DType::F32, "collected", Some("exp(-x)"));
        check(
            [17.0, 1.0, 1.0],
            DType::F32,
            "no overflow, with log1p",
            Some("exp(-abs(x))"),
        );
        check([0.0, 0.0, 1.0], DType::F64, "sigmoid loss", None);
    }

    #[test]
    fn shares_add_up_to_the_error() {
        for (x, z, q) in [
            (-3.7, 0.2, 2.5),
            (11.0, 1.0, 1.0),
            (0.3, 0.0, 0.7),
            (25.0, 0.9, 4.0),
        ] {
            let explanation = explain(z, x, q, DType::F32).unwrap();
            let inputs = explanation.inputs.map(|bits| DType::F32.to_f64(bits));
            let loss = Function::known(WEIGHTED).unwrap();
            let exact = enclosure(&loss, &inputs, 200).unwrap().low;
            let right = explanation.right[2].1;
            let finite = |form: &&Form| DType::F32.to_f64(form.result).is_finite();
            for form in explanation.forms.iter().filter(finite) {
                let sum: f64 = form.steps.iter().filter_map(|step| step.share).sum();
                let error = &Dyadic::from_f64(DType::F32.to_f64(form.result)) - &exact;
                let error = error
                    .scaled(-ulp(DType::F32, right))
                    .round(DType::F64, std::cmp::Ordering::Equal);
                let error = f64::from_bits(error);
                assert!(
                    (sum - error).abs() < 1e-6 * error.abs().max(1.0),
                    "{}: {sum} {error}",
                    form.name
                );
            }
        }
    }

    /// The reading of a form's culprit, for the error message as well.
    #[test]
    fn special_and_saturated_inputs_are_explained_too() {
        use DType::{BF16, F16, F32, F64};
        const INF: f64 = f64::INFINITY;
        let (lost, negative) = ("sigmoid(x)", "(1 - z) * -log(1 - sigmoid(x))");
        #[rustfmt::skip]
        let table = [
            // Large logits, right and wrong: saturation, overflow, nothing at all.
            ([1000.0, 0.0, 1.0], F32, "definition", Some(lost)),
            ([2000.0, 0.0, 1.0], F32, "definition", Some(lost)),
            ([2000.0, 0.0, 1.0], F32, "collected", None),
            ([2000.0, 0.0, 1.0], F32, "no overflow", None),
            ([2000.0, 0.0, 1.0], F32, "short names", Some(lost)),
            ([8000.0, 0.0, 1.0], F64, "definition", Some(lost)),
            ([20000.0, 0.0, 1.0], F32, "definition", Some(lost)),
            ([1e38, 0.0, 1.0], F32, "definition", Some(lost)),
            ([-10000.0, 0.0, 1.0], F32, "collected", Some("exp(-x)")),
            ([-10000.0, 0.0, 1.0], F16, "sigmoid spelled out", Some("exp(-x)")),
            ([-1e38, 0.0, 1.0], F32, "collected", Some("exp(-x)")),
            ([-1e38, 0.0, 1.0], BF16, "no overflow", None),
            ([-20000.0, 0.7, 1.7], F32, "definition", Some(lost)),
            ([-20000.0, 0.7, 1.7], F64, "definition", Some(lost)),
            ([-1e300, 0.7, 1.7], F64, "collected", Some("exp(-x)")),
            ([5000.0, 1.0, 1.0], F64, "no overflow", None),
            ([30000.0, 1.0, 1.0], F32, "definition", Some(lost)),
            // Infinite logits: where zero meets infinity, or infinities meet.
            ([INF, 1.0, 1.0], F32, "definition", Some(negative)),
            ([INF, 1.0, 1.0], F32, "collected", Some("(1 - z) * x")),
            ([INF, 0.0, 1.0], F32, "collected", None),
            ([-INF, 0.0, 1.0], F32, "collected", Some("(1 - z) * x + (q * z + 1 - z) * log(1 + exp(-x))")),
            ([-INF, 1.0, 1.0], F32, "definition", None),
            // NaN in, NaN out; an infinite weight is NaN by convention, which no step is to blame
            // for.
            ([f64::NAN, 0.0, 1.0], F32, "definition", None),
            ([-1.0, 1.0, INF], F32, "short names", None),
        ];
        for (point, dtype, form, culprit) in table {
            check(point, dtype, form, culprit);
        }
        for (z, x, q) in [(0.3, 1e38, 1.0), (0.0, -1e4, INF), (1.0, 5000.0, 1.0)] {
            for dtype in DType::ALL {
                let text = explain(z, x, q, dtype).unwrap().to_string();
                assert!(text.contains("exact value"));
            }
        }
    }

    /// What is not computed is told from what is not finite.
    #[test]
    fn shares_that_would_take_too_many_bits_are_unknown() {
        let text = |x: f64| explain(0.0, x, 1.0, DType::F64).unwrap().to_string();
        let share = |text: &str, step: &str| {
            let line = text
                .lines()
                .find(|line| line.trim_start().starts_with(step));
            let mut words = line.unwrap().split_whitespace().rev();
            let last = words.next().unwrap();
            let marked = words.find(|word| last != "here" || *word != "<-");
            if last == "here" { marked } else { Some(last) }
                .unwrap()
                .to_owned()
        };
        assert_eq!(share(&text(8000.0), "-log(sigmoid(x))"), "-");
        assert_eq!(share(&text(20000.0), "z * -log(sigmoid(x))"), "-");
        assert_eq!(share(&text(20000.0), "sigmoid(x)"), "?");
    }
}
