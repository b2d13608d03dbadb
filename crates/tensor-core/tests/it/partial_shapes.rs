//! Partially known shapes: TensorFlow's text forms and merging, and the laws they obey.

use proptest::prelude::*;
use tensor_core::{PartialShape, Shape, TensorError};

fn partial(text: &str) -> PartialShape {
    text.parse().unwrap()
}

#[test]
fn text_forms_are_tensorflows() {
    let cases = [
        ("<unknown>", PartialShape::unknown()),
        ("()", PartialShape::new([])),
        ("(3,)", PartialShape::new([Some(3)])),
        ("(None,)", PartialShape::new([None])),
        ("(2, 3)", PartialShape::new([Some(2), Some(3)])),
        ("(None, 3)", PartialShape::new([None, Some(3)])),
    ];
    for (text, shape) in cases {
        assert_eq!(shape.to_string(), text);
        assert_eq!(text.parse(), Ok(shape));
    }
    assert_eq!(format!("{:<10}|", PartialShape::unknown()), "<unknown> |");
}

#[test]
fn other_spellings_of_a_shape_are_read_too() {
    let cases = [
        (" ( None,3 ) ", "(None, 3)"),
        ("(?, 3)", "(None, 3)"),
        ("(2, 3,)", "(2, 3)"),
        ("( )", "()"),
    ];
    for (text, same) in cases {
        assert_eq!(partial(text), partial(same));
    }
}

#[test]
fn text_that_is_no_shape_is_an_error_that_carries_it() {
    let cases = [
        "",
        "3",
        "(3)",
        "(,)",
        "(2,,3)",
        "(2, 3",
        "[2, 3]",
        "(-1,)",
        "(+1,)",
        "(2 3,)",
        "(none,)",
        "unknown",
        "(2, 3,,)",
        "(1e3,)",
        "(99999999999999999999,)",
        "(\u{665},)",
    ];
    for text in cases {
        let expected = TensorError::InvalidShapeText {
            found: text.to_string(),
        };
        assert_eq!(text.parse::<PartialShape>(), Err(expected));
    }
}

#[test]
fn an_unknown_side_yields_the_other_when_merged() {
    let cases = [
        ("<unknown>", "<unknown>", "<unknown>"),
        ("<unknown>", "(2, None)", "(2, None)"),
        ("()", "()", "()"),
        ("(None, 3)", "(2, None)", "(2, 3)"),
        ("(None, None)", "(None, 0)", "(None, 0)"),
    ];
    for (left, right, merged) in cases {
        assert_eq!(
            partial(left).merge_with(partial(right)),
            Ok(partial(merged))
        );
        assert_eq!(
            partial(right).merge_with(partial(left)),
            Ok(partial(merged))
        );
    }
}

#[test]
fn merging_shapes_that_differ_is_an_error_with_tensorflows_text() {
    let cases = [
        ("(2,)", "(3,)", "Shapes (2,) and (3,) are not compatible"),
        (
            "(2, 3)",
            "(3,)",
            "Shapes (2, 3) and (3,) are not compatible",
        ),
        ("()", "(None,)", "Shapes () and (None,) are not compatible"),
        (
            "(None, 3)",
            "(2, 4)",
            "Shapes (None, 3) and (2, 4) are not compatible",
        ),
        ("(0,)", "(1,)", "Shapes (0,) and (1,) are not compatible"),
    ];
    for (left, right, text) in cases {
        let error = partial(left).merge_with(partial(right)).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        let expected = TensorError::IncompatibleShapes {
            left: partial(left),
            right: partial(right),
        };
        assert_eq!(error, expected);
    }
}

#[test]
fn compatibility_is_not_transitive() {
    let (left, middle, right) = (
        partial("(None, 3)"),
        partial("<unknown>"),
        partial("(2, 4)"),
    );
    assert!(left.is_compatible_with(&middle) && middle.is_compatible_with(&right));
    assert!(!left.is_compatible_with(&right));
}

#[test]
fn partial_shapes_broadcast_as_far_as_they_are_known() {
    let cases = [
        ("<unknown>", "(2, 3)", Some("<unknown>")),
        ("()", "(None, 3)", Some("(None, 3)")),
        ("(None, 3)", "(3,)", Some("(None, 3)")),
        ("(None, 3)", "(5, 1)", Some("(5, 3)")),
        ("(None,)", "(1,)", Some("(None,)")),
        ("(None,)", "(None,)", Some("(None,)")),
        ("(None,)", "(0,)", Some("(0,)")),
        ("(2, 1)", "(3,)", Some("(2, 3)")),
        ("(2,)", "(3,)", None),
        ("(None, 2)", "(None, 3)", None),
    ];
    for (left, right, expected) in cases {
        for (left, right) in [(left, right), (right, left)] {
            let (left, right) = (partial(left), partial(right));
            let expected = expected.map(partial).ok_or(TensorError::Broadcast {
                left: left.clone(),
                right: right.clone(),
            });
            assert_eq!(left.broadcast(&right), expected);
        }
    }
}

#[test]
fn only_a_fully_known_and_valid_shape_becomes_concrete() {
    assert_eq!(partial("(2, 3)").to_shape(), Shape::new([2, 3]).ok());
    assert_eq!(partial("()").to_shape(), Some(Shape::scalar()));
    for text in ["<unknown>", "(None,)", "(2, None)"] {
        assert_eq!(partial(text).to_shape(), None);
    }
    let overflowing = PartialShape::new([Some(usize::MAX), Some(2)]);
    assert_eq!(overflowing.to_shape(), None);
}

