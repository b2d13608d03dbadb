//! NumPy's `.npy`: the header says dtype, byte order, axis order and shape; the elements follow.

use std::fs::File;

use npyz::{DType as Descr, Endianness, NpyHeader, Order, TypeChar, TypeStr};
use ops_nn::tensor_core::Shape;

use super::array_file::{ArrayFile, Header, Stored};
use crate::error::CliError;
use crate::value::Place;

/// The longest header that is read. NumPy itself stops at 10,000 bytes.
const MAX_HEADER: usize = 1 << 16;
/// How many brackets a header may have: those of plain arrays have two. The parser's time grows exponentially with
/// their nesting.
const MAX_BRACKETS: usize = 8;

/// Opens the array in a `.npy` file.
pub(super) fn open(place: &Place) -> Result<ArrayFile, CliError> {
    if let Some(item) = &place.item {
        return Err(CliError::ItemOfNpy {
            path: place.path.clone(),
            item: item.clone(),
        });
    }
    let mut file = place.open()?;
    let bytes = header_bytes(place, &mut file)?;
    if !is_harmless(&bytes) {
        return Err(place.malformed(
            "a header whose dimensions multiply to less than 2^64",
            "more, or numbers that NumPy does not write",
            "save it again with numpy.save",
        ));
    }
    let npy = NpyHeader::from_reader(bytes.as_slice()).map_err(|error| {
        // The parser's own message goes on with a drawing of the place.
        let text = error.to_string();
        let cause = text.split(" -->").next().unwrap_or_default();
        let cause = cause.trim_end_matches([' ', ':']).to_owned();
        place.malformed("a .npy header", cause, "save it again with numpy.save")
    })?;
    let header = header(place, &npy, bytes.len())?;
    check_length(place, &header, place.length(&file)?)?;
    Ok(ArrayFile::new(place.path.clone(), file, header))
}

/// The bytes before the first element.
fn header_bytes(place: &Place, file: &mut File) -> Result<Vec<u8>, CliError> {
    let mut bytes = vec![0; 8];
    place.read_header(file, &mut bytes)?;
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err(place.malformed("a .npy file", "another format", "save it with numpy.save"));
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
            "save it again with numpy.save",
        ));
    }
    let start = 8 + width;
    bytes.extend_from_slice(&count[..width]);
    bytes.resize(start + length, 0);
    place.read_header(file, &mut bytes[start..])?;
    Ok(bytes)
}

/// Whether a header can be given to the parser, which multiplies the dimensions without a check and
/// follows brackets as deep as they go: all its integers, zeros left out, multiply to less than 2^64.
fn is_harmless(header: &[u8]) -> bool {
    let brackets = header.iter().filter(|byte| b"([{".contains(byte)).count();
    let mut integers = header
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .filter(|word| word.first().is_some_and(u8::is_ascii_digit));
    let product = integers.try_fold(1_u64, |product, word| {
        let factor: u64 = std::str::from_utf8(word).ok()?.parse().ok()?;
        product.checked_mul(factor.max(1))
    });
    brackets <= MAX_BRACKETS && product.is_some()
}

fn header(place: &Place, npy: &NpyHeader, offset: usize) -> Result<Header, CliError> {
    let dims = npy.shape().iter().map(|&dim| dim as usize);
    let shape = Shape::new(dims.collect::<Vec<_>>()).map_err(|source| CliError::FileShape {
        path: place.path.clone(),
        cause: source,
    })?;
    let descr = npy.dtype();
    let Descr::Plain(plain) = &descr else {
        return Err(place.malformed(
            ELEMENTS,
            format!("the structured dtype {}", descr.descr()),
            "save one field, as in numpy.save(file, array[\"field\"])",
        ));
    };
    let stored = stored(plain)
        .ok_or_else(|| place.malformed(ELEMENTS, format!("the dtype '{plain}'"), remedy(plain)))?;
    Ok(Header {
        offset: offset as u64,
        shape,
        stored,
        is_big_endian: plain.endianness() == Endianness::Big,
        is_fortran: npy.order() == Order::Fortran,
    })
}

const ELEMENTS: &str = "bool, integer or float elements of at most 8 bytes";

fn stored(dtype: &TypeStr) -> Option<Stored> {
    let kind = match dtype.type_char() {
        TypeChar::Bool => return (dtype.size_field() == 1).then_some(Stored::Bool),
        TypeChar::Float => "float",
        TypeChar::Int => "int",
        TypeChar::Uint => "uint",
        _ => return None,
    };
    Stored::named(&format!("{kind}{}", dtype.size_field().checked_mul(8)?))
}

fn remedy(dtype: &TypeStr) -> &'static str {
    match dtype.type_char() {
        TypeChar::RawData => "bfloat16 has no .npy type: save it as .safetensors",
        TypeChar::Complex => "save its real part, array.real",
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
    fn headers_whose_numbers_overflow_or_nest_are_not_given_to_the_parser() {
        let nested = "(".repeat(MAX_BRACKETS + 1);
        for (header, expected) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                true,
            ),
            ("'shape': (4294967296, 4294967295)", true),
            ("'shape': (4294967296, 4294967296)", false),
            ("'shape': (0, 4294967296, 4294967296)", false),
            ("'shape': (18446744073709551616,)", false),
            ("'shape': (0xffffffffffffffff, 2)", false),
            (nested.as_str(), false),
        ] {
            assert_eq!(is_harmless(header.as_bytes()), expected, "{header}");
        }
    }
}
