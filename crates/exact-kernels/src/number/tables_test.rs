//! Measures the tables and polynomials again, in arithmetic that they have no part in: wide
//! floating-point numbers, and double-double.

use crate::number::arithmetic::Baseline;
use crate::number::big_float::BigFloat;
use crate::number::double_double::DoubleDouble;
use crate::number::elementary::Elementary;
use crate::number::format::power_of_two;
use crate::number::limbs;
use crate::number::polynomial::polynomial;
use crate::number::tables::{
    ACCURATE_LOG_128THS, ARTANH_POLYNOMIAL, ARTANH_POLYNOMIAL_SINGLE, EXP_POLYNOMIAL,
    EXP_POLYNOMIAL_SINGLE, EXP2_32NDS, INVERSE_FACTORIALS, INVERSES, LN2, LN2_OVER_32, LN2_SINGLE,
    LOG_128THS, LOG1P_POLYNOMIAL, LOG1P_POLYNOMIAL_SINGLE,
};

/// `sign ln x + head`, to 2^-300 of the logarithm and rounded to f64 once.
fn log_and(x: f64, sign: f64, head: [f64; 3]) -> f64 {
    type Big = BigFloat<6>;
    let log = Big::ln(x) * Big::from_f64(sign);
    let sum = head
        .iter()
        .fold(log, |sum, &term| sum + Big::from_f64(term));
    limbs::round(&sum.limbs, sum.exponent - 64 * 6, sum.negative, false)
}

/// The largest |value| over a fine grid of an interval.
fn worst(from: f64, to: f64, error: impl Fn(f64) -> f64) -> f64 {
    let steps = 20_000;
    let point = |i| from + (to - from) * f64::from(i) / f64::from(steps);
    (0..=steps)
        .map(|i| error(point(i)).abs())
        .fold(0.0, f64::max)
}

fn relative(approximate: f64, exact: DoubleDouble) -> f64 {
    ((approximate - exact.hi) - exact.lo) / exact.hi
}

#[test]
fn logarithms_are_correct_to_both_words() {
    assert_eq!(LN2.0, log_and(2.0, 1.0, [0.0; 3]));
    assert_eq!(LN2.1, log_and(2.0, 1.0, [-LN2.0, 0.0, 0.0]));
    let pieces = LN2_OVER_32.map(|piece| -32.0 * piece);
    assert!(log_and(2.0, 1.0, pieces).abs() < power_of_two(-125));
    for (index, &(inverse, hi, lo)) in LOG_128THS.iter().enumerate().skip(1) {
        assert!(
            (inverse * (1.0 + index as f64 / 128.0) - 1.0).abs() < power_of_two(-9),
            "{index}"
        );
        assert_eq!(inverse, (inverse * 1024.0).round() / 1024.0, "{index}");
        assert_eq!(hi, log_and(inverse, -1.0, [0.0; 3]), "{index}");
        assert_eq!(lo, log_and(inverse, -1.0, [-hi, 0.0, 0.0]), "{index}");
    }
}

#[test]
fn accurate_logarithms_need_no_second_word() {
    for (index, &(inverse, log)) in ACCURATE_LOG_128THS.iter().enumerate().skip(1) {
        assert!(
            (inverse * (1.0 + index as f64 / 128.0) - 1.0).abs() < power_of_two(-12),
            "{index}"
        );
        let rest = log_and(inverse, -1.0, [-log, 0.0, 0.0]);
        assert!(rest.abs() < log * power_of_two(-68), "{index}");
    }
}

#[test]
fn powers_and_inverses_are_correct_to_two_words() {
    for (index, &power) in EXP2_32NDS.iter().enumerate() {
        let raised = (0..5).fold(DoubleDouble::new(power), |power, _| power * power);
        let expected = power_of_two(index as i32);
        assert!(
            ((raised.hi - expected + raised.lo) / expected).abs() < power_of_two(-97),
            "{index}"
        );
    }
    let is_one = |value: DoubleDouble| (value.hi - 1.0 + value.lo).abs() < power_of_two(-100);
    let mut factorial = 1.0;
    for (n, &inverse) in INVERSE_FACTORIALS.iter().enumerate().skip(1) {
        factorial *= n as f64;
        assert!(
            is_one(DoubleDouble::new(inverse).mul_f64(factorial)),
            "1/{n}!"
        );
    }
    for (n, &inverse) in INVERSES.iter().enumerate().skip(1) {
        assert!(
            is_one(DoubleDouble::new(inverse).mul_f64(n as f64)),
            "1/{n}"
        );
    }
}

#[test]
fn polynomials_achieve_the_stated_errors() {
    let half = core::f64::consts::LN_2 / 2.0;
    let exp = worst(-half, half, |r| {
        relative(
            polynomial::<Baseline, f64, 9>(&EXP_POLYNOMIAL, r),
            DoubleDouble::exp(r),
        )
    });
    assert!(exp < 2.0_f64.powf(-40.1), "2^{}", exp.log2());
    let log = worst(1e-9, 1.0, |t| {
        relative(
            t * polynomial::<Baseline, f64, 15>(&LOG1P_POLYNOMIAL, t),
            DoubleDouble::ln_1p(t),
        )
    });
    assert!(log < 2.0_f64.powf(-40.8), "2^{}", log.log2());
    let bound = 0.1716;
    let artanh = worst(1e-9, bound, |s| {
        // 2 artanh(s) = ln((1 + s) / (1 - s)) as a difference of two logarithms.
        let exact = DoubleDouble::ln_1p(s) + -DoubleDouble::ln_1p(-s);
        relative(
            s * polynomial::<Baseline, f64, 6>(&ARTANH_POLYNOMIAL, s * s),
            exact,
        )
    });
    assert!(artanh < 2.0_f64.powf(-45.0), "2^{}", artanh.log2());
}

/// The coefficients of `f32` lanes, evaluated in `f64`.
#[test]
fn single_polynomials_achieve_the_stated_errors() {
    fn value<const N: usize>(coefficients: &[f32; N], x: f64) -> f64 {
        polynomial::<Baseline, f64, N>(&coefficients.map(f64::from), x)
    }
    let half = core::f64::consts::LN_2 / 2.0;
    let exp = worst(-half, half, |r| {
        relative(value(&EXP_POLYNOMIAL_SINGLE, r), DoubleDouble::exp(r))
    });
    assert!(exp < 2.0_f64.powf(-25.7), "2^{}", exp.log2());
    let log = worst(1e-9, 1.0, |t| {
        relative(
            t * value(&LOG1P_POLYNOMIAL_SINGLE, t),
            DoubleDouble::ln_1p(t),
        )
    });
    assert!(log < 2.0_f64.powf(-25.2), "2^{}", log.log2());
    let artanh = worst(1e-9, 0.1716, |s| {
        let exact = DoubleDouble::ln_1p(s) + -DoubleDouble::ln_1p(-s);
        relative(s * value(&ARTANH_POLYNOMIAL_SINGLE, s * s), exact)
    });
    assert!(artanh < 2.0_f64.powf(-29.1), "2^{}", artanh.log2());
    let (first, rest) = (f64::from(LN2_SINGLE.0), f64::from(LN2_SINGLE.1));
    assert_eq!(first, (first * 32768.0).round() / 32768.0);
    assert!((LN2.0 - first - rest).abs() < power_of_two(-41));
}
