//! Constants and shapes: TensorFlow's messages to and from tensors.

use tensor_core::{
    DType, DynTensor, Element, Float, PartialShape, Shape, Tensor, TensorError, bf16, f16,
};

use super::data_type::DataType;
use super::error::NodeFault;
use super::wire::{Dim, TensorProto, TensorShapeProto};

/// The bytes that one graph's constants may take beyond what the file holds.
///
/// Files are untrusted input: a constant may give one value for a large shape, so a short file
/// could ask for any amount of memory.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    /// The budget of a whole graph: 256 MiB.
    pub(super) fn new() -> Self {
        Self { left: 256 << 20 }
    }

    /// Takes this many bytes if they are left; whether they were.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

pub(super) fn read_shape(proto: &TensorShapeProto) -> Result<PartialShape, NodeFault> {
    if proto.unknown_rank {
        return Ok(PartialShape::unknown());
    }
    // Checked for placeholders too: the shapes of later nodes have the same rank.
    if proto.dim.len() > Shape::MAX_RANK {
        return Err(NodeFault::Tensor(TensorError::RankOverflow {
            expected: Shape::MAX_RANK,
            found: proto.dim.len(),
        }));
    }
    let dims = proto.dim.iter().enumerate();
    let dims = dims.map(|(axis, dim)| match (dim.size, usize::try_from(dim.size)) {
        (-1, _) => Ok(None),
        (_, Ok(size)) => Ok(Some(size)),
        (found, Err(_)) => Err(NodeFault::Dimension { axis, found }),
    });
    Ok(PartialShape::new(dims.collect::<Result<Vec<_>, _>>()?))
}

pub(super) fn write_shape(shape: &PartialShape) -> TensorShapeProto {
    let dim = |size: &Option<usize>| Dim {
        size: size.map_or(-1, |size| size as i64),
        name: String::new(),
    };
    TensorShapeProto {
        dim: shape.dims().unwrap_or_default().iter().map(dim).collect(),
        unknown_rank: shape.rank().is_none(),
    }
}

/// The constant in a message; none if the registry's ops do not know its element type.
pub(super) fn read(
    proto: &TensorProto,
    budget: &mut Budget,
) -> Result<Option<DynTensor<'static>>, NodeFault> {
    fn tensor<T: Element + Default>(
        proto: &TensorProto,
        budget: &mut Budget,
        from_bits: fn(u64) -> T,
    ) -> Result<DynTensor<'static>, NodeFault> {
        let shape = constant_shape(proto)?;
        let elements = elements(proto, &shape, size_of::<T>(), from_bits, budget)?;
        Ok(Tensor::new(shape.dims(), elements)?.into())
    }
    let tensor = DataType(proto.dtype).dtype().map(|dtype| match dtype {
        DType::Bool => tensor(proto, budget, |bits| bits != 0),
        DType::F16 => tensor::<f16>(proto, budget, Float::from_bits),
        DType::BF16 => tensor::<bf16>(proto, budget, Float::from_bits),
        DType::F32 => tensor::<f32>(proto, budget, Float::from_bits),
        DType::F64 => tensor::<f64>(proto, budget, Float::from_bits),
    });
    tensor.transpose()
}

/// The integers of an int32 or int64 constant, such as axes or a shape; none if it holds anything
/// else.
pub(super) fn read_integers(
    proto: &TensorProto,
    budget: &mut Budget,
) -> Result<Option<Vec<i64>>, NodeFault> {
    let (size, from_bits): (_, fn(u64) -> i64) = match DataType(proto.dtype) {
        DataType::INT32 => (4, |bits| i64::from(bits as i32)),
        DataType::INT64 => (8, |bits| bits as i64),
        _ => return Ok(None),
    };
    let shape = constant_shape(proto)?;
    elements(proto, &shape, size, from_bits, budget).map(Some)
}

fn constant_shape(proto: &TensorProto) -> Result<Shape, NodeFault> {
    let scalar = TensorShapeProto::default();
    let shape = read_shape(proto.tensor_shape.as_ref().unwrap_or(&scalar))?;
    let dims: Option<Vec<usize>> = shape.dims().and_then(|dims| dims.iter().copied().collect());
    match dims {
        Some(dims) => Ok(Shape::new(dims)?),
        None => Err(NodeFault::UnknownShape {
            found: shape.to_string(),
        }),
    }
}

