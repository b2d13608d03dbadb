//! Fixed-point numbers of many 64-bit limbs: exact addition, and one rounding into a format.
//!
//! The lowest limb comes first; a signed number is in two's complement over all of them. Limb 0's
//! lowest bit has the value 2^lowest, for a `lowest` that each user chooses.

use crate::number::format::power_of_two;
use crate::number::format::sealed::Format;

/// A finite `f64` as sign, significand and exponent: `±significand · 2^exponent`.
pub(crate) fn decompose(value: f64) -> (bool, u64, i32) {
    let bits = value.to_bits();
    let field = ((bits >> 52) & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let negative = bits >> 63 == 1;
    if field == 0 {
        (negative, fraction, -1074)
    } else {
        (negative, fraction | 1 << 52, field - 1075)
    }
}

/// Adds `±magnitude · 2^shift`, modulo 2^(64 · limbs); bits below the lowest are dropped from the
/// magnitude.
///
/// Returns whether any bit was dropped.
pub(crate) fn add_shifted(
    limbs: &mut [u64],
    magnitude: &[u64],
    negative: bool,
    shift: i64,
) -> bool {
    let whole = shift.div_euclid(64);
    let bit = shift.rem_euclid(64) as u32;
    let mut dropped = false;
    let mut carry = negative;
    let mut low = 0;
    // Subtracting is adding the complement and 1; the complement's higher limbs are all ones.
    for index in 0.. {
        let high = magnitude.get(index).copied().unwrap_or(0);
        let limb = (high << bit) | if bit == 0 { 0 } else { low >> (64 - bit) };
        low = high;
        let position = whole + index as i64;
        if position >= limbs.len() as i64 {
            break;
        }
        if position < 0 {
            dropped |= limb != 0;
            continue;
        }
        let addend = if negative { !limb } else { limb };
        let (sum, first) = limbs[position as usize].overflowing_add(addend);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        limbs[position as usize] = sum;
        carry = first || second;
        if index > magnitude.len() && carry == negative {
            break;
        }
    }
    dropped
}

/// Makes the number non-negative; returns whether it was negative.
pub(crate) fn take_sign(limbs: &mut [u64]) -> bool {
    let negative = limbs.last().is_some_and(|&top| top >> 63 == 1);
    if negative {
        let mut carry = true;
        for limb in limbs {
            (*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
        }
    }
    negative
}

/// The first limb that is not 0 and the end of the last one.
pub(crate) fn significant(limbs: &[u64]) -> (usize, usize) {
    let start = limbs.iter().position(|&limb| limb != 0);
    let end = limbs.iter().rposition(|&limb| limb != 0);
    match (start, end) {
        (Some(start), Some(end)) => (start, end + 1),
        _ => (0, 0),
    }
}

/// The position of the highest set bit.
pub(crate) fn highest_bit(limbs: &[u64]) -> Option<usize> {
    let index = limbs.iter().rposition(|&limb| limb != 0)?;
    Some(64 * index + 63 - limbs[index].leading_zeros() as usize)
}

/// The 64 bits from `position` on; bits outside are 0.
pub(crate) fn bits_from(limbs: &[u64], position: i64) -> u64 {
    let limb = |index: i64| {
        usize::try_from(index)
            .ok()
            .and_then(|index| limbs.get(index))
            .copied()
            .unwrap_or(0)
    };
    let (index, bit) = (position.div_euclid(64), position.rem_euclid(64) as u32);
    let low = limb(index) >> bit;
    if bit == 0 {
        low
    } else {
        low | limb(index + 1) << (64 - bit)
    }
}

/// Whether any bit below `position` is set.
fn any_below(limbs: &[u64], position: i64) -> bool {
    if position <= 0 {
        return false;
    }
    let (index, bit) = ((position / 64) as usize, position % 64);
    limbs.iter().take(index).any(|&limb| limb != 0)
        || limbs
            .get(index)
            .is_some_and(|limb| limb & ((1 << bit) - 1) != 0)
}

/// `±(limbs + sticky) · 2^lowest` rounded to `T`, to nearest, ties to even.
///
/// `sticky` stands for a positive rest below the lowest bit; an exact zero is `+0`.
pub(crate) fn round<T: Format>(limbs: &[u64], lowest: i64, negative: bool, sticky: bool) -> T {
    let Some(top) = highest_bit(limbs) else {
        return T::round_f64(if negative && sticky { -0.0 } else { 0.0 });
    };
    let quantum = (lowest + top as i64 - i64::from(T::PRECISION) + 1).max(i64::from(T::QUANTUM));
    let position = quantum - lowest;
    let kept = bits_from(limbs, position);
    // Above the top bit there is nothing, so these 64 bits are the whole significand.
    let half = position > 0 && bits_from(limbs, position - 1) & 1 == 1;
    let rest = sticky || any_below(limbs, position - 1);
    let significand = kept + u64::from(half && (rest || kept & 1 == 1));
    let magnitude = scale(significand as f64, quantum);
    T::round_f64(if negative { -magnitude } else { magnitude })
}

/// `significand · 2^exponent` where that is exact or beyond all `f64`.
fn scale(significand: f64, exponent: i64) -> f64 {
    if exponent > 971 {
        return f64::INFINITY;
    }
    let first = (exponent / 2) as i32;
    significand * power_of_two(first) * power_of_two(exponent as i32 - first)
}

/// The limbs of 0 that [`round_divided`] needs below a number: room for as many bits as a divisor
/// has, and for those that are rounded.
pub(crate) const SPARE: usize = 2;

/// `±limbs / divisor · 2^lowest` rounded to `T`, for a divisor that is not 0; the lowest [`SPARE`]
/// limbs are 0.
pub(crate) fn round_divided<T: Format>(
    limbs: &mut [u64],
    lowest: i64,
    negative: bool,
    divisor: u64,
) -> T {
    if divisor == 1 {
        return round(limbs, lowest, negative, false);
    }
    // Limbs of 0 at both ends would cost divisions.
    let (start, end) = significant(limbs);
    let start = start.saturating_sub(SPARE);
    let quotient = &mut limbs[start..end];
    let rest = divide(quotient, divisor);
    round(quotient, lowest + 64 * start as i64, negative, rest != 0)
}

/// Divides a non-negative number in place; returns the rest.
fn divide(limbs: &mut [u64], divisor: u64) -> u64 {
    let mut rest = 0;
    for limb in limbs.iter_mut().rev() {
        let dividend = rest << 64 | u128::from(*limb);
        *limb = (dividend / u128::from(divisor)) as u64;
        rest = dividend % u128::from(divisor);
    }
    rest as u64
}

/// Multiplies by 2, modulo 2^(64 · limbs).
fn double(limbs: &mut [u64]) {
    let mut carry = 0;
    for limb in limbs {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
    }
}

/// `±dividend / divisor · 2^lowest` rounded to `T`, for a divisor that is not 0.
pub(crate) fn round_quotient<T: Format>(
    dividend: &[u64],
    divisor: &[u64],
    lowest: i64,
    negative: bool,
) -> T {
    /// The products of a weighted mean, and a bit for the doubled rest.
    const MOST: usize = 68;
    let (Some(top), Some(divisor_top)) = (highest_bit(dividend), highest_bit(divisor)) else {
        return T::round_f64(0.0);
    };
    // Schoolbook division bit by bit, both top bits aligned; 64 bits of quotient and a sticky rest.
    let position = top.max(divisor_top);
    let (mut rest, mut subtrahend) = ([0; MOST], [0; MOST]);
    let used = (position + 2).div_ceil(64);
    let (rest, subtrahend) = (&mut rest[..used], &mut subtrahend[..used]);
    add_shifted(rest, dividend, false, (position - top) as i64);
    add_shifted(subtrahend, divisor, false, (position - divisor_top) as i64);
    let mut quotient = 0;
    for _ in 0..64 {
        quotient <<= 1;
        if rest.iter().rev().ge(subtrahend.iter().rev()) {
            add_shifted(rest, subtrahend, true, 0);
            quotient |= 1;
        }
        double(rest);
    }
    let exponent = top as i64 - divisor_top as i64 - 63;
    round(
        &[quotient],
        lowest + exponent,
        negative,
        rest.iter().any(|&limb| limb != 0),
    )
}
