//! Exact sums: a fixed-point accumulator over the whole range of `f64`, so that order, chunks and
//! machines do not matter.

use crate::dispatch::threads;
use crate::dispatch::tier::{Arithmetic, Tier, Work};
use crate::error::KernelError;
use crate::number::format::sealed::Format;
use crate::number::format::{Real, power_of_two};
use crate::number::limbs::{self, add_shifted, decompose};

/// 2098 bits up to the largest `f64`, 63 for as many as 2^63 addends, and a sign.
pub(crate) const LIMBS: usize = 34;
/// The bits of the largest addend.
pub(crate) const ADDEND_BITS: usize = 2098;
/// The version of the byte form.
const VERSION: u8 = 1;

/// The exact sum of any number of floating-point numbers, below 2^63 of them.
///
/// Adding and merging are exact, hence associative and commutative; rounding happens once, when the
/// sum or the mean is taken. NaN, or infinities of both signs, make the result NaN; infinities of
/// one sign make it that infinity. The accumulator takes [`f16`](half::f16), [`bf16`](half::bf16),
/// `f32` and `f64`, mixed as you like.
///
/// ```
/// use exact_kernels::ExactSum;
///
/// let mut sum = ExactSum::new();
/// sum.add_slice(&[1e300, 1.0, -1e300]);
/// assert_eq!(sum.sum::<f64>(), 1.0);
/// assert_eq!(sum.mean::<f64>()?, 1.0 / 3.0);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExactSum {
    limbs: [u64; LIMBS],
    count: u64,
    specials: Specials,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self::new()
    }
}

impl ExactSum {
    /// The exponent of the lowest bit: the smallest subnormal of `f64`.
    pub(crate) const LOWEST: i64 = -1074;

    /// The length of the byte form: version, specials, count and limbs.
    pub const BYTES: usize = 2 + 8 + 8 * LIMBS;

    /// The sum of nothing, which is `+0`.
    pub const fn new() -> Self {
        Self {
            limbs: [0; LIMBS],
            count: 0,
            specials: Specials::NONE,
        }
    }

    /// Adds one number.
    pub fn add<T: Real>(&mut self, value: T) {
        self.count = self.count.saturating_add(1);
        self.add_uncounted(value.exactly());
    }

    /// Adds every number of a slice.
    pub fn add_slice<T: Real>(&mut self, values: &[T]) {
        self.add_shared(Tier::current(), values);
    }

    /// Adds every number of a slice, by several threads if it is large.
    pub(crate) fn add_shared<T: Real>(&mut self, tier: Tier, values: &[T]) {
        if !threads::are_worth_it(values.len()) {
            return T::add_to(self, tier, values);
        }
        let total = |start, length| {
            let mut sum = Self::new();
            T::add_to(&mut sum, tier, &values[start..start + length]);
            sum
        };
        self.merge(&threads::map_merge(values.len(), total, |left, right| {
            left.merged(&right)
        }));
    }

    /// Both sums in one.
    pub(crate) fn merged(mut self, other: &Self) -> Self {
        self.merge(other);
        self
    }

    /// As [`add_slice`](Self::add_slice), in the loops of a tier.
    pub(crate) fn add_part<T: Format>(&mut self, tier: Tier, values: &[T]) {
        tier.dispatch(Addition { sum: self, values });
    }

    /// As [`add_slice`](Self::add_slice), inside a loop of a tier.
    #[inline(always)]
    pub(crate) fn add_in_tier<T: Format, A: Arithmetic>(&mut self, values: &[T]) {
        self.count = self.count.saturating_add(values.len() as u64);
        for chunk in values.chunks(CHUNK) {
            let (whole, rest) = chunk.split_at(chunk.len() / LANES * LANES);
            self.add_chunk(whole);
            for value in rest {
                self.add_uncounted(value.exactly());
            }
        }
    }

