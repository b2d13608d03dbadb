//! From the wire to text, as TensorFlow prints it.

use std::fmt::Write as _;

use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};

use super::DEEPEST;
use super::schema::{Field, Kind, Message};

/// Prints a message, two spaces further in for each message around it; or says
/// what cannot be printed.
pub(super) fn message(
    out: &mut String,
    schema: &Message,
    mut bytes: &[u8],
    depth: usize,
) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("it has more than {DEEPEST} messages in each other"));
    }
    while bytes.has_remaining() {
        let (number, wire_type) = decode_key(&mut bytes).map_err(|e| e.to_string())?;
        let field = schema
            .by_number(number)
            .ok_or_else(|| format!("its field {number} has no name here"))?;
        match (field.kind, wire_type) {
            (Kind::Message(inner), WireType::LengthDelimited) => {
                let content = delimited(&mut bytes)?;
                let indent = "  ".repeat(depth);
                let _ = writeln!(out, "{indent}{} {{", field.name);
                message(out, inner, content, depth + 1)?;
                let _ = writeln!(out, "{indent}}}");
            }
            (Kind::Bytes, WireType::LengthDelimited) => {
                let text = quoted(delimited(&mut bytes)?);
                line(out, field, depth, &text);
            }
            // Numbers that stand together.
            (_, WireType::LengthDelimited) => {
                let mut content = delimited(&mut bytes)?;
                while content.has_remaining() {
                    let text = number_text(field.kind, &mut content)?;
                    line(out, field, depth, &text);
                }
            }
            (kind, found) if found == wire_type_of(kind) => {
                let text = number_text(kind, &mut bytes)?;
                line(out, field, depth, &text);
            }
            _ => return Err(format!("its field {} is malformed", field.name)),
        }
    }
    Ok(())
}

fn line(out: &mut String, field: &Field, depth: usize, value: &str) {
    let _ = writeln!(out, "{}{}: {value}", "  ".repeat(depth), field.name);
}

/// How a field of this kind stands on the wire.
pub(super) fn wire_type_of(kind: Kind) -> WireType {
    match kind {
        Kind::Float => WireType::ThirtyTwoBit,
        Kind::Double => WireType::SixtyFourBit,
        Kind::Bytes | Kind::Message(_) => WireType::LengthDelimited,
        Kind::Bool | Kind::Int | Kind::Unsigned | Kind::Enum(_) => WireType::Varint,
    }
}

fn delimited<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = decode_varint(bytes).map_err(|e| e.to_string())?;
    let split = usize::try_from(length).ok();
    let (content, rest) = split
        .and_then(|at| bytes.split_at_checked(at))
        .ok_or("it is cut off")?;
    *bytes = rest;
    Ok(content)
}

fn number_text(kind: Kind, bytes: &mut &[u8]) -> Result<String, String> {
    let text = match kind {
        Kind::Float => {
            let value = bytes.try_get_f32_le().map_err(|e| e.to_string())?;
            float_text(value.is_nan(), &value)
        }
        Kind::Double => {
            let value = bytes.try_get_f64_le().map_err(|e| e.to_string())?;
            float_text(value.is_nan(), &value)
        }
        _ => {
            let value = decode_varint(bytes).map_err(|e| e.to_string())?;
            match kind {
                Kind::Bool => (value != 0).to_string(),
                Kind::Unsigned => value.to_string(),
                Kind::Enum(names) => enum_text(names, value as i32),
                _ => (value as i64).to_string(),
            }
        }
    };
    Ok(text)
}

/// The shortest text that reads as the same number.
fn float_text(is_nan: bool, value: &impl std::fmt::Debug) -> String {
    if is_nan {
        "nan".to_owned()
    } else {
        format!("{value:?}")
    }
}

fn enum_text(names: &[(i32, &str)], number: i32) -> String {
    match names.iter().find(|(n, _)| *n == number) {
        Some((_, name)) => (*name).to_owned(),
        None => number.to_string(),
    }
}

fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from('"');
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' | b'\'' | b'\\' => {
                text.push('\\');
                text.push(byte.into());
            }
            b' '..=b'~' => text.push(byte.into()),
            _ => {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
    }
    text.push('"');
    text
}
