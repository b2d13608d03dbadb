//! The checked form: the bits of the unchecked one, or the first offender and outputs of NaN.

use exact_kernels::{
    Fused, KernelError, Operand, check_domains, weighted_fused, weighted_fused_checked,
};

/// Enough for several threads, and no whole number of pieces.
const COUNT: usize = 100_003;

fn inputs() -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let labels = (0..COUNT).map(|i| (i % 11) as f32 / 10.0).collect();
    let logits = (0..COUNT).map(|i| (i % 997) as f32 / 31.0 - 16.0).collect();
    let weights = (0..COUNT).map(|i| (i % 7) as f32).collect();
    (labels, logits, weights)
}

fn outputs<'a>(loss: &'a mut [f32], grad: &'a mut [f32]) -> Fused<'a, f32> {
    Fused {
        loss: Some(loss),
        grad: Some(grad),
        hess: None,
    }
}

#[test]
fn valid_inputs_give_the_bits_of_the_unchecked_form() {
    let (labels, logits, weights) = inputs();
    let repeated = Operand::Periodic {
        values: &weights[..5],
        stretch: 3,
    };
    for weight in [Operand::Scalar(2.5), Operand::Full(&weights), repeated] {
        let (mut loss, mut grad) = (vec![7.0; COUNT], vec![7.0; COUNT]);
        let (mut expected, mut slope) = (loss.clone(), grad.clone());
        weighted_fused(&labels, &logits, weight, outputs(&mut expected, &mut slope))
            .expect("lengths agree");
        weighted_fused_checked(&labels, &logits, weight, outputs(&mut loss, &mut grad))
            .expect("all is inside");
        assert_eq!((loss, grad), (expected, slope), "{weight:?}");
    }
}

#[test]
fn the_first_offender_is_named_and_the_outputs_are_nan() {
    for (argument, at, value) in [
        ("labels", 0, 1.5),
        ("labels", COUNT - 1, -0.1),
        ("labels", 50_000, f32::NAN),
        ("logits", 77_777, f32::NAN),
        ("pos_weight", 12_345, -1.0),
        ("pos_weight", 99_000, f32::INFINITY),
    ] {
        let (mut labels, mut logits, mut weights) = inputs();
        let changed = match argument {
            "labels" => &mut labels,
            "logits" => &mut logits,
            _ => &mut weights,
        };
        changed[at] = value;
        // A later one of the same argument is not the first.
        changed[COUNT - 1] = value;
        let (mut loss, mut grad) = (vec![7.0; COUNT], vec![7.0; COUNT]);
        let weight = Operand::Full(&weights);
        let refused =
            weighted_fused_checked(&labels, &logits, weight, outputs(&mut loss, &mut grad));
        assert_eq!(refused, check_domains(&labels, &logits, weight));
        assert!(
            matches!(refused, Err(KernelError::Domain { argument: a, index, .. }) if a == argument && index == at),
            "{refused:?}"
        );
        assert!(loss.iter().chain(&grad).all(|value| value.is_nan()));
    }
}

#[test]
fn weights_that_repeat_are_checked_too() {
    for weight in [
        Operand::Scalar(f32::NAN),
        Operand::Periodic {
            values: &[1.0, -2.0],
            stretch: 1,
        },
    ] {
        let mut loss = [7.0];
        let wanted = Fused {
            loss: Some(&mut loss[..]),
            ..Fused::default()
        };
        let refused = weighted_fused_checked(&[0.0], &[0.0], weight, wanted);
        assert!(matches!(
            refused,
            Err(KernelError::Domain {
                argument: "pos_weight",
                ..
            })
        ));
        assert!(loss[0].is_nan());
        let nothing = weighted_fused_checked(&[0.0], &[0.0], weight, Fused::default());
        assert_eq!(nothing, refused, "also where no output is asked for");
    }
}

#[test]
fn lengths_that_differ_are_refused_before_anything_is_written() {
    let mut loss = [7.0; 3];
    let wanted = Fused {
        loss: Some(&mut loss[..]),
        ..Fused::default()
    };
    let refused = weighted_fused_checked(&[f32::NAN; 2], &[0.0; 3], Operand::Scalar(1.0), wanted);
    assert!(matches!(
        refused,
        Err(KernelError::Length {
            argument: "labels",
            ..
        })
    ));
    assert_eq!(loss, [7.0; 3]);
}
