//! The losses and their derivatives, typed.
//!
//! Each is the registry's op of the same name, called on tensors of one
//! element type. `labels` and `logits` have one shape; `pos_weight` is a
//! number or a tensor that broadcasts to it.

use tensor_core::{DynTensor, Element, Float, Tensor};

use crate::call::args::Args;
use crate::error::OpError;
use crate::op::value::Value;
use crate::registry::Registry;

/// A weight for the positive class: one number, or a tensor that broadcasts to
/// the shape of the logits (per class, per row, per element).
///
/// A number is rounded once to the element type.
#[derive(Clone, Debug)]
pub struct PosWeight<'a, T: Element>(Weight<'a, T>);

#[derive(Clone, Debug)]
enum Weight<'a, T: Element> {
    Number(f64),
    Tensor(Tensor<'a, T>),
}

impl<T: Element> From<f64> for PosWeight<'_, T> {
    fn from(value: f64) -> Self {
        Self(Weight::Number(value))
    }
}

impl<T: Element> From<f32> for PosWeight<'_, T> {
    fn from(value: f32) -> Self {
        Self(Weight::Number(f64::from(value)))
    }
}

impl<T: Element> From<i32> for PosWeight<'_, T> {
    fn from(value: i32) -> Self {
        Self(Weight::Number(f64::from(value)))
    }
}

impl<'a, T: Element> From<&'a Tensor<'_, T>> for PosWeight<'a, T> {
    fn from(tensor: &'a Tensor<'_, T>) -> Self {
        Self(Weight::Tensor(tensor.view()))
    }
}

impl<'a, T: Element> From<PosWeight<'a, T>> for Value<'a> {
    fn from(weight: PosWeight<'a, T>) -> Self {
        match weight.0 {
            Weight::Number(value) => Value::Number(value),
            Weight::Tensor(tensor) => Value::from(tensor),
        }
    }
}

/// The logistic loss of each element, positives weighted by `pos_weight`:
/// `(1 - z)·softplus(x) + q·z·softplus(-x)`, correctly rounded.
///
/// `labels` z and `logits` x have one shape, which the result has too;
/// `pos_weight` q broadcasts to it. NaN anywhere gives NaN; infinite labels or
/// weights give NaN; a term whose weight is 0 counts as 0, so x = +inf, z = 1
/// gives +0.
///
/// # Errors
/// [`OpError::ShapesDiffer`] unless labels and logits have one shape,
/// [`OpError::NotBroadcastable`] if `pos_weight` does not broadcast to it.
///
/// ```
/// use ops_nn::{nn, tensor_core::Tensor};
/// let labels = Tensor::new([2, 2], vec![1.0_f32, 0.0, 0.0, 1.0])?;
/// let logits = Tensor::new([2, 2], vec![0.0_f32, 0.0, -17.0, 17.0])?;
/// let per_class = Tensor::new([2], vec![2.0_f32, 3.0])?;
/// let loss = nn::weighted_cross_entropy_with_logits(&labels, &logits, &per_class)?;
/// assert_eq!(loss.as_slice(), [1.386_294_4, 0.693_147_2, 4.139_937_5e-8, 1.241_981_3e-7]);
/// # Ok::<(), ops_nn::OpError>(())
/// ```
///
/// Source: TensorFlow's `tf.nn.weighted_cross_entropy_with_logits`.
pub fn weighted_cross_entropy_with_logits<'a, T: Float>(
    labels: &'a Tensor<'_, T>,
    logits: &'a Tensor<'_, T>,
    pos_weight: impl Into<PosWeight<'a, T>>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = weighted_args(labels, logits, pos_weight);
    call("nn.weighted_cross_entropy_with_logits", args)
}

