//! The first stage over a tile: branch-free estimates with proved bounds, in loops that vectorise.
//!
//! A function gives a value y and a bound e on its error. Where `y - e` and `y + e` round to the
//! same bits, those are the correctly rounded ones; other elements, and those whose bound is NaN,
//! go on. The formats of 16 bits begin in `f32` lanes, twice as many at a time, and a tile with
//! open elements goes on in `f64` lanes, where `f32` begins; `f64` begins with pairs. What is open
//! after that goes to the second stage.

use half::{bf16, f16};

use crate::number::arithmetic::Arithmetic;
use crate::number::format::sealed::Format;
use crate::number::lane::Lane;
use crate::number::pair::Pair;
use crate::ziv::estimate::Estimate;
use crate::ziv::function::{Aligned, Function, SharedTerms, Term, TermsTile};
use crate::ziv::second_stage::second_stage;

/// Where the elements of a format begin.
pub(crate) trait FirstStage: Format {
    /// The numbers of the terms.
    type Term: Term;

    /// Computes terms that functions share.
    fn fill<S: SharedTerms<I>, A: Arithmetic, const I: usize, const N: usize>(
        wanted: S,
        inputs: &[[Self::Lane; N]; I],
        terms: &mut TermsTile<S, Self, I, N>,
    );

    /// Rounds a function correctly, in this stage or in later ones.
    fn round<F: Function<I>, A: Arithmetic, const I: usize, const N: usize>(
        inputs: &[[Self::Lane; N]; I],
        terms: &TermsTile<F::Terms, Self, I, N>,
    ) -> [Self; N];
}

macro_rules! begin_in_lanes {
    ($($format:ty, $round:ident;)+) => {$(
        impl FirstStage for $format {
            type Term = Self::Lane;

            #[inline(always)]
            fn fill<S: SharedTerms<I>, A: Arithmetic, const I: usize, const N: usize>(
                wanted: S,
                inputs: &[[Self::Lane; N]; I],
                terms: &mut TermsTile<S, Self, I, N>,
            ) {
                wanted.fill::<A, Self::Lane, N>(inputs, terms);
            }

            #[inline(always)]
            fn round<F: Function<I>, A: Arithmetic, const I: usize, const N: usize>(
                inputs: &[[Self::Lane; N]; I],
                terms: &TermsTile<F::Terms, Self, I, N>,
            ) -> [Self; N] {
                $round::<Self, F, A, I, N>(inputs, terms)
            }
        }
    )+};
}

begin_in_lanes! {
    f16, round_in_f32_lanes;
    bf16, round_in_f32_lanes;
    f32, round_in_f64_lanes;
}

impl FirstStage for f64 {
    type Term = Pair;

    #[inline(always)]
    fn fill<S: SharedTerms<I>, A: Arithmetic, const I: usize, const N: usize>(
        wanted: S,
        inputs: &[[f64; N]; I],
        terms: &mut TermsTile<S, Self, I, N>,
    ) {
        wanted.fill_f64::<A, N>(inputs, terms);
    }

    #[inline(always)]
    fn round<F: Function<I>, A: Arithmetic, const I: usize, const N: usize>(
        inputs: &[[f64; N]; I],
        terms: &TermsTile<F::Terms, Self, I, N>,
    ) -> [f64; N] {
        let (mut low, mut high) = (Aligned([0.0; N]), Aligned([0.0; N]));
        let mut any_open = false;
        for i in 0..N {
            let estimate = F::estimate_f64::<A>(element(inputs, i), F::Terms::at(terms, i));
            [low.0[i], high.0[i]] = estimate.low_parts().map(|lo| estimate.hi + lo);
            any_open |= !(low.0[i] == high.0[i]);
        }
        if any_open {
            decide_open::<f64, F, I, N>(&mut low.0, &high.0, inputs);
        }
        low.0
    }
}

/// Both ends of the interval that holds the exact value; NaN without a bound.
#[inline(always)]
pub(crate) fn ends_in_f32_lanes<T: Format>(input: f32, estimate: Estimate<f32>) -> [f32; 2] {
    let suits = T::suits_f32(input, estimate.size);
    let bound = <f32 as Lane>::EPSILON * if suits { estimate.size } else { f32::NAN };
    [estimate.value - bound, estimate.value + bound]
}

