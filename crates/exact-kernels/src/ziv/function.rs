//! What a function supplies to the stages.

use crate::number::arithmetic::Arithmetic;
use crate::number::format::sealed::Format;
use crate::number::lane::Lane;
use crate::number::pair::Pair;
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::ExactForm;
use crate::ziv::first_stage::FirstStage;

/// A function of I numbers, correctly rounded by the stages.
pub(crate) trait Function<const I: usize>: 'static {
    /// What the estimates are made of, computed for a whole tile first; `()` for nothing.
    type Terms: SharedTerms<I>;
    /// Which of those terms this function uses.
    const TERMS: Self::Terms;

    /// An estimate in lanes, for inputs of the formats up to `f32`: within [`Lane::EPSILON`] times
    /// its size. An estimate in `f32` lanes counts only where [`Format::suits_f32`].
    fn estimate<A: Arithmetic, L: Lane>(
        inputs: [L; I],
        terms: <Self::Terms as SharedTerms<I>>::At<L>,
    ) -> Estimate<L>;

    /// An estimate for inputs of `f64`.
    fn estimate_f64<A: Arithmetic>(
        inputs: [f64; I],
        terms: <Self::Terms as SharedTerms<I>>::At<Pair>,
    ) -> PairEstimate;

    /// The exact form, for all inputs.
    fn exact_form(inputs: [f64; I]) -> ExactForm;
}

/// Terms that several functions of the same inputs share, so that one pass computes them once. The
/// value says which of them are wanted.
///
/// They are computed in loops of their own: a processor overlaps more elements of short loops than
/// of one long loop.
pub(crate) trait SharedTerms<const I: usize>: Copy + 'static {
    /// The terms of a tile.
    type Tile<V: Term, const N: usize>;
    /// The terms of one element.
    type At<V: Term>: Copy;

    /// A tile to fill.
    fn empty<V: Term, const N: usize>() -> Self::Tile<V, N>;
    /// Computes the wanted terms in lanes.
    fn fill<A: Arithmetic, L: Lane, const N: usize>(
        self,
        inputs: &[[L; N]; I],
        terms: &mut Self::Tile<L, N>,
    );
    /// Computes the wanted terms as pairs.
    fn fill_f64<A: Arithmetic, const N: usize>(
        self,
        inputs: &[[f64; N]; I],
        terms: &mut Self::Tile<Pair, N>,
    );
    /// The terms of an element.
    fn at<V: Term, const N: usize>(terms: &Self::Tile<V, N>, i: usize) -> Self::At<V>;
}

/// No terms.
impl<const I: usize> SharedTerms<I> for () {
    type Tile<V: Term, const N: usize> = ();
    type At<V: Term> = ();

    #[inline(always)]
    fn empty<V: Term, const N: usize>() {}
    #[inline(always)]
    fn fill<A: Arithmetic, L: Lane, const N: usize>(self, _: &[[L; N]; I], (): &mut ()) {}
    #[inline(always)]
    fn fill_f64<A: Arithmetic, const N: usize>(self, _: &[[f64; N]; I], (): &mut ()) {}
    #[inline(always)]
    fn at<V: Term, const N: usize>((): &(), _: usize) {}
}

/// A number that is one term, and how a tile stores it: a pair's parts in arrays of their own.
pub(crate) trait Term: Copy {
    /// N of them.
    type Tile<const N: usize>;
    fn empty<const N: usize>() -> Self::Tile<N>;
    fn get<const N: usize>(tile: &Self::Tile<N>, i: usize) -> Self;
    fn set<const N: usize>(tile: &mut Self::Tile<N>, i: usize, value: Self);
}

impl<L: Lane> Term for L {
    type Tile<const N: usize> = [L; N];

    #[inline(always)]
    fn empty<const N: usize>() -> [L; N] {
        [L::default(); N]
    }
    #[inline(always)]
    fn get<const N: usize>(tile: &[L; N], i: usize) -> Self {
        tile[i]
    }
    #[inline(always)]
    fn set<const N: usize>(tile: &mut [L; N], i: usize, value: Self) {
        tile[i] = value;
    }
}

impl Term for Pair {
    type Tile<const N: usize> = [[f64; N]; 2];

    #[inline(always)]
    fn empty<const N: usize>() -> [[f64; N]; 2] {
        [[0.0; N]; 2]
    }
    #[inline(always)]
    fn get<const N: usize>([hi, lo]: &[[f64; N]; 2], i: usize) -> Self {
        (hi[i], lo[i])
    }
    #[inline(always)]
    fn set<const N: usize>([hi, lo]: &mut [[f64; N]; 2], i: usize, value: Self) {
        (hi[i], lo[i]) = value;
    }
}

/// Arrays that begin with a cache line: else each vector of 64 bytes may be in two of them.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);

/// The terms of a tile as the first stage of a format holds them.
pub(crate) type TermsTile<S, T, const I: usize, const N: usize> =
    <S as SharedTerms<I>>::Tile<<T as FirstStage>::Term, N>;

/// What one pass over I inputs computes: K outputs.
pub(crate) trait Pass<const I: usize, const K: usize>: 'static {
    /// The terms that its functions share.
    type Terms: SharedTerms<I>;
    /// Whether the pass has a second set of loops, over fewer elements. They take as long to
    /// compile as the first set, and pay where a tile takes long and slices are often short.
    const HAS_SHORT_TILES: bool = false;

    /// Rounds the functions of a tile into the tile's place in the outputs; empty outputs are left
    /// out.
    fn round<T: FirstStage, A: Arithmetic, const N: usize>(
        inputs: &[[T::Lane; N]; I],
        terms: &mut TermsTile<Self::Terms, T, I, N>,
        outputs: &mut [&mut [T]; K],
        place: Place,
    );
}

/// A function alone.
impl<F: Function<I>, const I: usize> Pass<I, 1> for F {
    type Terms = F::Terms;

    #[inline(always)]
    fn round<T: FirstStage, A: Arithmetic, const N: usize>(
        inputs: &[[T::Lane; N]; I],
        terms: &mut TermsTile<F::Terms, T, I, N>,
        [output]: &mut [&mut [T]; 1],
        place: Place,
    ) {
        T::fill::<F::Terms, A, I, N>(F::TERMS, inputs, terms);
        place.store(output, T::round::<F, A, I, N>(inputs, terms));
    }
}

/// Where the elements of a tile are in the outputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) done: usize,
    pub(crate) count: usize,
}

impl Place {
    /// Writes as many elements of a tile as there are.
    #[inline(always)]
    pub(crate) fn store<T: Format, const N: usize>(self, output: &mut [T], rounded: [T; N]) {
        let output = &mut output[self.done..self.done + self.count];
        // The length of a whole tile is known to the compiler.
        match <&mut [T; N]>::try_from(&mut *output) {
            Ok(output) => *output = rounded,
            Err(_) => store_part(output, &rounded),
        }
    }
}

/// The last tile. Not inlined, or the compiler makes one call of `memcpy` for it and whole tiles.
#[cold]
#[inline(never)]
fn store_part<T: Format>(output: &mut [T], rounded: &[T]) {
    output.copy_from_slice(&rounded[..output.len()]);
}
