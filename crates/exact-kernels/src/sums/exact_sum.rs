//! The exact sum.

use alloc::vec::Vec;

use crate::dispatch::tier::Tier;
use crate::error::KernelError;
use crate::number::format::Real;
use crate::number::limbs::{self, SPARE, decompose};
use crate::sums::adaptive_fixed_point::AdaptiveFixedPoint;
use crate::sums::dense::{ADDEND_BITS, DenseSum, LIMBS, LOWEST};
use crate::sums::specials::Specials;

/// The version of the encoding. 1 to 3 were those of earlier accumulators; a weighted mean has 5.
const VERSION: u8 = 4;

/// Fewer numbers than this are added one by one: a dense sum must be cleared and merged.
pub(crate) const FEW: usize = 32;

/// The exact sum of any number of floating-point numbers, below 2^63 of them.
///
/// Adding and merging are exact, hence associative and commutative: neither order, chunks, threads
/// nor machines change a sum. Rounding happens once, when [`sum`](Self::sum) or
/// [`mean`](Self::mean) is taken. Any of [`f16`](half::f16), [`bf16`](half::bf16), `f32` and `f64`
/// can be added, mixed if need be.
///
/// Special values: NaN, or infinities of both signs, make the result NaN; infinities of one sign
/// make it that infinity; an exact 0 is `+0`.
///
/// A sum takes 72 bytes; it allocates 272 more when its addends differ in size by more than a
/// factor of about 2^64.
///
/// # Encoding
/// [`to_bytes`](Self::to_bytes) gives the same bytes for the same numbers, in any order and on any
/// machine. All integers are little-endian.
///
/// | bytes | content |
/// |---|---|
/// | 1 | version: 4 |
/// | 1 | which special values were added: the sum of 1 (NaN), 2 (+∞) and 4 (-∞) |
/// | 8 | count |
/// | 1 | f, the index of the first limb |
/// | 1 | n, the number of limbs |
/// | 8 n | the limbs, lowest first: a two's complement number in units of 2^(64 f - 1074) |
///
/// n is as small as possible: the lowest limb is not 0, the highest does not only repeat the sign,
/// and 0 has neither limbs nor an f.
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
    number: AdaptiveFixedPoint<LIMBS>,
    count: u64,
    specials: Specials,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self::new()
    }
}

impl ExactSum {
    /// The sum of nothing, which is `+0`.
    pub const fn new() -> Self {
        Self {
            number: AdaptiveFixedPoint::ZERO,
            count: 0,
            specials: Specials::NONE,
        }
    }

    /// Adds one number.
    #[inline]
    pub fn add<T: Real>(&mut self, value: T) {
        let value = value.as_f64();
        self.count = self.count.saturating_add(1);
        if value.is_finite() {
            self.add_finite(value);
        } else {
            self.specials.add(value);
        }
    }

    /// Adds every number of a slice: vectorised, and with several threads if it is large.
    pub fn add_slice<T: Real>(&mut self, values: &[T]) {
        if values.len() < FEW {
            return values.iter().for_each(|&value| self.add(value));
        }
        let mut sum = DenseSum::ZERO;
        sum.add_slice(Tier::current(), values);
        self.add_dense(&sum, values.len());
    }

    /// Removes a number that was added before; returns whether it could, and changes nothing if
    /// not.
    ///
    /// Infinities and NaN cannot be removed, nor can a number that leaves what
    /// [`from_bytes`](Self::from_bytes) refuses, such as a sum of no addends that is not 0. A
    /// number that was never added is not noticed otherwise.
    ///
    /// ```
    /// use exact_kernels::ExactSum;
    ///
    /// let mut sum = ExactSum::new();
    /// sum.add_slice(&[1e300, 1.0]);
    /// assert!(sum.remove(1e300));
    /// assert_eq!(sum.sum::<f64>(), 1.0);
    /// ```
    #[must_use]
    pub fn remove<T: Real>(&mut self, value: T) -> bool {
        let value = value.as_f64();
        let finite = self.specials.finite(self.count);
        let Some(left) = finite.and_then(|finite| finite.checked_sub(1)) else {
            return false;
        };
        if !value.is_finite() {
            return false;
        }
        self.add_finite(-value);
        if !self.number.is_possible(left, ADDEND_BITS) {
            self.add_finite(value);
            return false;
        }
        self.count -= 1;
        true
    }

