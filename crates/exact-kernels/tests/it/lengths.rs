//! Slices of different lengths are refused, and the error names the one at fault.

use exact_kernels::{
    Fused, KernelError, Operand, abs, add, exp, greater_equal, select, weighted_fused,
};

use crate::common::{unary, weighted};

const THREE: &[f32] = &[0.0, 1.0, 0.5];

fn length(argument: &'static str, expected: usize, found: usize) -> Result<(), KernelError> {
    Err(KernelError::Length {
        argument,
        expected,
        found,
    })
}

#[test]
fn an_output_of_another_length_is_named() {
    for found in [0, 2, 4] {
        let out = &mut [7.0_f32; 4][..found];
        let refused = length("out", 3, found);
        for (op, kernel) in weighted() {
            assert_eq!(
                kernel(THREE, THREE, Operand::Scalar(1.0), out),
                refused,
                "{op}"
            );
        }
        for (op, kernel) in unary() {
            assert_eq!(kernel(THREE, out), refused, "{op}");
        }
        let full = Operand::Full(THREE);
        assert_eq!(add(Operand::Scalar(1.0), full, out), refused);
        assert_eq!(add(full, full, out), refused);
        let conditions = &mut [true; 4][..found];
        assert_eq!(greater_equal(full, full, conditions), refused);
        let condition = Operand::Full(&[true; 3]);
        assert_eq!(select(condition, full, Operand::Scalar(1.0), out), refused);
        assert!(out.iter().all(|&value| value == 7.0), "nothing is written");
    }
    assert_eq!(exp::<f32>(&[], &mut [7.0]), length("out", 0, 1));
    assert_eq!(abs::<f32>(&[], &mut [7.0]), length("out", 0, 1));
}

#[test]
fn an_output_of_the_fused_losses_is_named_as_they_name_it() {
    for (index, name) in ["loss", "grad", "hess"].into_iter().enumerate() {
        let mut values = [7.0_f32; 9];
        let lengths = [0, 1, 2].map(|k| if k == index { 2 } else { 3 });
        let (loss, rest) = values.split_at_mut(lengths[0]);
        let (grad, rest) = rest.split_at_mut(lengths[1]);
        let outputs = Fused {
            loss: Some(loss),
            grad: Some(grad),
            hess: Some(&mut rest[..lengths[2]]),
        };
        let refused = weighted_fused(THREE, THREE, Operand::Scalar(1.0), outputs);
        assert_eq!(refused, length(name, 3, 2));
        assert_eq!(values, [7.0; 9], "nothing is written");
    }
}

#[test]
fn an_input_of_another_length_than_the_first_is_named() {
    let out = &mut [7.0; 3];
    for (op, kernel) in weighted() {
        let refused = kernel(&THREE[1..], THREE, Operand::Scalar(1.0), out);
        assert_eq!(refused, length("labels", 3, 2), "{op}");
        let refused = kernel(THREE, THREE, Operand::Full(&THREE[1..]), out);
        assert_eq!(refused, length("pos_weight", 3, 2), "{op}");
    }
    let refused = add(Operand::Full(THREE), Operand::Full(&THREE[1..]), out);
    assert_eq!(refused, length("y", 3, 2));
}
