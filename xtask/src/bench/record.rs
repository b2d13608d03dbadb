//! A stored run: conditions, and one line for each row, so that a change of the
//! file can be read.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::machine::Conditions;

/// The project's own benchmarks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    #[serde(flatten)]
    pub(crate) conditions: Conditions,
    /// Measured with criterion's `--quick`.
    pub(crate) is_quick: bool,
}

/// One benchmark, in nanoseconds a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) group: String,
    pub(crate) what: String,
    /// Elements.
    pub(crate) count: u64,
    pub(crate) median: f64,
    /// Criterion's interval of confidence for the median.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Row {
    /// Nanoseconds for an element.
    pub(crate) fn per_element(&self) -> f64 {
        self.median / self.count as f64
    }
}

/// What was measured beside other libraries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PeersHead {
    #[serde(flatten)]
    pub(crate) conditions: Conditions,
    /// Rounds in which every contestant had its turn.
    pub(crate) rounds: usize,
    /// Names with versions.
    pub(crate) present: Vec<String>,
    /// Names, and why they did not take part.
    pub(crate) absent: Vec<String>,
}

/// One contestant at one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PeerRow {
    pub(crate) task: String,
    pub(crate) dtype: String,
    pub(crate) threads: usize,
    pub(crate) count: u64,
    pub(crate) contestant: String,
    /// Nanoseconds a call, the median over the rounds.
    pub(crate) median: f64,
    /// The median over the rounds of its time by ours in the same round.
    pub(crate) by_ours: f64,
}

/// A head and its rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record<H, R> {
    #[serde(flatten)]
    pub(crate) head: H,
    pub(crate) rows: Vec<R>,
}

impl<H: Serialize + DeserializeOwned, R: Serialize + DeserializeOwned> Record<H, R> {
    /// Reads a stored run; `None` if there is none yet.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, String> {
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        serde_json::from_str(&text).map(Some).map_err(|error| {
            let path = path.display();
            format!("{path}: not a stored run ({error}); restore it, or delete it and save anew")
        })
    }

    /// The file's text.
    pub(crate) fn to_json(&self) -> Result<String, String> {
        let failed = |error: serde_json::Error| error.to_string();
        let head = serde_json::to_string_pretty(&self.head).map_err(failed)?;
        let rows = self.rows.iter().map(serde_json::to_string);
        let rows = rows.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let head = head.trim_end_matches(['\n', '}']);
        let rows = rows.join(",\n    ");
        Ok(format!("{head},\n  \"rows\": [\n    {rows}\n  ]\n}}\n"))
    }
}

/// Four significant digits: more would only be noise in the stored file.
pub(crate) fn rounded(nanoseconds: f64) -> f64 {
    format!("{nanoseconds:.3e}").parse().unwrap_or(nanoseconds)
}