    /// Adds what another accumulator holds.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.specials = self.specials.union(other.specials);
        add_shifted(&mut self.limbs, &other.limbs, false, 0);
    }

    /// How many numbers have been added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum, rounded once to `T`: to nearest, ties to even; an exact 0 is `+0`.
    pub fn sum<T: Real>(&self) -> T {
        if let Some(special) = self.specials.result() {
            return T::nearest_or_nan(special);
        }
        let mut magnitude = self.limbs;
        let negative = limbs::take_sign(&mut magnitude);
        limbs::round(&magnitude, Self::LOWEST, negative, false)
    }

    /// The sum divided by the count, rounded once to `T`.
    ///
    /// # Errors
    /// [`KernelError::EmptyMean`] when nothing has been added.
    pub fn mean<T: Real>(&self) -> Result<T, KernelError> {
        self.divided_by(self.count)
    }

    /// The sum divided by `count`, rounded once to `T`; the count need not be a value of `T`.
    ///
    /// # Errors
    /// [`KernelError::EmptyMean`] for a count of 0.
    ///
    /// ```
    /// use exact_kernels::ExactSum;
    ///
    /// let mut sum = ExactSum::new();
    /// sum.add(1.0_f32);
    /// assert_eq!(sum.divided_by::<f32>(16_777_217)?, 5.960_464_1e-8);
    /// # Ok::<(), exact_kernels::KernelError>(())
    /// ```
    pub fn divided_by<T: Real>(&self, count: u64) -> Result<T, KernelError> {
        if count == 0 {
            return Err(KernelError::EmptyMean);
        }
        if let Some(special) = self.specials.result() {
            return Ok(T::nearest_or_nan(special));
        }
        // One limb more below, for the quotient's bits after the smallest subnormal.
        let mut quotient = [0; LIMBS + 1];
        quotient[1..].copy_from_slice(&self.limbs);
        let negative = limbs::take_sign(&mut quotient);
        let rest = limbs::divide(&mut quotient, count);
        Ok(limbs::round(
            &quotient,
            Self::LOWEST - 64,
            negative,
            rest != 0,
        ))
    }

    /// The accumulator as bytes: the same for the same numbers, on every machine.
    ///
    /// Byte 0 is the version, 1; byte 1 tells which specials were met (1 NaN, 2 +inf, 4 -inf);
    /// then, little-endian, the count and the 34 limbs of a two's complement number in units of
    /// 2^-1074.
    ///
    /// ```
    /// use exact_kernels::ExactSum;
    ///
    /// let mut part = ExactSum::new();
    /// part.add_slice(&[0.1_f32; 10]);
    /// assert_eq!(ExactSum::from_bytes(&part.to_bytes())?, part);
    /// # Ok::<(), exact_kernels::KernelError>(())
    /// ```
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = VERSION;
        bytes[1] = self.specials.0;
        for (place, word) in bytes[2..]
            .chunks_exact_mut(8)
            .zip([self.count].iter().chain(&self.limbs))
        {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The accumulator that `to_bytes` wrote.
    ///
    /// # Errors
    /// [`KernelError::Encoding`] for a wrong length, an unknown version or unknown specials;
    /// [`KernelError::Sum`] for a number that so many addends cannot sum to.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError> {
        let version = bytes.first().copied().unwrap_or(0);
        if bytes.len() != Self::BYTES || version != VERSION || bytes[1] > Specials::ALL {
            return Err(KernelError::Encoding {
                expected: Self::BYTES,
                found: bytes.len(),
                version,
                specials: bytes.get(1).copied().unwrap_or(0),
            });
        }
        let mut words = [0; LIMBS + 1];
        for (word, place) in words.iter_mut().zip(bytes[2..].chunks_exact(8)) {
            *word = place
                .iter()
                .rev()
                .fold(0, |word, &byte| word << 8 | u64::from(byte));
        }
        let mut limbs = [0; LIMBS];
        limbs.copy_from_slice(&words[1..]);
        let sum = Self {
            limbs,
            count: words[0],
            specials: Specials(bytes[1]),
        };
        sum.is_possible()
            .then_some(sum)
            .ok_or(KernelError::Sum { count: words[0] })
    }

    /// The limbs, the count and the specials.
    #[cfg(feature = "std")]
    pub(crate) fn into_parts(self) -> ([u64; LIMBS], u64, Specials) {
        (self.limbs, self.count, self.specials)
    }

    /// The sum of these parts.
    #[cfg(feature = "std")]
    pub(crate) fn from_parts(limbs: &[u64; LIMBS], count: u64, specials: Specials) -> Self {
        Self {
            limbs: *limbs,
            count,
            specials,
        }
    }

    /// Whether addends can sum to this: fewer than 2^63 of them, each below 2^2098 units; none sum to
    /// nothing.
    fn is_possible(&self) -> bool {
        let mut magnitude = self.limbs;
        limbs::take_sign(&mut magnitude);
        let count_bits = 64 - self.count.leading_zeros() as usize;
        let fits = limbs::highest_bit(&magnitude).is_none_or(|top| top < ADDEND_BITS + count_bits);
        let is_nothing = self.limbs == [0; LIMBS] && self.specials == Specials::NONE;
        count_bits < 64 && fits && (self.count > 0 || is_nothing)
    }

    /// The magnitude and sign of a finite sum.
    pub(crate) fn parts(&self) -> Option<([u64; LIMBS], bool)> {
        let mut magnitude = self.limbs;
        let negative = limbs::take_sign(&mut magnitude);
        self.specials
            .result()
            .is_none()
            .then_some((magnitude, negative))
    }

    /// Adds at most a chunk, in whole rows of lanes: splits its numbers on a few fixed grids, sums
    /// each grid's parts in plain `f64`, where that is exact, and flushes these sums.
    ///
    /// With |x| < 2^top for at most 2^10 numbers, a grid of 2^(top - 43) leaves 53 bits to any sum
    /// of parts on it, so their sums are exact in every order; the rests are at most half a grid
    /// step, 2^(top - 44), which is the top of the next grid. Rests beneath two grids are rare;
    /// they, and what is not finite, are added one by one.
    #[inline(always)]
    fn add_chunk<T: Format>(&mut self, chunk: &[T]) {
        let largest = T::largest_magnitude(chunk).exactly();
        let top = (largest.to_bits() >> 52) as i32 - 1022;
        if largest == 0.0 {
            return;
        }
        // What is not finite, and grids beyond the range of `f64`, are for the slow way.
        if !(-900..900).contains(&top) {
            for value in chunk {
                self.add_uncounted(value.exactly());
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
                let (part, rest) = split(values[lane].exactly(), first);
                let (next_part, rest) = split(rest, second);
                sums[0][lane] += part;
                sums[1][lane] += next_part;
                left[lane] += rest.abs();
            }
        }
        for sums in &sums {
            self.add_uncounted(sums.iter().sum());
        }
        if left.iter().any(|&left| left != 0.0) {
            for value in chunk {
                let (_, rest) = split(value.exactly(), first);
                self.add_uncounted(split(rest, second).1);
            }
        }
    }

    fn add_uncounted(&mut self, value: f64) {
        if value.is_finite() {
            let (negative, significand, exponent) = decompose(value);
            add_shifted(
                &mut self.limbs,
                &[significand],
                negative,
                i64::from(exponent) - Self::LOWEST,
            );
        } else {
            self.specials = self.specials.union(Specials::of(value));
        }
    }
}

