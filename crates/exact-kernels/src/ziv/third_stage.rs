//! The third stage: head and coefficient as exact fixed-point numbers, the tail to 2^-320 and,
//! where that does not decide, 2^-2496.
//!
//! Reached where factors are so large or small that double-double products would lose bits, and
//! where 2^-90 leaves a result undecided. The widest precision exceeds what second-order ties need:
//! where head plus the tail's first term lands on a tie, its next term is at least x²/48 >= 2^-2154
//! of it.

use crate::number::big_float::{BigFloat, MOST_LIMBS};
use crate::number::format::sealed::Format;
use crate::number::limbs::{self, add_shifted, decompose};
use crate::ziv::exact_form::Sum;

/// Exponent of the lowest bit of an exact sum: products of three numbers of `f64` need -3222.
const LOWEST: i64 = -64 * 52;
/// Limbs of an exact sum: up to 2^3328, where products of three stay below 2^3072.
const LIMBS: usize = 104;
/// A tail below 2 to this power, times any coefficient (below 2^2050), is below 2^LOWEST.
const NEGLIGIBLE: f64 = -5900.0;

/// The correctly rounded result, as far as 2^-2496 of the tail decides it; beyond, no input is
/// known or expected.
pub(crate) fn third_stage<T: Format>(sum: &Sum) -> T {
    let (low, high) = enclosure::<T, 6>(sum, sum.tail.big_float);
    if low.as_bits() == high.as_bits() {
        return low;
    }
    let (low, _) = enclosure::<T, MOST_LIMBS>(sum, sum.tail.widest);
    low
}

/// The roundings of both ends of an interval of relative width 2^-(64 (N - 1)) around coefficient
/// times tail, plus the head.
///
/// The tail is to 2^-(64 N - 32), see `Elementary` for `BigFloat`.
pub(crate) fn enclosure<T: Format, const N: usize>(
    sum: &Sum,
    tail: fn(f64) -> BigFloat<N>,
) -> (T, T) {
    let head = ExactProducts::sum(&sum.head);
    let coefficient = ExactProducts::sum(&sum.coefficient).to_big_float::<N>();
    if coefficient.is_zero() {
        let rounded = head.round(0);
        return (rounded, rounded);
    }
    if sum.tail.exponent < NEGLIGIBLE {
        let rounded = head.round(if coefficient.negative { -1 } else { 1 });
        return (rounded, rounded);
    }
    let product = coefficient * tail(sum.tail.argument);
    (
        head.plus_and_round(&product.nudged(false)),
        head.plus_and_round(&product.nudged(true)),
    )
}

/// An exact sum of products of three `f64`.
#[derive(Clone, Copy)]
struct ExactProducts([u64; LIMBS]);

impl ExactProducts {
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
    fn to_big_float<const N: usize>(self) -> BigFloat<N> {
        let mut magnitude = self.0;
        let negative = limbs::take_sign(&mut magnitude);
        BigFloat::leading(&magnitude, negative, LOWEST)
    }

    fn plus_and_round<T: Format, const N: usize>(mut self, value: &BigFloat<N>) -> T {
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
            // Likewise for the magnitude, which the positive rest makes smaller.
            add_shifted(&mut self.0, &[1], true, 0);
        }
        limbs::round(&self.0, LOWEST, negative, rest != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::weighted_grad_logits::WeightedGradLogits;
    use crate::operand::Operand;
    use crate::ziv::exact_form::ExactForm;
    use crate::ziv::function::Function;

    /// With s = ±1, a = 2^-n, x = s a, h = 2^-52, `z = -s h a/2` and `q z = -1 - h`:
    /// `1 - z - q z = 2 + h + s h a/2` and `l = 1 - z + q z = -h + s h a/2`. The result, half of
    /// `1 - z - q z + s l tanh(a/2)` with `tanh(a/2) = a/2 - a³/24 + …`, is therefore
    /// `1 + h/2 + h a²/8` and terms of a³: half-way between 1 and 1 + h, but for h a²/8, which is
    /// a/2 of the product of coefficient and tail.
    #[test]
    fn a_second_order_tie_is_decided_by_the_widest_precision() {
        let h = f64::EPSILON;
        for n in [330, 400, 700, 970] {
            for sign in [1.0, -1.0] {
                let a = 2.0_f64.powi(-n);
                let (x, z) = (sign * a, -sign * a * (h / 2.0));
                let q = sign * (1.0 + h) * 2.0_f64.powi(n) * 2.0_f64.powi(53);
                let ExactForm::Finite(sum) = WeightedGradLogits::exact_form([x, z, q]) else {
                    panic!("the result is finite");
                };
                let (low, high) = enclosure::<f64, 6>(&sum, sum.tail.big_float);
                assert_ne!(low, high, "384 bits decide at {x:e}");
                assert_eq!(third_stage::<f64>(&sum), 1.0 + h, "{x:e}");
                let mut out = [0.0];
                crate::weighted_grad_logits(&[z], &[x], Operand::Scalar(q), &mut out)
                    .expect("lengths agree");
                assert_eq!(out, [1.0 + h], "{x:e}");
            }
        }
    }
}
