//! The suite: what an implementation fills in, and the report that it gets.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::{Case, Class, ConformanceError, DType, Function, cases};

/// An implementation that can be judged: a few ops on raw bits.
///
/// ```
/// use conformance::{DType, Failure, Implementation, Function, Suite};
///
/// /// The softplus in f32, as most would write it.
/// struct Mine;
///
/// impl Implementation for Mine {
///     fn name(&self) -> String {
///         "mine".to_owned()
///     }
///     fn supports(&self, function: &Function, dtype: DType) -> bool {
///         (function.op(), dtype) == ("math.softplus", DType::F32)
///     }
///     fn run(&mut self, _: &Function, _: DType, columns: &[&[u64]]) -> Result<Vec<u64>, Failure> {
///         let softplus = |&bits: &u64| f32::from_bits(bits as u32).exp().ln_1p().to_bits().into();
///         Ok(columns[0].iter().map(softplus).collect())
///     }
/// }
///
/// let report = Suite::new().random(10).judge(&mut Mine)?;
/// assert!(!report.is_perfect());
/// println!("{report}");
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
pub trait Implementation {
    /// Its name and version, for the report.
    fn name(&self) -> String;

    /// True if it computes this function in this dtype.
    fn supports(&self, function: &Function, dtype: DType) -> bool;

    /// True if it can be given these inputs: some interfaces take hard labels only. Cases that are
    /// not accepted are skipped, and the report says how many.
    fn accepts(&self, _function: &Function, _dtype: DType, _inputs: &[u64]) -> bool {
        true
    }

    /// What is wrong with what it says of itself, as names that the judge does not know; each
    /// becomes a fault of the report.
    fn faults(&self) -> Vec<Failure> {
        Vec::new()
    }

    /// Computes one op on a batch. `columns` holds one slice of raw bits for each argument, all
    /// of the same length; the result holds as many raw bits.
    ///
    /// # Errors
    /// A [`Failure`] if there is no result; it becomes a finding of the report.
    fn run(
        &mut self,
        function: &Function,
        dtype: DType,
        columns: &[&[u64]],
    ) -> Result<Vec<u64>, Failure>;
}

/// Why a batch has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// The details.
    pub message: String,
}

/// What can go wrong when an implementation is asked for results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailureKind {
    /// It said that it cannot.
    Refused,
    /// It did not answer in time.
    Timeout,
    /// It ended, or could not be started.
    Crash,
    /// Its answer could not be read.
    Malformed,
    /// Its answer held too few or too many results.
    WrongCount,
    /// It offers something that the judge does not know.
    Unknown,
    /// There was nothing to judge.
    NotJudged,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            FailureKind::Refused => "refused",
            FailureKind::Timeout => "time-out",
            FailureKind::Crash => "crash",
            FailureKind::Malformed => "malformed answer",
            FailureKind::WrongCount => "wrong count",
            FailureKind::Unknown => "unknown name",
            FailureKind::NotJudged => "not judged",
        };
        write!(f, "{kind}: {}", self.message)
    }
}

/// A failure of one op in one dtype.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The op.
    #[serde(rename = "quantity", serialize_with = "as_text")]
    pub function: Function,
    /// The dtype.
    #[serde(serialize_with = "as_text")]
    pub dtype: DType,
    /// What happened.
    pub failure: Failure,
}

/// Which cases are run.
///
/// ```
/// use conformance::{DType, NaiveImplementation, Function, Suite};
///
/// let suite = Suite::new()
///     .random(10)
///     .functions([Function::known("math.log_sigmoid")?])
///     .dtypes([DType::F32]);
/// let report = suite.judge(&mut NaiveImplementation)?;
/// assert!(!report.is_perfect());
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Suite {
    random: usize,
    batch: usize,
    /// `None` for all, of which an implementation may offer a part.
    functions: Option<Vec<Function>>,
    dtypes: Option<Vec<DType>>,
}

impl Default for Suite {
    fn default() -> Self {
        Suite {
            random: 100,
            batch: 4096,
            functions: None,
            dtypes: None,
        }
    }
}

impl Suite {
    /// The golden cases and 100 random ones of each class, for every op and dtype.
    pub fn new() -> Self {
        Suite::default()
    }

    /// Sets the number of random cases of each class.
    #[must_use]
    pub fn random(mut self, random: usize) -> Self {
        self.random = random;
        self
    }