/// As [`weighted_cross_entropy_with_logits`], into the caller's buffer,
/// row-major; nothing is allocated for a weight given as a number.
///
/// # Errors
/// As there, and [`OpError::Output`] unless `out` has as many elements as the
/// logits.
///
/// ```
/// use ops_nn::{nn, tensor_core::Tensor};
/// let labels = Tensor::borrowed([2], &[0.0_f64, 1.0])?;
/// let logits = Tensor::borrowed([2], &[0.0_f64, 0.0])?;
/// let mut out = [0.0; 2];
/// nn::weighted_cross_entropy_with_logits_into(&labels, &logits, 1.0, &mut out)?;
/// assert_eq!(out, [core::f64::consts::LN_2; 2]);
/// # Ok::<(), ops_nn::OpError>(())
/// ```
pub fn weighted_cross_entropy_with_logits_into<'a, T: Float>(
    labels: &'a Tensor<'_, T>,
    logits: &'a Tensor<'_, T>,
    pos_weight: impl Into<PosWeight<'a, T>>,
    out: &mut [T],
) -> Result<(), OpError> {
    let args = weighted_args(labels, logits, pos_weight);
    call_into("nn.weighted_cross_entropy_with_logits", args, out)
}

/// The derivative of the weighted loss with respect to the logits:
/// `(1 - z)·σ(x) - q·z·σ(-x)`, correctly rounded; at x = 0
/// `((1 - z) - q·z) / 2`.
///
/// # Errors
/// As [`weighted_cross_entropy_with_logits`].
///
/// ```
/// use ops_nn::{nn, tensor_core::Tensor};
/// let labels = Tensor::new([2], vec![0.0_f32, 1.0])?;
/// let logits = Tensor::new([2], vec![0.0_f32, 0.0])?;
/// let slope = nn::weighted_cross_entropy_with_logits_grad_logits(&labels, &logits, 2.0)?;
/// assert_eq!(slope.as_slice(), [0.5, -1.0]);
/// # Ok::<(), ops_nn::OpError>(())
/// ```
pub fn weighted_cross_entropy_with_logits_grad_logits<'a, T: Float>(
    labels: &'a Tensor<'_, T>,
    logits: &'a Tensor<'_, T>,
    pos_weight: impl Into<PosWeight<'a, T>>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = weighted_args(labels, logits, pos_weight);
    call("nn.weighted_cross_entropy_with_logits_grad_logits", args)
}

/// The second derivative of the weighted loss with respect to the logits:
/// `((1 - z) + q·z)·σ(x)·σ(-x)`, correctly rounded.
///
/// # Errors
/// As [`weighted_cross_entropy_with_logits`].
pub fn weighted_cross_entropy_with_logits_hess_logits<'a, T: Float>(
    labels: &'a Tensor<'_, T>,
    logits: &'a Tensor<'_, T>,
    pos_weight: impl Into<PosWeight<'a, T>>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = weighted_args(labels, logits, pos_weight);
    call("nn.weighted_cross_entropy_with_logits_hess_logits", args)
}

/// The derivative of the weighted loss with respect to the labels:
/// `q·softplus(-x) - softplus(x)`, correctly rounded.
///
/// # Errors
/// As [`weighted_cross_entropy_with_logits`].
pub fn weighted_cross_entropy_with_logits_grad_labels<'a, T: Float>(
    labels: &'a Tensor<'_, T>,
    logits: &'a Tensor<'_, T>,
    pos_weight: impl Into<PosWeight<'a, T>>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = weighted_args(labels, logits, pos_weight);
    call("nn.weighted_cross_entropy_with_logits_grad_labels", args)
}

/// The derivative of each element's loss with respect to its `pos_weight`:
/// `z·softplus(-x)`, correctly rounded, in the shape of the logits.
///
/// For a weight that was broadcast, the gradient of the summed loss is the sum
/// of these over the elements that share it: see
/// [`Call::gradient`](crate::Call::gradient).
///
/// # Errors
/// As [`weighted_cross_entropy_with_logits`].
pub fn weighted_cross_entropy_with_logits_grad_pos_weight<'a, T: Float>(
    labels: &'a Tensor<'_, T>,
    logits: &'a Tensor<'_, T>,
    pos_weight: impl Into<PosWeight<'a, T>>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = weighted_args(labels, logits, pos_weight);
    call(
        "nn.weighted_cross_entropy_with_logits_grad_pos_weight",
        args,
    )
}

