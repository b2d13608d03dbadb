//! Dyadic numbers `mantissa * 2^exponent`: sums and products are exact, and every
//! floating-point number is one.

use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg, Sub};

use dashu_base::{BitTest, Sign, Signed};
use dashu_int::{IBig, UBig};

use crate::DType;
use crate::dtype::split_f64;

/// An exact number `mantissa * 2^exponent`.
#[derive(Debug, Clone)]
pub(crate) struct Dyadic {
    mantissa: IBig,
    exponent: i64,
}

impl Dyadic {
    pub(crate) fn new(mantissa: IBig, exponent: i64) -> Self {
        Dyadic { mantissa, exponent }
    }

    pub(crate) fn zero() -> Self {
        Dyadic::new(IBig::ZERO, 0)
    }

    pub(crate) fn one() -> Self {
        Dyadic::new(IBig::ONE, 0)
    }

    pub(crate) fn power_of_two(exponent: i64) -> Self {
        Dyadic::new(IBig::ONE, exponent)
    }

    /// The exact value of a finite `f64`.
    pub(crate) fn from_f64(value: f64) -> Self {
        let (mantissa, exponent) = split_f64(value.abs());
        let shift = mantissa.trailing_zeros() % 64;
        let mantissa = IBig::from(mantissa >> shift);
        let signed = if value < 0.0 { -mantissa } else { mantissa };
        Dyadic::new(signed, exponent + i64::from(shift))
    }

    pub(crate) fn mantissa(&self) -> &IBig {
        &self.mantissa
    }

    pub(crate) fn exponent(&self) -> i64 {
        self.exponent
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa.is_zero()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.mantissa.is_negative()
    }

    #[cfg(test)]
    pub(crate) fn is_integer(&self) -> bool {
        let places = self.mantissa.trailing_zeros();
        places.is_none_or(|places| places as i64 + self.exponent >= 0)
    }

    /// `Less`, `Equal` or `Greater` for a negative, zero or positive number.
    pub(crate) fn signum(&self) -> Ordering {
        if self.is_zero() {
            Ordering::Equal
        } else if self.is_negative() {
            Ordering::Less
        } else {
            Ordering::Greater
        }
    }

    /// `self * 2^power`.
    pub(crate) fn scaled(&self, power: i64) -> Self {
        Dyadic::new(self.mantissa.clone(), self.exponent + power)
    }

    /// `floor(log2 |self|)`; the number must not be zero.
    pub(crate) fn top(&self) -> i64 {
        bits(&self.mantissa) + self.exponent - 1
    }

    /// As [`Dyadic::top`], with the least of all for zero.
    pub(crate) fn magnitude(&self) -> i64 {
        if self.is_zero() {
            i64::MIN / 2
        } else {
            self.top()
        }
    }

    /// The largest integer that is not above this number, held within `i64`'s range.
    pub(crate) fn floor_to_integer(&self) -> i64 {
        if self.is_zero() {
            return 0;
        }
        if self.top() >= 63 {
            return if self.is_negative() {
                i64::MIN
            } else {
                i64::MAX
            };
        }
        if self.top() < 0 {
            return -i64::from(self.is_negative());
        }
        let (sign, magnitude) = self.mantissa.clone().into_parts();
        if self.exponent >= 0 {
            let value = IBig::from_parts(sign, magnitude << self.exponent as usize);
            return i64::try_from(&value).unwrap_or(i64::MAX);
        }
        let (rest, whole) = magnitude.split_bits(-self.exponent as usize);
        let whole = i64::try_from(&whole).unwrap_or(i64::MAX);
        if sign == Sign::Positive {
            whole
        } else {
            -whole - i64::from(!rest.is_zero())
        }
    }

    /// The largest number of `precision` bits that is not above this one.
    pub(crate) fn floor_to(&self, precision: usize) -> Self {
        self.cut_to(precision, self.is_negative())
    }

    /// The smallest number of `precision` bits that is not below this one.
    pub(crate) fn ceil_to(&self, precision: usize) -> Self {
        self.cut_to(precision, !self.is_negative())
    }

