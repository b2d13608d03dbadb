//! NumPy's `.npy`: the header says dtype, byte order, axis order and shape; the elements follow.

use std::fs::File;

use ops_nn::tensor_core::Shape;

use super::array_file::{ArrayFile, Header, Stored};
use crate::error::CliError;
use crate::value::Place;

/// The longest header that is read. NumPy itself stops at 10,000 bytes.
const MAX_HEADER: usize = 1 << 16;

/// What to do about a header that cannot be read.
const SAVE_AGAIN: &str = "save it again with numpy.save";

/// Opens the array in a `.npy` file.
pub(super) fn open(place: &Place) -> Result<ArrayFile, CliError> {
    if let Some(item) = &place.item {
        return Err(CliError::ItemOfNpy {
            path: place.path.clone(),
            item: item.clone(),
        });
    }
    let mut file = place.open()?;
    let (bytes, start) = header_bytes(place, &mut file)?;
    let fields = Fields::parse(&bytes[start..])
        .map_err(|cause| place.malformed("a .npy header", cause, SAVE_AGAIN))?;
    let header = header(place, &fields, bytes.len())?;
    check_length(place, &header, place.length(&file)?)?;
    Ok(ArrayFile::new(place.path.clone(), file, header))
}

/// The bytes before the first element, and where the text among them begins.
fn header_bytes(place: &Place, file: &mut File) -> Result<(Vec<u8>, usize), CliError> {
    let mut bytes = vec![0; 8];
    place.read_header(file, &mut bytes)?;
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(place.malformed("a .npy file", "another format", "save it with numpy.save"));
    }
    if !(1..=3).contains(&bytes[6]) {
        let found = format!("version {}", bytes[6]);
        return Err(place.malformed("version 1, 2 or 3 of the .npy format", found, SAVE_AGAIN));
    }
    // Version 1 counts the header in two bytes, later ones in four.
    let width = if bytes[6] == 1 { 2 } else { 4 };
    let mut count = [0; 4];
    place.read_header(file, &mut count[..width])?;
    let length = u32::from_le_bytes(count) as usize;
    if length > MAX_HEADER {
        return Err(place.malformed(
            format!("a header of at most {MAX_HEADER} bytes"),
            format!("one of {length}"),
            SAVE_AGAIN,
        ));
    }
    let start = 8 + width;
    bytes.extend_from_slice(&count[..width]);
    bytes.resize(start + length, 0);
    place.read_header(file, &mut bytes[start..])?;
    Ok((bytes, start))
}

/// What the text of a header says.
#[derive(Debug, PartialEq)]
struct Fields<'a> {
    /// The dtype as Python writes it: a string, or a list for a structured one.
    descr: &'a str,
    is_fortran: bool,
    dims: Vec<u64>,
}

impl<'a> Fields<'a> {
    /// Reads the dictionary that NumPy writes, which is one of Python: three keys, in any order.
    fn parse(text: &'a [u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|_| "text that is not UTF-8")?;
        let body = text
            .trim()
            .strip_prefix('{')
            .and_then(|t| t.strip_suffix('}'));
        let body = body.ok_or("no dictionary in braces")?;
        let (mut descr, mut order, mut shape) = (None, None, None);
        for member in split(body) {
            let (key, value) = member.split_once(':').ok_or("a member without a colon")?;
            let field = match unquoted(key.trim()) {
                Some("descr") => &mut descr,
                Some("fortran_order") => &mut order,
                Some("shape") => &mut shape,
                _ => return Err(format!("the key {}", key.trim())),
            };
            *field = Some(value.trim());
        }
        Ok(Self {
            descr: descr.ok_or("no 'descr'")?,
            is_fortran: match order.ok_or("no 'fortran_order'")? {
                "True" => true,
                "False" => false,
                other => return Err(format!("the 'fortran_order' {other}")),
            },
            dims: dims(shape.ok_or("no 'shape'")?)?,
        })
    }
}

/// The members of a Python literal: what commas separate outside brackets and strings.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quote) = (0_usize, None);
    let members = text.split(move |c| {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0 && quote.is_none()
    });
    // A comma may follow the last member.
    members.map(str::trim).filter(|member| !member.is_empty())
}

/// The content of a string literal.
fn unquoted(literal: &str) -> Option<&str> {
    let quote = literal.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    literal.strip_prefix(quote)?.strip_suffix(quote)
}

/// The dimensions of a tuple.
fn dims(literal: &str) -> Result<Vec<u64>, String> {
    let inner = literal.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    let inner = inner.ok_or_else(|| format!("the shape {literal}"))?;
    let dim = |text: &str| {
        text.parse().map_err(|_| {
            let is_negative = text.starts_with('-');
            let kind = if is_negative {
                "negative dimension"
            } else {
                "dimension"
            };
            format!("the {kind} {text}")
        })
    };
    split(inner).map(dim).collect()
}

