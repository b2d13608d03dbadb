//! Typed and dtype-erased tensors: construction, access, ownership, and the errors of each.

use proptest::prelude::*;
use tensor_core::{DType, DynSliceMut, DynTensor, Element, Shape, Tensor, TensorError, bf16, f16};

fn shape(dims: &[usize]) -> Shape {
    Shape::new(dims).unwrap()
}

/// One tensor of shape `(2, 3)` per dtype.
fn one_of_each() -> [DynTensor<'static>; 5] {
    let numbers = Tensor::new([2, 3], vec![0.0, 1.0, -2.5, 3.0, 0.25, -0.0]).unwrap();
    DType::ALL.map(|dtype| DynTensor::from(numbers.clone()).cast(dtype))
}

#[test]
fn a_shape_that_holds_another_number_of_elements_is_an_error() {
    let wrong = |expected, dims: &[usize]| TensorError::ElementCount {
        shape: Box::new(shape(dims)),
        expected,
        found: 4,
    };
    let data = [1.0_f32, 2.0, 3.0, 4.0];
    assert_eq!(Tensor::new([3], data.to_vec()), Err(wrong(3, &[3])));
    assert_eq!(Tensor::borrowed([], &data), Err(wrong(1, &[])));
    assert_eq!(
        Tensor::from(data.to_vec()).reshape([2, 3]),
        Err(wrong(6, &[2, 3]))
    );
    assert_eq!(Tensor::new([7, 0], data.to_vec()), Err(wrong(0, &[7, 0])));
    let message = wrong(6, &[2, 3]).to_string();
    assert!(
        message.starts_with("shape (2, 3) holds 6 elements, found 4: "),
        "{message}"
    );

    let overflow = Tensor::new([usize::MAX, 2], data.to_vec()).unwrap_err();
    assert!(matches!(overflow, TensorError::ShapeOverflow { .. }));
}

#[test]
fn constructors_give_the_shape_and_elements_they_name() {
    assert_eq!(Tensor::scalar(2.5_f64), Tensor::new([], vec![2.5]).unwrap());
    assert_eq!(
        Tensor::from(vec![true]),
        Tensor::new([1], vec![true]).unwrap()
    );
    assert_eq!(
        Tensor::<bool>::zeros(shape(&[2])).as_slice(),
        [false, false]
    );
    assert_eq!(
        Tensor::full(shape(&[1, 2]), 7.0_f32),
        Tensor::new([1, 2], vec![7.0; 2]).unwrap()
    );
    assert_eq!(
        Tensor::try_full(shape(&[2]), 1.5_f64),
        Ok(Tensor::from(vec![1.5; 2]))
    );
    assert_eq!(
        Tensor::<f16>::try_zeros(shape(&[0])),
        Ok(Tensor::from(vec![]))
    );

    let tensor = DynTensor::full(DType::BF16, shape(&[2]), 0.1);
    assert_eq!(
        (tensor.dtype(), tensor.get_bits(1)),
        (DType::BF16, Some(0x3dcd))
    );
    assert_eq!(
        DynTensor::scalar(DType::Bool, f64::NAN).get_f64(0),
        Some(1.0)
    );
    for dtype in DType::ALL {
        let zeros = DynTensor::zeros(dtype, shape(&[2, 0]));
        assert_eq!(
            (zeros.dtype(), zeros.rank(), zeros.is_empty()),
            (dtype, 2, true)
        );
        assert_eq!(DynTensor::try_zeros(dtype, shape(&[2, 0])), Ok(zeros));
        let ones = DynTensor::try_full(dtype, Shape::scalar(), 1.0);
        assert_eq!(ones, Ok(DynTensor::scalar(dtype, 1.0)));
    }
}

#[test]
fn running_out_of_memory_is_an_error() {
    let huge = shape(&[isize::MAX as usize]);
    let error = TensorError::OutOfMemory {
        dtype: DType::F64,
        shape: Box::new(huge.clone()),
    };
    assert_eq!(Tensor::<f64>::try_zeros(huge.clone()), Err(error.clone()));
    assert_eq!(
        DynTensor::try_zeros(DType::F64, huge.clone()),
        Err(error.clone())
    );
    assert_eq!(
        DynTensor::try_full(DType::F64, huge.clone(), 1.0),
        Err(error.clone())
    );
    assert_eq!(Tensor::scalar(1.0_f64).broadcast_to(&huge), Err(error));
}