    fn cut_to(&self, precision: usize, away_from_zero: bool) -> Self {
        let dropped = bits(&self.mantissa) - precision as i64;
        if dropped <= 0 {
            return self.clone();
        }
        let (sign, magnitude) = self.mantissa.clone().into_parts();
        let (rest, kept) = magnitude.split_bits(dropped as usize);
        let up = away_from_zero && !rest.is_zero();
        let kept = if up { kept + UBig::ONE } else { kept };
        Dyadic::new(IBig::from_parts(sign, kept), self.exponent + dropped)
    }

    /// The quotient rounded down (`round_up` false) or up to at least `precision` bits.
    pub(crate) fn quotient(&self, divisor: &Dyadic, precision: usize, round_up: bool) -> Self {
        let shift = (precision as i64 + bits(&divisor.mantissa) - bits(&self.mantissa) + 1).max(0);
        let (sign, dividend) = (self.mantissa.clone() << shift as usize).into_parts();
        let (divisor_sign, divisor_magnitude) = divisor.mantissa.clone().into_parts();
        let quotient = &dividend / &divisor_magnitude;
        let inexact = &quotient * &divisor_magnitude != dividend;
        let negative = sign != divisor_sign;
        let up = inexact && negative != round_up;
        let magnitude = if up { quotient + UBig::ONE } else { quotient };
        let sign = if negative {
            Sign::Negative
        } else {
            Sign::Positive
        };
        Dyadic::new(
            IBig::from_parts(sign, magnitude),
            self.exponent - divisor.exponent - shift,
        )
    }

    /// The quotient, where it is a dyadic number of at most 128 bits.
    pub(crate) fn exact_quotient(&self, divisor: &Dyadic) -> Option<Self> {
        let low = self.quotient(divisor, 128, false);
        (low == self.quotient(divisor, 128, true)).then_some(low)
    }

    /// Rounds this number, nudged by an infinitely small amount towards `nudge`
    /// (`Equal`: not at all), to the nearest number of `dtype`, ties to even. Zero gives `+0`,
    /// a nudged zero or an underflow gives the zero of its sign.
    pub(crate) fn round(&self, dtype: DType, nudge: Ordering) -> u64 {
        if self.is_zero() {
            return dtype.signed(nudge == Ordering::Less, 0);
        }
        let (sign, magnitude) = self.mantissa.clone().into_parts();
        let negative = sign == Sign::Negative;
        // Two words hold any significand with bits to spare; what lies below becomes sticky.
        let length = magnitude.bit_len() as i64;
        let dropped = length - 120;
        let (mut mantissa, mut sticky) = if dropped > 0 {
            let (rest, kept) = magnitude.split_bits(dropped as usize);
            (low_u128(&kept), !rest.is_zero())
        } else {
            (low_u128(&magnitude) << -dropped, false)
        };
        let outwards = if negative {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        if nudge == outwards {
            sticky = true;
        } else if nudge != Ordering::Equal && !sticky {
            // Just below the magnitude: the previous integer and a bit.
            mantissa -= 1;
            sticky = true;
        }
        dtype.round(negative, mantissa, self.exponent + dropped, sticky)
    }

    pub(crate) fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    pub(crate) fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
}

impl PartialEq for Dyadic {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Dyadic {}

impl PartialOrd for Dyadic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dyadic {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.signum().cmp(&other.signum());
        if signs != Ordering::Equal || self.is_zero() {
            return signs;
        }
        // Numbers far apart are told apart by their size alone, without aligning them.
        let tops = self.top().cmp(&other.top());
        if tops != Ordering::Equal {
            return if self.is_negative() {
                tops.reverse()
            } else {
                tops
            };
        }
        (self - other).signum()
    }
}

impl Add for &Dyadic {
    type Output = Dyadic;

    fn add(self, other: &Dyadic) -> Dyadic {
        if self.is_zero() {
            return other.clone();
        }
        if other.is_zero() {
            return self.clone();
        }
        let (low, high) = if self.exponent <= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let shift = (high.exponent - low.exponent) as usize;
        Dyadic::new((&high.mantissa << shift) + &low.mantissa, low.exponent)
    }
}

impl Sub for &Dyadic {
    type Output = Dyadic;