fn header(place: &Place, fields: &Fields<'_>, offset: usize) -> Result<Header, CliError> {
    let dims = fields.dims.iter();
    // What does not fit overflows the shape.
    let dims = dims.map(|&dim| usize::try_from(dim).unwrap_or(usize::MAX));
    let shape = Shape::new(dims.collect::<Vec<_>>()).map_err(|source| CliError::FileShape {
        path: place.path.clone(),
        source,
    })?;
    let Some(dtype) = unquoted(fields.descr) else {
        return Err(place.malformed(
            ELEMENTS,
            format!("the structured dtype {}", fields.descr),
            "save one field, as in numpy.save(file, array[\"field\"])",
        ));
    };
    let stored = stored(dtype)
        .ok_or_else(|| place.malformed(ELEMENTS, format!("the dtype '{dtype}'"), remedy(dtype)))?;
    Ok(Header {
        offset: offset as u64,
        shape,
        stored,
        is_big_endian: dtype.starts_with('>'),
        is_fortran: fields.is_fortran,
    })
}

const ELEMENTS: &str = "bool, integer or float elements of at most 8 bytes";

/// The element type of a dtype's text: byte order, kind, bytes.
fn stored(dtype: &str) -> Option<Stored> {
    let (order, rest) = dtype.split_at_checked(1)?;
    let (kind, size) = rest.split_at_checked(1)?;
    let has_order = match order {
        "<" | ">" => true,
        "|" => false,
        _ => return None,
    };
    let kind = match kind {
        "b" => return (size == "1").then_some(Stored::Bool),
        "f" => "float",
        "i" => "int",
        "u" => "uint",
        _ => return None,
    };
    let size: u32 = size.parse().ok().filter(|&size| has_order || size == 1)?;
    Stored::named(&format!("{kind}{}", size.checked_mul(8)?))
}

fn remedy(dtype: &str) -> &'static str {
    match dtype.chars().nth(1) {
        Some('V') => "bfloat16 has no .npy type: save it as .safetensors",
        Some('c') => "save its real part, array.real",
        _ => "convert it, as in array.astype(\"float32\")",
    }
}

fn check_length(place: &Place, header: &Header, file: u64) -> Result<(), CliError> {
    let found = file.saturating_sub(header.offset);
    let expected = header.data_len();
    if expected == Some(found) {
        return Ok(());
    }
    let is_short = expected.is_none_or(|expected| expected > found);
    Err(place.malformed(
        match expected {
            Some(expected) => format!("{expected} bytes of elements for shape {}", header.shape),
            None => format!("elements for shape {}", header.shape),
        },
        format!("{found} bytes"),
        if is_short {
            "the file is truncated: copy or save it again"
        } else {
            "the file holds more than one array: save each to a file of its own"
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_python_would() {
        let expected = |dims: &[u64]| {
            Ok(Fields {
                descr: "'<f4'",
                is_fortran: false,
                dims: dims.to_vec(),
            })
        };
        for (text, dims) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n",
                &[2, 3][..],
            ),
            (
                "{'shape': (3,), 'descr': '<f4', 'fortran_order': False}",
                &[3],
            ),
            ("{ 'shape':(),\"fortran_order\":False,'descr':'<f4' }", &[]),
        ] {
            assert_eq!(Fields::parse(text.as_bytes()), expected(dims), "{text}");
        }
        let record = "{'descr': [('a,}', '<f4', (2, 3))], 'fortran_order': True, 'shape': (1,)}";
        let fields = Fields::parse(record.as_bytes()).unwrap();
        assert_eq!(fields.descr, "[('a,}', '<f4', (2, 3))]");
        assert!(fields.is_fortran);
    }

    #[test]
    fn a_header_that_numpy_does_not_write_is_refused_with_what_was_found() {
        let nested = format!("{{'shape': {}}}", "(".repeat(60_000));
        for (text, cause) in [
            ("", "no dictionary"),
            ("{'descr': <<<", "no dictionary"),
            ("{'descr' '<f4'}", "without a colon"),
            ("{'descr': '<f4'}", "no 'fortran_order'"),
            ("{'color': 1}", "the key 'color'"),
            (
                "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
                "the 'fortran_order' 0",
            ),
            (
                "{'descr': '<f4', 'fortran_order': True, 'shape': 3}",
                "the shape 3",
            ),
            (
                "{'descr': '<f4', 'fortran_order': True, 'shape': (-2,)}",
                "the negative dimension -2",
            ),
            (
                "{'descr': '<f4', 'fortran_order': True, 'shape': (18446744073709551616,)}",
                "the dimension 18446744073709551616",
            ),
            (
                "{'descr': '<f4', 'fortran_order': True, 'shape': (0x2,)}",
                "the dimension 0x2",
            ),
            (nested.as_str(), "no 'descr'"),
        ] {
            let found = Fields::parse(text.as_bytes()).unwrap_err();
            assert!(found.contains(cause), "{text}: {found}");
        }
    }

    #[test]
    fn dtypes_have_a_byte_order_if_they_need_one() {
        assert_eq!(stored("<f4"), Some(Stored::F32));
        assert_eq!(stored(">i8"), Some(Stored::I64));
        assert_eq!(stored("|u1"), Some(Stored::U8));
        assert_eq!(stored("|b1"), Some(Stored::Bool));
        for dtype in [
            "", "<", "<f", "|f4", "=f4", "<f3", "<f16", "|b2", "<c8", "é",
        ] {
            assert_eq!(stored(dtype), None, "{dtype}");
        }
    }
}
