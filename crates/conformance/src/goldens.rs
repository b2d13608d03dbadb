//! Golden vectors: the hand-picked cases as plain JSON files that any project can vendor.
//!
//! One file an op, one line a case. The schema is described in `docs/conformance-protocol.md`;
//! [`generate`] makes the files, [`check`] proves that stored ones are what the formulas give.
//!
//! ```
//! use conformance::{Function, goldens};
//!
//! let files = goldens::generate(Function::all())?;
//! assert_eq!(files.len(), Function::all().len());
//! for case in goldens::read(&files["math.exp.json"])? {
//!     println!("{} {:x?} -> {:#x}: {}", case.dtype, case.inputs, case.expected, case.reason);
//! }
//! # Ok::<(), conformance::ConformanceError>(())
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Case, ConformanceError, DType, Function, cases};

/// Version of the files' schema.
pub const SCHEMA: u32 = 1;

/// Random cases of each class beside the hand-picked ones.
const RANDOM: usize = 2;

/// The fields before a file's cases.
#[derive(Serialize)]
struct Header<'a> {
    schema: u32,
    op: &'a str,
    arguments: &'a [String],
    formula: &'a str,
}

/// One line of a file.
#[derive(Serialize, Deserialize)]
struct Line {
    dtype: String,
    class: String,
    inputs: Vec<String>,
    expected: String,
    /// `inputs -> expected` in decimal, for people: the bits are what counts.
    reading: String,
    reason: String,
}

/// A file as it is read back.
#[derive(Deserialize)]
struct File {
    schema: u32,
    op: String,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    formula: String,
    cases: Vec<Line>,
}

impl File {
    /// The op: known here, or stated by the file.
    fn function(&self) -> Result<Function, ConformanceError> {
        self.op.parse().or_else(|unknown| {
            if self.formula.is_empty() {
                return Err(unknown);
            }
            let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
            Function::stated(&self.op, &arguments, &self.formula)
        })
    }
}

/// The known ops, and those that golden files in `directory` state, by their names.
pub fn functions_in(directory: &Path) -> Vec<Function> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let texts = entries.filter_map(|entry| fs::read_to_string(entry.path()).ok());
    let files = texts.filter_map(|text| serde_json::from_str::<File>(&text).ok());
    let stated = files.filter_map(|file| file.function().ok());
    let mut stated: Vec<Function> = stated.filter(|function| !function.is_known()).collect();
    stated.sort();
    Function::all().iter().cloned().chain(stated).collect()
}

/// Makes the golden files of these ops: their text by their name.
///
/// # Errors
/// Only if the oracle fails, which is a defect of this crate.
pub fn generate(functions: &[Function]) -> Result<BTreeMap<String, String>, ConformanceError> {
    functions
        .iter()
        .map(|function| Ok((format!("{}.json", function.op()), file(function)?)))
        .collect()
}

/// Writes the golden files of these ops into `directory`, which is made if need be.
///
/// # Errors
/// [`ConformanceError::Io`] if a file cannot be written.
pub fn write(directory: &Path, functions: &[Function]) -> Result<(), ConformanceError> {
    let failed = |source| ConformanceError::Io {
        action: "write golden files to",
        path: directory.to_owned(),
        source,
    };
    fs::create_dir_all(directory).map_err(failed)?;
    for (name, text) in generate(functions)? {
        fs::write(directory.join(name), text).map_err(failed)?;
    }
    Ok(())
}

/// Proves that the files in `directory` are, byte for byte, what the formulas of these ops give.
///
/// # Errors
/// [`ConformanceError::StaleGoldens`] names files that differ, are missing or do not belong, files
/// with other extensions and directories included;
/// [`ConformanceError::Io`] if the directory cannot be read.
pub fn check(directory: &Path, functions: &[Function]) -> Result<(), ConformanceError> {
    let failed = |source| ConformanceError::Io {
        action: "read golden files in",
        path: directory.to_owned(),
        source,
    };
    let expected = generate(functions)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_string_lossy();
        if !expected.contains_key(&*name) {
            files.push(format!("{name} (belongs to no op: remove it)"));
        }
    }
    for (name, text) in expected {
        // As bytes: text that is not UTF-8 is another text, not a missing one.
        match fs::read(directory.join(&name)) {
            Ok(stored) if stored == text.as_bytes() => {}
            Ok(_) => files.push(format!("{name} (differs)")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                files.push(format!("{name} (missing)"));
            }
            Err(error) => files.push(format!("{name} (cannot be read: {error})")),
        }
    }
    if files.is_empty() {
        return Ok(());
    }
    files.sort();
    Err(ConformanceError::StaleGoldens {
        directory: directory.to_owned(),
        files,
    })
}

/// Reads the cases of a golden file. An op that this crate does not know is
/// [stated](Function::stated) by the file.
///
/// # Errors
/// [`ConformanceError::Json`] if the text is not of the schema; unknown names and misfitting
/// bits are errors of their own.
pub fn read(text: &str) -> Result<Vec<Case>, ConformanceError> {
    let malformed = |message: String| ConformanceError::Json {
        what: "a golden file".into(),
        message,
    };
    let file: File = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    if file.schema != SCHEMA {
        return Err(malformed(format!(
            "schema {} is not {SCHEMA}, the one known here",
            file.schema
        )));
    }
    let function = file.function()?;
    let case = |line: Line| {
        let dtype: DType = line.dtype.parse()?;
        let bits = |text: &String| {
            let wrong = || malformed(format!("{text:?} is not a hexadecimal {dtype}"));
            dtype.parse_hex(text).ok_or_else(wrong)
        };
        let inputs: Vec<u64> = line.inputs.iter().map(bits).collect::<Result<_, _>>()?;
        function.check_arity(inputs.len())?;
        let expected = bits(&line.expected)?;
        let class = line.class.parse()?;
        Ok(Case {
            function: function.clone(),
            dtype,
            class,
            reason: line.reason,
            inputs,
            expected,
        })
    };
    file.cases.into_iter().map(case).collect()
}

fn file(function: &Function) -> Result<String, ConformanceError> {
    let header = Header {
        schema: SCHEMA,
        op: function.op(),
        arguments: function.arguments(),
        formula: function.formula(),
    };
    let header = json(&header)?;
    let mut lines = Vec::new();
    for dtype in DType::ALL {
        for case in cases(function, dtype, RANDOM)? {
            lines.push(json(&line(&case))?);
        }
    }
    let opened = header.strip_suffix('}').unwrap_or(&header);
    Ok(format!(
        "{opened},\"cases\":[\n{}\n]}}\n",
        lines.join(",\n")
    ))
}

fn line(case: &Case) -> Line {
    let dtype = case.dtype;
    Line {
        dtype: dtype.name().to_owned(),
        class: case.class.name().to_owned(),
        inputs: case.inputs.iter().map(|&bits| dtype.hex(bits)).collect(),
        expected: dtype.hex(case.expected),
        reading: reading(case),
        reason: case.reason.clone(),
    }
}

fn reading(case: &Case) -> String {
    let inputs: Vec<String> = case
        .inputs
        .iter()
        .map(|&bits| case.dtype.reading(bits))
        .collect();
    format!(
        "({}) -> {}",
        inputs.join(", "),
        case.dtype.reading(case.expected)
    )
}

fn json(value: &impl Serialize) -> Result<String, ConformanceError> {
    serde_json::to_string(value).map_err(|error| ConformanceError::Json {
        what: "own output".into(),
        message: error.to_string(),
    })
}
