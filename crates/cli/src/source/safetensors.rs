//! `.safetensors`: a JSON header that names the tensors, then their elements, little-endian.
//!
//! Only the header is read here, with the format's own [`Metadata`]; elements are read from the file
//! when they are needed.

use std::fs::File;

use ops_nn::tensor_core::Shape;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::array_file::{ArrayFile, Header, Stored};
use crate::error::CliError;
use crate::value::Place;

/// The longest header that is read, which is the format's own bound.
const MAX_HEADER: u64 = 100_000_000;

/// Opens one tensor of a `.safetensors` file.
pub(super) fn open(place: &Place) -> Result<ArrayFile, CliError> {
    let mut file = place.open()?;
    let (data_start, metadata) = metadata(place, &mut file)?;
    let info = find(place, &metadata)?;
    let stored = stored(info.dtype).ok_or_else(|| {
        place.malformed(
            "bool, integer or float elements of 1 to 8 whole bytes",
            format!("{:?}", info.dtype),
            "convert the tensor before it is saved",
        )
    })?;
    let shape = Shape::new(&info.shape).map_err(|source| CliError::FileShape {
        path: place.path.clone(),
        cause: source,
    })?;
    let header = Header {
        offset: data_start + info.data_offsets.0 as u64,
        shape,
        stored,
        is_big_endian: false,
        is_fortran: false,
    };
    Ok(ArrayFile::new(place.path.clone(), file, header))
}

/// Where the data start, and what they are.
fn metadata(place: &Place, file: &mut File) -> Result<(u64, Metadata), CliError> {
    let mut count = [0; 8];
    place.read_header(file, &mut count)?;
    let length = u64::from_le_bytes(count);
    let total = place.length(file)?;
    if length > MAX_HEADER.min(total) {
        return Err(place.malformed(
            format!("a header of at most {} bytes", MAX_HEADER.min(total)),
            format!("one of {length}"),
            "the file is truncated or of another format: save it again",
        ));
    }
    let mut text = vec![0; length as usize];
    place.read_header(file, &mut text)?;
    let metadata: Metadata = serde_json::from_slice(&text).map_err(|error| {
        place.malformed(
            "a .safetensors header",
            error.to_string(),
            "save the file again",
        )
    })?;
    let start = 8 + length;
    let (expected, found) = (metadata.data_len() as u64, total - start);
    if expected != found {
        return Err(place.malformed(
            format!("{expected} bytes of elements"),
            format!("{found}"),
            "the file is truncated or was added to: copy or save it again",
        ));
    }
    Ok((start, metadata))
}

/// The tensor named behind the `#`; without a name, the only one.
fn find<'m>(place: &Place, metadata: &'m Metadata) -> Result<&'m TensorInfo, CliError> {
    let names = metadata.offset_keys();
    let name = place.item_of("tensor", &names)?;
    metadata.info(name).ok_or_else(|| CliError::NoSuchItem {
        path: place.path.clone(),
        kind: "tensor",
        name: name.to_owned(),
        available: super::listed(&names),
    })
}

fn stored(dtype: Dtype) -> Option<Stored> {
    Some(match dtype {
        Dtype::BOOL => Stored::Bool,
        Dtype::F16 => Stored::F16,
        Dtype::BF16 => Stored::BF16,
        Dtype::F32 => Stored::F32,
        Dtype::F64 => Stored::F64,
        Dtype::I8 => Stored::I8,
        Dtype::I16 => Stored::I16,
        Dtype::I32 => Stored::I32,
        Dtype::I64 => Stored::I64,
        Dtype::U8 => Stored::U8,
        Dtype::U16 => Stored::U16,
        Dtype::U32 => Stored::U32,
        Dtype::U64 => Stored::U64,
        _ => return None,
    })
}
