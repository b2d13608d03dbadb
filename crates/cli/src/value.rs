//! The arguments of `opsnn run` as values: `NAME=VALUE` texts to names, numbers, plain values and
//! the places of arrays in files.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use ops_nn::{ParamKind, Value};

use crate::error::CliError;

/// An argument's value.
#[derive(Debug)]
pub(crate) enum ParsedValue {
    /// A number in a tensor's place.
    Number(f64),
    /// An array in a file.
    File(Place),
    /// Anything that is no tensor.
    Plain(Value<'static>),
}

/// Where an array is: a file, and which of its arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    /// The part after the `#`: the name of a tensor or a column.
    pub(crate) item: Option<String>,
}

/// The file formats that arrays are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Npy,
    Safetensors,
    Csv,
}

const FORMATS: [(&str, Format); 3] = [
    (".npy", Format::Npy),
    (".safetensors", Format::Safetensors),
    (".csv", Format::Csv),
];

/// What an argument that stands for a tensor may be, for messages.
const TENSOR: &str = "a number, FILE.npy, FILE.safetensors#TENSOR or FILE.csv#COLUMN";

/// `NAME=VALUE` as its two halves; the name is none for a positional argument.
pub(crate) fn split(text: &str) -> (Option<&str>, &str) {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match text.split_once('=') {
        Some((name, value)) if is_name(name) => (Some(name), value),
        _ => (None, text),
    }
}

/// The value of `text` for a parameter of `kind`; for a parameter whose kind is not known (one that
/// only an alias's signature has), what its form says.
pub(crate) fn parse(
    argument: &str,
    kind: Option<ParamKind>,
    text: &str,
) -> Result<ParsedValue, CliError> {
    if text == "None" {
        return Ok(ParsedValue::Plain(Value::None));
    }
    let value = match kind {
        Some(ParamKind::Tensor(_)) => tensor(argument, text)?,
        Some(ParamKind::DType) => dtype(text),
        Some(ParamKind::Shape | ParamKind::Axes) => integers(text),
        Some(ParamKind::Flag) => flag(text),
        Some(ParamKind::Text) => Some(ParsedValue::Plain(Value::Text(Cow::Owned(text.to_owned())))),
        _ => tensor(argument, text)?
            .or_else(|| flag(text))
            .or_else(|| integers(text))
            .or_else(|| dtype(text)),
    };
    value.ok_or_else(|| CliError::Value {
        argument: argument.to_owned(),
        expected: match kind {
            Some(ParamKind::Tensor(_)) => TENSOR.to_owned(),
            Some(kind) => kind.expected().to_owned(),
            None => format!("{TENSOR}, true, false, a list of integers or a dtype"),
        },
        found: text.to_owned(),
    })
}

/// The output or input format that a path's extension names.
pub(crate) fn format_of(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let known = FORMATS
        .iter()
        .find(|(extension, _)| name.ends_with(extension));
    known.map(|&(_, format)| format)
}

fn tensor(argument: &str, text: &str) -> Result<Option<ParsedValue>, CliError> {
    if let Some(place) = place(text) {
        return Ok(Some(ParsedValue::File(place)));
    }
    match number(text) {
        Ok(number) => Ok(Some(ParsedValue::Number(number))),
        Err(NotANumber::Text) => Ok(None),
        Err(NotANumber::TooLarge) => Err(CliError::Value {
            argument: argument.to_owned(),
            expected: IN_RANGE.to_owned(),
            found: text.to_owned(),
        }),
    }
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotANumber {
    /// It is something else.
    Text,
    /// It is a finite number whose nearest double is infinite.
    TooLarge,
}

/// What numbers there are, for messages.
pub(crate) const IN_RANGE: &str = "a number within float64's range, or inf";

/// The double nearest to the number in a text; infinite only if the text says so.
pub(crate) fn number(text: &str) -> Result<f64, NotANumber> {
    match text.parse::<f64>() {
        Ok(value) if value.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) => {
            Err(NotANumber::TooLarge)
        }
        Ok(value) => Ok(value),
        Err(_) => Err(NotANumber::Text),
    }
}

/// The place that `FILE#ITEM` or `FILE` names. File and item may hold a '#' of their own: the first
/// one behind a known extension divides them.
pub(crate) fn place(text: &str) -> Option<Place> {
    let divided = text.match_indices('#').map(|(at, _)| {
        let (path, item) = (&text[..at], &text[at + 1..]);
        (path, Some(item.to_owned()))
    });
    divided.chain([(text, None)]).find_map(|(path, item)| {
        let path = PathBuf::from(path);
        let format = format_of(&path)?;
        Some(Place { path, format, item })
    })
}

fn dtype(text: &str) -> Option<ParsedValue> {
    let dtype = text.parse().ok()?;
    Some(ParsedValue::Plain(Value::DType(dtype)))
}

