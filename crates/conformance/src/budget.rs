//! Budgets: the largest error that an implementation is allowed, op by op and dtype by dtype.
//!
//! A budget is exhaustive and exact: a pair that is judged and has no row fails, so does a row
//! that allows more than is needed. Wrong special values are never allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::suite::{Failure, Finding};
use crate::{ConformanceError, DType, Quantity, Report};

/// Allowed errors in ulp, by op and dtype.
///
/// ```
/// use conformance::{Budget, DType, NaiveImplementation, Quantity, Suite};
///
/// let suite = Suite::new().random(10).quantities([Quantity::Exp]).dtypes([DType::F32]);
/// let report = suite.judge(&mut NaiveImplementation)?;
/// let budget = Budget::read(r#"{"schema": 1, "allowed": {"math.exp": {"f32": 2}}}"#)?;
/// let verdict = budget.verdict(&report).to_string();
/// assert_eq!(verdict, "math.exp f32: 0 ulp, but 2 are allowed: lower the row to 0\n");
/// assert!(Budget::measured(&report).verdict(&report).is_passed());
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Budget {
    rows: BTreeMap<(Quantity, DType), u64>,
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
        Self::read_for(text, &Quantity::ALL)
    }

    /// Reads a budget file for these ops, [stated](Quantity::stated) ones perhaps among them.
    ///
    /// # Errors
    /// As [`Budget::read`]; an op that is not among these is unknown.
    pub fn read_for(text: &str, quantities: &[Quantity]) -> Result<Budget, ConformanceError> {
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
            let quantity = Quantity::among(quantities, &op)?;
            for (dtype, ulp) in dtypes {
                rows.insert((quantity, dtype.parse()?), ulp);
            }
        }
        Ok(Budget { rows })
    }

    /// Allows no error for those of these ops and dtypes that have no row.
    #[must_use]
    pub fn or_exact(mut self, quantities: &[Quantity]) -> Self {
        for &quantity in quantities {
            for dtype in DType::ALL {
                self.rows.entry((quantity, dtype)).or_insert(0);
            }
        }
        self
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
        let quantities: BTreeSet<Quantity> = self.rows.keys().map(|pair| pair.0).collect();
        for quantity in quantities {
            let cells: Vec<String> = DType::ALL
                .into_iter()
                .filter_map(|dtype| {
                    Some(format!("\"{dtype}\": {}", self.allowed(quantity, dtype)?))
                })
                .collect();
            if !cells.is_empty() {
                lines.push(format!("    \"{quantity}\": {{ {} }}", cells.join(", ")));
            }
        }
        format!(
            "{{\n  \"schema\": {SCHEMA},\n  \"allowed\": {{\n{}\n  }}\n}}\n",
            lines.join(",\n")
        )
    }

    /// The allowed error, if there is a row.
    pub fn allowed(&self, quantity: Quantity, dtype: DType) -> Option<u64> {
        self.rows.get(&(quantity, dtype)).copied()
    }

    /// Holds a report against the budget.
    pub fn verdict(&self, report: &Report) -> Verdict {
        let findings = report.findings.iter().cloned().map(Violation::Finding);
        let faults = report.faults.iter().cloned().map(Violation::Fault);
        let mut violations: Vec<Violation> = findings.chain(faults).collect();
        let merged = report.merged();
        for (&(quantity, dtype), row) in &merged {
            let found = row.worst_ulp;
            match self.allowed(quantity, dtype) {
                None => violations.push(Violation::Missing {
                    quantity,
                    dtype,
                    found,
                }),
                Some(allowed) if found > allowed => {
                    let worst = row
                        .worst
                        .as_ref()
                        .map_or_else(String::new, ToString::to_string);
                    violations.push(Violation::Exceeded {
                        quantity,
                        dtype,
                        allowed,
                        found,
                        worst,
                    });
                }
                Some(allowed) if found < allowed => {
                    violations.push(Violation::Stale {
                        quantity,
                        dtype,
                        allowed,
                        found,
                    });
                }
                Some(_) => {}
            }
            let special = row.wrong_special + row.wrong_zero_sign + row.other_nan;
            if special > 0 {
                violations.push(Violation::Special {
                    quantity,
                    dtype,
                    count: special,
                });
            }
        }
        for &(quantity, dtype) in self.rows.keys() {
            let is_found = report
                .findings
                .iter()
                .any(|finding| (finding.quantity, finding.dtype) == (quantity, dtype));
            if !merged.contains_key(&(quantity, dtype)) && !is_found {
                violations.push(Violation::NotJudged { quantity, dtype });
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
        quantity: Quantity,
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
        quantity: Quantity,
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
        quantity: Quantity,
        /// The dtype.
        dtype: DType,
        /// The error found, in ulp.
        found: u64,
    },
    /// A row whose pair was not judged.
    NotJudged {
        /// The op.
        quantity: Quantity,
        /// The dtype.
        dtype: DType,
    },
    /// Wrong or non-canonical NaN, wrong infinities, wrong signs of zero.
    Special {
        /// The op.
        quantity: Quantity,
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
                quantity,
                dtype,
                allowed,
                found,
                worst,
            } => {
                write!(
                    f,
                    "{quantity} {dtype}: {found} ulp, allowed {allowed}: {worst}"
                )
            }
            Violation::Stale {
                quantity,
                dtype,
                allowed,
                found,
            } => write!(
                f,
                "{quantity} {dtype}: {found} ulp, but {allowed} are allowed: lower the row to {found}"
            ),
            Violation::Missing {
                quantity,
                dtype,
                found,
            } => {
                write!(f, "{quantity} {dtype}: {found} ulp, but no row: add one")
            }
            Violation::NotJudged { quantity, dtype } => {
                write!(
                    f,
                    "{quantity} {dtype}: a row, but not judged: remove it or support the op"
                )
            }
            Violation::Special {
                quantity,
                dtype,
                count,
            } => {
                write!(
                    f,
                    "{quantity} {dtype}: {count} wrong NaNs, infinities or signs of zero"
                )
            }
            Violation::Finding(Finding {
                quantity,
                dtype,
                failure,
            }) => {
                write!(f, "{quantity} {dtype}: {failure}")
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
