//! Floating-point numbers of any fixed length, and their elementary functions by series: the
//! arithmetic of the third stage.

use core::ops::{Add, Div, Mul, Neg};

use crate::number::elementary::Elementary;
use crate::number::format::power_of_two;
use crate::number::limbs::{self, add_shifted, decompose};

/// The most limbs in use: the length of the buffers.
pub(crate) const MOST_LIMBS: usize = 40;

/// A number of N limbs: `±0.limbs · 2^exponent` with the top bit set, or all zero.
///
/// Operations truncate: a relative error below 2^-(64 N - 3) each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BigFloat<const N: usize> {
    pub(crate) negative: bool,
    pub(crate) exponent: i64,
    pub(crate) limbs: [u64; N],
}

impl<const N: usize> BigFloat<N> {
    const ZERO: Self = Self {
        negative: false,
        exponent: 0,
        limbs: [0; N],
    };

    pub(crate) fn is_zero(&self) -> bool {
        self.limbs[N - 1] == 0
    }

    /// Times a power of two: exact.
    fn scale(mut self, exponent: i64) -> Self {
        if !self.is_zero() {
            self.exponent += exponent;
        }
        self
    }

    /// The leading limbs of `±limbs · 2^lowest`.
    pub(crate) fn leading(source: &[u64], negative: bool, lowest: i64) -> Self {
        let Some(top) = limbs::highest_bit(source) else {
            return Self::ZERO;
        };
        let mut leading = [0; N];
        for (index, limb) in leading.iter_mut().rev().enumerate() {
            *limb = limbs::bits_from(source, top as i64 - 63 - 64 * index as i64);
        }
        Self {
            negative,
            exponent: lowest + top as i64 + 1,
            limbs: leading,
        }
    }

    fn div_small(&self, divisor: u64) -> Self {
        let mut quotient = [0; N];
        let mut rest = 0;
        for (place, &limb) in quotient.iter_mut().zip(&self.limbs).rev() {
            let dividend = rest << 64 | u128::from(limb);
            *place = (dividend / u128::from(divisor)) as u64;
            rest = dividend % u128::from(divisor);
        }
        Self::leading(&quotient, self.negative, self.exponent - 64 * N as i64)
    }

    /// This number moved away from 0 or towards it by 2^-(64 (N - 1)) of itself or more.
    pub(crate) fn nudged(mut self, outwards: bool) -> Self {
        let mut buffer = [0; MOST_LIMBS + 1];
        buffer[..N].copy_from_slice(&self.limbs);
        add_shifted(&mut buffer, &[1], !outwards, 64);
        if buffer[N] == 0 {
            self.limbs.copy_from_slice(&buffer[..N]);
        } else {
            // The sum has reached 1: a little more than that.
            self.limbs = [0; N];
            self.limbs[N - 1] = 1 << 63;
            self.limbs[1] += 1;
            self.exponent += 1;
        }
        self
    }

    /// Whether adding this to a sum changes none of the sum's bits.
    fn is_below(&self, sum: &Self) -> bool {
        self.is_zero() || self.exponent < sum.exponent - 64 * N as i64
    }

    /// `e^self - 1` for `|self| <= 1`, by Taylor's series.
    fn exp_m1_series(self) -> Self {
        let (mut sum, mut term) = (self, self);
        for n in 2.. {
            term = (term * self).div_small(n);
            if term.is_below(&sum) {
                break;
            }
            sum = sum + term;
        }
        sum
    }

    /// `2 artanh(self) = 2 (s + s³/3 + s⁵/5 + …)` for `|self| <= 1/3`.
    fn twice_artanh(self) -> Self {
        let square = self * self;
        let (mut sum, mut power) = (self, self);
        for n in 1.. {
            power = power * square;
            if power.is_below(&sum) {
                break;
            }
            sum = sum + power.div_small(2 * n + 1);
        }
        sum.scale(1)
    }

    fn ln_2() -> Self {
        Self::from_f64(1.0).div_small(3).twice_artanh()
    }

