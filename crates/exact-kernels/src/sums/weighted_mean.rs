//! Exact weighted means: the exact sum of weight times value over the exact sum of weights, rounded
//! once.

use crate::dispatch::tier::{Arithmetic, Tier, Work};
use crate::error::KernelError;
use crate::number::format::{Real, power_of_two};
use crate::number::limbs::{self, add_shifted, decompose};
use crate::operand::Operand;
use crate::sums::exact_sum::{CHUNK, ExactSum, Specials};

/// The exponent of the lowest bit of a product of two `f64`.
pub(crate) const LOWEST: i64 = -2148;
/// 4196 bits up to the largest product, 63 for as many as 2^63 addends, and a sign.
pub(crate) const LIMBS: usize = 67;
/// The bits of the largest product.
#[cfg(feature = "std")]
pub(crate) const PRODUCT_BITS: usize = 4196;

/// The exact `Σ w v / Σ w` of weights w and values v.
///
/// A weight of exactly 0 contributes nothing, even beside an infinite value; NaN makes the mean
/// NaN, and so does an infinite weight, unless the weights sum to 0, of which there is no mean. Mergeable as [`ExactSum`] is.
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
    products: [u64; LIMBS],
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
            products: [0; LIMBS],
            specials: Specials::NONE,
            weights: ExactSum::new(),
        }
    }

    /// Adds one value with its weight.
    pub fn add<T: Real, W: Real>(&mut self, value: T, weight: W) {
        self.weights.add(weight);
        self.add_product(value.exactly(), weight.exactly());
    }

    fn add_product(&mut self, value: f64, weight: f64) {
        if value.is_finite() && weight.is_finite() {
            let (negative, magnitude, position) = product(value, weight);
            add_shifted(&mut self.products, &magnitude, negative, position as i64);
        } else {
            self.specials = self.specials.union(special(value, weight));
        }
    }

    /// The mean of these parts.
    #[cfg(feature = "std")]
    pub(crate) fn from_parts(
        products: &[u64; LIMBS],
        specials: Specials,
        weights: ExactSum,
    ) -> Self {
        Self {
            products: *products,
            specials,
            weights,
        }
    }

    /// The products, their specials and the weights.
    #[cfg(feature = "std")]
    pub(crate) fn into_parts(self) -> ([u64; LIMBS], Specials, ExactSum) {
        (self.products, self.specials, self.weights)
    }

    /// Adds every value of a slice with its weight.
    ///
    /// # Errors
    /// [`KernelError::Length`] or [`KernelError::EmptyPeriod`] where the weights do not fit the
    /// values.
    pub fn add_slice<T: Real, W: Real>(
        &mut self,
        values: &[T],
        weights: Operand<W>,
    ) -> Result<(), KernelError> {
        weights.check("weights", values.len())?;
        let tier = Tier::current();
        let mut tile = [W::default(); CHUNK];
        let mut sum = ExactSum::new();
        for (index, values) in values.chunks(CHUNK).enumerate() {
            let tile = &mut tile[..values.len()];
            weights.copy_tile(index * CHUNK, tile);
            W::add_to(&mut self.weights, tier, tile);
            let mut pairs = Pairs {
                values: [0.0; CHUNK],
                weights: [0.0; CHUNK],
                count: values.len(),
            };
            for (place, value) in pairs.values.iter_mut().zip(values) {
                *place = value.exactly();
            }
            for (place, weight) in pairs.weights.iter_mut().zip(tile) {
                *place = weight.exactly();
            }
            if !tier.dispatch(Products {
                pairs: &pairs,
                sum: &mut sum,
            }) {
                let pairs = pairs.values.iter().zip(&pairs.weights).take(values.len());
                pairs.for_each(|(&value, &weight)| self.add_product(value, weight));
            }
        }
        if let Some((magnitude, negative)) = sum.parts() {
            let shift = ExactSum::LOWEST - LOWEST;
            add_shifted(&mut self.products, &magnitude, negative, shift);
        }
        Ok(())
    }

    /// Adds what another one holds.
    pub fn merge(&mut self, other: &Self) {
        add_shifted(&mut self.products, &other.products, false, 0);
        self.specials = self.specials.union(other.specials);
        self.weights.merge(&other.weights);
    }

    /// The exact `Σ w v`, rounded once to `T`: to nearest, ties to even; an exact 0 is `+0`.
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
        if let Some(special) = self.specials.result() {
            return T::nearest_or_nan(special);
        }
        let mut magnitude = self.products;
        let negative = limbs::take_sign(&mut magnitude);
        limbs::round(&magnitude, LOWEST, negative, false)
    }

    /// The sum of the weights and how many there are.
    pub fn weights(&self) -> &ExactSum {
        &self.weights
    }

    /// The weighted mean, rounded once to `T`.
    ///
    /// # Errors
    /// [`KernelError::EmptyMean`] when the weights sum to exactly 0, as those of nothing do.
    pub fn mean<T: Real>(&self) -> Result<T, KernelError> {
        let Some((divisor, divisor_negative)) = self.weights.parts() else {
            return Ok(T::CANONICAL_NAN);
        };
        if limbs::highest_bit(&divisor).is_none() {
            return Err(KernelError::EmptyMean);
        }
        if let Some(special) = self.specials.result() {
            return Ok(T::nearest_or_nan(if divisor_negative {
                -special
            } else {
                special
            }));
        }
        let mut dividend = self.products;
        let negative = limbs::take_sign(&mut dividend) ^ divisor_negative;
        Ok(limbs::round_quotient(
            &dividend,
            &divisor,
            LOWEST - ExactSum::LOWEST,
            negative,
        ))
    }
}

