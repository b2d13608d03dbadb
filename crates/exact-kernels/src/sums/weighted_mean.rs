//! The exact weighted sum and mean.

use alloc::vec::Vec;

use crate::dispatch::tier::{Tier, Work};
use crate::error::KernelError;
use crate::number::arithmetic::Arithmetic;
use crate::number::format::{Real, power_of_two};
use crate::number::limbs::{self, decompose, highest_bit};
use crate::operand::Operand;
use crate::sums::adaptive_fixed_point::AdaptiveFixedPoint;
use crate::sums::dense::{self, CHUNK, DenseSum};
use crate::sums::exact_sum::{ExactSum, FEW};
use crate::sums::specials::Specials;

/// The version of the encoding; see [`ExactSum`]'s.
const VERSION: u8 = 5;

/// The lowest bit of a product of two `f64` is 2^-2148; a limb of an [`ExactSum`] starts where a
/// limb of products does.
const LOWEST: i64 = dense::LOWEST - 64 * LIMBS_BELOW as i64;
/// The limbs of products below those of an [`ExactSum`].
const LIMBS_BELOW: usize = 17;
/// The bits of the largest product.
const PRODUCT_BITS: usize = (2048 - LOWEST) as usize;
/// The product's bits, 63 for as many as 2^63 products, and a sign.
const LIMBS: usize = (PRODUCT_BITS + 64).div_ceil(64);

/// The exact `Σ w v / Σ w` of weights w and values v, below 2^63 of them, and `Σ w v`.
///
/// Both sums are exact, so adding and merging are associative and commutative; rounding happens
/// once, when [`mean`](Self::mean) or [`sum`](Self::sum) is taken. Values and weights may be of
/// different types.
///
/// Special values: NaN, an infinite weight, or infinite products of both signs make the result NaN;
/// infinite products of one sign make it infinite. A weight of exactly 0 beside an infinite value
/// adds nothing. An exact 0 is `+0`.
///
/// It takes 136 bytes; it allocates up to 808 more when its weights or products differ in size by
/// more than a factor of about 2^64.
///
/// # Encoding
/// As for [`ExactSum`], with one encoding for each state:
///
/// | bytes | content |
/// |---|---|
/// | 1 | version: 5 |
/// | 1 | which special values are among the products: the sum of 1 (NaN), 2 (+∞) and 4 (-∞) |
/// | any | the encoding of the weights' [`ExactSum`] |
/// | 1 | f, the index of the first limb of the products' sum |
/// | 1 | n, the number of limbs |
/// | 8 n | the limbs, lowest first: a two's complement number in units of 2^(64 f - 2162) |
///
/// ```
/// use exact_kernels::{Operand, WeightedMean};
///
/// let mut mean = WeightedMean::new();
/// mean.add_slice(&[1.0_f32, 4.0], Operand::Full(&[2.0, 1.0]))?;
/// assert_eq!(mean.mean::<f32>()?, 2.0);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WeightedMean {
    products: AdaptiveFixedPoint<LIMBS>,
    specials: Specials,
    weights: ExactSum,
}

impl Default for WeightedMean {
    fn default() -> Self {
        Self::new()
    }
}

impl WeightedMean {
    /// The mean of nothing so far.
    pub const fn new() -> Self {
        Self {
            products: AdaptiveFixedPoint::ZERO,
            specials: Specials::NONE,
            weights: ExactSum::new(),
        }
    }

    /// Adds one value with its weight.
    pub fn add<T: Real, W: Real>(&mut self, value: T, weight: W) {
        self.weights.add(weight);
        self.add_product(value.as_f64(), weight.as_f64());
    }