    /// Sets the largest number of cases in one call of [`Implementation::run`] (at least 1).
    #[must_use]
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch.max(1);
        self
    }

    /// Runs these ops only; one that is offered in none of the dtypes is a fault of the report.
    #[must_use]
    pub fn functions(mut self, functions: impl IntoIterator<Item = Function>) -> Self {
        self.functions = Some(functions.into_iter().collect());
        self
    }

    /// Runs these dtypes only; one in which none of the ops is offered is a fault of the report.
    #[must_use]
    pub fn dtypes(mut self, dtypes: impl IntoIterator<Item = DType>) -> Self {
        self.dtypes = Some(dtypes.into_iter().collect());
        self
    }

    /// Judges an implementation in everything that it supports.
    ///
    /// # Errors
    /// Only if the oracle fails, which is a defect of this crate: whatever the implementation
    /// does wrong is in the report.
    pub fn judge(
        &self,
        implementation: &mut dyn Implementation,
    ) -> Result<Report, ConformanceError> {
        self.judge_with(implementation, |_, _| {})
    }

    /// As [`Suite::judge`], calling `progress` with the number of op and dtype pairs done and
    /// the number of all.
    ///
    /// # Errors
    /// As [`Suite::judge`].
    pub fn judge_with(
        &self,
        implementation: &mut dyn Implementation,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Report, ConformanceError> {
        let pairs = self.pairs(implementation);
        let mut report = Report {
            implementation: implementation.name(),
            rows: Vec::new(),
            findings: Vec::new(),
            faults: implementation.faults(),
            skipped: 0,
        };
        report.faults.extend(self.not_offered(&pairs));
        for (done, (function, dtype)) in pairs.iter().enumerate() {
            let dtype = *dtype;
            progress(done, pairs.len());
            let mut cases = cases(function, dtype, self.random)?;
            let all = cases.len();
            cases.retain(|case| implementation.accepts(function, dtype, &case.inputs));
            report.skipped += all - cases.len();
            let outcome = if cases.is_empty() {
                Err(not_judged("none of the cases is accepted".to_owned()))
            } else {
                self.answers(implementation, function, dtype, &cases)
            };
            match outcome {
                Ok(answers) => report.rows.extend(rows(&cases, &answers)),
                Err(failure) => report.findings.push(Finding {
                    function: function.clone(),
                    dtype,
                    failure,
                }),
            }
        }
        if report.rows.is_empty() && report.findings.is_empty() {
            let message = "no op and dtype is both offered and known here".to_owned();
            report.faults.push(not_judged(message));
        }
        progress(pairs.len(), pairs.len());
        Ok(report)
    }

    /// The ops and dtypes to judge: those of the suite that the implementation offers.
    fn pairs(&self, implementation: &dyn Implementation) -> Vec<(Function, DType)> {
        let functions = self.functions.as_deref().unwrap_or(Function::all());
        let dtypes = self.dtypes.as_deref().unwrap_or(&DType::ALL);
        functions
            .iter()
            .flat_map(|function| dtypes.iter().map(move |&dtype| (function.clone(), dtype)))
            .filter(|(function, dtype)| implementation.supports(function, *dtype))
            .collect()
    }

    /// Ops and dtypes that were asked for by name, and of which nothing is offered.
    fn not_offered(&self, pairs: &[(Function, DType)]) -> Vec<Failure> {
        let functions = self.functions.iter().flatten();
        let functions = functions
            .filter(|function| !pairs.iter().any(|(offered, _)| offered == *function))
            .map(ToString::to_string);
        let dtypes = self.dtypes.iter().flatten();
        let dtypes = dtypes
            .filter(|dtype| !pairs.iter().any(|(_, offered)| offered == *dtype))
            .map(ToString::to_string);
        functions
            .chain(dtypes)
            .map(|name| not_judged(format!("{name} was asked for and is not offered")))
            .collect()
    }

    fn answers(
        &self,
        implementation: &mut dyn Implementation,
        function: &Function,
        dtype: DType,
        cases: &[Case],
    ) -> Result<Vec<u64>, Failure> {
        let mut answers = Vec::with_capacity(cases.len());
        for batch in cases.chunks(self.batch) {
            let columns: Vec<Vec<u64>> = (0..function.arguments().len())
                .map(|argument| batch.iter().map(|case| case.inputs[argument]).collect())
                .collect();
            let columns: Vec<&[u64]> = columns.iter().map(Vec::as_slice).collect();
            let results = implementation.run(function, dtype, &columns)?;
            if results.len() != batch.len() {
                let message = format!("expected {} results, found {}", batch.len(), results.len());
                return Err(Failure {
                    kind: FailureKind::WrongCount,
                    message,
                });
            }
            answers.extend(results);
        }
        Ok(answers)
    }
}

