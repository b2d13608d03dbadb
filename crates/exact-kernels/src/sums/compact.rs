//! Exact sums for many groups at once: as exact as [`ExactSum`] and [`WeightedMean`], in a fraction of their
//! memory while the numbers of a group are of like size.

use std::vec::Vec;

use crate::error::{KernelError, check_length};
use crate::number::fixed::Fixed;
use crate::number::format::Real;
use crate::number::limbs::{self, decompose};
use crate::operand::Operand;
use crate::sums::exact_sum::{self, ExactSum, Specials};
use crate::sums::weighted_mean::{self, WeightedMean};

/// The versions of the byte forms, which tell them apart; that of [`ExactSum::to_bytes`] is 1.
const SUM: u8 = 2;
const WEIGHTED_MEAN: u8 = 3;

/// So few numbers are added one by one sooner than through the wide forms, whose limbs must be cleared and merged.
const FEW: usize = 32;

/// The exact sum of any number of floating-point numbers, in little memory: what [`ExactSum`] is for one
/// sum, this is for many.
///
/// 72 bytes hold the numbers of a group unless their sizes differ by more than about 2^64; then it may take
/// as much as an [`ExactSum`] besides. The results are the same bits.
///
/// ```
/// use exact_kernels::CompactSum;
///
/// let mut part = CompactSum::new();
/// part.add(0.1_f32);
/// let mut sum = CompactSum::from_bytes(&part.to_bytes())?;
/// sum.merge(&part);
/// assert_eq!(sum.mean::<f32>()?, 0.1);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CompactSum {
    number: Fixed<{ exact_sum::LIMBS }>,
    count: u64,
    specials: Specials,
}

impl Default for CompactSum {
    fn default() -> Self {
        Self::new()
    }
}

impl CompactSum {
    /// The sum of nothing, which is `+0`.
    pub const fn new() -> Self {
        Self {
            number: Fixed::ZERO,
            count: 0,
            specials: Specials::NONE,
        }
    }

    /// Adds one number.
    #[inline]
    pub fn add<T: Real>(&mut self, value: T) {
        let value = value.exactly();
        self.count = self.count.saturating_add(1);
        if value.is_finite() {
            self.add_finite(value);
        } else {
            self.specials = self.specials.union(Specials::of(value));
        }
    }

    /// Adds every number of a slice.
    pub fn add_slice<T: Real>(&mut self, values: &[T]) {
        if values.len() < FEW {
            return values.iter().for_each(|&value| self.add(value));
        }
        let mut sum = ExactSum::new();
        sum.add_slice(values);
        self.merge(&sum.into());
    }

    /// Takes a number away that was added before. Infinities and NaN leave their mark for ever: they are
    /// refused, with `false`, and change nothing.
    #[must_use]
    pub fn remove<T: Real>(&mut self, value: T) -> bool {
        let value = value.exactly();
        if value.is_finite() {
            self.count = self.count.saturating_sub(1);
            self.add_finite(-value);
        }
        value.is_finite()
    }

    #[inline]
    fn add_finite(&mut self, value: f64) {
        let (negative, significand, exponent) = decompose(value);
        let position = (i64::from(exponent) - ExactSum::LOWEST) as usize;
        self.number.add([significand, 0], negative, position);
    }