/// The elements: from `tensor_content`, `size` bytes each, else from the list of values.
fn elements<T: Copy + Default>(
    proto: &TensorProto,
    shape: &Shape,
    size: usize,
    from_bits: impl Fn(u64) -> T,
    budget: &mut Budget,
) -> Result<Vec<T>, NodeFault> {
    let content = &proto.tensor_content;
    if content.is_empty() {
        return filled(proto, shape, from_bits, budget);
    }
    if shape.len().checked_mul(size) != Some(content.len()) {
        return Err(NodeFault::ContentLength {
            expected: shape.len().saturating_mul(size),
            found: content.len(),
            shape: shape.to_string(),
            dtype: DataType(proto.dtype).to_string(),
        });
    }
    let bits = content.chunks_exact(size).map(|bytes| {
        let bits = bytes.iter().rev();
        bits.fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    });
    Ok(bits.map(from_bits).collect())
}

/// The values, the last of them repeated until the shape is full; zeros if there are none.
fn filled<T: Copy + Default>(
    proto: &TensorProto,
    shape: &Shape,
    from_bits: impl Fn(u64) -> T,
    budget: &mut Budget,
) -> Result<Vec<T>, NodeFault> {
    let (count, values) = (shape.len(), value_bits(proto)?);
    if values.len() > count {
        return Err(NodeFault::TooManyValues {
            expected: count,
            found: values.len(),
            shape: shape.to_string(),
        });
    }
    let needed = count.saturating_mul(size_of::<T>());
    if values.len() < count && !budget.take(needed) {
        return Err(NodeFault::TooLarge {
            expected: budget.left,
            found: needed,
            shape: shape.to_string(),
            dtype: DataType(proto.dtype).to_string(),
        });
    }
    let mut elements: Vec<T> = values.into_iter().map(from_bits).collect();
    let last = elements.last().copied().unwrap_or_default();
    elements.resize(count, last);
    Ok(elements)
}

/// The bits of the values in the list for the message's element type.
fn value_bits(proto: &TensorProto) -> Result<Vec<u64>, NodeFault> {
    let half_bits = |&found: &i32| match u16::try_from(found) {
        Ok(bits) => Ok(bits.into()),
        Err(_) => Err(NodeFault::HalfBits { found }),
    };
    Ok(match DataType(proto.dtype).dtype() {
        Some(DType::Bool) => proto.bool_val.iter().map(|&v| v.into()).collect(),
        Some(DType::F16 | DType::BF16) => proto
            .half_val
            .iter()
            .map(half_bits)
            .collect::<Result<_, _>>()?,
        Some(DType::F32) => proto.float_val.iter().map(|v| v.to_bits().into()).collect(),
        Some(DType::F64) => proto.double_val.iter().map(|v| v.to_bits()).collect(),
        None if DataType(proto.dtype) == DataType::INT32 => {
            proto.int_val.iter().map(|&v| v as u64).collect()
        }
        None => proto.int64_val.iter().map(|&v| v as u64).collect(),
    })
}

/// A constant as TensorFlow writes it: one value if all are the same, else the elements' bytes.
pub(super) fn write(tensor: &DynTensor<'_>) -> TensorProto {
    let mut proto = TensorProto {
        dtype: DataType::from(tensor.dtype()).0,
        tensor_shape: Some(write_shape(&tensor.shape().into())),
        ..TensorProto::default()
    };
    let bits = || (0..tensor.len()).filter_map(|i| tensor.get_bits(i));
    let Some(first) = bits().next() else {
        return proto;
    };
    if bits().any(|bits| bits != first) {
        let size = tensor.dtype().size_of();
        let bytes = bits().flat_map(|bits| bits.to_le_bytes().into_iter().take(size));
        proto.tensor_content = bytes.collect();
        return proto;
    }
    match tensor.dtype() {
        DType::Bool => proto.bool_val = vec![first != 0],
        DType::F16 | DType::BF16 => proto.half_val = vec![first as i32],
        DType::F32 => proto.float_val = vec![f32::from_bits(first as u32)],
        DType::F64 => proto.double_val = vec![f64::from_bits(first)],
    }
    proto
}