/// What an implementation was found to return. Its text form is a table.
///
/// ```
/// use conformance::{Class, DType, NaiveImplementation, Function, Suite};
///
/// let suite = Suite::new().random(10).dtypes([DType::F32]);
/// let softplus = Function::known("math.softplus")?;
/// let report = suite.functions([softplus]).judge(&mut NaiveImplementation)?;
/// let tail = report.rows.iter().find(|row| row.class == Class::Tail).unwrap();
/// println!("{} of {} wrong, worst {}", tail.wrong, tail.cases, tail.worst.as_ref().unwrap());
/// assert_eq!(report.merged().len(), 1);
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the implementation.
    pub implementation: String,
    /// One row an op, dtype and class.
    pub rows: Vec<Row>,
    /// Ops that gave no results.
    pub findings: Vec<Finding>,
    /// Failures of no op in particular: unknown names, or nothing to judge.
    pub faults: Vec<Failure>,
    /// Cases that its interface cannot express.
    pub skipped: usize,
}

/// The outcome of the cases of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The op.
    #[serde(rename = "quantity", serialize_with = "as_text")]
    pub function: Function,
    /// The dtype.
    #[serde(serialize_with = "as_text")]
    pub dtype: DType,
    /// The class.
    #[serde(serialize_with = "as_text")]
    pub class: Class,
    /// Number of cases.
    pub cases: usize,
    /// Results with wrong bits; a NaN for a NaN is not wrong.
    pub wrong: usize,
    /// Results off by half of the right value or more: no digit is left.
    pub lost: usize,
    /// NaN or infinity where there should be another value, or the reverse.
    pub wrong_special: usize,
    /// Zeros of the wrong sign.
    pub wrong_zero_sign: usize,
    /// NaNs that are right but not the canonical one.
    pub other_nan: usize,
    /// Largest error in ulp, among finite results.
    pub worst_ulp: u64,
    /// Where it occurs; or where a special value or a zero's sign is wrong, if no ulp is.
    pub worst: Option<Example>,
}

/// A case that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Inputs in decimal.
    pub inputs: Vec<String>,
    /// Inputs as bits.
    pub input_bits: Vec<String>,
    /// The right result in decimal.
    pub expected: String,
    /// The result found, in decimal.
    pub found: String,
}

impl Report {
    /// Rows of one op and dtype merged into one, whatever their class.
    pub fn merged(&self) -> BTreeMap<(Function, DType), Row> {
        let mut merged: BTreeMap<(Function, DType), Row> = BTreeMap::new();
        for row in &self.rows {
            let pair = (row.function.clone(), row.dtype);
            match merged.get_mut(&pair) {
                Some(sum) => sum.absorb(row),
                None => {
                    merged.insert(pair, row.clone());
                }
            }
        }
        merged
    }

    /// True if there are results, nothing is missing, and every one has the right bits,
    /// canonical NaNs included.
    pub fn is_perfect(&self) -> bool {
        !self.rows.is_empty()
            && self.findings.is_empty()
            && self.faults.is_empty()
            && self
                .rows
                .iter()
                .all(|row| row.wrong == 0 && row.other_nan == 0)
    }
}

impl Row {
    fn absorb(&mut self, other: &Row) {
        if other.worst_ulp > self.worst_ulp || self.worst.is_none() {
            self.worst.clone_from(&other.worst);
            self.class = other.class;
        }
        self.worst_ulp = self.worst_ulp.max(other.worst_ulp);
        self.cases += other.cases;
        self.wrong += other.wrong;
        self.lost += other.lost;
        self.wrong_special += other.wrong_special;
        self.wrong_zero_sign += other.wrong_zero_sign;
        self.other_nan += other.other_nan;
    }

    /// Counts one answer.
    fn count(&mut self, case: &Case, found: u64) {
        let dtype = case.dtype;
        self.cases += 1;
        if found == case.expected {
            return;
        }
        if dtype.is_nan(found) && dtype.is_nan(case.expected) {
            self.other_nan += 1;
            return;
        }
        self.wrong += 1;
        let ulps = dtype.ulps_between(case.expected, found);
        match ulps {
            None => self.wrong_special += 1,
            Some(0) => self.wrong_zero_sign += 1,
            Some(_) => {}
        }
        let (right, wrong) = (dtype.to_f64(case.expected), dtype.to_f64(found));
        self.lost += usize::from(ulps != Some(0) && !is_close(right, wrong));
        let ulps = ulps.unwrap_or(0);
        if ulps > self.worst_ulp || self.worst.is_none() {
            self.worst_ulp = ulps;
            self.worst = Some(Example::new(case, found));
        }
    }
}

