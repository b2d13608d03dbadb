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
        let findings = report.findings.iter().cloned().map(Violation::Finding);
        let faults = report.faults.iter().cloned().map(Violation::Fault);
        let mut violations: Vec<Violation> = findings.chain(faults).collect();
        let merged = report.merged();
        for ((function, dtype), row) in &merged {
            let (function, dtype, found) = (function.clone(), *dtype, row.worst_ulp);
            match self.allowed(&function, dtype) {
                None => violations.push(Violation::Missing {
                    function: function.clone(),
                    dtype,
                    found,
                }),
                Some(allowed) if found > allowed => violations.push(Violation::Exceeded {
                    function: function.clone(),
                    dtype,
                    allowed,
                    found,
                    worst: row
                        .worst
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                }),
                Some(allowed) if found < allowed => violations.push(Violation::Stale {
                    function: function.clone(),
                    dtype,
                    allowed,
                    found,
                }),
                Some(_) => {}
            }
            let count = row.wrong_special + row.wrong_zero_sign + row.other_nan;
            if count > 0 {
                violations.push(Violation::Special {
                    function,
                    dtype,
                    count,
                });
            }
        }
        for pair in self.rows.keys() {
            let mut findings = report.findings.iter();
            let is_found =
                findings.any(|found| (&found.function, found.dtype) == (&pair.0, pair.1));
            if !merged.contains_key(pair) && !is_found {
                let (function, dtype) = pair.clone();
                violations.push(Violation::NotJudged { function, dtype });
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
pub enum Violation {
    /// The error is larger than allowed.
    Exceeded {
        /// The op.
        function: Function,
        /// The dtype.
        dtype: DType,
        /// The allowed error in ulp.
        allowed: u64,
        /// The error found, in ulp.
        found: u64,
        /// The case with that error, as text.
        worst: String,
    },
    /// The error is smaller than allowed: the row is stale.
    Stale {
        /// The op.
        function: Function,
        /// The dtype.
        dtype: DType,
        /// The allowed error in ulp.
        allowed: u64,
        /// The error found, in ulp.
        found: u64,
    },
    /// A pair that was judged has no row.
    Missing {
        /// The op.
        function: Function,
        /// The dtype.
        dtype: DType,
        /// The error found, in ulp.
        found: u64,
    },
    /// A row whose pair was not judged.
    NotJudged {
        /// The op.
        function: Function,
        /// The dtype.
        dtype: DType,
    },
    /// Wrong or non-canonical NaN, wrong infinities, wrong signs of zero.
    Special {
        /// The op.
        function: Function,
        /// The dtype.
        dtype: DType,
        /// How many.
        count: usize,
    },
    /// No results of one op and dtype.
    Finding(Finding),
    /// A fault of the report, of no op in particular.
    Fault(Failure),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Exceeded {
                function,
                dtype,
                allowed,
                found,
                worst,
            } => {
                write!(
                    f,
                    "{function} {dtype}: {found} ulp, allowed {allowed}: {worst}"
                )
            }
            Violation::Stale {
                function,
                dtype,
                allowed,
                found,
            } => write!(
                f,
                "{function} {dtype}: {found} ulp, but {allowed} are allowed: lower the row to {found}"
            ),
            Violation::Missing {
                function,
                dtype,
                found,
            } => {
                write!(f, "{function} {dtype}: {found} ulp, but no row: add one")
            }
            Violation::NotJudged { function, dtype } => {
                write!(
                    f,
                    "{function} {dtype}: a row, but not judged: remove it or support the op"
                )
            }
            Violation::Special {
                function,
                dtype,
                count,
            } => {
                write!(
                    f,
                    "{function} {dtype}: {count} wrong NaNs, infinities or signs of zero"
                )
            }
            Violation::Finding(Finding {
                function,
                dtype,
                failure,
            }) => {
                write!(f, "{function} {dtype}: {failure}")
            }
            Violation::Fault(failure) => failure.fmt(f),
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
