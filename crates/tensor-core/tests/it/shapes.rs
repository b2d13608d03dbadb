//! Shapes and broadcasting: tables of facts, and laws against naive index arithmetic.

use proptest::prelude::*;
use tensor_core::{Broadcast, Shape, Tensor, TensorError};

fn shape(dims: &[usize]) -> Shape {
    Shape::new(dims).unwrap()
}

#[test]
fn the_number_of_elements_is_the_product_of_the_dimensions() {
    const MAX: usize = isize::MAX as usize;
    let cases: [(&[usize], usize); 8] = [
        (&[], 1),
        (&[0], 0),
        (&[7], 7),
        (&[2, 3, 4], 24),
        (&[2, 0, 4], 0),
        (&[MAX], MAX),
        (&[MAX, 1, 0], 0),
        (&[1, 1, 1, 1, 1, 1, 1, 1, 1, 2], 2),
    ];
    for (dims, len) in cases {
        let shape = shape(dims);
        assert_eq!(
            (shape.dims(), shape.rank(), shape.len()),
            (dims, dims.len(), len)
        );
        assert_eq!(shape.is_empty(), len == 0);
        assert_eq!(shape.is_scalar(), dims.is_empty());
        assert_eq!(shape.as_ref(), dims);
    }
    assert_eq!(Shape::scalar(), shape(&[]));
}

#[test]
fn a_product_beyond_isize_max_is_an_error_even_beside_a_zero() {
    const MAX: usize = isize::MAX as usize;
    let cases: [&[usize]; 5] = [
        &[usize::MAX],
        &[MAX + 1],
        &[MAX, 2],
        &[MAX, MAX, MAX],
        &[0, MAX, 2],
    ];
    for dims in cases {
        let expected = TensorError::ShapeOverflow {
            expected: MAX,
            found: dims.to_vec(),
        };
        assert_eq!(Shape::new(dims), Err(expected));
    }
}

#[test]
fn a_rank_above_the_largest_is_an_error() {
    let largest = vec![1; Shape::MAX_RANK];
    assert_eq!(shape(&largest).len(), 1);
    let too_large = vec![1; Shape::MAX_RANK + 1];
    assert_eq!(
        Shape::new(too_large),
        Err(TensorError::RankOverflow {
            expected: 254,
            found: 255
        })
    );
}

#[test]
fn shapes_are_written_as_python_tuples() {
    let cases: [(&[usize], &str); 4] = [
        (&[], "()"),
        (&[3], "(3,)"),
        (&[2, 3], "(2, 3)"),
        (&[0, 1, 9], "(0, 1, 9)"),
    ];
    for (dims, text) in cases {
        assert_eq!(shape(dims).to_string(), text);
    }
    assert_eq!(format!("{:>8}", shape(&[3])), "    (3,)");
    assert_eq!(format!("{:?}", shape(&[2, 3])), "Shape(2, 3)");
}

#[test]
fn a_negative_axis_counts_from_the_end() {
    let cube = shape(&[2, 3, 4]);
    for (axis, expected) in [(0, 0), (2, 2), (-1, 2), (-3, 0)] {
        assert_eq!(cube.axis(axis), Ok(expected));
    }
    for found in [3, -4, i64::MAX, i64::MIN] {
        assert_eq!(
            cube.axis(found),
            Err(TensorError::AxisOutOfRange { rank: 3, found })
        );
    }
    let error = TensorError::AxisOutOfRange { rank: 0, found: 0 };
    assert_eq!(Shape::scalar().axis(0), Err(error));
}

#[test]
fn axes_come_sorted_and_a_repeated_one_is_an_error() {
    let cube = shape(&[2, 3, 4]);
    assert_eq!(cube.axes(&[]), Ok(vec![]));
    assert_eq!(cube.axes(&[-1, 0]), Ok(vec![0, 2]));
    assert_eq!(cube.axes(&[2, 1, 0]), Ok(vec![0, 1, 2]));
    assert_eq!(
        cube.axes(&[1, -2]),
        Err(TensorError::DuplicateAxis { axis: 1, found: -2 })
    );
    assert_eq!(
        cube.axes(&[1, 5]),
        Err(TensorError::AxisOutOfRange { rank: 3, found: 5 })
    );
}

#[test]
fn reduced_axes_are_dropped_or_become_one() {
    let cases: [(&[usize], &[usize], &[usize]); 4] = [
        (&[], &[2, 3, 4], &[2, 3, 4]),
        (&[1], &[2, 4], &[2, 1, 4]),
        (&[0, 2], &[3], &[1, 3, 1]),
        (&[0, 1, 2], &[], &[1, 1, 1]),
    ];
    for (axes, dropped, kept) in cases {
        let cube = shape(&[2, 3, 4]);
        assert_eq!(cube.reduced(axes, false), shape(dropped));
        assert_eq!(cube.reduced(axes, true), shape(kept));
    }
    let half = isize::MAX as usize / 2;
    assert_eq!(shape(&[0, 2, half]).reduced(&[0], false).len(), 2 * half);
}

