//! The logistic losses and their derivatives.
//!
//! All share one form: labels, logits and outputs are full slices of one length, `pos_weight` is
//! any [`Operand`]; the sigmoid loss is the weighted one with `Operand::Scalar` of 1. With x =
//! logits, z = labels, q = `pos_weight`, `softplus(x) = ln(1 + e^x)` and `sigmoid(x) = 1 / (1 +
//! e^-x)`, every element is the exact value rounded once, to nearest, ties to even. A term whose
//! weight is exactly 0 contributes 0, infinite logits included; any NaN, and labels or weights that
//! are infinite, give the canonical NaN; an exact 0 is `+0`.

use crate::dispatch::threads::longest;
use crate::error::{KernelError, check_length};
use crate::functions::weighted_fused::{LOOPS, inputs};
use crate::functions::{weighted_grad_labels, weighted_grad_pos_weight};
use crate::kernels::checked::evaluate_checked;
use crate::number::format::Real;
use crate::operand::Operand;
use crate::ziv::driver::{check, evaluate};

/// The weighted cross-entropy, `(1 - z) softplus(x) + q z softplus(-x)`, correctly rounded.
///
/// # Errors
/// [`KernelError::Length`] where the lengths of `labels`, `logits`, `out` or a full `pos_weight`
/// differ; [`KernelError::EmptyPeriod`] for a periodic `pos_weight` of nothing.
///
/// ```
/// use exact_kernels::{Operand, weighted_loss};
///
/// let mut loss = [0.0_f32; 3];
/// weighted_loss(&[0.0, 1.0, 1.0], &[-17.0, 17.0, f32::INFINITY], Operand::Scalar(1.0), &mut loss)?;
/// assert_eq!(loss, [4.1399375e-8, 4.1399375e-8, 0.0]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn weighted_loss<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    evaluate(&LOOPS, &inputs, [out, &mut [], &mut []])
}

/// The loss's derivative with respect to the logits, `(1 - z) sigmoid(x) - q z sigmoid(-x)`,
/// correctly rounded.
///
/// # Errors
/// As [`weighted_loss`].
///
/// ```
/// use exact_kernels::{Operand, weighted_grad_logits};
///
/// let mut gradient = [0.0_f64; 2];
/// weighted_grad_logits(&[0.0, 1.0], &[0.0, 0.0], Operand::Scalar(2.0), &mut gradient)?;
/// assert_eq!(gradient, [0.5, -1.0]);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn weighted_grad_logits<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    evaluate(&LOOPS, &inputs, [&mut [], out, &mut []])
}

/// The second derivative with respect to the logits, `((1 - z) + q z) sigmoid(x) sigmoid(-x)`,
/// correctly rounded.
///
/// # Errors
/// As [`weighted_loss`].
pub fn weighted_hess_logits<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    evaluate(&LOOPS, &inputs, [&mut [], &mut [], out])
}

/// The loss's derivative with respect to the labels, `q softplus(-x) - softplus(x)`, correctly
/// rounded.
///
/// The labels' values do not enter the formula, but a label that is NaN or infinite gives NaN.
///
/// # Errors
/// As [`weighted_loss`].
pub fn weighted_grad_labels<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    evaluate(&weighted_grad_labels::LOOPS, &inputs, [out])
}

/// The loss's derivative with respect to each element's weight, `z softplus(-x)`, correctly
/// rounded.
///
/// The weights' values do not enter the formula, but a weight that is NaN or infinite gives NaN.
///
/// # Errors
/// As [`weighted_loss`].
pub fn weighted_grad_pos_weight<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    out: &mut [T],
) -> Result<(), KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    evaluate(&weighted_grad_pos_weight::LOOPS, &inputs, [out])
}

/// The outputs that [`weighted_fused`] is to fill; those left `None` are not computed.
#[derive(Debug)]
pub struct Fused<'a, T> {
    /// Takes what [`weighted_loss`] gives.
    pub loss: Option<&'a mut [T]>,
    /// Takes what [`weighted_grad_logits`] gives.
    pub grad: Option<&'a mut [T]>,
    /// Takes what [`weighted_hess_logits`] gives.
    pub hess: Option<&'a mut [T]>,
}

impl<T> Default for Fused<'_, T> {
    fn default() -> Self {
        Self {
            loss: None,
            grad: None,
            hess: None,
        }
    }
}

/// Any of loss, gradient and second derivative in one pass over the inputs: the same bits as the
/// separate functions.
///
/// # Errors
/// As [`weighted_loss`]; each output given is as long as the logits.
///
/// ```
/// use exact_kernels::{Fused, Operand, weighted_fused};
///
/// let (mut loss, mut grad) = ([0.0_f32; 1], [0.0_f32; 1]);
/// let outputs = Fused { loss: Some(&mut loss), grad: Some(&mut grad), hess: None };
/// weighted_fused(&[1.0], &[0.0], Operand::Scalar(1.0), outputs)?;
/// assert_eq!((loss, grad), ([core::f32::consts::LN_2], [-0.5]));
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
pub fn weighted_fused<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    outputs: Fused<T>,
) -> Result<(), KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    let outputs = outputs.slices(logits.len())?;
    check(&inputs, logits.len())?;
    if longest(&outputs) == 0 {
        return Ok(());
    }
    evaluate(&LOOPS, &inputs, outputs)
}

/// As [`weighted_fused`], for labels in [0, 1], logits that are numbers and weights that are finite
/// and not negative; the inputs are read once, to be checked and computed with.
///
/// # Errors
/// As [`weighted_fused`]; and [`KernelError::Domain`] with the first offender, labels before logits
/// before weights. The outputs hold NaN then, so that nothing half done is taken for a result. The
/// index of a scalar weight is 0, that of a periodic one counts its values, all of which are checked,
/// used or not.
///
/// ```
/// use exact_kernels::{Fused, KernelError, Operand, weighted_fused_checked};
///
/// let mut loss = [0.0_f32; 2];
/// let outputs = Fused { loss: Some(&mut loss), ..Fused::default() };
/// let refused = weighted_fused_checked(&[0.0, 1.5], &[1.0, 2.0], Operand::Scalar(1.0), outputs);
/// assert_eq!(refused, Err(KernelError::Domain { argument: "labels", index: 1, domain: "in [0, 1]" }));
/// assert!(loss[0].is_nan());
/// ```
pub fn weighted_fused_checked<T: Real>(
    labels: &[T],
    logits: &[T],
    pos_weight: Operand<T>,
    outputs: Fused<T>,
) -> Result<(), KernelError> {
    let inputs = inputs(labels, logits, pos_weight);
    let outputs = outputs.slices(logits.len())?;
    check(&inputs, logits.len())?;
    evaluate_checked(&inputs, outputs)
}

impl<'a, T> Fused<'a, T> {
    /// The outputs, empty where there is none.
    fn slices(self, length: usize) -> Result<[&'a mut [T]; 3], KernelError> {
        let outputs = [
            ("loss", self.loss),
            ("grad", self.grad),
            ("hess", self.hess),
        ];
        for (argument, output) in &outputs {
            if let Some(output) = output {
                check_length(argument, length, output.len())?;
            }
        }
        Ok(outputs.map(|(_, output)| output.unwrap_or_default()))
    }
}