    /// Adds every value of a slice with its weight, vectorised.
    ///
    /// # Errors
    /// [`KernelError::Length`] or [`KernelError::EmptyPeriod`] where the weights do not fit the
    /// values; nothing is added then.
    pub fn add_slice<T: Real, W: Real>(
        &mut self,
        values: &[T],
        weights: Operand<W>,
    ) -> Result<(), KernelError> {
        weights.check("weights", values.len())?;
        if values.len() < FEW {
            let tile = &mut [W::default(); FEW][..values.len()];
            weights.copy_tile(0, tile);
            let pairs = values.iter().zip(tile);
            pairs.for_each(|(&value, &mut weight)| self.add(value, weight));
            return Ok(());
        }
        let tier = Tier::current();
        let mut tile = [W::default(); CHUNK];
        let (mut weight_sum, mut product_sum) = (DenseSum::ZERO, DenseSum::ZERO);
        let (mut wide_values, mut wide_weights) = ([0.0; CHUNK], [0.0; CHUNK]);
        for (index, values) in values.chunks(CHUNK).enumerate() {
            let tile = &mut tile[..values.len()];
            weights.copy_tile(index * CHUNK, tile);
            dense::add_to(&mut weight_sum, tier, tile);
            widen(values, &mut wide_values);
            widen(tile, &mut wide_weights);
            let products = Products {
                values: &wide_values,
                weights: &wide_weights,
                count: values.len(),
                sum: &mut product_sum,
            };
            if !tier.dispatch(products) {
                let pairs = values.iter().zip(tile);
                pairs.for_each(|(v, w)| self.add_product(v.as_f64(), w.as_f64()));
            }
        }
        self.weights.add_dense(&weight_sum, values.len());
        self.products.add_signed(&product_sum.limbs, LIMBS_BELOW);
        Ok(())
    }

    /// Removes a pair that was added before; returns whether it could, and changes nothing if not.
    ///
    /// Infinities and NaN cannot be removed, nor can a pair that leaves what
    /// [`from_bytes`](Self::from_bytes) refuses, such as sums of no pairs that are not 0. A pair
    /// that was never added is not noticed otherwise.
    #[must_use]
    pub fn remove<T: Real, W: Real>(&mut self, value: T, weight: W) -> bool {
        let (v, w) = (value.as_f64(), weight.as_f64());
        if !v.is_finite() || !self.weights.remove(weight) {
            return false;
        }
        self.add_product(-v, w);
        let finite = self.specials.finite(self.weights.count());
        let is_possible =
            finite.is_some_and(|finite| self.products.is_possible(finite, PRODUCT_BITS));
        if !is_possible {
            self.add_product(v, w);
            self.weights.add(weight);
        }
        is_possible
    }

    fn add_product(&mut self, value: f64, weight: f64) {
        if value.is_finite() && weight.is_finite() {
            let (sign, a, exponent) = decompose(value);
            let (weight_sign, b, weight_exponent) = decompose(weight);
            let product = u128::from(a) * u128::from(b);
            let magnitude = [product as u64, (product >> 64) as u64, 0];
            let position = i64::from(exponent + weight_exponent) - LOWEST;
            let negative = sign != weight_sign;
            self.products.add(magnitude, negative, position as usize);
        } else if weight.is_infinite() {
            self.specials.add(f64::NAN);
        } else if weight != 0.0 || value.is_nan() {
            self.specials.add(value * weight);
        }
    }

    /// Adds the pairs of another mean.
    pub fn merge(&mut self, other: &Self) {
        self.products.merge(&other.products);
        self.specials.merge(other.specials);
        self.weights.merge(&other.weights);
    }

    /// How many pairs have been added.
    pub fn count(&self) -> u64 {
        self.weights.count()
    }

    /// The sum of the weights.
    pub fn weights(&self) -> &ExactSum {
        &self.weights
    }

    /// The bytes that it has allocated, besides its own size.
    pub fn heap_size(&self) -> usize {
        self.products.heap_size() + self.weights.heap_size()
    }

    /// The exact `Σ w v`, rounded once to `T`: to nearest, ties to even.
    ///
    /// ```
    /// use exact_kernels::{Operand, WeightedMean};
    ///
    /// let mut mean = WeightedMean::new();
    /// mean.add_slice(&[1e300, 1.0, -1e300], Operand::Scalar(0.5))?;
    /// assert_eq!(mean.sum::<f64>(), 0.5);
    /// # Ok::<(), exact_kernels::KernelError>(())
    /// ```
    pub fn sum<T: Real>(&self) -> T {
        let round = |negative, magnitude: &mut [u64], low| {
            limbs::round(magnitude, LOWEST + low, negative, false)
        };
        self.specials
            .sum_or(|| self.products.with_magnitude::<LIMBS, _>(0, round))
    }

