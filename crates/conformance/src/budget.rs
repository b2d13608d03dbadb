//! Budgets: the largest error that an implementation is allowed, op by op and dtype by dtype.
//!
//! A budget is exhaustive and exact: a pair that is judged and has no row fails, so does a row
//! that allows more than is needed. Wrong special values are never allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::suite::{Failure, Finding};
use crate::{ConformanceError, DType, Function, Report};

/// Allowed errors in ulp, by op and dtype.
///
/// ```
/// use conformance::{Budget, DType, NaiveImplementation, Function, Suite};
///
/// let exp = Function::known("math.exp")?;
/// let suite = Suite::new().random(10).functions([exp]).dtypes([DType::F32]);
/// let report = suite.judge(&mut NaiveImplementation)?;
/// let budget = Budget::read(r#"{"schema": 1, "allowed": {"math.exp": {"f32": 2}}}"#)?;
/// let verdict = budget.verdict(&report).to_string();
/// assert_eq!(verdict, "math.exp f32: 0 ulp, but 2 are allowed: lower the row to 0\n");
/// assert!(Budget::measured(&report).verdict(&report).is_passed());
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Budget {
    rows: BTreeMap<(Function, DType), u64>,
}

/// The form of a budget file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    /// op → dtype → ulp
    allowed: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Version of the budget file's schema.
const SCHEMA: u32 = 1;

impl Budget {
    /// Reads a budget file: `{"schema": 1, "allowed": {"math.exp": {"f32": 1, …}, …}}`.
    ///
    /// # Errors
    /// [`ConformanceError::Json`] if the text is not of that form; unknown names are errors of
    /// their own.
    pub fn read(text: &str) -> Result<Budget, ConformanceError> {
        Self::read_for(text, Function::all())
    }

    /// Reads a budget file for these ops, [stated](Function::stated) ones perhaps among them.
    ///
    /// # Errors
    /// As [`Budget::read`]; an op that is not among these is unknown.
    pub fn read_for(text: &str, functions: &[Function]) -> Result<Budget, ConformanceError> {
        let malformed = |message: String| ConformanceError::Json {
            what: "a budget".into(),
            message,
        };
        let file: File =
            serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        if file.schema != SCHEMA {
            return Err(malformed(format!(
                "schema {} is not {SCHEMA}, the one known here",
                file.schema
            )));
        }
        let mut rows = BTreeMap::new();
        for (op, dtypes) in file.allowed {
            let function = Function::among(functions, &op)?;
            for (dtype, ulp) in dtypes {
                rows.insert((function.clone(), dtype.parse()?), ulp);
            }
        }
        Ok(Budget { rows })
    }

    /// The smallest budget that a report fits.
    pub fn measured(report: &Report) -> Budget {
        let rows = report
            .merged()
            .into_iter()
            .map(|(pair, row)| (pair, row.worst_ulp))
            .collect();
        Budget { rows }
    }

    /// The budget as a file that [`Budget::read`] reads.
    pub fn to_json(&self) -> String {
        let mut lines = Vec::new();
        let functions: BTreeSet<&Function> = self.rows.keys().map(|pair| &pair.0).collect();
        for function in functions {
            let cells: Vec<String> = DType::ALL
                .into_iter()
                .filter_map(|dtype| {
                    Some(format!("\"{dtype}\": {}", self.allowed(function, dtype)?))
                })
                .collect();
            if !cells.is_empty() {
                lines.push(format!("    \"{function}\": {{ {} }}", cells.join(", ")));
            }
        }
        format!(
            "{{\n  \"schema\": {SCHEMA},\n  \"allowed\": {{\n{}\n  }}\n}}\n",
            lines.join(",\n")
        )
    }

    /// The allowed error, if there is a row.
    pub fn allowed(&self, function: &Function, dtype: DType) -> Option<u64> {
        self.rows.get(&(function.clone(), dtype)).copied()
    }

