//! From text to the binary form.

use std::collections::BTreeMap;
use std::str::FromStr;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::MAX_DEPTH;
use super::lexer::{Lexer, Token};
use super::schema::{Field, Kind, Message};

/// The encoded values of each field so far, by the field's number; packed numbers still lack the
/// field's key and their length.
type Records = BTreeMap<u32, Vec<u8>>;

/// Reads the fields of a message up to its closing mark, or up to the end of the text. Returns the
/// encoded message, its fields in the order of their numbers.
pub(super) fn message(
    lexer: &mut Lexer<'_>,
    schema: &Message,
    end: Option<char>,
    depth: usize,
) -> Result<Vec<u8>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("messages are nested more than {MAX_DEPTH} deep"));
    }
    let mut records = Records::new();
    loop {
        match (lexer.next()?, end) {
            (Token::Word(name), _) => {
                let field = schema.by_name(name);
                let field = field.ok_or_else(|| unknown_field(name, schema))?;
                values(lexer, field, &mut records, depth)?;
            }
            (Token::Mark(',' | ';'), _) => {}
            (Token::Mark(mark), Some(end)) if mark == end => break,
            (Token::End, None) => break,
            (found, _) => return Err(expected("the name of a field", &found)),
        }
    }
    let mut bytes = Vec::new();
    for (number, record) in records {
        match schema.by_number(number) {
            Some(field) if field.is_packed() => append_delimited(number, &record, &mut bytes),
            _ => bytes.extend(record),
        }
    }
    Ok(bytes)
}

/// Reads what follows a field's name: one value, or several in brackets.
fn values(
    lexer: &mut Lexer<'_>,
    field: &Field,
    records: &mut Records,
    depth: usize,
) -> Result<(), String> {
    if !lexer.accept(':') && !matches!(field.kind, Kind::Message(_)) {
        return Err(expected("':'", &lexer.next()?));
    }
    if !field.is_repeated && records.contains_key(&field.number) {
        return Err(format!("'{}' is given twice", field.name));
    }
    if !field.is_repeated || !lexer.accept('[') {
        return value(lexer, field, records, depth);
    }
    if lexer.accept(']') {
        return Ok(());
    }
    loop {
        value(lexer, field, records, depth)?;
        match lexer.next()? {
            Token::Mark(',') => {}
            Token::Mark(']') => return Ok(()),
            found => return Err(expected("',' or ']'", &found)),
        }
    }
}

fn value(
    lexer: &mut Lexer<'_>,
    field: &Field,
    records: &mut Records,
    depth: usize,
) -> Result<(), String> {
    let content = match field.kind {
        Kind::Message(inner) => {
            let end = match lexer.next()? {
                Token::Mark('{') => '}',
                Token::Mark('<') => '>',
                found => return Err(expected("'{'", &found)),
            };
            message(lexer, inner, Some(end), depth + 1)?
        }
        Kind::Bytes => quoted(lexer)?,
        kind => number(lexer, kind)?,
    };
    let record = records.entry(field.number).or_default();
    match field.kind.wire_type() {
        WireType::LengthDelimited => append_delimited(field.number, &content, record),
        wire_type => {
            if !field.is_packed() {
                encode_key(field.number, wire_type, record);
            }
            record.extend(content);
        }
    }
    Ok(())
}

/// Adjacent quoted texts are one.
fn quoted(lexer: &mut Lexer<'_>) -> Result<Vec<u8>, String> {
    let mut content = match lexer.next()? {
        Token::Quoted(content) => content,
        found => return Err(expected("a quoted text", &found)),
    };
    while lexer.is_quote() {
        if let Token::Quoted(more) = lexer.next()? {
            content.extend(more);
        }
    }
    Ok(content)
}

/// An encoded number.
fn number(lexer: &mut Lexer<'_>, kind: Kind) -> Result<Vec<u8>, String> {
    let sign = if lexer.accept('-') { "-" } else { "" };
    let token = lexer.next()?;
    let Token::Word(word) = token else {
        return Err(expected("a number", &token));
    };
    let text = format!("{sign}{word}");
    let encoded = match kind {
        Kind::Float => float(&text).map(|value: f32| value.to_le_bytes().to_vec()),
        Kind::Double => float(&text).map(|value: f64| value.to_le_bytes().to_vec()),
        _ => varint(kind, &text).map(|value| {
            let mut bytes = Vec::new();
            encode_varint(value, &mut bytes);
            bytes
        }),
    };
    encoded.ok_or_else(|| format!("'{text}' is no {}", kind_name(kind)))
}

/// `1.5`, `1e-3`, `2f`, `inf`, `nan`.
fn float<T: FromStr>(text: &str) -> Option<T> {
    let digits = text.strip_suffix(['f', 'F']);
    let digits = digits.filter(|digits| digits.ends_with(|c: char| c.is_ascii_digit() || c == '.'));
    digits.unwrap_or(text).parse().ok()
}

fn varint(kind: Kind, text: &str) -> Option<u64> {
    match kind {
        Kind::Bool => match text {
            "true" | "True" | "t" | "1" => Some(1),
            "false" | "False" | "f" | "0" => Some(0),
            _ => None,
        },
        Kind::Enum(names) => {
            let named = names.iter().find(|(_, name)| *name == text);
            let number = named.map_or_else(|| text.parse().ok(), |(number, _)| Some(*number));
            number.map(|number: i32| number as u64)
        }
        Kind::Unsigned => u64::try_from(integer(text)?).ok(),
        _ => i64::try_from(integer(text)?).ok().map(|value| value as u64),
    }
}

/// Decimal, `0x…`, or `0…` for octal.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hexadecimal) => (16, hexadecimal),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    i128::from_str_radix(digits, radix).ok()?.checked_mul(sign)
}

fn append_delimited(number: u32, content: &[u8], bytes: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, bytes);
    encode_varint(content.len() as u64, bytes);
    bytes.extend(content);
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "flag",
        Kind::Int => "integer of 64 bits",
        Kind::Unsigned => "integer of 64 bits without a sign",
        Kind::Float | Kind::Double => "number",
        Kind::Bytes => "quoted text",
        Kind::Enum(_) => "name or number of the kind asked for",
        Kind::Message(_) => "message",
    }
}

fn unknown_field(name: &str, schema: &Message) -> String {
    let known: Vec<_> = schema.0.iter().map(|field| field.name).collect();
    let known = known.join(", ");
    format!("'{name}' is no field here; expected one of {known}")
}

fn expected(what: &str, found: &Token<'_>) -> String {
    let found = match found {
        Token::Word(word) => format!("'{word}'"),
        Token::Quoted(_) => "a quoted text".to_owned(),
        Token::Mark(mark) => format!("'{mark}'"),
        Token::End => "the end".to_owned(),
    };
    format!("expected {what}, found {found}")
}