    /// The exact `Σ w v / Σ w`, rounded once to `T`: to nearest, ties to even.
    ///
    /// # Errors
    /// [`KernelError::EmptyMean`] when the weights sum to exactly 0, as those of nothing do.
    pub fn mean<T: Real>(&self) -> Result<T, KernelError> {
        if !self.weights.is_finite() {
            return Ok(T::CANONICAL_NAN);
        }
        self.weights.with_magnitude(|is_negative, divisor, low| {
            if highest_bit(divisor).is_none() {
                return Err(KernelError::EmptyMean);
            }
            if let Some(special) = self.specials.sum() {
                let special = if is_negative { -special } else { special };
                return Ok(T::round_f64_or_nan(special));
            }
            let lowest = LOWEST - dense::LOWEST - low;
            let round = |negative, dividend: &mut [u64], low| {
                let negative = negative != is_negative;
                limbs::round_quotient(dividend, divisor, lowest + low, negative)
            };
            Ok(self.products.with_magnitude::<LIMBS, _>(0, round))
        })
    }

    /// The state as bytes; see [Encoding](Self#encoding).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        self.write_to(&mut bytes);
        bytes
    }

    /// Appends what [`to_bytes`](Self::to_bytes) gives.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        self.specials.write(VERSION, bytes);
        self.weights.write_to(bytes);
        self.products.write(bytes);
    }

    /// The state that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// Bytes are untrusted input: what it accepts are the bytes that `to_bytes` gives for the state
    /// that it returns.
    ///
    /// # Errors
    /// [`KernelError::CorruptBytes`] for any other bytes: those of another version or length, of
    /// unknown special values, or of sums that so many pairs cannot have.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError> {
        Self::read(bytes).ok_or_else(|| KernelError::corrupt("WeightedMean", VERSION, bytes))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (specials, rest) = Specials::read(VERSION, bytes)?;
        let (weights, rest) = ExactSum::read(rest)?;
        let finite = specials.finite(weights.count())?;
        let (products, rest) = AdaptiveFixedPoint::read(rest, finite, PRODUCT_BITS)?;
        // A weight that is not finite makes its product NaN.
        let is_possible = weights.is_finite() || specials.has_nan();
        (is_possible && rest.is_empty()).then_some(Self {
            products,
            specials,
            weights,
        })
    }
}

/// Fills a chunk with numbers, and with zeros behind them. A chunk that is returned would be
/// copied.
#[inline]
fn widen<T: Real>(values: &[T], chunk: &mut [f64; CHUNK]) {
    let (places, rest) = chunk.split_at_mut(values.len());
    for (place, value) in places.iter_mut().zip(values) {
        *place = value.as_f64();
    }
    rest.fill(0.0);
}

/// Adds the products of pairs to a sum, exactly, unless one of them may be too large or too small
/// for that: then it adds nothing and returns false.
struct Products<'a> {
    values: &'a [f64; CHUNK],
    weights: &'a [f64; CHUNK],
    count: usize,
    sum: &'a mut DenseSum,
}

impl Work for Products<'_> {
    type Output = bool;

    /// A product is a number and its rounding error, which is exact where the factors are 0 or
    /// between 2^-400 and 2^400: no product lies beyond 2^±800, and the lowest bit of an error is
    /// at least 2^-904.
    #[inline(always)]
    fn run<A: Arithmetic>(self) -> bool {
        let (mut products, mut errors) = ([0.0; CHUNK], [0.0; CHUNK]);
        let mut outside = 0;
        for index in 0..CHUNK {
            let (value, weight) = (self.values[index], self.weights[index]);
            (products[index], errors[index]) = A::two_product(value, weight);
            outside |= u64::from(!is_moderate(value)) | u64::from(!is_moderate(weight));
        }
        if outside != 0 {
            return false;
        }
        self.sum.add_in_tier::<f64, A>(&products[..self.count]);
        self.sum.add_in_tier::<f64, A>(&errors[..self.count]);
        true
    }
}

/// Whether a number is 0 or of a size between 2^-400 and 2^400.
#[inline(always)]
fn is_moderate(value: f64) -> bool {
    let (least, most) = (power_of_two(-400), power_of_two(400));
    (value == 0.0) | ((value.abs() >= least) & (value.abs() <= most))
}