impl Example {
    fn new(case: &Case, found: u64) -> Self {
        let dtype = case.dtype;
        Example {
            inputs: case
                .inputs
                .iter()
                .map(|&bits| dtype.reading(bits))
                .collect(),
            input_bits: case.inputs.iter().map(|&bits| dtype.hex(bits)).collect(),
            expected: dtype.reading(case.expected),
            found: dtype.reading(found),
        }
    }
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Example {
            inputs,
            expected,
            found,
            ..
        } = self;
        write!(f, "({}) -> {found}, right is {expected}", inputs.join(", "))
    }
}

impl fmt::Display for Report {
    /// A table: one line an op, dtype and class with anything wrong; then findings and faults.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = |count: fn(&Row) -> usize| self.rows.iter().map(count).sum::<usize>();
        let (cases, wrong) = (total(|row| row.cases), total(|row| row.wrong));
        let name = &self.implementation;
        write!(f, "{name}: {wrong} of {cases} results have wrong bits")?;
        match total(|row| row.other_nan) {
            0 => {}
            count => write!(f, ", {count} are NaN but not the canonical one")?,
        }
        match self.skipped {
            0 => writeln!(f)?,
            count => writeln!(f, "; {count} cases skipped, which it does not accept")?,
        }
        for row in self.rows.iter().filter(|row| row.wrong + row.other_nan > 0) {
            let percent = 100.0 * row.wrong as f64 / row.cases as f64;
            let Row {
                function,
                dtype,
                class,
                cases,
                worst_ulp,
                ..
            } = row;
            write!(
                f,
                "{function} {dtype} {class}: {percent:.1} % of {cases} wrong, worst {worst_ulp} ulp"
            )?;
            for (count, what) in [
                (row.wrong_special, "wrong NaN or infinity"),
                (row.wrong_zero_sign, "wrong sign of zero"),
                (row.other_nan, "NaN not canonical"),
            ] {
                if count > 0 {
                    write!(f, ", {count} {what}")?;
                }
            }
            match &row.worst {
                Some(example) => writeln!(f, ": {example}")?,
                None => writeln!(f)?,
            }
        }
        for Finding {
            function,
            dtype,
            failure,
        } in &self.findings
        {
            writeln!(f, "{function} {dtype}: {failure}")?;
        }
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        Ok(())
    }
}

/// True if the error is below half of the right value.
fn is_close(right: f64, wrong: f64) -> bool {
    // Scaled, for halves of the largest numbers to be finite and those of the smallest to be exact.
    let scale = if right.abs().max(wrong.abs()) < 1.0 {
        2f64.powi(60)
    } else {
        0.25
    };
    let (right, wrong) = (right * scale, wrong * scale);
    (wrong - right).abs() < right.abs() / 2.0
}

fn not_judged(message: String) -> Failure {
    Failure {
        kind: FailureKind::NotJudged,
        message,
    }
}

/// Sorts answers into one row a class.
fn rows(cases: &[Case], answers: &[u64]) -> Vec<Row> {
    let mut rows: BTreeMap<Class, Row> = BTreeMap::new();
    for (case, &found) in cases.iter().zip(answers) {
        let row = rows.entry(case.class).or_insert_with(|| Row {
            function: case.function.clone(),
            dtype: case.dtype,
            class: case.class,
            cases: 0,
            wrong: 0,
            lost: 0,
            wrong_special: 0,
            wrong_zero_sign: 0,
            other_nan: 0,
            worst_ulp: 0,
            worst: None,
        });
        row.count(case, found);
    }
    rows.into_values().collect()
}

fn as_text<S: serde::Serializer>(
    value: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests {
    use super::is_close;

    #[test]
    fn digits_are_left_below_half_of_the_value_at_either_end_of_the_range() {
        let (tiny, huge) = (f64::from_bits(1), f64::MAX);
        let table = [
            (1.0, 1.49, true),
            (1.0, 1.5, false),
            (1.0, 0.51, true),
            (3.0 * tiny, 4.0 * tiny, true),
            (3.0 * tiny, 2.0 * tiny, true),
            (2.0 * tiny, 3.0 * tiny, false),
            (tiny, 2.0 * tiny, false),
            (5.0 * tiny, 3.0 * tiny, true),
            (5.0 * tiny, 2.0 * tiny, false),
            (tiny, huge, false),
            (huge, tiny, false),
            (huge, 0.6 * huge, true),
            (huge, -huge, false),
            (0.0, tiny, false),
            (1.0, f64::NAN, false),
            (1.0, f64::INFINITY, false),
            (f64::INFINITY, 1.0, false),
        ];
        for (right, wrong, expected) in table {
            assert_eq!(is_close(right, wrong), expected, "{right:e} {wrong:e}");
        }
    }
}