#[test]
fn an_index_of_the_wrong_rank_or_beyond_a_dimension_is_an_error() {
    let table = shape(&[2, 3]);
    for index in [&[][..], &[1], &[1, 1, 1]] {
        let expected = TensorError::IndexRank {
            expected: 2,
            found: index.len(),
        };
        assert_eq!(table.offset(index), Err(expected));
    }
    let beyond = |axis, expected, found| TensorError::IndexOutOfRange {
        axis,
        expected,
        found,
    };
    assert_eq!(table.offset(&[2, 0]), Err(beyond(0, 2, 2)));
    assert_eq!(table.offset(&[1, 3]), Err(beyond(1, 3, 3)));
    assert_eq!(shape(&[0]).offset(&[0]), Err(beyond(0, 0, 0)));
    assert_eq!(Shape::scalar().offset(&[]), Ok(0));
}

#[test]
fn pos_weight_shapes_repeat_over_the_logits_as_documented() {
    let cases: [(&[usize], &[usize], Broadcast); 12] = [
        (&[4, 3], &[4, 3], Broadcast::Same),
        (&[3], &[1, 3], Broadcast::Same),
        (&[], &[], Broadcast::Same),
        (&[], &[4, 3], Broadcast::Scalar),
        (&[1, 1], &[4, 3], Broadcast::Scalar),
        (&[3], &[4, 3], Broadcast::Periodic { stretch: 1 }),
        (&[4, 1], &[4, 3], Broadcast::Periodic { stretch: 3 }),
        (
            &[3, 1, 1],
            &[2, 3, 5, 7],
            Broadcast::Periodic { stretch: 35 },
        ),
        (
            &[3, 5, 1],
            &[2, 3, 5, 7],
            Broadcast::Periodic { stretch: 7 },
        ),
        (&[2, 1, 5], &[2, 3, 5], Broadcast::General),
        (&[], &[0, 3], Broadcast::Scalar),
        (&[3], &[0, 3], Broadcast::Periodic { stretch: 1 }),
    ];
    for (operand, target, expected) in cases {
        let found = shape(operand).broadcast_to(&shape(target));
        assert_eq!(found, Ok(expected), "{operand:?} to {target:?}");
    }
}

#[test]
fn a_shape_that_would_enlarge_the_target_or_does_not_fit_is_an_error() {
    let cases: [(&[usize], &[usize]); 7] = [
        (&[2], &[3]),
        (&[1], &[]),
        (&[3], &[1]),
        (&[1, 3], &[3]),
        (&[4], &[4, 3]),
        (&[0], &[1]),
        (&[3], &[0]),
    ];
    for (operand, target) in cases {
        let (operand, target) = (shape(operand), shape(target));
        let expected = TensorError::BroadcastTo {
            expected: (&target).into(),
            found: (&operand).into(),
        };
        assert_eq!(operand.broadcast_to(&target), Err(expected));
    }
}

#[test]
fn shapes_broadcast_by_tensorflows_rule() {
    type Case<'a> = (&'a [usize], &'a [usize], Option<&'a [usize]>);
    let cases: [Case; 8] = [
        (&[], &[], Some(&[])),
        (&[], &[2, 3], Some(&[2, 3])),
        (&[3], &[2, 1], Some(&[2, 3])),
        (&[4, 1, 3], &[5, 1], Some(&[4, 5, 3])),
        (&[0], &[1], Some(&[0])),
        (&[0, 1], &[1, 7], Some(&[0, 7])),
        (&[2], &[3], None),
        (&[0], &[2], None),
    ];
    for (left, right, expected) in cases {
        let (left, right) = (shape(left), shape(right));
        let expected = expected.map(shape).ok_or(TensorError::Broadcast {
            left: (&left).into(),
            right: (&right).into(),
        });
        assert_eq!(left.broadcast(&right), expected);
    }
    let root = 1 << (usize::BITS / 2);
    let error = shape(&[root, 1]).broadcast(&shape(&[root])).unwrap_err();
    assert!(matches!(error, TensorError::ShapeOverflow { .. }));
}

/// The index of each element of a shape, in row-major order, by counting like an odometer.
fn indices(dims: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &dim in dims {
        all = all
            .iter()
            .flat_map(|index: &Vec<usize>| {
                (0..dim).map(move |last| index.iter().copied().chain([last]).collect())
            })
            .collect();
    }
    all
}