/// Both ends of an interval that holds the exact value, also once they are rounded to `f32`.
///
/// Rounding is monotonic: both ends may be rounded to `f32` first if they lie further outwards by
/// what that rounding may move them inwards (`Format::DOUBLE_ROUNDING_SLACK`, `Format::widened`).
#[inline(always)]
pub(crate) fn ends_in_f64_lanes<T: Format>(estimate: Estimate<f64>) -> [f64; 2] {
    let relative = <f64 as Lane>::EPSILON + T::DOUBLE_ROUNDING_SLACK;
    let bound = T::widened(estimate.size * relative);
    [estimate.value - bound, estimate.value + bound]
}

#[inline(always)]
fn round_in_f32_lanes<T, F, A, const I: usize, const N: usize>(
    inputs: &[[f32; N]; I],
    terms: &<F::Terms as SharedTerms<I>>::Tile<f32, N>,
) -> [T; N]
where
    T: Format<Lane = f32>,
    F: Function<I>,
    A: Arithmetic,
{
    let (mut below, mut above) = (Aligned([0.0; N]), Aligned([0.0; N]));
    for i in 0..N {
        let estimate = F::estimate::<A, f32>(element(inputs, i), F::Terms::at(terms, i));
        [below.0[i], above.0[i]] = ends_in_f32_lanes::<T>(inputs[0][i], estimate);
    }
    let mut low = Aligned([T::default(); N]);
    let mut high = Aligned([T::default(); N]);
    let mut any_open = false;
    for i in 0..N {
        low.0[i] = T::round_f32(below.0[i]);
        high.0[i] = T::round_f32(above.0[i]);
        any_open |= below.0[i].is_nan() | (low.0[i].as_bits() != high.0[i].as_bits());
    }
    if any_open {
        for start in (0..N).step_by(PART) {
            let mut elements = start..start + PART;
            if !elements.any(|i| below.0[i].is_nan() | (low.0[i].as_bits() != high.0[i].as_bits()))
            {
                continue;
            }
            let mut part = [[0.0; PART]; I];
            for k in 0..I {
                for i in 0..PART {
                    part[k][i] = f64::from(inputs[k][start + i]);
                }
            }
            let mut terms = F::Terms::empty::<f64, PART>();
            F::TERMS.fill::<A, f64, PART>(&part, &mut terms);
            let rounded = round_in_f64_lanes::<T, F, A, I, PART>(&part, &terms);
            low.0[start..start + PART].copy_from_slice(&rounded);
        }
    }
    low.0
}

/// The elements that go on in `f64` lanes together.
const PART: usize = 8;

/// Rounds the ends of the estimates to `f32`, and from there to the format.
#[inline(always)]
fn round_in_f64_lanes<T, F, A, const I: usize, const N: usize>(
    inputs: &[[f64; N]; I],
    terms: &<F::Terms as SharedTerms<I>>::Tile<f64, N>,
) -> [T; N]
where
    T: Format,
    F: Function<I>,
    A: Arithmetic,
{
    let (mut below, mut above) = (Aligned([0.0; N]), Aligned([0.0; N]));
    let mut any_open = false;
    for i in 0..N {
        let estimate = F::estimate::<A, f64>(element(inputs, i), F::Terms::at(terms, i));
        let ends = ends_in_f64_lanes::<T>(estimate);
        [below.0[i], above.0[i]] = ends.map(|end| end as f32);
        any_open |= ends[0].is_nan();
    }
    let mut low = Aligned([T::default(); N]);
    let mut high = Aligned([T::default(); N]);
    for i in 0..N {
        low.0[i] = T::round_f32(below.0[i]);
        high.0[i] = T::round_f32(above.0[i]);
        any_open |= low.0[i].as_bits() != high.0[i].as_bits();
    }
    if any_open {
        decide_open::<T, F, I, N>(&mut low.0, &high.0, inputs);
    }
    low.0
}

/// The inputs of an element.
#[inline(always)]
fn element<L: Lane, const I: usize, const N: usize>(inputs: &[[L; N]; I], i: usize) -> [L; I] {
    let mut element = [L::default(); I];
    for k in 0..I {
        element[k] = inputs[k][i];
    }
    element
}

/// Rounds the elements whose ends differ in the second stage.
#[cold]
#[inline(never)]
fn decide_open<T: Format, F: Function<I>, const I: usize, const N: usize>(
    low: &mut [T; N],
    high: &[T; N],
    inputs: &[[f64; N]; I],
) {
    for i in 0..N {
        let nan = low[i].as_f64().is_nan();
        if nan || low[i].as_bits() != high[i].as_bits() {
            low[i] = second_stage(&F::exact_form(element(inputs, i)));
        }
    }
}