#[test]
fn a_concrete_shape_is_compatible_where_it_has_the_known_dimensions() {
    let concrete = Shape::new([2, 3]).unwrap();
    for (text, expected) in [
        ("<unknown>", true),
        ("(None, 3)", true),
        ("(2, 3, 1)", false),
    ] {
        assert_eq!(partial(text).is_compatible_with(&concrete), expected);
    }
    assert_eq!(PartialShape::from(&concrete).rank(), Some(2));
    assert_eq!(PartialShape::from(concrete), partial("(2, 3)"));
}

#[test]
fn arrays_of_dimensions_are_shapes() {
    assert_eq!(PartialShape::from([2, 3]), partial("(2, 3)"));
    assert_eq!(PartialShape::from([None, Some(3)]), partial("(None, 3)"));
    assert_eq!(PartialShape::from([0; 0]), partial("()"));
}

#[test]
fn an_operand_that_cannot_broadcast_to_the_target_is_an_error_that_carries_both() {
    for (operand, target) in [
        ("(2,)", "(3,)"),
        ("(None, 2)", "(4, 3)"),
        ("(1, None)", "(None,)"),
        ("(3,)", "(None, 1)"),
    ] {
        let (operand, target) = (partial(operand), partial(target));
        let expected = TensorError::BroadcastTo {
            expected: target.clone(),
            found: operand.clone(),
        };
        assert_eq!(operand.broadcast_to(&target), Err(expected));
    }
}

fn any_partial() -> impl Strategy<Value = PartialShape> {
    let dim = prop_oneof![Just(None), (0_usize..4).prop_map(Some)];
    prop_oneof![
        1 => Just(PartialShape::unknown()),
        9 => prop::collection::vec(dim, 0..4).prop_map(PartialShape::new),
    ]
}

/// A concrete shape, and what is left of it after forgetting some dimensions or the rank.
fn any_shape_and_partial() -> impl Strategy<Value = (Shape, PartialShape)> {
    let dims = prop::collection::vec((0_usize..4, any::<bool>()), 0..4);
    (dims, prop::bool::weighted(0.1)).prop_map(|(dims, unknown)| {
        let concrete = Shape::new(dims.iter().map(|&(dim, _)| dim).collect::<Vec<_>>()).unwrap();
        let known = dims.iter().map(|&(dim, known)| known.then_some(dim));
        (
            concrete,
            if unknown {
                PartialShape::unknown()
            } else {
                PartialShape::new(known)
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_written_reads_back(shape in any_partial()) {
        prop_assert_eq!(shape.to_string().parse(), Ok(shape));
    }

    #[test]
    fn compatibility_and_merging_are_reflexive(shape in any_partial()) {
        prop_assert!(shape.is_compatible_with(&shape));
        prop_assert_eq!(shape.merge_with(&shape), Ok(shape.clone()));
    }

    #[test]
    fn compatibility_and_merging_are_symmetric(left in any_partial(), right in any_partial()) {
        let compatible = left.is_compatible_with(&right);
        prop_assert_eq!(right.is_compatible_with(&left), compatible);
        prop_assert_eq!(left.merge_with(&right).is_ok(), compatible);
        prop_assert_eq!(left.merge_with(&right).ok(), right.merge_with(&left).ok());
    }

    #[test]
    fn a_merged_shape_fits_exactly_what_fits_both_sides(
        left in any_partial(), right in any_partial(), (concrete, _) in any_shape_and_partial(),
    ) {
        let fits_both = left.is_compatible_with(&concrete) && right.is_compatible_with(&concrete);
        let merged = left.merge_with(&right);
        prop_assert_eq!(merged.is_ok_and(|merged| merged.is_compatible_with(&concrete)), fits_both);
    }

    #[test]
    fn forgetting_dimensions_never_excludes_the_broadcast_shape(
        (left, known_left) in any_shape_and_partial(),
        (right, known_right) in any_shape_and_partial(),
    ) {
        if let Ok(both) = left.broadcast(&right) {
            let known = known_left.broadcast(&known_right);
            prop_assert!(known.is_ok_and(|known| known.is_compatible_with(&both)));
        }
    }

    #[test]
    fn fully_known_shapes_broadcast_as_shapes_do(
        (left, _) in any_shape_and_partial(), (right, _) in any_shape_and_partial(),
    ) {
        let known = PartialShape::from(&left).broadcast(&right);
        prop_assert_eq!(known, left.broadcast(&right).map(PartialShape::from));
    }

    #[test]
    fn fully_known_shapes_broadcast_to_a_target_as_shapes_do(
        (operand, _) in any_shape_and_partial(), (target, _) in any_shape_and_partial(),
    ) {
        let known = PartialShape::from(&operand).broadcast_to(&target);
        prop_assert_eq!(known, operand.broadcast_to(&target).map(drop));
    }

    #[test]
    fn forgetting_dimensions_never_excludes_a_target(
        (operand, known_operand) in any_shape_and_partial(),
        (target, known_target) in any_shape_and_partial(),
    ) {
        if operand.broadcast_to(&target).is_ok() {
            prop_assert_eq!(known_operand.broadcast_to(known_target), Ok(()));
        }
    }

    #[test]
    fn forgetting_dimensions_changes_no_axis_and_no_reduced_rank(
        (shape, known) in any_shape_and_partial(),
        axes in prop::collection::vec(-4_i64..4, 0..3),
        keep_dims in any::<bool>(),
    ) {
        if let Some(found) = known.axes(&axes).transpose() {
            prop_assert_eq!(&found, &shape.axes(&axes));
            if let Ok(axes) = found {
                let reduced = known.reduced(&axes, keep_dims);
                prop_assert!(reduced.is_compatible_with(shape.reduced(&axes, keep_dims)));
            }
        } else {
            prop_assert_eq!(known.rank(), None);
        }
    }
}