#[test]
fn borrowed_elements_are_not_copied_until_they_change() {
    let data = [1.0_f32, 2.0, 3.0, 4.0];
    let mut tensor = Tensor::borrowed([2, 2], &data)
        .unwrap()
        .reshape([4])
        .unwrap();
    assert!(tensor.is_borrowed());
    assert_eq!(tensor.view().as_slice().as_ptr(), data.as_ptr());

    tensor.make_mut()[0] = 9.0;
    assert!(!tensor.is_borrowed());
    assert_eq!(tensor.as_slice(), [9.0, 2.0, 3.0, 4.0]);
    assert_eq!(data[0], 1.0);

    let before = tensor.as_slice().as_ptr();
    tensor.make_mut()[1] = 8.0;
    assert_eq!(tensor.clone().into_owned().into_vec(), [9.0, 8.0, 3.0, 4.0]);
    let data = tensor.into_vec();
    assert_eq!(data.as_ptr(), before);
}

#[test]
fn a_tensor_is_reused_in_another_shape_within_its_memory() {
    let mut tensor = DynTensor::from(Tensor::new([2, 3], vec![1.0_f32; 6]).unwrap());
    let place = tensor.downcast_ref::<f32>().unwrap().as_slice().as_ptr();
    for dims in [&[3][..], &[], &[0, 2], &[6], &[6]] {
        tensor.reuse(&shape(dims)).unwrap();
        assert_eq!(tensor.shape(), &shape(dims));
        let elements = tensor.downcast_ref::<f32>().unwrap().as_slice();
        assert_eq!(elements.len(), shape(dims).len());
        assert_eq!(elements.as_ptr(), place);
    }
    tensor.reuse(&shape(&[100])).unwrap();
    assert_eq!(tensor.len(), 100);
    let huge = shape(&[isize::MAX as usize]);
    assert!(matches!(
        tensor.reuse(&huge),
        Err(TensorError::OutOfMemory { .. })
    ));
    assert!(tensor.is_empty());
    let data = [1.0_f64, 2.0];
    let mut borrowed = Tensor::borrowed([2], &data).unwrap();
    borrowed.reuse(&shape(&[2])).unwrap();
    assert!(!borrowed.is_borrowed());
}

