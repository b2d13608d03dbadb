//! Constants and shapes: TensorFlow's messages and this library's types.

use tensor_core::{DType, DynTensor, Element, PartialShape, Shape, Tensor, TensorError, bf16, f16};

use super::data_type::DataType;
use super::error::NodeFault;
use super::wire::{Dim, TensorProto, TensorShapeProto};

/// The bytes that one graph's constants may take beyond what the file holds.
///
/// A constant may give one value for a large shape, so a short file could ask
/// for any amount of memory.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    /// What a whole graph may take: 256 MiB.
    pub(crate) fn new() -> Self {
        Self { left: 256 << 20 }
    }

    /// Takes so many bytes, if they are left.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let is_left = bytes <= self.left;
        if is_left {
            self.left -= bytes;
        }
        is_left
    }
}

/// A shape as it is declared.
pub(crate) fn read_shape(proto: &TensorShapeProto) -> Result<PartialShape, NodeFault> {
    if proto.unknown_rank {
        return Ok(PartialShape::unknown());
    }
    // Also of placeholders: every node behind them has a shape as long.
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

/// A shape to be written.
pub(crate) fn write_shape(shape: &PartialShape) -> TensorShapeProto {
    let dim = |size: &Option<usize>| Dim {
        size: size.map_or(-1, |size| size as i64),
        name: String::new(),
    };
    TensorShapeProto {
        dim: shape.dims().unwrap_or_default().iter().map(dim).collect(),
        unknown_rank: shape.rank().is_none(),
    }
}

/// The constant that a message holds; none if its element type is not one of
/// ours.
pub(crate) fn read(
    proto: &TensorProto,
    budget: &mut Budget,
) -> Result<Option<DynTensor<'static>>, NodeFault> {
    let Some(dtype) = DataType(proto.dtype).dtype() else {
        return Ok(None);
    };
    let shape = whole_shape(proto)?;
    let mut source = Source {
        proto,
        shape: &shape,
        budget,
    };
    let halves = proto.half_val.iter().map(|&bits| half_bits(bits));
    let tensor = match dtype {
        DType::Bool => {
            let values = proto.bool_val.iter().copied().map(Ok);
            tensor(&shape, source.elements(values, |[byte]| byte != 0)?)
        }
        DType::F16 => {
            let values = halves.map(|bits| bits.map(f16::from_bits));
            tensor(&shape, source.elements(values, f16::from_le_bytes)?)
        }
        DType::BF16 => {
            let values = halves.map(|bits| bits.map(bf16::from_bits));
            tensor(&shape, source.elements(values, bf16::from_le_bytes)?)
        }
        DType::F32 => {
            let values = proto.float_val.iter().copied().map(Ok);
            tensor(&shape, source.elements(values, f32::from_le_bytes)?)
        }
        DType::F64 => {
            let values = proto.double_val.iter().copied().map(Ok);
            tensor(&shape, source.elements(values, f64::from_le_bytes)?)
        }
    };
    Ok(Some(tensor?))
}

/// The integers of an int32 or int64 constant, such as axes or a shape; none
/// if it holds anything else.
pub(crate) fn read_integers(
    proto: &TensorProto,
    budget: &mut Budget,
) -> Result<Option<Vec<i64>>, NodeFault> {
    let data_type = DataType(proto.dtype);
    if data_type != DataType::INT32 && data_type != DataType::INT64 {
        return Ok(None);
    }
    let shape = whole_shape(proto)?;
    let mut source = Source {
        proto,
        shape: &shape,
        budget,
    };
    let integers = if data_type == DataType::INT32 {
        let values = proto.int_val.iter().map(|&value| Ok(value.into()));
        source.elements(values, |bytes| i32::from_le_bytes(bytes).into())?
    } else {
        let values = proto.int64_val.iter().copied().map(Ok);
        source.elements(values, i64::from_le_bytes)?
    };
    Ok(Some(integers))
}

fn tensor<T: Element>(shape: &Shape, elements: Vec<T>) -> Result<DynTensor<'static>, NodeFault> {
    Ok(Tensor::new(shape.dims(), elements)?.into())
}

fn half_bits(bits: i32) -> Result<u16, NodeFault> {
    u16::try_from(bits).map_err(|_| NodeFault::HalfBits { found: bits })
}

/// A message whose elements are to be read.
struct Source<'a> {
    proto: &'a TensorProto,
    shape: &'a Shape,
    budget: &'a mut Budget,
}