    /// Adds what another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.number.merge(&other.number);
        self.count = self.count.saturating_add(other.count);
        self.specials = self.specials.union(other.specials);
    }

    /// How many numbers have been added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The memory that it takes beside itself, in bytes: none while the numbers are of like size.
    pub fn heap_size(&self) -> usize {
        self.number.heap_size()
    }

    /// The sum, rounded once to `T`: the bits of [`ExactSum::sum`].
    pub fn sum<T: Real>(&self) -> T {
        if let Some(special) = self.specials.result() {
            return T::nearest_or_nan(special);
        }
        let round = |negative, magnitude: &mut [u64], low| {
            limbs::round(magnitude, ExactSum::LOWEST + low, negative, false)
        };
        self.number
            .with_magnitude::<{ exact_sum::LIMBS }, _>(0, round)
    }

    /// The sum divided by the count, rounded once to `T`: the bits of [`ExactSum::mean`].
    ///
    /// # Errors
    /// [`KernelError::EmptyMean`] when nothing has been added.
    pub fn mean<T: Real>(&self) -> Result<T, KernelError> {
        /// Limbs below for the quotient: as many bits as a count has, and those that are rounded.
        const SPARE: usize = 2;
        if self.count == 0 {
            return Err(KernelError::EmptyMean);
        }
        if let Some(special) = self.specials.result() {
            return Ok(T::nearest_or_nan(special));
        }
        let divide_and_round = |negative, magnitude: &mut [u64], low| {
            let rest = limbs::divide(magnitude, self.count);
            limbs::round(magnitude, ExactSum::LOWEST + low, negative, rest != 0)
        };
        Ok(self
            .number
            .with_magnitude::<{ exact_sum::LIMBS + SPARE }, _>(SPARE, divide_and_round))
    }

    /// The same sum in the form of a single one.
    pub fn to_exact(&self) -> ExactSum {
        ExactSum::from_parts(&self.number.limbs(), self.count, self.specials)
    }

    /// The sum as bytes, 12 and the limbs that it needs: the same for the same numbers, on every machine,
    /// whatever they were added with.
    ///
    /// Byte 0 is the version, 2; byte 1 tells which specials were met, as in
    /// [`ExactSum::to_bytes`]; then, little-endian, 8 bytes of count; one byte with the number of the lowest limb that is
    /// not 0, in units of 2^64 · 2^-1074, one with the number of limbs, and these, in two's complement.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        self.write_to(&mut bytes);
        bytes
    }

    /// Appends what [`to_bytes`](Self::to_bytes) gives.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&[SUM, self.specials.to_byte()]);
        bytes.extend_from_slice(&self.count.to_le_bytes());
        self.number.write(bytes);
    }

    /// The sum that `to_bytes` wrote.
    ///
    /// # Errors
    /// [`KernelError::State`] for bytes of another version or length, or with unknown specials;
    /// [`KernelError::Sum`] for a number that so many addends cannot sum to.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError> {
        let sum = Self::read(bytes).ok_or(KernelError::State { found: bytes.len() })?;
        let is_possible = sum.number.is_possible(sum.count, exact_sum::ADDEND_BITS);
        if is_possible && (sum.count > 0 || sum.specials == Specials::NONE) {
            Ok(sum)
        } else {
            Err(KernelError::Sum { count: sum.count })
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (specials, rest) = read_head(SUM, bytes)?;
        let (count, rest) = rest.split_first_chunk()?;
        let (number, rest) = Fixed::read(rest)?;
        rest.is_empty().then_some(Self {
            number,
            count: u64::from_le_bytes(*count),
            specials,
        })
    }
}

impl From<ExactSum> for CompactSum {
    fn from(sum: ExactSum) -> Self {
        let (limbs, count, specials) = sum.into_parts();
        let mut number = Fixed::ZERO;
        number.add_signed(limbs, 0);
        Self {
            number,
            count,
            specials,
        }
    }
}

/// The exact `Σ w v` and `Σ w` of weights w and values v, in little memory: what [`WeightedMean`] is for
/// one mean, this is for many.
///
/// ```
/// use exact_kernels::CompactWeightedMean;
///
/// let mut mean = CompactWeightedMean::new();
/// mean.add(1.0_f32, 2.0);
/// mean.add(4.0_f32, 1.0);
/// assert_eq!(mean.mean::<f32>()?, 2.0);
/// # Ok::<(), exact_kernels::KernelError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CompactWeightedMean {
    products: Fixed<{ weighted_mean::LIMBS }>,
    specials: Specials,
    weights: CompactSum,
}

impl Default for CompactWeightedMean {
    fn default() -> Self {
        Self::new()
    }
}

impl CompactWeightedMean {
    /// The mean of nothing so far.
    pub const fn new() -> Self {
        Self {
            products: Fixed::ZERO,
            specials: Specials::NONE,
            weights: CompactSum::new(),
        }
    }

    /// Adds one value with its weight.
    pub fn add<T: Real, W: Real>(&mut self, value: T, weight: W) {
        self.weights.add(weight);
        let (value, weight) = (value.exactly(), weight.exactly());
        if value.is_finite() && weight.is_finite() {
            self.add_product(value, weight);
        } else {
            self.specials = self.specials.union(weighted_mean::special(value, weight));
        }
    }

    /// Adds every value of a slice with its weight.
    ///
    /// # Errors
    /// As [`WeightedMean::add_slice`]; nothing is added then.
    pub fn add_slice<T: Real, W: Real>(
        &mut self,
        values: &[T],
        weights: Operand<W>,
    ) -> Result<(), KernelError> {
        if let (Operand::Full(weights), true) = (weights, values.len() < FEW) {
            check_length("weights", values.len(), weights.len())?;
            let pairs = values.iter().zip(weights);
            pairs.for_each(|(&value, &weight)| self.add(value, weight));
            return Ok(());
        }
        let mut mean = WeightedMean::new();
        mean.add_slice(values, weights)?;
        self.merge(&mean.into());
        Ok(())
    }

    /// Takes a pair away that was added before. Infinities and NaN leave their mark for ever: they are
    /// refused, with `false`, and change nothing.
    #[must_use]
    pub fn remove<T: Real, W: Real>(&mut self, value: T, weight: W) -> bool {
        let (v, w) = (value.exactly(), weight.exactly());
        let removed = v.is_finite() && self.weights.remove(weight);
        if removed {
            self.add_product(-v, w);
        }
        removed
    }

