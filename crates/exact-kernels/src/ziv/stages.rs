//! The stages over a tile: the first for all of its elements, later ones for those that it leaves
//! open.

use crate::dispatch::tier::Arithmetic;
use crate::number::format::sealed::Format;
use crate::number::lane::Lane;
use crate::ziv::first_stage::Shared as Narrow;
use crate::ziv::first_stage_f64::Shared as Wide;
use crate::ziv::quantity::{Needs, Quantity};
use crate::ziv::second_stage::settle;

/// The exact inputs of some elements: logits x, labels z, weights q.
#[derive(Clone, Copy, Debug)]
pub struct Tile<L, const N: usize> {
    pub(crate) x: [L; N],
    pub(crate) z: [L; N],
    pub(crate) q: [L; N],
}

/// Where the elements of a format begin: the functions of the logits that quantities share.
pub trait FirstStage<T: Format, const N: usize> {
    /// Computes what these quantities need.
    fn begin<A: Arithmetic>(needs: Needs, tile: &Tile<T::Lane, N>) -> Self;
    /// Rounds a quantity: by this stage, by later ones where it cannot decide.
    fn round<Q: Quantity, A: Arithmetic>(&self, tile: &Tile<T::Lane, N>) -> [T; N];
}

/// The formats of 16 bits, in `f32` lanes.
impl<T: Format<Lane = f32>, const N: usize> FirstStage<T, N> for Narrow<f32, N> {
    #[inline(always)]
    fn begin<A: Arithmetic>(needs: Needs, tile: &Tile<f32, N>) -> Self {
        Self::new::<A>(needs, &tile.x)
    }

    #[inline(always)]
    fn round<Q: Quantity, A: Arithmetic>(&self, tile: &Tile<f32, N>) -> [T; N] {
        let (mut below, mut above) = ([0.0; N], [0.0; N]);
        let mut any_open = false;
        for i in 0..N {
            let estimate = Q::estimate::<A, f32>(tile.x[i], tile.z[i], tile.q[i], self.at(i));
            let bound = <f32 as Lane>::EPSILON * estimate.size;
            (below[i], above[i]) = (estimate.value - bound, estimate.value + bound);
            any_open |= below[i].is_nan() | !T::is_within_single(tile.x[i], estimate.size);
        }
        let mut low = [T::default(); N];
        for i in 0..N {
            low[i] = T::nearest_to_single(below[i]);
            any_open |= low[i].pattern() != T::nearest_to_single(above[i]).pattern();
        }
        if any_open {
            let tile = tile.widened();
            let stage = Narrow::<f64, N>::new::<A>(Q::NEEDS, &tile.x);
            return stage.round_by_single::<T, Q, A>(&tile);
        }
        low
    }
}

/// `f32`, in `f64` lanes.
impl<const N: usize> FirstStage<f32, N> for Narrow<f64, N> {
    #[inline(always)]
    fn begin<A: Arithmetic>(needs: Needs, tile: &Tile<f64, N>) -> Self {
        Self::new::<A>(needs, &tile.x)
    }

    #[inline(always)]
    fn round<Q: Quantity, A: Arithmetic>(&self, tile: &Tile<f64, N>) -> [f32; N] {
        self.round_by_single::<f32, Q, A>(tile)
    }
}

impl<const N: usize> Narrow<f64, N> {
    /// Rounds the ends of the estimates to `f32`, and from there to the format.
    ///
    /// Rounding is monotonic: both ends may be rounded to `f32` first if they lie further outwards
    /// by what that rounding may move them inwards (`Format::DETOUR`, `Format::widened`).
    #[inline(always)]
    fn round_by_single<T: Format, Q: Quantity, A: Arithmetic>(
        &self,
        tile: &Tile<f64, N>,
    ) -> [T; N] {
        let (mut below, mut above) = ([0.0; N], [0.0; N]);
        let mut any_open = false;
        for i in 0..N {
            let estimate = Q::estimate::<A, f64>(tile.x[i], tile.z[i], tile.q[i], self.at(i));
            let bound = T::widened(estimate.size * (<f64 as Lane>::EPSILON + T::DETOUR));
            let ends = [estimate.value - bound, estimate.value + bound];
            [below[i], above[i]] = ends.map(|end| end as f32);
            any_open |= ends[0].is_nan();
        }
        let mut low = [T::default(); N];
        let mut high = [T::default(); N];
        for i in 0..N {
            low[i] = T::nearest_to_single(below[i]);
            high[i] = T::nearest_to_single(above[i]);
            any_open |= low[i].pattern() != high[i].pattern();
        }
        if any_open {
            settle_tile::<T, Q, N>(&mut low, &high, tile);
        }
        low
    }
}

impl<const N: usize> FirstStage<f64, N> for Wide<N> {
    #[inline(always)]
    fn begin<A: Arithmetic>(needs: Needs, tile: &Tile<f64, N>) -> Self {
        Self::new::<A>(needs, &tile.x)
    }

    #[inline(always)]
    fn round<Q: Quantity, A: Arithmetic>(&self, tile: &Tile<f64, N>) -> [f64; N] {
        let (mut low, mut high) = ([0.0; N], [0.0; N]);
        let mut any_open = false;
        for i in 0..N {
            let estimate = Q::estimate_wide::<A>(tile.x[i], tile.z[i], tile.q[i], self.at(i));
            (low[i], high[i]) = estimate.ends();
            any_open |= !(low[i] == high[i]);
        }
        if any_open {
            settle_tile::<f64, Q, N>(&mut low, &high, tile);
        }
        low
    }
}

impl<const N: usize> Tile<f32, N> {
    #[inline(always)]
    fn widened(&self) -> Tile<f64, N> {
        let widened = |lanes: &[f32; N]| {
            let mut wide = [0.0; N];
            for i in 0..N {
                wide[i] = f64::from(lanes[i]);
            }
            wide
        };
        Tile {
            x: widened(&self.x),
            z: widened(&self.z),
            q: widened(&self.q),
        }
    }
}

#[cold]
#[inline(never)]
fn settle_tile<T: Format, Q: Quantity, const N: usize>(
    low: &mut [T; N],
    high: &[T; N],
    tile: &Tile<f64, N>,
) {
    for i in 0..N {
        let nan = low[i].exactly().is_nan();
        if nan || low[i].pattern() != high[i].pattern() {
            low[i] = settle(&Q::exact(tile.x[i], tile.z[i], tile.q[i]));
        }
    }
}
