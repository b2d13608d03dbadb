//! From the binary form to text, as TensorFlow prints it.

use std::fmt::Write as _;

use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};

use super::MAX_DEPTH;
use super::schema::{Field, Kind, Message};

/// Prints an encoded message, indented by two spaces for each message around it. The error says
/// what cannot be printed.
pub(super) fn message(
    out: &mut String,
    schema: &Message,
    mut bytes: &[u8],
    depth: usize,
) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!(
            "its messages are nested more than {MAX_DEPTH} deep"
        ));
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
            // Packed numbers.
            (_, WireType::LengthDelimited) => {
                let mut content = delimited(&mut bytes)?;
                while content.has_remaining() {
                    let text = number_text(field.kind, &mut content)?;
                    line(out, field, depth, &text);
                }
            }
            (kind, found) if found == kind.wire_type() => {
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
    // The shortest text that reads as the same number; all NaNs are `nan`.
    let float_text = |is_nan, text| if is_nan { "nan".to_owned() } else { text };
    match kind {
        Kind::Float => {
            let value = bytes.try_get_f32_le().map_err(|e| e.to_string())?;
            return Ok(float_text(value.is_nan(), format!("{value:?}")));
        }
        Kind::Double => {
            let value = bytes.try_get_f64_le().map_err(|e| e.to_string())?;
            return Ok(float_text(value.is_nan(), format!("{value:?}")));
        }
        _ => {}
    }
    let value = decode_varint(bytes).map_err(|e| e.to_string())?;
    Ok(match kind {
        Kind::Bool => (value != 0).to_string(),
        Kind::Unsigned => value.to_string(),
        Kind::Enum(names) => match names.iter().find(|(number, _)| *number == value as i32) {
            Some((_, name)) => (*name).to_owned(),
            None => (value as i32).to_string(),
        },
        _ => (value as i64).to_string(),
    })
}

fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from('"');
    for &byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b'"' | b'\'' | b'\\' => text.extend(['\\', byte.into()]),
            b' '..=b'~' => text.push(byte.into()),
            _ => {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
    }
    text.push('"');
    text
}