/// The logistic loss of each element: the weighted one at `pos_weight` = 1,
/// bit for bit.
///
/// # Errors
/// [`OpError::ShapesDiffer`] unless labels and logits have one shape.
///
/// ```
/// use ops_nn::{nn, tensor_core::Tensor};
/// let labels = Tensor::new([2], vec![0.0_f32, 1.0])?;
/// let logits = Tensor::new([2], vec![-17.0_f32, f32::INFINITY])?;
/// let loss = nn::sigmoid_cross_entropy_with_logits(&labels, &logits)?;
/// assert_eq!(loss.as_slice(), [4.139_937_5e-8, 0.0]);
/// # Ok::<(), ops_nn::OpError>(())
/// ```
///
/// Source: TensorFlow's `tf.nn.sigmoid_cross_entropy_with_logits`.
pub fn sigmoid_cross_entropy_with_logits<T: Float>(
    labels: &Tensor<'_, T>,
    logits: &Tensor<'_, T>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = Args::new().arg(labels).arg(logits);
    call("nn.sigmoid_cross_entropy_with_logits", args)
}

/// As [`sigmoid_cross_entropy_with_logits`], into the caller's buffer,
/// row-major.
///
/// # Errors
/// As there, and [`OpError::Output`] unless `out` has as many elements as the
/// logits.
pub fn sigmoid_cross_entropy_with_logits_into<T: Float>(
    labels: &Tensor<'_, T>,
    logits: &Tensor<'_, T>,
    out: &mut [T],
) -> Result<(), OpError> {
    let args = Args::new().arg(labels).arg(logits);
    call_into("nn.sigmoid_cross_entropy_with_logits", args, out)
}

/// The derivative of the sigmoid loss with respect to the logits:
/// `σ(x) - z`, correctly rounded.
///
/// # Errors
/// As [`sigmoid_cross_entropy_with_logits`].
pub fn sigmoid_cross_entropy_with_logits_grad_logits<T: Float>(
    labels: &Tensor<'_, T>,
    logits: &Tensor<'_, T>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = Args::new().arg(labels).arg(logits);
    call("nn.sigmoid_cross_entropy_with_logits_grad_logits", args)
}

/// The second derivative of the sigmoid loss with respect to the logits:
/// `σ(x)·σ(-x)`, correctly rounded.
///
/// # Errors
/// As [`sigmoid_cross_entropy_with_logits`].
pub fn sigmoid_cross_entropy_with_logits_hess_logits<T: Float>(
    labels: &Tensor<'_, T>,
    logits: &Tensor<'_, T>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = Args::new().arg(labels).arg(logits);
    call("nn.sigmoid_cross_entropy_with_logits_hess_logits", args)
}

/// The derivative of the sigmoid loss with respect to the labels: `-x`.
///
/// # Errors
/// As [`sigmoid_cross_entropy_with_logits`].
pub fn sigmoid_cross_entropy_with_logits_grad_labels<T: Float>(
    labels: &Tensor<'_, T>,
    logits: &Tensor<'_, T>,
) -> Result<Tensor<'static, T>, OpError> {
    let args = Args::new().arg(labels).arg(logits);
    call("nn.sigmoid_cross_entropy_with_logits_grad_labels", args)
}

#[inline]
fn weighted_args<'a, T: Float>(
    labels: &'a Tensor<'_, T>,
    logits: &'a Tensor<'_, T>,
    pos_weight: impl Into<PosWeight<'a, T>>,
) -> Args<'a> {
    Args::new().arg(labels).arg(logits).arg(pos_weight.into())
}

fn call<T: Float>(op: &'static str, args: Args<'_>) -> Result<Tensor<'static, T>, OpError> {
    let result: DynTensor<'static> = Registry::builtin().get(op)?.call(args)?;
    Ok(result.downcast::<T>()?)
}

#[inline]
fn call_into<T: Float>(op: &'static str, args: Args<'_>, out: &mut [T]) -> Result<(), OpError> {
    Registry::builtin().get(op)?.call_into(args, out.into())
}