    /// Holds a report against the budget.
    pub fn verdict(&self, report: &Report) -> Verdict {
        let mut violations = Vec::new();
        let mut add = |pair: Option<&(Function, DType)>, kind| {
            let pair = pair.cloned();
            violations.push(Violation { pair, kind });
        };
        for Finding {
            function,
            dtype,
            failure,
        } in &report.findings
        {
            let pair = (function.clone(), *dtype);
            add(Some(&pair), ViolationKind::Failed(failure.clone()));
        }
        for fault in &report.faults {
            add(None, ViolationKind::Failed(fault.clone()));
        }
        let merged = report.merged();
        for (pair, row) in &merged {
            let found = row.worst_ulp;
            match self.allowed(&pair.0, pair.1) {
                None => add(Some(pair), ViolationKind::Missing { found }),
                Some(allowed) if found > allowed => {
                    let worst = row.worst.as_ref().map(ToString::to_string);
                    let worst = worst.unwrap_or_default();
                    add(
                        Some(pair),
                        ViolationKind::Exceeded {
                            allowed,
                            found,
                            worst,
                        },
                    );
                }
                Some(allowed) if found < allowed => {
                    add(Some(pair), ViolationKind::Stale { allowed, found });
                }
                Some(_) => {}
            }
            let count = row.wrong_special + row.wrong_zero_sign + row.other_nan;
            if count > 0 {
                add(Some(pair), ViolationKind::Special { count });
            }
        }
        for pair in self.rows.keys() {
            let mut findings = report.findings.iter();
            let is_found =
                findings.any(|found| (&found.function, found.dtype) == (&pair.0, pair.1));
            if !merged.contains_key(pair) && !is_found {
                add(Some(pair), ViolationKind::NotJudged);
            }
        }
        Verdict { violations }
    }
}

/// What a report does against its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    /// Every violation; none means passed.
    pub violations: Vec<Violation>,
}

impl Verdict {
    /// True if nothing is violated.
    pub fn is_passed(&self) -> bool {
        self.violations.is_empty()
    }
}

/// One way in which a report does not fit its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The op and the dtype; `None` for a fault of the report.
    pub pair: Option<(Function, DType)>,
    /// What is wrong.
    pub kind: ViolationKind,
}

/// What can be wrong with an op and dtype. Errors are in ulp.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "the fields are the allowed error, the one found, and its case"
)]
pub enum ViolationKind {
    /// The error is larger than allowed.
    Exceeded {
        allowed: u64,
        found: u64,
        worst: String,
    },
    /// The error is smaller than allowed: the row is stale.
    Stale { allowed: u64, found: u64 },
    /// A pair that was judged has no row.
    Missing { found: u64 },
    /// A row whose pair was not judged.
    NotJudged,
    /// So many wrong or non-canonical NaNs, wrong infinities, wrong signs of zero.
    Special { count: usize },
    /// There are no results, or the report has a fault.
    Failed(Failure),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((function, dtype)) = &self.pair {
            write!(f, "{function} {dtype}: ")?;
        }
        match &self.kind {
            ViolationKind::Exceeded {
                allowed,
                found,
                worst,
            } => {
                write!(f, "{found} ulp, allowed {allowed}: {worst}")
            }
            ViolationKind::Stale { allowed, found } => {
                write!(
                    f,
                    "{found} ulp, but {allowed} are allowed: lower the row to {found}"
                )
            }
            ViolationKind::Missing { found } => write!(f, "{found} ulp, but no row: add one"),
            ViolationKind::NotJudged => {
                f.write_str("a row, but not judged: remove it or support the op")
            }
            ViolationKind::Special { count } => {
                write!(f, "{count} wrong NaNs, infinities or signs of zero")
            }
            ViolationKind::Failed(failure) => failure.fmt(f),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_passed() {
            return writeln!(f, "within budget");
        }
        self.violations
            .iter()
            .try_for_each(|violation| writeln!(f, "{violation}"))
    }
}
