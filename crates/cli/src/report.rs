//! What a run found, as text or as one JSON object.

use std::fmt::Write;

use ops_nn::Op;
use ops_nn::tensor_core::{DType, DynTensor, Shape};
use serde::Serialize;

use crate::cli::Reduction;
use crate::error::CliError;
use crate::sink::Written;
use crate::summary::{Extreme, Summary};

/// The findings of a run.
pub(crate) struct Report<'a> {
    pub(crate) op: Op<'a>,
    pub(crate) shape: &'a Shape,
    pub(crate) summary: &'a Summary,
    pub(crate) reduction: Reduction,
    /// The sum or mean that was asked for.
    pub(crate) reduced: Option<&'a DynTensor<'static>>,
    pub(crate) warnings: &'a [String],
    pub(crate) written: &'a [Written],
}

/// What is told of a tensor.
pub(crate) struct Findings<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) summary: &'a Summary,
}

impl Report<'_> {
    fn findings(&self) -> Findings<'_> {
        Findings {
            shape: self.shape,
            summary: self.summary,
        }
    }

    /// One line per finding.
    pub(crate) fn text(&self) -> Result<String, CliError> {
        let (name, found_by) = (self.op.definition().name(), self.op.name());
        let mut lines = vec![("op", name.to_owned()), ("found by", found_by.to_owned())];
        lines.extend(self.findings().lines()?);
        if let Some(reduced) = self.reduced {
            let label = self.reduction.name();
            lines.push(("reduction", format!("{label} = {}", shown(reduced))));
        }
        lines.extend(self.written.iter().map(wrote));
        Ok(in_columns(&lines))
    }

    /// One JSON object on one line.
    pub(crate) fn json(&self) -> Result<String, CliError> {
        let object = Object {
            op: self.op.definition().name(),
            found_by: self.op.name(),
            findings: self.findings().object()?,
            reduction: self.reduction.name(),
            reduced: self.reduced.map(JsonValue::of),
            warnings: self.warnings,
            outputs: self.written.iter().map(JsonOutput::of).collect(),
        };
        Ok(to_json(&object))
    }
}

impl<'a> Findings<'a> {
    /// A label and a text per finding.
    pub(crate) fn lines(&self) -> Result<Vec<(&'static str, String)>, CliError> {
        let summary = self.summary;
        let mut lines = vec![("dtype", summary.dtype().to_string())];
        lines.push(("shape", self.shape.to_string()));
        lines.push(("count", summary.count().to_string()));
        if summary.nan_count() > 0 {
            lines.push(("NaN", summary.nan_count().to_string()));
        }
        if summary.dtype() == DType::Bool {
            lines.push(("true", summary.true_count().to_string()));
        }
        let mean = summary.mean()?;
        for (label, value) in [("sum", summary.sum()), ("mean", mean)] {
            lines.extend(value.map(|value| (label, shown(&value))));
        }
        for (label, extreme) in [("min", summary.min()), ("max", summary.max())] {
            lines.extend(extreme.map(|extreme| (label, self.shown_extreme(extreme))));
        }
        lines.push(("first", summary.first().to_string()));
        Ok(lines)
    }

    /// The same as fields of a JSON object.
    pub(crate) fn object(&self) -> Result<JsonFindings<'a>, CliError> {
        let summary = self.summary;
        let (sum, mean) = (summary.sum(), summary.mean()?);
        let is_bool = summary.dtype() == DType::Bool;
        Ok(JsonFindings {
            dtype: summary.dtype().name(),
            shape: self.shape.dims(),
            count: summary.count(),
            nan_count: summary.nan_count(),
            true_count: is_bool.then_some(summary.true_count()),
            sum: sum.as_ref().map(JsonNumber::of),
            sum_bits: sum.as_ref().map(bits),
            mean: mean.as_ref().map(JsonNumber::of),
            mean_bits: mean.as_ref().map(bits),
            min: summary.min().map(|min| self.json_extreme(min)),
            max: summary.max().map(|max| self.json_extreme(max)),
            first: self.json_first(),
        })
    }

    fn shown_extreme(&self, extreme: Extreme) -> String {
        let value = DynTensor::scalar(self.summary.dtype(), extreme.value);
        let index = index(self.shape, extreme.position);
        format!("{} at {index:?}", shown(&value))
    }

    fn json_extreme(&self, extreme: Extreme) -> JsonExtreme {
        let value = DynTensor::scalar(self.summary.dtype(), extreme.value);
        JsonExtreme {
            value: JsonValue::of(&value),
            index: index(self.shape, extreme.position),
        }
    }

    fn json_first(&self) -> Vec<JsonElement> {
        let first = self.summary.first();
        let values = (0..first.len()).filter_map(|at| first.get_f64(at));
        values
            .map(|value| match self.summary.dtype() {
                DType::Bool => JsonElement::Flag(value != 0.0),
                _ => JsonElement::Number(JsonNumber::new(value)),
            })
            .collect()
    }
}

