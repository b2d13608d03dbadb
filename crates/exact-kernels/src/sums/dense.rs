//! The dense form of an exact sum: a superaccumulator, that is, a fixed-point number over the whole
//! range of `f64`. The vectorised loops add to it; it never allocates.

use crate::dispatch::threads;
use crate::dispatch::tier::{Tier, Work};
use crate::number::arithmetic::Arithmetic;
use crate::number::format::sealed::{Family, ForEachFormat, Format};
use crate::number::format::{Real, power_of_two};
use crate::number::limbs::{self, SPARE, add_shifted, decompose, take_sign};
use crate::sums::specials::Specials;

/// The exponent of the lowest bit: the smallest subnormal of `f64`.
pub(crate) const LOWEST: i64 = -1074;
/// The bits of the largest addend.
pub(crate) const ADDEND_BITS: usize = 2098;
/// The addend's bits, 63 for as many as 2^63 addends, and a sign.
pub(crate) const LIMBS: usize = (ADDEND_BITS + 64).div_ceil(64);

/// The numbers that share one choice of grids.
pub(crate) const CHUNK: usize = 1 << 10;
/// The partial sums in a loop: four vectors of the widest tier.
const LANES: usize = 32;

/// An exact sum with every limb in place.
#[derive(Clone, Debug)]
pub(crate) struct DenseSum {
    pub(crate) limbs: [u64; LIMBS],
    pub(crate) specials: Specials,
}

impl DenseSum {
    /// The sum of nothing.
    pub(crate) const ZERO: Self = Self {
        limbs: [0; LIMBS],
        specials: Specials::NONE,
    };

    /// Adds every number of a slice, with several threads if it is large.
    pub(crate) fn add_slice<T: Real>(&mut self, tier: Tier, values: &[T]) {
        if !threads::are_worth_it(values.len()) {
            return add_to(self, tier, values);
        }
        let total = |start, length| {
            let mut sum = Self::ZERO;
            add_to(&mut sum, tier, &values[start..start + length]);
            sum
        };
        self.merge(&threads::map_merge(values.len(), &total, &Self::merged));
    }

    /// Adds what another sum holds.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.specials.merge(other.specials);
        add_shifted(&mut self.limbs, &other.limbs, false, 0);
    }

    /// Both sums in one.
    #[expect(clippy::needless_pass_by_value, reason = "a closure for `map_merge`")]
    pub(crate) fn merged(mut self, other: Self) -> Self {
        self.merge(&other);
        self
    }

    /// The sum divided by `divisor`, which is not 0, rounded once to `T`.
    pub(crate) fn divided_by<T: Real>(&self, divisor: u64) -> T {
        self.specials.sum_or(|| {
            let mut magnitude = [0; LIMBS + SPARE];
            magnitude[SPARE..].copy_from_slice(&self.limbs);
            let negative = take_sign(&mut magnitude);
            let lowest = LOWEST - 64 * SPARE as i64;
            limbs::round_divided(&mut magnitude, lowest, negative, divisor)
        })
    }

    /// Adds every number of a slice, inside a loop of a tier.
    #[inline(always)]
    pub(crate) fn add_in_tier<T: Format, A: Arithmetic>(&mut self, values: &[T]) {
        for chunk in values.chunks(CHUNK) {
            let (whole, rest) = chunk.split_at(chunk.len() / LANES * LANES);
            self.add_chunk(whole);
            for value in rest {
                self.add(value.as_f64());
            }
        }
    }

    /// Adds at most a chunk, in whole rows of lanes: splits its numbers on two fixed grids, sums
    /// each grid's parts in plain `f64`, where that is exact, and adds these sums.
    ///
    /// With |x| < 2^top for at most 2^10 numbers, a grid of 2^(top - 43) leaves 53 bits to any sum
    /// of parts on it, so their sums are exact in every order; the rests are at most half a grid
    /// step, 2^(top - 44), which is the top of the next grid. Rests beneath two grids are rare;
    /// they, and what is not finite, are added one by one.
    #[inline(always)]
    fn add_chunk<T: Format>(&mut self, chunk: &[T]) {
        let largest = T::largest_magnitude(chunk).as_f64();
        let top = (largest.to_bits() >> 52) as i32 - 1022;
        if largest == 0.0 {
            return;
        }
        // What is not finite, and grids beyond the range of `f64`, are added one by one.
        if !(-900..900).contains(&top) {
            for value in chunk {
                self.add(value.as_f64());
            }
            return;
        }
        // Adding 1.5 * 2^52 grid steps rounds to a whole number of them.
        let first = 1.5 * power_of_two(top - 43 + 52);
        let second = 1.5 * power_of_two(top - 87 + 52);
        let mut sums = [[0.0_f64; LANES]; 2];
        let mut left = [0.0_f64; LANES];
        for values in chunk.chunks_exact(LANES) {
            for lane in 0..LANES {
                let (part, rest) = split(values[lane].as_f64(), first);
                let (next_part, rest) = split(rest, second);
                sums[0][lane] += part;
                sums[1][lane] += next_part;
                left[lane] += rest.abs();
            }
        }
        for sums in &sums {
            self.add(sums.iter().sum());
        }
        if left.iter().any(|&left| left != 0.0) {
            for value in chunk {
                let (_, rest) = split(value.as_f64(), first);
                self.add(split(rest, second).1);
            }
        }
    }

    fn add(&mut self, value: f64) {
        if value.is_finite() {
            let (negative, significand, exponent) = decompose(value);
            let position = i64::from(exponent) - LOWEST;
            add_shifted(&mut self.limbs, &[significand], negative, position);
        } else {
            self.specials.add(value);
        }
    }
}

/// A number as a whole number of grid steps and an exact rest, for `shift` of 1.5 * 2^52 steps.
#[inline(always)]
fn split(value: f64, shift: f64) -> (f64, f64) {
    let part = (value + shift) - shift;
    (part, value - part)
}

/// Adds a slice to a sum, in the loops of a tier.
pub(crate) fn add_to<T: Real>(sum: &mut DenseSum, tier: Tier, values: &[T]) {
    T::entry(&ADDITIONS)(sum, tier, values);
}

/// The loops of [`add_to`], compiled once for each format (see `ziv::driver`).
static ADDITIONS: ForEachFormat<AdditionFamily> = ForEachFormat {
    f16: add::<half::f16>,
    bf16: add::<half::bf16>,
    f32: add::<f32>,
    f64: add::<f64>,
};

/// Functions as [`add_to`].
struct AdditionFamily;

impl Family for AdditionFamily {
    type Of<T: Format> = fn(&mut DenseSum, Tier, &[T]);
}

fn add<T: Format>(sum: &mut DenseSum, tier: Tier, values: &[T]) {
    tier.dispatch(Addition { sum, values });
}

/// The addition of a slice to a sum.
struct Addition<'a, T> {
    sum: &'a mut DenseSum,
    values: &'a [T],
}

impl<T: Format> Work for Addition<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        self.sum.add_in_tier::<T, A>(self.values);
    }
}
