//! Lanes: the plain arithmetic of the first stage, with its elementary functions. `f32` serves the
//! formats of 16 bits, `f64` serves `f32`.
//!
//! With all errors relative and u half a unit in the last place (2^-24, 2^-53):
//!
//! `f64`
//! - e^-a: the polynomial's 2^-40.2; the argument's reduction by at most 577 times ln 2, whose own
//!   error is 2^-55.3 and whose product is rounded (to 2^-44.5 at most): 2^-44 absolute; its
//!   rounding, below 4u. In all less than 2^-40.
//! - e^x - 1, as `2^k (e^r - 1) + (2^k - 1)`: of e^r - 1 the series' first omitted term, 2^-45.4,
//!   and 3u. The first summand is at most sqrt 2 times as large as the result (at k = 1 and
//!   r = -0.347), so its errors count at most that often: 2^-44.8. The second is rounded where
//!   |k| > 53, and the sum is rounded: 2u. The argument's reduction, exact for k = 0, counts
//!   e^x / |e^x - 1| times: at most 3.5 times for |k| = 1, where it has 2^-54, and 1.6 times
//!   beyond, where it has 2^-44. In all less than 2^-42.
//! - ln(1 + t) / t: the polynomial's 2^-40.9; its rounding, below 32u (alternating terms, all partial
//!   sums below 1).
//!
//! `f32`
//! - e^-a: the polynomial's 0.3u; the argument's reduction by at most 93 times ln 2, whose first part
//!   has 15 bits, so that its product is exact and so is the difference from a number of 11 bits; the
//!   second part's product is below 2^-10 and rounded, as the result is: 0.4u; the polynomial's rounding, three
//!   sums near 1 and small ones, 4u. In all 4.7u.
//! - e^x - 1, likewise: of e^r - 1 the series' first omitted term, 2^-30.4 or below 0.1u, and its
//!   rounding, 2.5u, count at most sqrt 2 times: 3.7u; the argument's reduction, 0.4u, counts at
//!   most 3.5 times: 1.4u; the rounding of `2^k - 1` where |k| > 24, and of the sum: 2u. In all
//!   below 8u.
//! - ln(1 + t) / t: the polynomial's 0.4u; its rounding, four sums below 1 of a result above 0.69,
//!   and their products: 4.5u. In all 4.9u.

use core::fmt::Debug;
use core::ops::{Add, Div, Mul, Neg, Sub};

use crate::number::arithmetic::Arithmetic;
use crate::number::format::power_of_two;
use crate::number::polynomial::polynomial;
use crate::number::tables::{
    ARTANH_POLYNOMIAL, ARTANH_POLYNOMIAL_SINGLE, EXP_POLYNOMIAL, EXP_POLYNOMIAL_SINGLE, LN2,
    LN2_SINGLE, LOG1P_POLYNOMIAL, LOG1P_POLYNOMIAL_SINGLE,
};

/// 1.5 * 2^52: adding it to an `f64` rounds to an integer, in the low bits.
pub(crate) const ROUND: f64 = 6_755_399_441_055_744.0;

/// 1.5 * 2^23: the same for `f32`.
const ROUND_F32: f32 = 12_582_912.0;

/// 1/1!, 1/2!, … 1/11!
const EXP_M1_SERIES: [f64; 11] = [
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
];
/// 1/1!, 1/2!, … 1/8!
const EXP_M1_SERIES_F32: [f32; 8] = [
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
];

/// A number of the first stage.
pub trait Lane:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    const ONE: Self;
    const TWO: Self;
    const NAN: Self;
    const INFINITY: Self;
    const LN2: Self;
    const SMALLEST_NORMAL: Self;
    /// Times the sum of the absolute values of a function's terms, it bounds the function's error.
    const EPSILON: Self;
    /// Where exponentials stop: beyond, e^-|x| times what else is in a result rounds to 0, and its
    /// inverse to infinity, while no product with what else is in a result underflows to 0 here, so
    /// that a result that underflows keeps its sign.
    const FAR: Self;

    fn abs(self) -> Self;
    fn is_nan(self) -> bool;
    /// `a b + c`, rounded once or twice.
    fn mul_add<A: Arithmetic>(a: Self, b: Self, c: Self) -> Self;
    /// e^x for |x| <= `FAR`; anything for NaN, whose bits the exponent's may change.
    fn exp<A: Arithmetic>(x: Self) -> Self;
    /// `e^x - 1` for |x| <= `FAR`; anything for NaN.
    fn exp_m1<A: Arithmetic>(x: Self) -> Self;
    /// `ln(1 + t) / t` for t in [0, 1].
    fn log1p_over<A: Arithmetic>(t: Self) -> Self;
    /// `2 artanh(s) / s` for w = s², |s| <= (sqrt 2 - 1) / (sqrt 2 + 1).
    fn artanh_over<A: Arithmetic>(w: Self) -> Self;
    /// `(m, p, k)` where a positive normal number is `m 2^k`, m lies between 1/sqrt 2 and sqrt 2,
    /// and p is `2^-k`.
    fn split(self) -> (Self, Self, Self);
}