/// The line that tells of an output.
pub(crate) fn wrote(written: &Written) -> (&'static str, String) {
    ("wrote", shown_file(written))
}

/// Labels and what they label, in two columns.
pub(crate) fn in_columns(lines: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (label, value) in lines {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{label:<10}{value}");
    }
    text
}

/// An object as one line of JSON.
pub(crate) fn to_json(object: &impl Serialize) -> String {
    // Keys are strings and numbers are finite, so this does not fail.
    let mut text = serde_json::to_string(object).unwrap_or_default();
    text.push('\n');
    text
}

/// The result of a run; the fields' meaning is documented in `opsnn run --help`.
#[derive(Serialize)]
struct Object<'a> {
    op: &'a str,
    found_by: &'a str,
    #[serde(flatten)]
    findings: JsonFindings<'a>,
    reduction: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reduced: Option<JsonValue>,
    warnings: &'a [String],
    outputs: Vec<JsonOutput<'a>>,
}

/// What is told of a tensor.
#[derive(Serialize)]
pub(crate) struct JsonFindings<'a> {
    dtype: &'a str,
    shape: &'a [usize],
    count: usize,
    nan_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    true_count: Option<usize>,
    sum: Option<JsonNumber>,
    sum_bits: Option<String>,
    mean: Option<JsonNumber>,
    mean_bits: Option<String>,
    min: Option<JsonExtreme>,
    max: Option<JsonExtreme>,
    first: Vec<JsonElement>,
}

#[derive(Serialize)]
struct JsonValue {
    value: JsonNumber,
    bits: String,
}

#[derive(Serialize)]
struct JsonExtreme {
    #[serde(flatten)]
    value: JsonValue,
    index: Vec<usize>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonElement {
    Flag(bool),
    Number(JsonNumber),
}

/// A number as a double, which every dtype's values are; JSON has no NaN and no infinities, so those
/// are texts.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum JsonNumber {
    Finite(f64),
    Other(&'static str),
}

#[derive(Serialize)]
pub(crate) struct JsonOutput<'a> {
    content: &'a str,
    file: String,
    dtype: &'a str,
    shape: &'a [usize],
}

impl JsonNumber {
    pub(crate) fn new(value: f64) -> Self {
        if value.is_finite() {
            Self::Finite(value)
        } else if value.is_nan() {
            Self::Other("NaN")
        } else if value > 0.0 {
            Self::Other("Infinity")
        } else {
            Self::Other("-Infinity")
        }
    }

    fn of(scalar: &DynTensor<'_>) -> Self {
        Self::new(scalar.get_f64(0).unwrap_or(f64::NAN))
    }
}

impl JsonValue {
    fn of(scalar: &DynTensor<'_>) -> Self {
        Self {
            value: JsonNumber::of(scalar),
            bits: bits(scalar),
        }
    }
}

impl<'a> JsonOutput<'a> {
    pub(crate) fn of(written: &'a Written) -> Self {
        Self {
            content: &written.content,
            file: written.path.display().to_string(),
            dtype: written.dtype.name(),
            shape: written.shape.dims(),
        }
    }
}

/// The shortest decimal, and the bits.
fn shown(scalar: &DynTensor<'_>) -> String {
    format!("{scalar} ({})", bits(scalar))
}

fn shown_file(written: &Written) -> String {
    let Written {
        content,
        path,
        dtype,
        shape,
    } = written;
    format!("{} ({content}, {dtype}, shape {shape})", path.display())
}

/// The bits of a scalar in its dtype's width.
fn bits(scalar: &DynTensor<'_>) -> String {
    let digits = scalar.dtype().size_of() * 2;
    let bits = scalar.get_bits(0).unwrap_or_default();
    format!("0x{bits:0digits$x}")
}

/// The index, one coordinate per dimension, of a position in row-major order.
fn index(shape: &Shape, position: usize) -> Vec<usize> {
    let mut rest = position;
    let mut index: Vec<usize> = shape
        .dims()
        .iter()
        .rev()
        .map(|&dim| {
            let coordinate = rest % dim.max(1);
            rest /= dim.max(1);
            coordinate
        })
        .collect();
    index.reverse();
    index
}
