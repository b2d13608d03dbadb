//! The third stage: head and coefficient as exact wide integers, the tail to 2^-320 and, failing
//! that, 2^-2496.
//!
//! Reached where factors are so large or small that double-double products would lose bits, and
//! where 2^-90 leaves a result undecided. The widest precision exceeds what second-order ties need:
//! where head plus the tail's first term lands on a tie, its next term is at least x²/48 >= 2^-2154
//! of it.

use crate::number::format::power_of_two;
use crate::number::format::sealed::Format;
use crate::number::limbs::{self, add_shifted, decompose};
use crate::ziv::exact_form::{Sum, Tail};

/// Exponent of the lowest bit of an exact sum: products of three numbers of `f64` need -3222.
const LOWEST: i64 = -64 * 52;
/// Limbs of an exact sum: up to 2^3328, where products of three stay below 2^3072.
const LIMBS: usize = 104;
/// The widest precision in use, in limbs.
const MOST_LIMBS: usize = 40;
/// Where `|x|` is above this, e^-|x| times any coefficient (below 2^2050) lies beneath 2^LOWEST.
const NEGLIGIBLE: f64 = 4096.0;
/// Where x is above this, e^x exceeds every format.
const OVERFLOWING: f64 = 1000.0;

/// The result for certain, as far as 2^-2496 of the tail goes; beyond, no input is known or
/// expected.
pub(crate) fn third_stage<T: Format>(sum: &Sum) -> T {
    let (low, high) = enclosure::<T, 6>(sum);
    if low.pattern() == high.pattern() {
        return low;
    }
    let (low, _) = enclosure::<T, MOST_LIMBS>(sum);
    low
}

/// The roundings of both ends of an interval of relative width 2^-(64 (N - 1)) around the tail,
/// plus the head.
pub(crate) fn enclosure<T: Format, const N: usize>(sum: &Sum) -> (T, T) {
    let head = Fixed::sum(&sum.head);
    let coefficient = Fixed::sum(&sum.coefficient).to_wide::<N>();
    if coefficient.is_zero() || (sum.argument == 0.0 && sum.tail.vanishes_at_zero()) {
        let rounded = head.round(0);
        return (rounded, rounded);
    }
    if sum.tail == Tail::Exp && sum.argument > OVERFLOWING {
        return (T::nearest(f64::INFINITY), T::nearest(f64::INFINITY));
    }
    let decays = matches!(
        sum.tail,
        Tail::Softplus | Tail::Logistic | Tail::Bell | Tail::Exp
    );
    if decays && sum.argument.abs() > NEGLIGIBLE {
        let rounded = head.round(if coefficient.negative { -1 } else { 1 });
        return (rounded, rounded);
    }
    let product = coefficient.mul(&tail(sum.tail, sum.argument));
    (
        head.plus_and_round(&product.nudged(false)),
        head.plus_and_round(&product.nudged(true)),
    )
}

/// An exact sum of products of three `f64`.
#[derive(Clone, Copy)]
struct Fixed([u64; LIMBS]);

impl Fixed {
    fn sum(terms: &[[f64; 3]; 3]) -> Self {
        let mut sum = Self([0; LIMBS]);
        for &[a, b, c] in terms {
            let ((sign_a, a, exponent_a), (sign_b, b, exponent_b), (sign_c, c, exponent_c)) =
                (decompose(a), decompose(b), decompose(c));
            let product = u128::from(a) * u128::from(b);
            let low = (product & u128::from(u64::MAX)) * u128::from(c);
            let high = (product >> 64) * u128::from(c) + (low >> 64);
            let magnitude = [low as u64, high as u64, (high >> 64) as u64];
            let exponent = i64::from(exponent_a + exponent_b + exponent_c);
            add_shifted(
                &mut sum.0,
                &magnitude,
                sign_a ^ sign_b ^ sign_c,
                exponent - LOWEST,
            );
        }
        sum
    }