impl Source<'_> {
    /// The elements, from the message's bytes or from `values`.
    fn elements<T: Copy + Default, const SIZE: usize>(
        &mut self,
        values: impl ExactSizeIterator<Item = Result<T, NodeFault>>,
        from_bytes: impl Fn([u8; SIZE]) -> T,
    ) -> Result<Vec<T>, NodeFault> {
        let content = &self.proto.tensor_content;
        if content.is_empty() {
            return self.filled(values);
        }
        if self.shape.len().checked_mul(SIZE) != Some(content.len()) {
            return Err(NodeFault::ContentLength {
                expected: self.shape.len().saturating_mul(SIZE),
                found: content.len(),
                shape: self.shape.to_string(),
                dtype: DataType(self.proto.dtype).to_string(),
            });
        }
        let chunks = content.chunks_exact(SIZE);
        let elements = chunks.filter_map(|bytes| bytes.try_into().ok().map(&from_bytes));
        Ok(elements.collect())
    }

    /// The values, the last of them repeated until the shape is full; zeros if
    /// there are none.
    fn filled<T: Copy + Default>(
        &mut self,
        values: impl ExactSizeIterator<Item = Result<T, NodeFault>>,
    ) -> Result<Vec<T>, NodeFault> {
        let count = self.shape.len();
        if values.len() > count {
            return Err(NodeFault::TooManyValues {
                expected: count,
                found: values.len(),
                shape: self.shape.to_string(),
            });
        }
        let needed = count.saturating_mul(size_of::<T>());
        if values.len() < count && !self.budget.take(needed) {
            return Err(NodeFault::TooLarge {
                expected: self.budget.left,
                found: needed,
                shape: self.shape.to_string(),
                dtype: DataType(self.proto.dtype).to_string(),
            });
        }
        let mut elements = values.collect::<Result<Vec<T>, _>>()?;
        let last = elements.last().copied().unwrap_or_default();
        elements.resize(count, last);
        Ok(elements)
    }
}

fn whole_shape(proto: &TensorProto) -> Result<Shape, NodeFault> {
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

/// A constant as TensorFlow writes it: one value where all are the same, else
/// the elements' bytes.
pub(crate) fn write(tensor: &DynTensor<'_>) -> TensorProto {
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

/// A list of integers as an int32 constant of rank 1, as TensorFlow makes of a
/// Python list; none if one is beyond 32 bits.
pub(crate) fn write_integers(values: &[i64]) -> Option<TensorProto> {
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
            name: String::new(),
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
            let tensor = tensor.expect("a dtype of ours");
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
                let read = read.expect("readable").expect("a dtype of ours");
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
        check(
            &proto,
            Err("5 values are given; expected at most 4 for shape (2, 2)"),
        );
    }

    #[test]
    fn contents_of_the_wrong_length_are_refused() {
        let mut proto = of_shape(DType::F64, &[3]);
        proto.tensor_content = vec![0; 23];
        check(
            &proto,
            Err("tensor_content has 23 bytes; expected 24 for shape (3,) of DT_DOUBLE"),
        );
    }

    #[test]
    fn half_values_must_be_sixteen_bits() {
        for dtype in [DType::F16, DType::BF16] {
            let mut proto = of_shape(dtype, &[]);
            proto.half_val = vec![0x1_0000];
            check(
                &proto,
                Err("half_val has 65536; expected the 16 bits of a float"),
            );
        }
    }

    #[test]
    fn shapes_of_constants_are_known_and_sound() {
        let refused = "the shape of a constant is (None,); expected all dimensions to be known";
        check(&of_shape(DType::F32, &[-1]), Err(refused));
        let refused = "dimension 1 is -2; expected 0 or more, or -1 for an unknown one";
        check(&of_shape(DType::F32, &[1, -2]), Err(refused));
    }

    #[test]
    fn ranks_are_bounded() {
        let refused = "rank 255 is too large: expected at most 254; merge or drop dimensions";
        check(&of_shape(DType::F32, &[-1; 255]), Err(refused));
    }

    #[test]
    fn huge_shapes_are_refused_before_memory_is_taken() {
        let proto = of_shape(DType::F32, &[1 << 40]);
        let refused = "shape (1099511627776,) of DT_FLOAT would need 4398046511104 bytes, more than the 268435456 left for constants that a file gives by one value; feed it through a placeholder";
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
