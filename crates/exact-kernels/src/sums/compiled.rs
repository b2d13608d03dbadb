//! The loops that sum, compiled once for each element type.
//!
//! Public functions are generic over the element type, and generic code is compiled anew in every
//! crate that calls it. These loops are large, so they are plain functions of the element type.

use half::{bf16, f16};

use crate::dispatch::tier::Tier;
use crate::number::format::sealed::Format;
use crate::sums::dense::{Addition, DenseSum};
use crate::sums::reduce::LossSum;
use crate::ziv::tiles::Inputs;

/// The summing loops of one element type.
pub trait Summed: Format {
    /// Adds numbers to a sum.
    fn add_to(sum: &mut DenseSum, tier: Tier, values: &[Self]);
    /// Adds the losses of `length` elements from `start` on to a sum.
    fn add_losses_to(
        sum: &mut DenseSum,
        tier: Tier,
        inputs: &Inputs<Self>,
        start: usize,
        length: usize,
    );
}

macro_rules! compile {
    ($($type:ty),+) => {$(
        impl Summed for $type {
            fn add_to(sum: &mut DenseSum, tier: Tier, values: &[Self]) {
                tier.dispatch(Addition { sum, values });
            }

            fn add_losses_to(
                sum: &mut DenseSum,
                tier: Tier,
                inputs: &Inputs<Self>,
                start: usize,
                length: usize,
            ) {
                tier.dispatch(LossSum { sum, inputs, start, length });
            }
        }
    )+};
}

compile!(f16, bf16, f32, f64);