    fn sub(self, other: &Dyadic) -> Dyadic {
        self + &-other
    }
}

impl Mul for &Dyadic {
    type Output = Dyadic;

    fn mul(self, other: &Dyadic) -> Dyadic {
        Dyadic::new(
            &self.mantissa * &other.mantissa,
            self.exponent + other.exponent,
        )
    }
}

impl Neg for &Dyadic {
    type Output = Dyadic;

    fn neg(self) -> Dyadic {
        Dyadic::new(-self.mantissa.clone(), self.exponent)
    }
}

fn bits(mantissa: &IBig) -> i64 {
    let (_, words) = mantissa.as_sign_words();
    words.last().map_or(0, |last| {
        (words.len() * word_bits(*last)) as i64 - i64::from(last.leading_zeros())
    })
}

/// Width of dashu's word, which depends on the platform.
fn word_bits<W: Copy>(_: W) -> usize {
    8 * size_of::<W>()
}

fn low_u128(value: &UBig) -> u128 {
    u128::try_from(value).unwrap_or(u128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dyadic(value: f64) -> Dyadic {
        Dyadic::from_f64(value)
    }

    #[test]
    fn arithmetic_is_exact_where_f64_is() {
        let values = [
            0.0,
            1.0,
            -1.0,
            0.375,
            -2.5e10,
            3.0 * 2f64.powi(-65),
            65504.0,
            -7.0,
        ];
        for x in values {
            for y in values {
                assert_eq!(&dyadic(x) * &dyadic(y), dyadic(x * y), "{x} * {y}");
                assert_eq!(
                    dyadic(x).cmp(&dyadic(y)),
                    x.partial_cmp(&y).unwrap(),
                    "{x} <> {y}"
                );
            }
        }
        assert_eq!(&dyadic(0.375) + &dyadic(-2.5), dyadic(-2.125));
        assert_eq!(&dyadic(1e300) - &dyadic(1e300), Dyadic::zero());
    }

    #[test]
    fn cuts_and_quotients_enclose_the_value() {
        let (x, y) = (dyadic(-10.0), dyadic(3.0));
        for precision in [1, 2, 5, 64, 200] {
            let (low, high) = (
                x.quotient(&y, precision, false),
                x.quotient(&y, precision, true),
            );
            assert!(&low * &y < x && x < &high * &y, "{precision}");
            assert!((&high - &low).top() <= 2 - precision as i64, "{precision}");
        }
        assert_eq!(dyadic(7.0).floor_to(2), dyadic(6.0));
        assert_eq!(dyadic(7.0).ceil_to(2), dyadic(8.0));
        assert_eq!(dyadic(-7.0).floor_to(2), dyadic(-8.0));
        assert_eq!(dyadic(-7.0).ceil_to(2), dyadic(-6.0));
    }

    #[test]
    fn a_nudge_decides_a_tie_and_nothing_else() {
        let half_way = dyadic(2049.0);
        assert_eq!(
            half_way.round(DType::F16, Ordering::Equal),
            DType::F16.from_f64(2048.0)
        );
        assert_eq!(
            half_way.round(DType::F16, Ordering::Less),
            DType::F16.from_f64(2048.0)
        );
        assert_eq!(
            half_way.round(DType::F16, Ordering::Greater),
            DType::F16.from_f64(2050.0)
        );
        let even = (-&half_way).round(DType::F16, Ordering::Less);
        assert_eq!(even, DType::F16.from_f64(-2050.0));
        let plain = dyadic(2048.0);
        for nudge in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
            assert_eq!(plain.round(DType::F16, nudge), DType::F16.from_f64(2048.0));
        }
        assert_eq!(
            Dyadic::zero().round(DType::F32, Ordering::Less),
            0x8000_0000
        );
        assert_eq!(
            Dyadic::power_of_two(-9000).round(DType::F32, Ordering::Equal),
            0
        );
    }
}