/// A list of integers as an int32 constant of rank 1, which is what TensorFlow makes of a Python
/// list; none if one does not fit 32 bits.
pub(super) fn write_integers(values: &[i64]) -> Option<TensorProto> {
    let values = values.iter().map(|&value| i32::try_from(value).ok());
    let values: Vec<i32> = values.collect::<Option<_>>()?;
    let mut proto = TensorProto {
        dtype: DataType::INT32.0,
        tensor_shape: Some(write_shape(&PartialShape::new([Some(values.len())]))),
        ..TensorProto::default()
    };
    match values[..] {
        [] => {}
        [value] => proto.int_val = vec![value],
        _ => proto.tensor_content = values.iter().flat_map(|v| v.to_le_bytes()).collect(),
    }
    Some(proto)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_shape(dtype: DType, dims: &[i64]) -> TensorProto {
        let dim = |&size| Dim {
            size,
            ..Dim::default()
        };
        TensorProto {
            dtype: DataType::from(dtype).0,
            tensor_shape: Some(TensorShapeProto {
                dim: dims.iter().map(dim).collect(),
                unknown_rank: false,
            }),
            ..TensorProto::default()
        }
    }

    fn check(proto: &TensorProto, expected: Result<&[f64], &str>) {
        let found = read(proto, &mut Budget::new());
        let found = found.map(|tensor| {
            let tensor = tensor.expect("a known dtype");
            let values = (0..tensor.len()).filter_map(|i| tensor.get_f64(i));
            values.collect::<Vec<_>>()
        });
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert_eq!(found.to_string(), expected),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn what_is_written_is_read_again_bit_for_bit() {
        for dtype in DType::ALL {
            for values in [&[][..], &[1.0], &[1.0, 1.0, 1.0], &[0.0, -0.0], &[1.0, 0.0]] {
                let tensor = DynTensor::from(Tensor::from(values.to_vec())).cast(dtype);
                let read = read(&write(&tensor), &mut Budget::new());
                let read = read.expect("readable").expect("a known dtype");
                assert_eq!((read.dtype(), read.shape()), (dtype, tensor.shape()));
                let bits =
                    |t: &DynTensor<'_>| (0..t.len()).map(|i| t.get_bits(i)).collect::<Vec<_>>();
                assert_eq!(bits(&read), bits(&tensor), "{dtype} {values:?}");
            }
        }
    }

    #[test]
    fn few_values_fill_a_shape() {
        let mut proto = of_shape(DType::F32, &[2, 2]);
        check(&proto, Ok(&[0.0; 4]));
        proto.float_val = vec![1.0, 2.0];
        check(&proto, Ok(&[1.0, 2.0, 2.0, 2.0]));
        proto.float_val = vec![1.0; 5];
        let refused = "5 values are given; expected at most 4 for shape (2, 2)";
        check(&proto, Err(refused));
    }

    #[test]
    fn contents_of_the_wrong_length_are_refused() {
        let mut proto = of_shape(DType::F64, &[3]);
        proto.tensor_content = vec![0; 23];
        let refused = "tensor_content has 23 bytes; expected 24 for shape (3,) of DT_DOUBLE";
        check(&proto, Err(refused));
    }

    #[test]
    fn half_values_must_be_sixteen_bits() {
        for dtype in [DType::F16, DType::BF16] {
            let mut proto = of_shape(dtype, &[]);
            proto.half_val = vec![0x1_0000];
            let refused = "half_val has 65536; expected the 16 bits of a float";
            check(&proto, Err(refused));
        }
    }

    #[test]
    fn shapes_of_constants_are_known_and_valid() {
        let refused = "the shape of a constant is (None,); expected all dimensions to be known";
        check(&of_shape(DType::F32, &[-1]), Err(refused));
        let refused = "dimension 1 is -2; expected 0 or more, or -1 for an unknown one";
        check(&of_shape(DType::F32, &[1, -2]), Err(refused));
        let refused = "rank 255 is too large: expected at most 254; merge or drop dimensions";
        check(&of_shape(DType::F32, &[-1; 255]), Err(refused));
    }

    #[test]
    fn huge_shapes_are_refused_before_memory_is_taken() {
        let proto = of_shape(DType::F32, &[1 << 40]);
        let refused = "shape (1099511627776,) of DT_FLOAT would need 4398046511104 bytes, \
            more than the 268435456 left for constants that a file gives by one value; \
            feed it through a placeholder";
        check(&proto, Err(refused));
        let mut budget = Budget { left: 10 };
        let small = of_shape(DType::F32, &[2]);
        assert!(read(&small, &mut budget).is_ok());
        assert!(read(&small, &mut budget).is_err(), "the budget is shared");
    }

    #[test]
    fn integers_are_read_and_written() {
        for values in [&[][..], &[-1], &[0, 1, 70000]] {
            let proto = write_integers(values).expect("small integers");
            let read = read_integers(&proto, &mut Budget::new());
            assert_eq!(read, Ok(Some(values.to_vec())));
        }
        assert_eq!(write_integers(&[1 << 31]), None);
        let float = write(&DynTensor::scalar(DType::F32, 1.0));
        assert_eq!(read_integers(&float, &mut Budget::new()), Ok(None));
    }
}