    /// `ln self` for positive numbers.
    fn ln_of(self) -> Self {
        // A significand in [3/4, 3/2), so that nothing cancels for numbers just below 1.
        let low = self.limbs[N - 1] < 3 << 62;
        let powers = self.exponent - i64::from(low);
        let significand = Self {
            exponent: i64::from(low),
            ..self
        };
        let one = Self::from_f64(1.0);
        let quotient = (significand + -one) / (significand + one);
        Self::ln_2() * Self::from_f64(powers as f64) + quotient.twice_artanh()
    }
}

/// Each function's relative error is below 2^-(64 N - 20): at most 1000 N operations, and a
/// cancellation of at most 12 bits.
impl<const N: usize> Elementary for BigFloat<N> {
    fn from_f64(x: f64) -> Self {
        let (negative, significand, exponent) = decompose(x);
        Self::leading(&[significand], negative, exponent.into())
    }

    /// For `|x| <= 4096`.
    fn exp(x: f64) -> Self {
        let powers = (x * core::f64::consts::LOG2_E) as i64;
        let rest = Self::from_f64(x) + -(Self::ln_2() * Self::from_f64(powers as f64));
        (rest.exp_m1_series() + Self::from_f64(1.0)).scale(powers)
    }

    fn exp_m1(x: f64) -> Self {
        Self::from_f64(x).exp_m1_series()
    }

    /// For all positive x.
    fn ln(x: f64) -> Self {
        Self::from_f64(x).ln_of()
    }

    /// For all x > -1.
    fn ln_1p(x: f64) -> Self {
        if x.abs() < 0.25 {
            Self::from_f64(x).ln_1p_of()
        } else {
            (Self::from_f64(x) + Self::from_f64(1.0)).ln_of()
        }
    }

    /// `2 artanh(u / (2 + u))`, for u in [-1/4, 1].
    fn ln_1p_of(self) -> Self {
        (self / (self + Self::from_f64(2.0))).twice_artanh()
    }
}

impl<const N: usize> Add for BigFloat<N> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return if self.is_zero() { other } else { self };
        }
        let (large, small) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        // One limb below for the bits that cancellation may bring up, one above for carry and sign.
        let mut buffer = [0; MOST_LIMBS + 2];
        let buffer = &mut buffer[..N + 2];
        add_shifted(buffer, &large.limbs, large.negative, 64);
        let shift = 64 - (large.exponent - small.exponent);
        add_shifted(buffer, &small.limbs, small.negative, shift);
        let negative = limbs::take_sign(buffer);
        Self::leading(buffer, negative, large.exponent - 64 * (N as i64 + 1))
    }
}

impl<const N: usize> Neg for BigFloat<N> {
    type Output = Self;

    fn neg(mut self) -> Self {
        self.negative = !self.negative;
        self
    }
}

impl<const N: usize> Mul for BigFloat<N> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let mut product = [0; 2 * MOST_LIMBS];
        for (i, &a) in self.limbs.iter().enumerate() {
            let mut carry = 0;
            for (&b, place) in other.limbs.iter().zip(&mut product[i..]) {
                let sum = u128::from(a) * u128::from(b) + u128::from(*place) + carry;
                *place = sum as u64;
                carry = sum >> 64;
            }
            product[i + N] = carry as u64;
        }
        let lowest = self.exponent + other.exponent - 128 * N as i64;
        Self::leading(&product[..2 * N], self.negative ^ other.negative, lowest)
    }
}

/// Newton's iteration for the reciprocal, each step doubling the 50 bits of the first.
impl<const N: usize> Div for BigFloat<N> {
    type Output = Self;

    fn div(self, divisor: Self) -> Self {
        let leading = divisor.limbs[N - 1] as f64 * power_of_two(-64);
        let mut inverse = Self::from_f64(1.0 / leading).scale(-divisor.exponent);
        inverse.negative = divisor.negative;
        let mut bits = 50;
        while bits < 64 * N {
            let rest = Self::from_f64(1.0) + -(divisor * inverse);
            inverse = inverse + inverse * rest;
            bits *= 2;
        }
        self * inverse
    }
}