    fn add_product(&mut self, value: f64, weight: f64) {
        let (negative, [low, high], position) = weighted_mean::product(value, weight);
        self.products.add([low, high, 0], negative, position);
    }

    /// Adds what another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.products.merge(&other.products);
        self.specials = self.specials.union(other.specials);
        self.weights.merge(&other.weights);
    }

    /// How many pairs have been added.
    pub fn count(&self) -> u64 {
        self.weights.count()
    }

    /// The memory that it takes beside itself, in bytes: none while the numbers are of like size.
    pub fn heap_size(&self) -> usize {
        self.products.heap_size() + self.weights.heap_size()
    }

    /// The exact `Σ w v`, rounded once to `T`: the bits of [`WeightedMean::sum`].
    pub fn sum<T: Real>(&self) -> T {
        if let Some(special) = self.specials.result() {
            return T::nearest_or_nan(special);
        }
        let round = |negative, magnitude: &mut [u64], low| {
            limbs::round(magnitude, weighted_mean::LOWEST + low, negative, false)
        };
        self.products
            .with_magnitude::<{ weighted_mean::LIMBS }, _>(0, round)
    }

    /// The weighted mean, rounded once to `T`: the bits of [`WeightedMean::mean`].
    ///
    /// # Errors
    /// [`KernelError::EmptyMean`] when the weights sum to exactly 0, as those of nothing do.
    pub fn mean<T: Real>(&self) -> Result<T, KernelError> {
        if self.weights.specials.result().is_some() {
            return Ok(T::CANONICAL_NAN);
        }
        let divisor = &self.weights.number;
        divisor.with_magnitude::<{ exact_sum::LIMBS }, _>(0, |divisor_negative, divisor, low| {
            if limbs::highest_bit(divisor).is_none() {
                return Err(KernelError::EmptyMean);
            }
            if let Some(special) = self.specials.result() {
                let special = if divisor_negative { -special } else { special };
                return Ok(T::nearest_or_nan(special));
            }
            let lowest = weighted_mean::LOWEST - ExactSum::LOWEST - low;
            let divide = |negative, dividend: &mut [u64], low| {
                let negative = negative ^ divisor_negative;
                limbs::round_quotient(dividend, divisor, lowest + low, negative)
            };
            Ok(self
                .products
                .with_magnitude::<{ weighted_mean::LIMBS }, _>(0, divide))
        })
    }

    /// The same mean in the form of a single one.
    pub fn to_exact(&self) -> WeightedMean {
        WeightedMean::from_parts(
            &self.products.limbs(),
            self.specials,
            self.weights.to_exact(),
        )
    }

    /// The state as bytes: the same for the same pairs, on every machine.
    ///
    /// Byte 0 is the version, 3; byte 1 tells which specials the products met; the products follow as in
    /// [`CompactSum::to_bytes`], in units of 2^-2148, and the weights as that writes them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        self.write_to(&mut bytes);
        bytes
    }

    /// Appends what [`to_bytes`](Self::to_bytes) gives.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&[WEIGHTED_MEAN, self.specials.to_byte()]);
        self.products.write(bytes);
        self.weights.write_to(bytes);
    }

    /// The state that `to_bytes` wrote.
    ///
    /// # Errors
    /// [`KernelError::State`] for bytes of another version or length, or with unknown specials;
    /// [`KernelError::Sum`] for a number that so many addends cannot sum to.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KernelError> {
        let state = KernelError::State { found: bytes.len() };
        let (specials, rest) = read_head(WEIGHTED_MEAN, bytes).ok_or(state.clone())?;
        let (products, rest) = Fixed::read(rest).ok_or(state)?;
        let mean = Self {
            products,
            specials,
            weights: CompactSum::from_bytes(rest)?,
        };
        let count = mean.count();
        let is_possible = mean
            .products
            .is_possible(count, weighted_mean::PRODUCT_BITS);
        if is_possible && (count > 0 || mean.specials == Specials::NONE) {
            Ok(mean)
        } else {
            Err(KernelError::Sum { count })
        }
    }
}

impl From<WeightedMean> for CompactWeightedMean {
    fn from(mean: WeightedMean) -> Self {
        let (limbs, specials, weights) = mean.into_parts();
        let mut products = Fixed::ZERO;
        products.add_signed(limbs, 0);
        Self {
            products,
            specials,
            weights: weights.into(),
        }
    }
}

/// The specials behind the version, and what follows them.
fn read_head(version: u8, bytes: &[u8]) -> Option<(Specials, &[u8])> {
    match bytes {
        [found, specials, rest @ ..] if *found == version => {
            Some((Specials::from_byte(*specials)?, rest))
        }
        _ => None,
    }
}