    /// The leading N limbs: relative error below 2^-(64 N - 1).
    fn to_wide<const N: usize>(self) -> Wide<N> {
        let mut magnitude = self.0;
        let negative = limbs::take_sign(&mut magnitude);
        Wide::leading(&magnitude, negative, LOWEST)
    }

    fn plus_and_round<T: Format, const N: usize>(mut self, value: &Wide<N>) -> T {
        let shift = value.exponent - 64 * N as i64 - LOWEST;
        let dropped = add_shifted(&mut self.0, &value.limbs, value.negative, shift);
        self.round(match (dropped, value.negative) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => -1,
        })
    }

    /// Rounds this plus a rest of the given sign, smaller than the lowest bit.
    fn round<T: Format>(mut self, rest: i32) -> T {
        if rest < 0 {
            // One less, plus a positive rest.
            add_shifted(&mut self.0, &[1], true, 0);
        }
        let negative = limbs::take_sign(&mut self.0);
        if negative && rest != 0 {
            // The same turn for the magnitude, which the positive rest diminishes.
            add_shifted(&mut self.0, &[1], true, 0);
        }
        limbs::round(&self.0, LOWEST, negative, rest != 0)
    }
}

/// A number of N limbs: `±0.limbs · 2^exponent` with the top bit set, or all zero.
///
/// Operations truncate: a relative error below 2^-(64 N - 3) each.
#[derive(Clone, Copy)]
pub(crate) struct Wide<const N: usize> {
    negative: bool,
    exponent: i64,
    limbs: [u64; N],
}

impl<const N: usize> Wide<N> {
    const ZERO: Self = Self {
        negative: false,
        exponent: 0,
        limbs: [0; N],
    };

    fn is_zero(&self) -> bool {
        self.limbs[N - 1] == 0
    }

    fn from_f64(value: f64) -> Self {
        let (negative, significand, exponent) = decompose(value);
        Self::leading(&[significand], negative, exponent.into())
    }

    fn neg(mut self) -> Self {
        self.negative = !self.negative;
        self
    }

    /// Times a power of two: exact.
    fn scale(mut self, exponent: i64) -> Self {
        if !self.is_zero() {
            self.exponent += exponent;
        }
        self
    }

    fn add(&self, other: &Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return if self.is_zero() { *other } else { *self };
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
        add_shifted(
            buffer,
            &small.limbs,
            small.negative,
            64 - (large.exponent - small.exponent),
        );
        let negative = limbs::take_sign(buffer);
        Self::leading(buffer, negative, large.exponent - 64 * (N as i64 + 1))
    }