/// The numbers that share one choice of grids.
pub(crate) const CHUNK: usize = 1 << 10;
/// The partial sums in a loop: four vectors of the widest tier.
const LANES: usize = 32;

/// A number as a whole number of grid steps and an exact rest, for `shift` of 1.5 * 2^52 steps.
#[inline(always)]
fn split(value: f64, shift: f64) -> (f64, f64) {
    let part = (value + shift) - shift;
    (part, value - part)
}

/// The addition of a slice to a sum.
struct Addition<'a, T> {
    sum: &'a mut ExactSum,
    values: &'a [T],
}

impl<T: Format> Work for Addition<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        self.sum.add_in_tier::<T, A>(self.values);
    }
}

/// Which numbers that are not finite have been met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Specials(u8);

impl Specials {
    pub(crate) const NONE: Self = Self(0);
    const NAN: u8 = 1;
    const POSITIVE: u8 = 2;
    const NEGATIVE: u8 = 4;
    const ALL: u8 = Self::NAN | Self::POSITIVE | Self::NEGATIVE;

    /// The mark of a number that is not finite.
    pub(crate) fn of(value: f64) -> Self {
        Self(if value.is_nan() {
            Self::NAN
        } else if value > 0.0 {
            Self::POSITIVE
        } else {
            Self::NEGATIVE
        })
    }

    /// The marks as the byte that travels.
    #[cfg(feature = "std")]
    pub(crate) fn to_byte(self) -> u8 {
        self.0
    }

    /// The marks that a byte stands for.
    #[cfg(feature = "std")]
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        (byte <= Self::ALL).then_some(Self(byte))
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What the whole sum is because of them, if there are any.
    pub(crate) fn result(self) -> Option<f64> {
        match self.0 {
            0 => None,
            Self::POSITIVE => Some(f64::INFINITY),
            Self::NEGATIVE => Some(f64::NEG_INFINITY),
            _ => Some(f64::NAN),
        }
    }
}