/// Values and weights in the form that is multiplied; those behind the count are 0.
struct Pairs {
    values: [f64; CHUNK],
    weights: [f64; CHUNK],
    count: usize,
}

/// Adds the products of pairs to a sum, exactly, unless one of them may be too large or too small for that: then it
/// adds nothing and says so.
struct Products<'a> {
    pairs: &'a Pairs,
    sum: &'a mut ExactSum,
}

impl Work for Products<'_> {
    type Output = bool;

    /// A product is a number and its rounding error, which is exact where the factors are 0 or between 2^-400
    /// and 2^400: no product lies beyond 2^±800, and the lowest bit of an error is at least 2^-904.
    #[inline(always)]
    fn run<A: Arithmetic>(self) -> bool {
        let (mut products, mut errors) = ([0.0; CHUNK], [0.0; CHUNK]);
        let mut outside = 0;
        let Pairs {
            values,
            weights,
            count,
        } = self.pairs;
        for index in 0..CHUNK {
            let (value, weight) = (values[index], weights[index]);
            (products[index], errors[index]) = A::two_product(value, weight);
            outside |= u64::from(!is_moderate(value)) | u64::from(!is_moderate(weight));
        }
        if outside != 0 {
            return false;
        }
        self.sum.add_in_tier::<f64, A>(&products[..*count]);
        self.sum.add_in_tier::<f64, A>(&errors[..*count]);
        true
    }
}

/// Whether a number is 0 or of a size between 2^-400 and 2^400.
#[inline(always)]
fn is_moderate(value: f64) -> bool {
    let (least, most) = (power_of_two(-400), power_of_two(400));
    (value == 0.0) | ((value.abs() >= least) & (value.abs() <= most))
}

/// The product of two finite numbers as sign, magnitude and position above the lowest bit.
pub(crate) fn product(value: f64, weight: f64) -> (bool, [u64; 2], usize) {
    let (sign, a, exponent) = decompose(value);
    let (other_sign, b, other_exponent) = decompose(weight);
    let product = u128::from(a) * u128::from(b);
    let magnitude = [product as u64, (product >> 64) as u64];
    let position = i64::from(exponent + other_exponent) - LOWEST;
    (sign ^ other_sign, magnitude, position as usize)
}

/// What a pair means that is not finite: an infinite weight gives NaN, a weight of 0 takes an infinite
/// value away.
pub(crate) fn special(value: f64, weight: f64) -> Specials {
    if weight.is_infinite() {
        Specials::of(f64::NAN)
    } else if weight != 0.0 || value.is_nan() {
        Specials::of(value * weight)
    } else {
        Specials::NONE
    }
}