    /// The leading limbs of `±limbs · 2^lowest`.
    fn leading(source: &[u64], negative: bool, lowest: i64) -> Self {
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

    fn mul(&self, other: &Self) -> Self {
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

    /// Newton's iteration for the reciprocal, each step doubling the 50 bits of the first.
    fn div(&self, divisor: &Self) -> Self {
        let leading = divisor.limbs[N - 1] as f64 * power_of_two(-64);
        let mut inverse = Self::from_f64(1.0 / leading).scale(-divisor.exponent);
        inverse.negative = divisor.negative;
        let mut bits = 50;
        while bits < 64 * N {
            let rest = Self::from_f64(1.0).add(&divisor.mul(&inverse).neg());
            inverse = inverse.add(&inverse.mul(&rest));
            bits *= 2;
        }
        self.mul(&inverse)
    }

    /// This number pushed outwards or inwards by 2^-(64 (N - 1)) of itself or more.
    fn nudged(mut self, outwards: bool) -> Self {
        let mut buffer = [0; MOST_LIMBS + 1];
        buffer[..N].copy_from_slice(&self.limbs);
        add_shifted(&mut buffer, &[1], !outwards, 64);
        if buffer[N] == 0 {
            self.limbs.copy_from_slice(&buffer[..N]);
        } else {
            // Past 1: on to 1 and a little more than was added.
            self.limbs = [0; N];
            self.limbs[N - 1] = 1 << 63;
            self.limbs[1] += 1;
            self.exponent += 1;
        }
        self
    }
}

/// The tail to 2^-(64 N - 32): at most 1000 N operations, divisions by at most 2^11.
fn tail<const N: usize>(tail: Tail, argument: f64) -> Wide<N> {
    let x = Wide::<N>::from_f64(argument);
    let one = Wide::<N>::from_f64(1.0);
    match tail {
        Tail::Softplus => log_one_plus(&exp(&x.neg(), -argument)),
        Tail::Logistic => one.div(&exp(&x, argument).add(&one)),
        Tail::Bell => {
            let decayed = exp(&x.neg(), -argument);
            let sum = decayed.add(&one);
            decayed.div(&sum.mul(&sum))
        }
        Tail::HalfTanh => half_tanh(&x),
        Tail::QuarterTanhSquared => half_tanh(&x).mul(&half_tanh(&x)),
        Tail::Exp => exp(&x, argument),
        Tail::ExpMinusOne => exp_minus_one(&x),
        Tail::Log => log(&x),
        Tail::LogOnePlus if argument.abs() < 0.25 => log_one_plus(&x),
        Tail::LogOnePlus => log(&x.add(&one)),
    }
}

/// `tanh(a/2)/2 = (e^a - 1) / (2 (e^a - 1) + 4)`
fn half_tanh<const N: usize>(a: &Wide<N>) -> Wide<N> {
    let grown = exp_minus_one(a);
    grown.div(&grown.scale(1).add(&Wide::from_f64(4.0)))
}

/// e^x for `|x| <= 4096`, where `estimate` is x too.
fn exp<const N: usize>(x: &Wide<N>, estimate: f64) -> Wide<N> {
    let powers = (estimate * core::f64::consts::LOG2_E) as i64;
    let whole = ln_2::<N>().mul(&Wide::from_f64(powers as f64));
    exp_minus_one(&x.add(&whole.neg()))
        .add(&Wide::from_f64(1.0))
        .scale(powers)
}

/// e^x - 1 for `|x| <= 1`, by Taylor's series.
fn exp_minus_one<const N: usize>(x: &Wide<N>) -> Wide<N> {
    let (mut sum, mut term) = (*x, *x);
    for n in 2.. {
        term = term.mul(x).div_small(n);
        if term.is_zero() || term.exponent < sum.exponent - 64 * N as i64 {
            break;
        }
        sum = sum.add(&term);
    }
    sum
}

/// `ln v` for positive v.
fn log<const N: usize>(v: &Wide<N>) -> Wide<N> {
    // A significand in [3/4, 3/2), so that nothing cancels for v just below 1.
    let low = v.limbs[N - 1] < 3 << 62;
    let powers = v.exponent - i64::from(low);
    let significand = Wide {
        exponent: i64::from(low),
        ..*v
    };
    let one = Wide::from_f64(1.0);
    let quotient = significand.add(&one.neg()).div(&significand.add(&one));
    ln_2::<N>()
        .mul(&Wide::from_f64(powers as f64))
        .add(&twice_artanh(&quotient))
}

/// `ln(1 + u) = 2 artanh(u / (2 + u))` for u in [-1/4, 1].
fn log_one_plus<const N: usize>(u: &Wide<N>) -> Wide<N> {
    twice_artanh(&u.div(&u.add(&Wide::from_f64(2.0))))
}

fn ln_2<const N: usize>() -> Wide<N> {
    twice_artanh(&Wide::from_f64(1.0).div_small(3))
}

/// `2 (s + s³/3 + s⁵/5 + …)` for `|s| <= 1/3`.
fn twice_artanh<const N: usize>(s: &Wide<N>) -> Wide<N> {
    let square = s.mul(s);
    let (mut sum, mut power) = (*s, *s);
    for n in 1.. {
        power = power.mul(&square);
        if power.is_zero() || power.exponent < sum.exponent - 64 * N as i64 {
            break;
        }
        sum = sum.add(&power.div_small(2 * n + 1));
    }
    sum.scale(1)
}