fn flag(text: &str) -> Option<ParsedValue> {
    let flag = match text {
        "true" | "True" => true,
        "false" | "False" => false,
        _ => return None,
    };
    Some(ParsedValue::Plain(Value::Flag(flag)))
}

/// `[2, 3]`, `(2, 3)`, `2,3`, `2` or `[]`.
fn integers(text: &str) -> Option<ParsedValue> {
    let inner = [('[', ']'), ('(', ')')]
        .iter()
        .find_map(|&(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    if inner.is_none() && text.is_empty() {
        return None;
    }
    let inner = inner.unwrap_or(text).trim();
    let inner = inner.strip_suffix(',').unwrap_or(inner);
    let values = match inner {
        "" => Vec::new(),
        _ => inner
            .split(',')
            .map(|part| part.trim().parse().ok())
            .collect::<Option<Vec<i64>>>()?,
    };
    Some(ParsedValue::Plain(Value::Ints(Cow::Owned(values))))
}

#[cfg(test)]
mod tests {
    use ops_nn::DTypes;
    use ops_nn::tensor_core::DType;

    use super::*;

    const TENSOR_KIND: Option<ParamKind> = Some(ParamKind::Tensor(DTypes::Float));

    fn check(kind: Option<ParamKind>, text: &str, expected: &str) {
        let found = match parse("x", kind, text) {
            Ok(ParsedValue::Number(value)) => format!("{value:?}"),
            Ok(ParsedValue::Plain(arg)) => format!("{arg:?}"),
            Ok(ParsedValue::File(Place { path, format, item })) => {
                format!("{format:?} {} {item:?}", path.display())
            }
            Err(error) => format!("error {}", error.exit_code()),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_name_is_an_identifier_before_the_first_equals_sign() {
        for (text, expected) in [
            ("labels=a.npy", (Some("labels"), "a.npy")),
            ("x=a=b.npy", (Some("x"), "a=b.npy")),
            ("_sentinel=None", (Some("_sentinel"), "None")),
            ("dir/x=1.npy", (None, "dir/x=1.npy")),
            ("2x=1", (None, "2x=1")),
            ("=1", (None, "=1")),
            ("a.npy", (None, "a.npy")),
        ] {
            assert_eq!(split(text), expected);
        }
    }

    #[test]
    fn tensors_are_numbers_or_files() {
        for (text, expected) in [
            ("2", "2.0"),
            ("-1e3", "-1000.0"),
            ("inf", "inf"),
            ("-Infinity", "-inf"),
            ("NaN", "NaN"),
            ("1.7976931348623157e308", "1.7976931348623157e308"),
            ("1e400", "error 4"),
            ("-1e400", "error 4"),
            ("1e-400", "0.0"),
            ("a/b.npy", "Npy a/b.npy None"),
            ("B.NPY", "Npy B.NPY None"),
            ("2.npy", "Npy 2.npy None"),
            (
                "w.safetensors#a/b",
                "Safetensors w.safetensors Some(\"a/b\")",
            ),
            (
                "w.safetensors#a#b.csv",
                "Safetensors w.safetensors Some(\"a#b.csv\")",
            ),
            ("w#1.csv#x#y", "Csv w#1.csv Some(\"x#y\")"),
            ("w.csv", "Csv w.csv None"),
            ("None", "None"),
            ("w.txt", "error 4"),
            ("", "error 4"),
            ("true", "error 4"),
        ] {
            check(TENSOR_KIND, text, expected);
        }
    }

    #[test]
    fn plain_values_are_read_by_their_parameters_kind() {
        let ints = |text: &str| format!("Ints({text})");
        for (kind, text, expected) in [
            (
                ParamKind::DType,
                "bf16",
                format!("DType({:?})", DType::BF16),
            ),
            (ParamKind::DType, "int8", "error 4".into()),
            (ParamKind::Shape, "[2, 3]", ints("[2, 3]")),
            (ParamKind::Shape, "2,3", ints("[2, 3]")),
            (ParamKind::Shape, "(3,)", ints("[3]")),
            (ParamKind::Shape, "[]", ints("[]")),
            (ParamKind::Axes, "-1", ints("[-1]")),
            (ParamKind::Axes, "a", "error 4".into()),
            (ParamKind::Axes, "", "error 4".into()),
            (ParamKind::Flag, "True", "Flag(true)".into()),
            (ParamKind::Flag, "1", "error 4".into()),
            (ParamKind::Text, "2", "Text(\"2\")".into()),
        ] {
            check(Some(kind), text, &expected);
        }
    }

    #[test]
    fn without_a_kind_the_form_decides() {
        for (text, expected) in [
            ("0", "0.0"),
            ("[0]", "Ints([0])"),
            ("0,1", "Ints([0, 1])"),
            ("false", "Flag(false)"),
            ("float32", "DType(F32)"),
            ("x.npy", "Npy x.npy None"),
            ("1e400", "error 4"),
            ("rubbish", "error 4"),
        ] {
            check(None, text, expected);
        }
    }
}
