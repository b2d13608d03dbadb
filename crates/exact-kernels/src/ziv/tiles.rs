//! The driver of the quantities: shares slices among threads, cuts them into tiles, and runs the
//! stages over each tile.

use core::marker::PhantomData;

use crate::dispatch::threads;
use crate::dispatch::tier::{Arithmetic, Tier, Work};
use crate::error::KernelError;
use crate::kernels::checked::evaluate_checked;
use crate::number::format::Real;
use crate::number::format::sealed::Format;
use crate::operand::{Operand, Reader};
use crate::ziv::compiled::Function;
use crate::ziv::quantity::Quantity;
use crate::ziv::stages::{FirstStage, Tile};

/// The elements that a loop handles at a time: enough to keep its pipeline full, few enough for
/// short slices.
const TILE: usize = 32;
/// The same for what is left, and for slices that are shorter.
const SMALL_TILE: usize = 8;

/// The inputs of a quantity, for any number of elements.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    pub(crate) logits: Operand<'a, T>,
    pub(crate) labels: Operand<'a, T>,
    pub(crate) pos_weight: Operand<'a, T>,
    /// Whether elements outside the domains of the losses are refused.
    pub(crate) checked: bool,
}

impl<'a, T> Inputs<'a, T> {
    /// The inputs of a loss, unchecked.
    pub(crate) fn of_loss(labels: &'a [T], logits: &'a [T], pos_weight: Operand<'a, T>) -> Self {
        Self {
            logits: Operand::Full(logits),
            labels: Operand::Full(labels),
            pos_weight,
            checked: false,
        }
    }
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
    if inputs.checked {
        return evaluate_checked(function, tier, inputs, outputs);
    }
    threads::for_each_part(outputs, 1, |start, outputs| {
        evaluate_part(function, tier, inputs, start, outputs);
    });
    Ok(())
}

/// Evaluates a function for the elements from `start` on.
#[inline]
pub(crate) fn evaluate_part<T: Real, const K: usize>(
    function: Function,
    tier: Tier,
    inputs: &Inputs<T>,
    start: usize,
    outputs: [&mut [T]; K],
) {
    let mut outputs = outputs.into_iter();
    let three = core::array::from_fn(|_| outputs.next().unwrap_or_default());
    T::evaluate(function, tier, inputs, start, three);
}

/// The evaluation of the elements from `start` on.
pub(crate) struct Evaluation<'a, 'o, T, Q, const K: usize> {
    pub(crate) inputs: &'a Inputs<'a, T>,
    pub(crate) start: usize,
    pub(crate) outputs: [&'o mut [T]; K],
    pub(crate) quantity: PhantomData<Q>,
}

impl<T: Format, Q: Group<K>, const K: usize> Work for Evaluation<'_, '_, T, Q, K> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self {
            inputs,
            start,
            mut outputs,
            ..
        } = self;
        let length = outputs[0].len();
        let whole = length - length % TILE;
        if whole > 0 {
            let places = outputs.each_mut().map(|output| &mut output[..whole]);
            run_tiles::<T, Q, A, K, TILE>(inputs, start, places);
        }
        if whole < length {
            let places = outputs.map(|output| &mut output[whole..]);
            run_tiles::<T, Q, A, K, SMALL_TILE>(inputs, start + whole, places);
        }
    }
}

#[inline(always)]
fn run_tiles<T: Format, Q: Group<K>, A: Arithmetic, const K: usize, const N: usize>(
    inputs: &Inputs<T>,
    start: usize,
    mut outputs: [&mut [T]; K],
) {
    let length = outputs[0].len();
    let mut logits = Reader::<T, N>::new(inputs.logits);
    let mut labels = Reader::<T, N>::new(inputs.labels);
    let mut weights = Reader::<T, N>::new(inputs.pos_weight);
    let mut weight = [T::Lane::default(); N];
    let mut done = 0;
    while done < length {
        let count = N.min(length - done);
        let at = start + done;
        if done == 0 || !matches!(inputs.pos_weight, Operand::Scalar(_)) {
            weight = lanes(weights.read(at, count));
        }
        let tile = Tile {
            x: lanes(logits.read(at, count)),
            z: lanes(labels.read(at, count)),
            q: weight,
        };
        let places = outputs
            .each_mut()
            .map(|output| &mut output[done..done + count]);
        Q::round::<T, A, N>(&tile, places);
        done += count;
    }
}

#[inline(always)]
fn lanes<T: Format, const N: usize>(values: &[T; N]) -> [T::Lane; N] {
    let mut lanes = [T::Lane::default(); N];
    for i in 0..N {
        lanes[i] = values[i].lane();
    }
    lanes
}

/// K quantities, computed in one pass.
pub(crate) trait Group<const K: usize>: Sync {
    /// Rounds each quantity of a tile into its output, which may be shorter than the tile.
    fn round<T: Format, A: Arithmetic, const N: usize>(
        tile: &Tile<T::Lane, N>,
        outputs: [&mut [T]; K],
    );
}

impl<P: Quantity> Group<1> for P {
    #[inline(always)]
    fn round<T: Format, A: Arithmetic, const N: usize>(
        tile: &Tile<T::Lane, N>,
        [p]: [&mut [T]; 1],
    ) {
        let stage = T::Stage::<N>::begin::<A>(P::NEEDS, tile);
        store(p, stage.round::<P, A>(tile));
    }
}

impl<P: Quantity, R: Quantity> Group<2> for (P, R) {
    #[inline(always)]
    fn round<T: Format, A: Arithmetic, const N: usize>(
        tile: &Tile<T::Lane, N>,
        [p, r]: [&mut [T]; 2],
    ) {
        let stage = T::Stage::<N>::begin::<A>(P::NEEDS.and(R::NEEDS), tile);
        store(p, stage.round::<P, A>(tile));
        store(r, stage.round::<R, A>(tile));
    }
}

impl<P: Quantity, R: Quantity, S: Quantity> Group<3> for (P, R, S) {
    #[inline(always)]
    fn round<T: Format, A: Arithmetic, const N: usize>(
        tile: &Tile<T::Lane, N>,
        [p, r, s]: [&mut [T]; 3],
    ) {
        let needs = P::NEEDS.and(R::NEEDS).and(S::NEEDS);
        let stage = T::Stage::<N>::begin::<A>(needs, tile);
        store(p, stage.round::<P, A>(tile));
        store(r, stage.round::<R, A>(tile));
        store(s, stage.round::<S, A>(tile));
    }
}

/// Writes as many elements of a tile as the output has.
#[inline(always)]
fn store<T: Format, const N: usize>(output: &mut [T], rounded: [T; N]) {
    // The length of a whole tile is known to the compiler.
    match <&mut [T; N]>::try_from(&mut *output) {
        Ok(output) => *output = rounded,
        Err(_) => output.copy_from_slice(&rounded[..output.len()]),
    }
}
