//! The driver of the quantities: shares slices among threads, cuts them into tiles, and runs the
//! stages over each tile.

use core::marker::PhantomData;

use crate::compiled::Function;
use crate::error::KernelError;
use crate::operand::{Operand, Reader};
use crate::quantity::Quantity;
use crate::real::Real;
use crate::real::sealed::Format;
use crate::settle::settle;
use crate::threads;
use crate::tier::{Arithmetic, Tier, Work};

/// The elements that a loop handles at a time: enough to keep its pipeline full, few enough for
/// short slices.
const TILE: usize = 32;

/// The inputs of a quantity, for any number of elements.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    pub(crate) logits: Operand<'a, T>,
    pub(crate) labels: Operand<'a, T>,
    pub(crate) pos_weight: Operand<'a, T>,
}

impl<T: Real> Inputs<'_, T> {
    /// Checks that the inputs serve `length` elements.
    pub(crate) fn check(&self, length: usize) -> Result<(), KernelError> {
        self.logits.check("logits", length)?;
        self.labels.check("labels", length)?;
        self.pos_weight.check("pos_weight", length)
    }
}

/// Evaluates a function for every element of the outputs, which are of the length of the first.
pub(crate) fn evaluate<T: Real, const K: usize>(
    function: Function,
    inputs: &Inputs<T>,
    outputs: [&mut [T]; K],
) -> Result<(), KernelError> {
    inputs.check(outputs[0].len())?;
    let tier = Tier::current();
    threads::for_each_part(outputs, |start, outputs| {
        let mut outputs = outputs.into_iter();
        let three = core::array::from_fn(|_| outputs.next().unwrap_or_default());
        T::evaluate(function, tier, inputs, start, three);
    });
    Ok(())
}

/// The evaluation of the elements from `start` on.
pub(crate) struct Evaluation<'a, 'o, T, Q, const K: usize> {
    pub(crate) inputs: &'a Inputs<'a, T>,
    pub(crate) start: usize,
    pub(crate) outputs: [&'o mut [T]; K],
    pub(crate) quantity: PhantomData<Q>,
}

impl<T: Format, Q: Quantity<K>, const K: usize> Work for Evaluation<'_, '_, T, Q, K> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        run_tiles::<T, Q, A, K, TILE>(self.inputs, self.start, self.outputs);
    }
}

#[inline(always)]
fn run_tiles<T: Format, Q: Quantity<K>, A: Arithmetic, const K: usize, const N: usize>(
    inputs: &Inputs<T>,
    start: usize,
    mut outputs: [&mut [T]; K],
) {
    let length = outputs[0].len();
    let mut logits = Reader::<T, N>::new(inputs.logits);
    let mut labels = Reader::<T, N>::new(inputs.labels);
    let mut weights = Reader::<T, N>::new(inputs.pos_weight);
    let mut done = 0;
    while done < length {
        let count = N.min(length - done);
        let at = start + done;
        let rounded = round_tile::<T, Q, A, K, N>(
            logits.read(at, count),
            labels.read(at, count),
            weights.read(at, count),
        );
        for (output, rounded) in outputs.iter_mut().zip(&rounded) {
            output[done..done + count].copy_from_slice(&rounded[..count]);
        }
        done += count;
    }
}

/// Rounds one tile: the fast estimate for all lanes, `settle` for those that it leaves open.
#[inline(always)]
fn round_tile<T: Format, Q: Quantity<K>, A: Arithmetic, const K: usize, const N: usize>(
    logits: &[T; N],
    labels: &[T; N],
    weights: &[T; N],
) -> [[T; N]; K] {
    let mut low = [[T::default(); N]; K];
    let mut high = [[T::default(); N]; K];
    let mut any_open = false;
    for i in 0..N {
        let (x, z, q) = (
            logits[i].exactly(),
            labels[i].exactly(),
            weights[i].exactly(),
        );
        if T::PRECISION == 53 {
            for (k, estimate) in Q::estimate_wide::<A>(x, z, q).into_iter().enumerate() {
                let (below, above) = estimate.ends();
                (low[k][i], high[k][i]) = (T::nearest(below), T::nearest(above));
                any_open |= !(below == above);
            }
        } else {
            for (k, estimate) in Q::estimate::<A>(x, z, q).into_iter().enumerate() {
                let (below, above) = (
                    estimate.value - estimate.bound,
                    estimate.value + estimate.bound,
                );
                (low[k][i], high[k][i]) = (T::nearest(below), T::nearest(above));
                any_open |= low[k][i].pattern() != high[k][i].pattern() || below.is_nan();
            }
        }
    }
    if any_open {
        settle_tile::<T, Q, K, N>(&mut low, &high, logits, labels, weights);
    }
    low
}

#[cold]
#[inline(never)]
fn settle_tile<T: Format, Q: Quantity<K>, const K: usize, const N: usize>(
    low: &mut [[T; N]; K],
    high: &[[T; N]; K],
    logits: &[T; N],
    labels: &[T; N],
    weights: &[T; N],
) {
    for (k, (low, high)) in low.iter_mut().zip(high).enumerate() {
        for i in 0..N {
            let nan = low[i].exactly().is_nan();
            if nan || low[i].pattern() != high[i].pattern() {
                low[i] = settle(&Q::exact(
                    k,
                    logits[i].exactly(),
                    labels[i].exactly(),
                    weights[i].exactly(),
                ));
            }
        }
    }
}
