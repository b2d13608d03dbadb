//! The loops, compiled once for each element type.
//!
//! Public functions are generic over the element type, and generic code is compiled anew in every crate that calls it.
//! These loops are large (each function, times each tier), so they hang on the element type as plain functions instead.

use half::{bf16, f16};

use crate::elementwise::{Inputs, evaluate_part};
use crate::exact_sum::ExactSum;
use crate::quantity::{
    Exp, Log, LogOnePlus, LogSigmoid, Sigmoid, Softplus, WeightedGradLabels as GradLabels,
    WeightedGradLogits as Grad, WeightedGradPosWeight as GradPosWeight, WeightedHessLogits as Hess,
    WeightedLoss as Loss,
};
use crate::real::sealed::Format;
use crate::reduce::add_losses;
use crate::tier::Tier;

/// What a loop over labels, logits and weights computes: one quantity, or several in one pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Loss,
    Grad,
    Hess,
    LossGrad,
    LossHess,
    GradHess,
    LossGradHess,
    GradLabels,
    GradPosWeight,
    Softplus,
    LogSigmoid,
    Sigmoid,
    Exp,
    Log,
    LogOnePlus,
}

/// The loops of one element type.
pub trait Compiled: Format {
    /// Evaluates a function for the elements from `start` on; outputs that it does not have are left alone.
    fn evaluate(
        function: Function,
        tier: Tier,
        inputs: &Inputs<Self>,
        start: usize,
        outputs: [&mut [Self]; 3],
    );
    /// Adds numbers to a sum.
    fn add_to(sum: &mut ExactSum, tier: Tier, values: &[Self]);
    /// Adds the losses of `length` elements from `start` on to a sum.
    fn add_losses_to(
        sum: &mut ExactSum,
        tier: Tier,
        inputs: &Inputs<Self>,
        start: usize,
        length: usize,
    );
}

macro_rules! compile {
    ($($type:ty),+) => {$(
        impl Compiled for $type {
            fn evaluate(function: Function, tier: Tier, inputs: &Inputs<Self>, start: usize, outputs: [&mut [Self]; 3]) {
                let [a, b, c] = outputs;
                match function {
                    Function::Loss => evaluate_part::<Self, Loss, 1>(tier, inputs, start, [a]),
                    Function::Grad => evaluate_part::<Self, Grad, 1>(tier, inputs, start, [a]),
                    Function::Hess => evaluate_part::<Self, Hess, 1>(tier, inputs, start, [a]),
                    Function::LossGrad => evaluate_part::<Self, (Loss, Grad), 2>(tier, inputs, start, [a, b]),
                    Function::LossHess => evaluate_part::<Self, (Loss, Hess), 2>(tier, inputs, start, [a, b]),
                    Function::GradHess => evaluate_part::<Self, (Grad, Hess), 2>(tier, inputs, start, [a, b]),
                    Function::LossGradHess => evaluate_part::<Self, (Loss, Grad, Hess), 3>(tier, inputs, start, [a, b, c]),
                    Function::GradLabels => evaluate_part::<Self, GradLabels, 1>(tier, inputs, start, [a]),
                    Function::GradPosWeight => evaluate_part::<Self, GradPosWeight, 1>(tier, inputs, start, [a]),
                    Function::Softplus => evaluate_part::<Self, Softplus, 1>(tier, inputs, start, [a]),
                    Function::LogSigmoid => evaluate_part::<Self, LogSigmoid, 1>(tier, inputs, start, [a]),
                    Function::Sigmoid => evaluate_part::<Self, Sigmoid, 1>(tier, inputs, start, [a]),
                    Function::Exp => evaluate_part::<Self, Exp, 1>(tier, inputs, start, [a]),
                    Function::Log => evaluate_part::<Self, Log, 1>(tier, inputs, start, [a]),
                    Function::LogOnePlus => evaluate_part::<Self, LogOnePlus, 1>(tier, inputs, start, [a]),
                }
            }

            fn add_to(sum: &mut ExactSum, tier: Tier, values: &[Self]) {
                sum.add_part(tier, values);
            }

            fn add_losses_to(sum: &mut ExactSum, tier: Tier, inputs: &Inputs<Self>, start: usize, length: usize) {
                add_losses(sum, tier, inputs, start, length);
            }
        }
    )+};
}

compile!(f16, bf16, f32, f64);
