//! A column of a `.csv` file whose first row names the columns: text, hence of whatever dtype is
//! asked for.

use ops_nn::tensor_core::{DType, DynTensor, Tensor};

use super::decimal;
use crate::error::CliError;
use crate::value::{self, NotANumber, Place};

/// Reads a column as elements of `dtype`, each rounded once.
pub(super) fn read(place: &Place, dtype: DType) -> Result<DynTensor<'static>, CliError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(place.open()?);
    let names = reader.headers().map_err(|error| broken(place, error))?;
    let names: Vec<String> = names.iter().map(str::to_owned).collect();
    let column = column(place, &names)?;
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(place, error))?;
        let text = record.get(column).unwrap_or_default();
        let value = parse(text, dtype).ok_or_else(|| {
            let line = record.position().map_or(0, csv::Position::line);
            let expected = match value::number(text) {
                Err(NotANumber::TooLarge) => value::IN_RANGE.to_owned(),
                _ => format!("a {dtype}"),
            };
            place.malformed(
                format!("{expected} in column '{}'", names[column]),
                format!("'{text}' in line {line}"),
                "mend the line, or leave it out",
            )
        })?;
        values.push(value);
    }
    Ok(DynTensor::from(Tensor::from(values)).cast(dtype))
}

/// The index of the column named behind the `#`; without a name, the only one.
fn column(place: &Place, names: &[String]) -> Result<usize, CliError> {
    let name = place.item_of("column", names)?;
    let mut found = (0..names.len()).filter(|&index| names[index] == name);
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index),
        (Some(_), Some(_)) => Err(place.malformed(
            format!("one column '{name}'"),
            "several",
            "give the columns different names",
        )),
        (None, _) => Err(CliError::NoSuchItem {
            path: place.path.clone(),
            kind: "column",
            name: name.to_owned(),
            available: super::listed(names),
        }),
    }
}

/// The number as a double that rounds to `dtype` as the text itself does.
fn parse(text: &str, dtype: DType) -> Option<f64> {
    if dtype.is_float() {
        value::number(text).ok()?;
    }
    match dtype {
        DType::Bool => match text {
            "true" | "True" | "1" => Some(1.0),
            "false" | "False" | "0" => Some(0.0),
            _ => None,
        },
        DType::F16 | DType::BF16 => decimal::parse_beside_ties(text),
        DType::F32 => text.parse::<f32>().ok().map(f64::from),
        DType::F64 => text.parse().ok(),
    }
}

fn broken(place: &Place, error: csv::Error) -> CliError {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => place.unreadable(source),
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => place.malformed(
            format!("{expected_len} fields"),
            match pos {
                Some(pos) => format!("{len} in line {}", pos.line()),
                None => len.to_string(),
            },
            "give every line a field per column",
        ),
        csv::ErrorKind::Utf8 { err, .. } => place.malformed(
            "text in UTF-8",
            err.to_string(),
            "convert the file's encoding",
        ),
        _ => place.malformed("comma-separated lines", "others", "save the file again"),
    }
}
