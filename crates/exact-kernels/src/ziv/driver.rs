//! The driver: shares slices among threads, cuts them into tiles, and runs a pass over each tile.
//!
//! Public functions are generic over the element type, and generic code is compiled anew in every
//! crate that calls it. The loops here are large, so they are compiled once, in this crate: the
//! `static` of [`Loops`] that each pass has holds them as plain functions, one for each format.

use crate::dispatch::threads::{self, longest};
use crate::dispatch::tier::{Tier, Work};
use crate::error::{KernelError, check_length};
use crate::number::arithmetic::Arithmetic;
use crate::number::format::Real;
use crate::number::format::sealed::{Family, ForEachFormat, Format};
use crate::operand::{Operand, Reader};
use crate::ziv::first_stage::FirstStage;
use crate::ziv::function::{Aligned, Pass, Place, SharedTerms};

/// The elements that a loop handles at a time: enough to keep a processor's pipeline full.
const TILE: usize = 32;
/// The same for what is left of a slice, in passes with [short tiles](Pass::HAS_SHORT_TILES).
const SHORT_TILE: usize = 8;

/// The inputs of a pass with their names, for any number of elements.
pub(crate) type Inputs<'a, T, const I: usize> = [(&'static str, Operand<'a, T>); I];

/// The loops of a pass over I inputs, for each format.
pub(crate) type Loops<const I: usize, const K: usize> = ForEachFormat<LoopFamily<I, K>>;

/// Functions that compute K outputs for the elements from a start on.
#[derive(Debug)]
pub(crate) struct LoopFamily<const I: usize, const K: usize>;

impl<const I: usize, const K: usize> Family for LoopFamily<I, K> {
    type Of<T: Format> = fn(Tier, &Inputs<T, I>, usize, [&mut [T]; K]);
}

/// The loops of a pass.
pub(crate) const fn loops<P: Pass<I, K>, const I: usize, const K: usize>() -> Loops<I, K> {
    ForEachFormat {
        f16: run::<half::f16, P, I, K>,
        bf16: run::<half::bf16, P, I, K>,
        f32: run::<f32, P, I, K>,
        f64: run::<f64, P, I, K>,
    }
}

/// Checks that the inputs serve an output of so many elements. The first full input sets the length
/// that the others and the output must have.
pub(crate) fn check<T: Copy, const I: usize>(
    inputs: &Inputs<T, I>,
    out: usize,
) -> Result<(), KernelError> {
    let mut lengths = inputs.iter().filter_map(|(_, operand)| operand.length());
    let length = lengths.next().unwrap_or(out);
    for (name, operand) in inputs {
        operand.check(name, length)?;
    }
    check_length("out", length, out)
}

/// Evaluates a pass for every element of the outputs, which are of one length or empty.
pub(crate) fn evaluate<T: Real, const I: usize, const K: usize>(
    loops: &Loops<I, K>,
    inputs: &Inputs<T, I>,
    outputs: [&mut [T]; K],
) -> Result<(), KernelError> {
    check(inputs, longest(&outputs))?;
    let (tier, run) = (Tier::current(), T::entry(loops));
    threads::for_each_part(outputs, 1, &|start, outputs| {
        run(tier, inputs, start, outputs);
    });
    Ok(())
}

/// Evaluates a function of one slice.
pub(crate) fn evaluate_unary<T: Real>(
    loops: &Loops<1, 1>,
    x: &[T],
    out: &mut [T],
) -> Result<(), KernelError> {
    evaluate(loops, &[("x", Operand::Full(x))], [out])
}

fn run<T: FirstStage, P: Pass<I, K>, const I: usize, const K: usize>(
    tier: Tier,
    inputs: &Inputs<T, I>,
    start: usize,
    outputs: [&mut [T]; K],
) {
    tier.dispatch(Evaluation::<T, P, I, K> {
        inputs,
        start,
        outputs,
        pass: core::marker::PhantomData,
    });
}

/// The evaluation of the elements from `start` on.
struct Evaluation<'a, 'o, T, P, const I: usize, const K: usize> {
    inputs: &'a Inputs<'a, T, I>,
    start: usize,
    outputs: [&'o mut [T]; K],
    pass: core::marker::PhantomData<P>,
}

impl<T: FirstStage, P: Pass<I, K>, const I: usize, const K: usize> Work
    for Evaluation<'_, '_, T, P, I, K>
{
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(mut self) {
        let length = longest(&self.outputs);
        let whole = if P::HAS_SHORT_TILES {
            length - length % TILE
        } else {
            length
        };
        if whole > 0 {
            self.run_tiles::<A, TILE>(0, whole);
        }
        if P::HAS_SHORT_TILES && whole < length {
            self.run_tiles::<A, SHORT_TILE>(whole, length);
        }
    }
}

impl<T: FirstStage, P: Pass<I, K>, const I: usize, const K: usize> Evaluation<'_, '_, T, P, I, K> {
    /// Evaluates the elements from `done` to `end` in tiles of N.
    #[inline(always)]
    fn run_tiles<A: Arithmetic, const N: usize>(&mut self, mut done: usize, end: usize) {
        // Not `map`, which moves the readers through memory.
        let mut readers: [Reader<T, N>; I] =
            core::array::from_fn(|index| Reader::new(self.inputs[index].1));
        let mut lanes = Aligned([[T::Lane::default(); N]; I]);
        let mut terms = Aligned(P::Terms::empty::<T::Term, N>());
        let mut is_first = true;
        while done < end {
            let count = N.min(end - done);
            for (lanes, reader) in lanes.0.iter_mut().zip(&mut readers) {
                if is_first || !reader.is_constant() {
                    *lanes = to_lanes(reader.read(self.start + done, count));
                }
            }
            let place = Place { done, count };
            P::round::<T, A, N>(&lanes.0, &mut terms.0, &mut self.outputs, place);
            (done, is_first) = (done + count, false);
        }
    }
}

/// The same numbers. By value, so that the compiler sees that input and output do not overlap.
#[inline(always)]
fn to_lanes<T: Format, const N: usize>(values: &[T; N]) -> [T::Lane; N] {
    let mut lanes = [T::Lane::default(); N];
    for i in 0..N {
        lanes[i] = values[i].to_lane();
    }
    lanes
}