impl Lane for f64 {
    const ONE: Self = 1.0;
    const TWO: Self = 2.0;
    const NAN: Self = Self::NAN;
    const INFINITY: Self = Self::INFINITY;
    const LN2: Self = LN2.0;
    const SMALLEST_NORMAL: Self = Self::MIN_POSITIVE;
    const EPSILON: Self = power_of_two(-39);
    // e^-400 is 2^-577: two narrow numbers multiply to less than 2^257.
    const FAR: Self = 400.0;

    #[inline(always)]
    fn abs(self) -> Self {
        self.abs()
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    #[inline(always)]
    fn mul_add<A: Arithmetic>(a: Self, b: Self, c: Self) -> Self {
        A::mul_add(a, b, c)
    }

    #[inline(always)]
    fn exp<A: Arithmetic>(x: Self) -> Self {
        let shifted = A::mul_add(x, core::f64::consts::LOG2_E, ROUND);
        let powers = shifted - ROUND;
        let rest = A::mul_add(powers, -LN2.0, x);
        let power = polynomial::<A, Self, 9>(&EXP_POLYNOMIAL, rest);
        f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52))
    }

    #[inline(always)]
    fn exp_m1<A: Arithmetic>(x: Self) -> Self {
        let shifted = A::mul_add(x, core::f64::consts::LOG2_E, ROUND);
        let powers = shifted - ROUND;
        let rest = A::mul_add(powers, -LN2.0, x);
        let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
        let grown = rest * polynomial::<A, Self, 11>(&EXP_M1_SERIES, rest);
        A::mul_add(scale, grown, scale - 1.0)
    }

    #[inline(always)]
    fn log1p_over<A: Arithmetic>(t: Self) -> Self {
        polynomial::<A, Self, 15>(&LOG1P_POLYNOMIAL, t)
    }

    #[inline(always)]
    fn artanh_over<A: Arithmetic>(w: Self) -> Self {
        polynomial::<A, Self, 6>(&ARTANH_POLYNOMIAL, w)
    }

    #[inline(always)]
    fn split(self) -> (Self, Self, Self) {
        const LOWEST: u64 = 0x3fe6_a09e_667f_3bcd; // 1/sqrt 2
        let steps = self.to_bits().wrapping_sub(LOWEST) & 0xfff0_0000_0000_0000;
        (
            f64::from_bits(self.to_bits().wrapping_sub(steps)),
            f64::from_bits(1.0_f64.to_bits().wrapping_sub(steps)),
            ((steps as i64) >> 52) as f64,
        )
    }
}

impl Lane for f32 {
    const ONE: Self = 1.0;
    const TWO: Self = 2.0;
    const NAN: Self = Self::NAN;
    const INFINITY: Self = Self::INFINITY;
    const LN2: Self = core::f32::consts::LN_2;
    const SMALLEST_NORMAL: Self = Self::MIN_POSITIVE;
    const EPSILON: Self = power_of_two(-20) as f32;
    // e^-64 is 2^-92.3: two f16 multiply to between 2^-48 and 2^32, or 0; f32 has numbers from 2^-149.
    const FAR: Self = 64.0;

    #[inline(always)]
    fn abs(self) -> Self {
        self.abs()
    }

    #[inline(always)]
    fn is_nan(self) -> bool {
        self.is_nan()
    }

    #[inline(always)]
    fn mul_add<A: Arithmetic>(a: Self, b: Self, c: Self) -> Self {
        A::mul_add_f32(a, b, c)
    }

    #[inline(always)]
    fn exp<A: Arithmetic>(x: Self) -> Self {
        let shifted = A::mul_add_f32(x, core::f32::consts::LOG2_E, ROUND_F32);
        let powers = shifted - ROUND_F32;
        let rest = A::mul_add_f32(powers, -LN2_SINGLE.0, x);
        let rest = A::mul_add_f32(powers, -LN2_SINGLE.1, rest);
        let power = polynomial::<A, Self, 7>(&EXP_POLYNOMIAL_SINGLE, rest);
        f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 23))
    }

    #[inline(always)]
    fn exp_m1<A: Arithmetic>(x: Self) -> Self {
        let shifted = A::mul_add_f32(x, core::f32::consts::LOG2_E, ROUND_F32);
        let powers = shifted - ROUND_F32;
        let rest = A::mul_add_f32(powers, -LN2_SINGLE.0, x);
        let rest = A::mul_add_f32(powers, -LN2_SINGLE.1, rest);
        let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
        let grown = rest * polynomial::<A, Self, 8>(&EXP_M1_SERIES_F32, rest);
        A::mul_add_f32(scale, grown, scale - 1.0)
    }

    #[inline(always)]
    fn log1p_over<A: Arithmetic>(t: Self) -> Self {
        polynomial::<A, Self, 10>(&LOG1P_POLYNOMIAL_SINGLE, t)
    }

    #[inline(always)]
    fn artanh_over<A: Arithmetic>(w: Self) -> Self {
        polynomial::<A, Self, 4>(&ARTANH_POLYNOMIAL_SINGLE, w)
    }

    #[inline(always)]
    fn split(self) -> (Self, Self, Self) {
        const LOWEST: u32 = 0x3f35_04f3; // 1/sqrt 2
        let steps = self.to_bits().wrapping_sub(LOWEST) & 0xff80_0000;
        (
            f32::from_bits(self.to_bits().wrapping_sub(steps)),
            f32::from_bits(1.0_f32.to_bits().wrapping_sub(steps)),
            ((steps as i32) >> 23) as f32,
        )
    }
}
