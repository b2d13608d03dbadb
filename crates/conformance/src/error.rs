//! What can go wrong when the judge is asked something it cannot answer.

use std::path::PathBuf;

use crate::Function;

/// An error of this crate; every message says what was expected, what was found and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConformanceError {
    /// An op was given too few or too many inputs.
    #[error("{op} takes {expected} inputs ({arguments}), found {found}: give one value each", arguments = arguments.join(", "))]
    Arity {
        /// Registry name of the op.
        op: String,
        /// Its arguments, in order.
        arguments: Vec<String>,
        /// Number of arguments.
        expected: usize,
        /// Number of inputs given.
        found: usize,
    },
    /// A bit pattern has bits above the width of its dtype.
    #[error(
        "bits {found:#x} do not fit {dtype}, expected at most {width} bits: mask the upper bits or name a wider dtype"
    )]
    Width {
        /// Name of the dtype.
        dtype: &'static str,
        /// Its width in bits.
        width: u32,
        /// The offending pattern.
        found: u64,
    },
    /// No function has this name.
    #[error("unknown op {found:?}, expected one of {expected}", expected = expected.join(", "))]
    UnknownOp {
        /// The name given.
        found: String,
        /// All names.
        expected: Vec<String>,
    },
    /// An op cannot be stated with so many arguments.
    #[error("{op}: expected 1 to {most} arguments, found {found}")]
    Arguments {
        /// The name given.
        op: String,
        /// Number of arguments.
        found: usize,
        /// The most that an op may have.
        most: usize,
    },
    /// A formula cannot name this argument, or would take the name for something else.
    #[error(
        "{op}: a formula cannot read {found:?} as an argument: expected letters, digits and '_' after a letter, and neither a function nor another argument of that name"
    )]
    ArgumentName {
        /// The name of the op.
        op: String,
        /// The name of the argument.
        found: String,
    },
    /// An op with this name is known and cannot be stated.
    #[error("{op} is known here with its own formula: use that, or state yours under another name")]
    KnownOp {
        /// The name given.
        op: String,
    },
    /// No dtype has this name.
    #[error("unknown dtype {found:?}, expected f16, bf16, f32 or f64")]
    UnknownDType {
        /// The name given.
        found: String,
    },
    /// No class of cases has this name.
    #[error("unknown class {found:?}, expected one of those in `Class::ALL`, as in \"tail\"")]
    UnknownClass {
        /// The name given.
        found: String,
    },
    /// A formula that cannot be read.
    #[error(
        "cannot read the formula {formula:?} at character {position}: expected {expected}, found {found}"
    )]
    Formula {
        /// The text.
        formula: String,
        /// Where reading stopped, counted in characters from 1.
        position: usize,
        /// What would be valid there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A decimal reading of no digits, or of more digits than are served.
    #[error("cannot give {found} digits, expected 1 to {most}")]
    Digits {
        /// The number asked for.
        found: usize,
        /// The largest number served.
        most: usize,
    },
    /// The arbitrary-precision evaluation ended without a proof.
    #[error(
        "{op} is undecided at {precision} bits for inputs {inputs:?}: {advice}",
        advice = advice_if_undecided(op)
    )]
    Undecided {
        /// Registry name of the op.
        op: String,
        /// The inputs, as exact doubles.
        inputs: Vec<f64>,
        /// The last precision tried.
        precision: usize,
    },
    /// A file or directory that cannot be read or written.
    #[error("cannot {action} {} (check that it exists and that you may)", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// JSON that is not what its schema says.
    #[error("cannot read {what}: {message}")]
    Json {
        /// Which document.
        what: String,
        /// What is wrong, and where.
        message: String,
    },
    /// Stored golden files that are not what the formulas give.
    #[error("golden files in {} are not what the formulas give: {}; run `cargo xtask goldens` in this repository (elsewhere `conformance goldens {}`), which writes files and removes none, and review the difference", directory.display(), files.join(", "), directory.display())]
    StaleGoldens {
        /// Their directory.
        directory: PathBuf,
        /// The files, each with what is wrong.
        files: Vec<String>,
    },
}

/// The known functions are decided everywhere, stated ones are not.
fn advice_if_undecided(op: &str) -> &'static str {
    if Function::known(op).is_ok() {
        "expected a proof at every input of a known op: a defect of the oracle, please report it"
    } else {
        "the value of a stated formula may be exactly on a rounding boundary, or its exponentials \
         too large: leave this input out, or state the formula with fewer transcendental terms"
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::goldens;

    /// A message must not repeat what `source` says: `anyhow` and others print the chain.
    #[test]
    fn a_cause_is_in_the_chain_once() {
        let missing = std::path::Path::new("no/such/directory");
        let error = goldens::check(missing, &Function::all()[..1]).unwrap_err();
        let cause = error.source().expect("a cause").to_string();
        let message = error.to_string();
        assert!(message.contains("no/such/directory"), "{message}");
        assert!(!message.contains(&cause), "{message} repeats {cause}");
        assert!(error.source().and_then(Error::source).is_none());
    }
}