#[test]
fn elements_are_found_by_index_and_a_single_one_without() {
    let table = Tensor::new([2, 3], vec![0.0_f32, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
    assert_eq!(table.get(&[1, 2]), Ok(5.0));
    assert_eq!(
        table.get(&[1]),
        Err(TensorError::IndexRank {
            expected: 2,
            found: 1
        })
    );
    assert_eq!(table.iter().sum::<f32>(), 15.0);
    assert_eq!((&table).into_iter().count(), table.len());

    assert_eq!(Tensor::new([1, 1], vec![3.5_f64]).unwrap().item(), Ok(3.5));
    for dims in [&[2_usize, 3][..], &[0]] {
        let tensor = Tensor::<f32>::zeros(shape(dims));
        let expected = TensorError::NotSingleElement {
            found: Box::new(shape(dims)),
        };
        assert_eq!(tensor.item(), Err(expected));
    }
}

#[test]
fn debug_shows_dtype_shape_and_the_first_elements() {
    let short = Tensor::new([1, 2], vec![1.0_f32, 2.0]).unwrap();
    let text = "Tensor { dtype: float32, shape: (1, 2), data: [1.0, 2.0] }";
    assert_eq!(format!("{short:?}"), text);
    assert_eq!(format!("{:?}", DynTensor::from(short)), text);
    let long = format!("{:?}", Tensor::from(vec![true; 1000]));
    assert!(long.ends_with("true, true] and 992 more }"), "{long}");
}

#[test]
fn a_downcast_succeeds_for_the_element_type_alone() {
    fn check<T: Element>() {
        for mut tensor in one_of_each() {
            let found = tensor.dtype();
            let error = TensorError::DTypeMismatch {
                expected: T::DTYPE,
                found,
            };
            if found == T::DTYPE {
                let expected = tensor.clone();
                assert_eq!(tensor.downcast_ref::<T>().unwrap().shape(), &shape(&[2, 3]));
                assert_eq!(tensor.downcast_mut::<T>().unwrap().len(), 6);
                assert_eq!(tensor.as_slice_mut().downcast::<T>().unwrap().len(), 6);
                assert_eq!(DynTensor::from(tensor.downcast::<T>().unwrap()), expected);
            } else {
                assert_eq!(tensor.downcast_ref::<T>(), Err(error.clone()));
                assert_eq!(tensor.downcast_mut::<T>(), Err(error.clone()));
                assert_eq!(tensor.as_slice_mut().downcast::<T>(), Err(error.clone()));
                assert_eq!(tensor.downcast::<T>(), Err(error));
            }
        }
    }
    check::<bool>();
    check::<f16>();
    check::<bf16>();
    check::<f32>();
    check::<f64>();
}

#[test]
fn the_erased_forms_agree_with_the_typed_ones() {
    for tensor in one_of_each() {
        assert_eq!(
            (tensor.rank(), tensor.len(), tensor.is_empty()),
            (2, 6, false)
        );
        assert_eq!(
            tensor.get_f64(4),
            Some(if tensor.dtype().is_float() { 0.25 } else { 1.0 })
        );
        assert_eq!((tensor.get_f64(6), tensor.get_bits(6)), (None, None));
        assert!(!tensor.is_borrowed() && tensor.view().is_borrowed());
        assert_eq!(tensor.view().into_owned(), tensor);

        let wide = tensor.view().reshape([1, 6]).unwrap();
        assert_eq!((wide.shape(), wide.is_borrowed()), (&shape(&[1, 6]), true));
        assert!(tensor.clone().reshape([5]).is_err());

        let twice = tensor.broadcast_to(&shape(&[2, 2, 3])).unwrap();
        assert_eq!(
            (twice.dtype(), twice.get_f64(7)),
            (tensor.dtype(), Some(1.0))
        );
        assert!(tensor.broadcast_to(&shape(&[3])).is_err());
    }
}

#[test]
fn bits_are_those_of_the_stored_format() {
    let expected = [1, 0xc100, 0xc020, 0xc020_0000, 0xc004_0000_0000_0000];
    for (tensor, bits) in one_of_each().iter().zip(expected) {
        assert_eq!(tensor.get_bits(2), Some(bits), "{}", tensor.dtype());
    }
}

#[test]
fn a_mutable_slice_writes_through_to_the_tensor() {
    for mut tensor in one_of_each() {
        let dtype = tensor.dtype();
        let mut slice = tensor.as_slice_mut();
        assert_eq!(
            (slice.dtype(), slice.len(), slice.is_empty()),
            (dtype, 6, false)
        );
        match slice.reborrow() {
            DynSliceMut::Bool(out) => out[0] = true,
            DynSliceMut::F16(out) => out[0] = f16::from_f32(1.0),
            DynSliceMut::BF16(out) => out[0] = bf16::from_f32(1.0),
            DynSliceMut::F32(out) => out[0] = 1.0,
            DynSliceMut::F64(out) => out[0] = 1.0,
        }
        assert_eq!(slice.len(), 6);
        assert_eq!(tensor.get_f64(0), Some(1.0));
    }
}

proptest! {
    #[test]
    fn a_reshape_there_and_back_changes_nothing(rows in 0_usize..9, columns in 0_usize..9) {
        let data: Vec<f64> = (0..rows * columns).map(|position| position as f64).collect();
        let tensor = Tensor::new([rows, columns], data).unwrap();
        let back = tensor.clone().reshape([columns, 1, rows]).unwrap().reshape([rows, columns]);
        prop_assert_eq!(back, Ok(tensor));
    }
}