    #[inline]
    fn add_finite(&mut self, value: f64) {
        let (negative, significand, exponent) = decompose(value);
        let position = (i64::from(exponent) - LOWEST) as usize;
        self.number.add([significand, 0], negative, position);
    }

    /// Adds the sum of `count` numbers.
    pub(crate) fn add_dense(&mut self, sum: &DenseSum, count: usize) {
        self.number.add_signed(&sum.limbs, 0);
        self.count = self.count.saturating_add(count as u64);
        self.specials.merge(sum.specials);
    }

    /// Adds the numbers of another sum.
    pub fn merge(&mut self, other: &Self) {
        self.number.merge(&other.number);
        self.count = self.count.saturating_add(other.count);
        self.specials.merge(other.specials);
    }

    /// How many numbers have been added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The bytes that it has allocated, besides its own size.
    pub fn heap_size(&self) -> usize {
        self.number.heap_size()
    }

    /// The sum, rounded once to `T`: to nearest, ties to even.
    pub fn sum<T: Real>(&self) -> T {
        self.rounded(1)
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
        Ok(self.rounded(count))
    }

    /// The sum divided by `divisor`, which is not 0, rounded once.
    fn rounded<T: Real>(&self, divisor: u64) -> T {
        let round = |negative, magnitude: &mut [u64], low| {
            limbs::round_divided(magnitude, LOWEST + low, negative, divisor)
        };
        let finite = || {
            self.number
                .with_magnitude::<{ LIMBS + SPARE }, _>(SPARE, round)
        };
        self.specials.sum_or(finite)
    }

    /// Whether all addends are finite.
    pub(crate) fn is_finite(&self) -> bool {
        self.specials == Specials::NONE
    }

    /// Calls `work` with the sign and magnitude of the finite addends' sum and the position of its
    /// lowest bit.
    pub(crate) fn with_magnitude<R>(&self, work: impl FnOnce(bool, &mut [u64], i64) -> R) -> R {
        self.number.with_magnitude::<LIMBS, R>(0, work)
    }

    /// The sum as bytes; see [Encoding](Self#encoding).
    ///
    /// ```
    /// use exact_kernels::ExactSum;
    ///
    /// let mut part = ExactSum::new();
    /// part.add_slice(&[0.1_f32; 10]);
    /// assert_eq!(ExactSum::from_bytes(&part.to_bytes())?, part);
    /// # Ok::<(), exact_kernels::KernelError>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        self.write_to(&mut bytes);
        bytes
    }

    /// Appends what [`to_bytes`](Self::to_bytes) gives.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        self.specials.write(VERSION, bytes);
        bytes.extend_from_slice(&self.count.to_le_bytes());
        self.number.write(bytes);
    }

    /// The sum that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Bytes are untrusted input: what it accepts are the bytes that `to_bytes` gives for the sum
    /// that it returns.
    ///
    /// # Errors
    /// [`KernelError::CorruptBytes`] for any other bytes: those of another version or length, of
    /// unknown special values, or of a number that so many addends cannot sum to.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError> {
        match Self::read(bytes) {
            Some((sum, [])) => Ok(sum),
            _ => Err(KernelError::corrupt("ExactSum", VERSION, bytes)),
        }
    }

    /// Reads a sum; returns it with the bytes behind it.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (specials, rest) = Specials::read(VERSION, bytes)?;
        let (count, rest) = rest.split_first_chunk()?;
        let count = u64::from_le_bytes(*count);
        let (number, rest) = AdaptiveFixedPoint::read(rest, specials.finite(count)?, ADDEND_BITS)?;
        let sum = Self {
            number,
            count,
            specials,
        };
        Some((sum, rest))
    }
}
