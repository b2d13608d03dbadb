//! Exact sums of a few `f64`, and their one rounding into a format.
//!
//! Shewchuk's expansions ("Adaptive precision floating-point arithmetic", 1997): components that do
//! not overlap, sorted by magnitude, whose sum is the number. Exact while no component over- or
//! underflows.

use crate::number::double_double::DoubleDouble;
use crate::number::error_free::{fast_two_sum, two_product, two_sum};
use crate::number::format::sealed::Format;

/// Three products of three factors have 12 components; a double-double, its bound and room to
/// spare.
const CAPACITY: usize = 20;

/// An exact sum: components by increasing magnitude, none of them zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expansion {
    components: [f64; CAPACITY],
    length: usize,
}

impl Expansion {
    pub(crate) const ZERO: Self = Self {
        components: [0.0; CAPACITY],
        length: 0,
    };

    pub(crate) fn is_zero(&self) -> bool {
        self.length == 0
    }

    /// Adds a number, exactly (Shewchuk's Grow-Expansion with zero elimination).
    pub(crate) fn add(&mut self, value: f64) {
        let mut carry = value;
        let mut kept = 0;
        for index in 0..self.length {
            let (sum, error) = two_sum(carry, self.components[index]);
            carry = sum;
            if error != 0.0 {
                self.components[kept] = error;
                kept += 1;
            }
        }
        if carry != 0.0 {
            self.components[kept] = carry;
            kept += 1;
        }
        self.length = kept;
    }

    /// Adds the product of three numbers, exactly.
    pub(crate) fn add_product(&mut self, [a, b, c]: [f64; 3]) {
        let (product, error) = two_product(a, b);
        if error != 0.0 {
            let (product, error) = two_product(error, c);
            self.add(error);
            self.add(product);
        }
        let (product, error) = two_product(product, c);
        self.add(error);
        self.add(product);
    }

    /// This number plus another.
    pub(crate) fn plus(mut self, value: f64) -> Self {
        self.add(value);
        self
    }

    /// The leading two components after compression: relative error below 2^-104.
    pub(crate) fn to_double_double(self) -> DoubleDouble {
        let [hi, lo, _] = self.leading();
        DoubleDouble::new((hi, lo))
    }

    /// The sum rounded to `T` once: to nearest, ties to even; an exact zero is `+0`.
    ///
    /// Its magnitude is to be 0 or within 2^±1000.
    pub(crate) fn round<T: Format>(self) -> T {
        let [first, second, third] = self.leading();
        if T::PRECISION == 53 {
            T::round_f64(round_to_nearest(first, second, third))
        } else {
            T::round_f64(round_to_odd(first, second))
        }
    }

    /// The first components of the compressed expansion: the first is the rounded sum of the first
    /// two, the third less than the last bit of the second and of the sign of all that follows
    /// (zero when nothing does).
    fn leading(&self) -> [f64; 3] {
        let mut found = [0.0; 3];
        let mut count = 0;
        let mut carry = 0.0;
        for &component in self.components[..self.length].iter().rev() {
            let (sum, error) = fast_two_sum(carry, component);
            carry = sum;
            if error != 0.0 {
                found[count] = sum;
                carry = error;
                count += 1;
                if count == 3 {
                    break;
                }
            }
        }
        if count < 3 {
            found[count] = carry;
        }
        // The second may have grown past half a unit of the first by what came after it.
        let (first, second) = fast_two_sum(found[0], found[1]);
        [first, second, found[2]]
    }
}

/// `first + second + …` rounded to nearest even, where `first` is the rounded sum of the first two.
fn round_to_nearest(first: f64, second: f64, third: f64) -> f64 {
    // Only where `second` is exactly half a unit of `first` can the third matter: then twice the
    // second is one unit.
    if (second > 0.0 && third > 0.0) || (second < 0.0 && third < 0.0) {
        let unit = 2.0 * second;
        let next = first + unit;
        if next - first == unit {
            return next;
        }
    }
    first
}

/// Of the two `f64` around the sum the one with an odd significand, or the sum itself where it is
/// an `f64`.
///
/// Rounding that again to at most 51 bits gives the same as rounding the sum (Boldo and Melquiond,
/// 2008).
fn round_to_odd(first: f64, second: f64) -> f64 {
    let bits = first.to_bits();
    if second == 0.0 || bits & 1 == 1 {
        return first;
    }
    let away = (second > 0.0) == (first > 0.0);
    f64::from_bits(if away { bits + 1 } else { bits - 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;
    use std::vec;
    use std::vec::Vec;

    fn expansion(values: &[f64]) -> Expansion {
        values
            .iter()
            .fold(Expansion::ZERO, |sum, &value| sum.plus(value))
    }

    #[test]
    fn a_tie_is_tipped_by_a_component_however_small() {
        let half_ulp = f64::EPSILON / 2.0;
        let cases = [
            (vec![1.0, half_ulp], 1.0),
            (vec![1.0, half_ulp, 1e-280], 1.0 + f64::EPSILON),
            (vec![1.0, half_ulp, -1e-280], 1.0),
            (vec![1.0, half_ulp, half_ulp / 128.0], 1.0 + f64::EPSILON),
            (vec![1.0, half_ulp, half_ulp * half_ulp], 1.0 + f64::EPSILON),
            (
                vec![1.0 + f64::EPSILON, half_ulp, -half_ulp / 128.0],
                1.0 + f64::EPSILON,
            ),
            (vec![1.0, -half_ulp / 2.0], 1.0),
            (vec![1.0, -half_ulp / 2.0, -1e-280], 1.0 - half_ulp),
            (vec![1.0, 3.0 * half_ulp, -1e-280], 1.0 + f64::EPSILON),
            (vec![1.0, 3.0 * half_ulp], 1.0 + 2.0 * f64::EPSILON),
            (vec![1.0, -1.0], 0.0),
        ];
        for (values, expected) in cases {
            for sign in [1.0, -1.0] {
                let signed: Vec<f64> = values.iter().map(|value| sign * value).collect();
                let rounded: f64 = expansion(&signed).round();
                assert_eq!(rounded, sign * expected, "{signed:?}");
            }
        }
    }

    #[test]
    fn a_tie_of_a_narrow_format_is_tipped_too() {
        let half_ulp = 2.0_f64.powi(-11);
        let one: f16 = expansion(&[1.0, half_ulp]).round();
        let above: f16 = expansion(&[1.0, half_ulp, 1e-280]).round();
        let below: f16 = expansion(&[1.0, half_ulp, -1e-280]).round();
        assert_eq!(
            [one, above, below].map(f16::to_f64),
            [1.0, 1.0 + 2.0 * half_ulp, 1.0]
        );
    }

    #[test]
    fn a_product_of_three_is_exact() {
        let third = 1.0 / 3.0;
        let mut sum = Expansion::ZERO;
        sum.add_product([third, third, third]);
        sum.add_product([-third, third, third]);
        assert!(sum.is_zero());
    }
}
