//! The loops, compiled once for each element type.
//!
//! Public functions are generic over the element type, and generic code is compiled anew in every
//! crate that calls it. These loops are large (each function, times each tier), so they hang on the
//! element type as plain functions instead.

use core::marker::PhantomData;

use half::{bf16, f16};

use crate::dispatch::tier::Tier;
use crate::number::format::sealed::Format;
use crate::ziv::quantity::{
    Exp, Log, LogOnePlus, LogSigmoid, Sigmoid, Softplus, WeightedGradLabels as GradLabels,
    WeightedGradLogits as Grad, WeightedGradPosWeight as GradPosWeight, WeightedHessLogits as Hess,
    WeightedLoss as Loss,
};
use crate::ziv::tiles::{Evaluation, Group, Inputs};

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
    /// Evaluates a function for the elements from `start` on; outputs that it does not have are
    /// left alone.
    fn evaluate(
        function: Function,
        tier: Tier,
        inputs: &Inputs<Self>,
        start: usize,
        outputs: [&mut [Self]; 3],
    );
}

macro_rules! compile {
    ($($type:ty),+) => {$(
        impl Compiled for $type {
            fn evaluate(
                function: Function,
                tier: Tier,
                inputs: &Inputs<Self>,
                start: usize,
                outputs: [&mut [Self]; 3],
            ) {
                evaluate_function(function, &Part { tier, inputs, start }, outputs);
            }
        }
    )+};
}

compile!(f16, bf16, f32, f64);

fn evaluate_function<T: Format>(function: Function, part: &Part<T>, outputs: [&mut [T]; 3]) {
    let [a, b, c] = outputs;
    match function {
        Function::Loss => part.evaluate::<Loss, 1>([a]),
        Function::Grad => part.evaluate::<Grad, 1>([a]),
        Function::Hess => part.evaluate::<Hess, 1>([a]),
        Function::LossGrad => part.evaluate::<(Loss, Grad), 2>([a, b]),
        Function::LossHess => part.evaluate::<(Loss, Hess), 2>([a, b]),
        Function::GradHess => part.evaluate::<(Grad, Hess), 2>([a, b]),
        Function::LossGradHess => part.evaluate::<(Loss, Grad, Hess), 3>([a, b, c]),
        Function::GradLabels => part.evaluate::<GradLabels, 1>([a]),
        Function::GradPosWeight => part.evaluate::<GradPosWeight, 1>([a]),
        Function::Softplus => part.evaluate::<Softplus, 1>([a]),
        Function::LogSigmoid => part.evaluate::<LogSigmoid, 1>([a]),
        Function::Sigmoid => part.evaluate::<Sigmoid, 1>([a]),
        Function::Exp => part.evaluate::<Exp, 1>([a]),
        Function::Log => part.evaluate::<Log, 1>([a]),
        Function::LogOnePlus => part.evaluate::<LogOnePlus, 1>([a]),
    }
}

/// The elements from `start` on, in a tier.
struct Part<'a, T> {
    tier: Tier,
    inputs: &'a Inputs<'a, T>,
    start: usize,
}

impl<T: Format> Part<'_, T> {
    fn evaluate<Q: Group<K>, const K: usize>(&self, outputs: [&mut [T]; K]) {
        let (inputs, start) = (self.inputs, self.start);
        self.tier.dispatch(Evaluation::<T, Q, K> {
            inputs,
            start,
            outputs,
            quantity: PhantomData,
        });
    }
}
