//! Polynomials by Estrin's scheme: as many operations as Horner's and a few products more, but in a
//! chain of logarithmic instead of linear length, which is what the loops would otherwise wait for.

use crate::number::arithmetic::Arithmetic;
use crate::number::lane::Lane;

/// `Σ coefficients[i] x^i` for at most 16 coefficients.
#[inline(always)]
pub(crate) fn polynomial<A: Arithmetic, L: Lane, const N: usize>(coefficients: &[L; N], x: L) -> L {
    const { assert!(N <= 16, "the scheme has four levels") };
    let mut terms = [L::default(); 16];
    terms[..N].copy_from_slice(coefficients);
    let (mut count, mut power) = (N, x);
    for _ in 0..4 {
        if count > 1 {
            for i in 0..count / 2 {
                terms[i] = L::mul_add::<A>(terms[2 * i + 1], power, terms[2 * i]);
            }
            if count % 2 == 1 {
                terms[count / 2] = terms[count - 1];
            }
            count = count.div_ceil(2);
            power = power * power;
        }
    }
    terms[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::arithmetic::Baseline;

    #[test]
    fn small_integers_give_the_exact_sum() {
        assert_eq!(polynomial::<Baseline, f64, 1>(&[3.0], 2.0), 3.0);
        assert_eq!(
            polynomial::<Baseline, f64, 6>(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2.0),
            321.0
        );
        assert_eq!(polynomial::<Baseline, f64, 16>(&[1.0; 16], 2.0), 65535.0);
    }
}