/// For each element of `target`, the position of the operand's element that is broadcast there.
fn sources(operand: &[usize], target: &[usize]) -> Vec<usize> {
    let missing = target.len() - operand.len();
    indices(target)
        .iter()
        .map(|index| {
            let own = operand.iter().zip(&index[missing..]);
            own.fold(0, |offset, (&dim, &at)| {
                offset * dim + if dim == 1 { 0 } else { at }
            })
        })
        .collect()
}

fn any_dims() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(
        prop_oneof![1 => Just(0_usize), 4 => Just(1), 8 => 2_usize..5],
        0..6,
    )
}

/// A target and an operand that broadcasts to it.
fn fitting_dims() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    (
        any_dims(),
        prop::collection::vec(any::<bool>(), 6),
        0_usize..6,
    )
        .prop_map(|(target, ones, dropped)| {
            let operand = target
                .iter()
                .zip(ones)
                .skip(dropped.min(target.len()))
                .map(|(&dim, one)| if one { 1 } else { dim })
                .collect();
            (operand, target)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn offsets_count_the_indices_in_row_major_order(dims in any_dims()) {
        let shape = shape(&dims);
        let indices = indices(&dims);
        prop_assert_eq!(indices.len(), shape.len());
        for (position, index) in indices.iter().enumerate() {
            prop_assert_eq!(shape.offset(index), Ok(position));
        }
    }

    #[test]
    fn the_broadcast_pattern_finds_the_element_that_index_arithmetic_finds(
        (operand, target) in fitting_dims(),
    ) {
        let pattern = shape(&operand).broadcast_to(&shape(&target)).unwrap();
        let len: usize = operand.iter().product();
        let sources = sources(&operand, &target);
        let periodic = |stretch: usize| {
            sources.iter().enumerate().all(|(i, &source)| source == (i / stretch) % len)
        };
        match pattern {
            Broadcast::Same => prop_assert!(sources.iter().copied().eq(0..len)),
            Broadcast::Scalar => {
                prop_assert_eq!(len, 1);
                prop_assert!(sources.iter().all(|&source| source == 0));
            }
            Broadcast::Periodic { stretch } => {
                prop_assert!(stretch > 0 && periodic(stretch));
            }
            // Nothing simpler would have done.
            Broadcast::General => {
                prop_assert!(sources.is_empty() || !(1..=sources.len()).any(periodic));
            }
        }
    }

    #[test]
    fn a_broadcast_tensor_holds_the_elements_that_index_arithmetic_finds(
        (operand, target) in fitting_dims(),
    ) {
        let len: usize = operand.iter().product();
        let values: Vec<f64> = (0..len).map(|position| position as f64).collect();
        let expected: Vec<f64> =
            sources(&operand, &target).into_iter().map(|source| source as f64).collect();
        let tensor = Tensor::new(&operand, values).unwrap();
        let broadcast = tensor.broadcast_to(&shape(&target)).unwrap();
        prop_assert_eq!(broadcast.shape(), &shape(&target));
        prop_assert_eq!(broadcast.as_slice(), expected);
    }

    #[test]
    fn the_broadcast_shape_is_the_smallest_that_both_sides_broadcast_to(
        left in any_dims(), right in any_dims(),
    ) {
        let (left, right) = (shape(&left), shape(&right));
        let Ok(both) = left.broadcast(&right) else {
            prop_assert!(right.broadcast(&left).is_err());
            // Aligned from the right, some pair differs and has no 1.
            let pairs = left.dims().iter().rev().zip(right.dims().iter().rev());
            prop_assert!(pairs.into_iter().any(|(&x, &y)| x != y && x != 1 && y != 1));
            return Ok(());
        };
        prop_assert_eq!(right.broadcast(&left), Ok(both.clone()));
        prop_assert!(left.broadcast_to(&both).is_ok() && right.broadcast_to(&both).is_ok());
        prop_assert_eq!(both.rank(), left.rank().max(right.rank()));
        for (axis, &dim) in both.dims().iter().rev().enumerate() {
            let of = |shape: &Shape| shape.dims().iter().rev().nth(axis).copied();
            prop_assert!(of(&left) == Some(dim) || of(&right) == Some(dim));
        }
    }

    #[test]
    fn broadcasting_is_idempotent_and_a_scalar_is_neutral(dims in any_dims()) {
        let shape = shape(&dims);
        prop_assert_eq!(shape.broadcast(&shape), Ok(shape.clone()));
        prop_assert_eq!(shape.broadcast(&Shape::scalar()), Ok(shape.clone()));
        prop_assert_eq!(shape.broadcast_to(&shape), Ok(Broadcast::Same));
    }
}
