//! The fast way to the right bits: an estimate in double-double with a proved error bound, which
//! answers where the whole error interval rounds to the same bits and passes otherwise.
//!
//! # The bound
//! In units of u² = 2^-106, with the operations' bounds as in `double_double`:
//!
//! - `expm1(r)`, `|r| <= ln2/2`: `s = r/512` is exact; ten Horner steps `p = 1 + s p/n` end
//!   within 5 (the truncated rest is below 2^-130); `e = s p` within 13; nine doublings
//!   `e = 2e + e²` each multiply the error by at most `1 + e/2` and add `4 + 4e`, in all below
//!   1.5 · (13 + 9·4 + 3) < 80. `exp(x)`: the reduction `r = x - k ln2` is off by at most
//!   4 (absolutely), `1 + e` brings the whole below 50.
//! - `log(m)`, `m` in [√½, √2]: `s = (m - 1)/(m + 1)` within 24; the series of atanh in `s²`
//!   has positive terms, `s² < 0.0295`, hence is within 25 and `2 s p` within 57; its rest is
//!   below 2^-115. `k ln2 + log(m)` cancels at most threefold: below 200. `log1p(u)` of a `u`
//!   within 50 (its condition is at most 1 there, plus 12 for rounding `1 + u`): below 270.
//! - `u/(1 + u)`, its slope and the centred sigmoid `m/(2(m + 2))`: below 200, squared below 410.
//!
//! So a tail is within 512 u² = 2^-97, a head (two products) within 8 u², a coefficient within
//! 4 u², and the result within `2^-96.9 (|head| + |coefficient tail|)`. [`RELATIVE`] claims
//! 2^-92 of that sum, and [`ABSOLUTE`] covers underflows: magnitudes are kept below 2^200 where
//! they enter products, so an underflow of 2^-1070 grows to at most 2^-660.

use super::double_double::DoubleDouble;
use crate::dtype::{power_of_two, split_f64};
use crate::{DType, Quantity};

/// Claimed error, relative to the sum of the magnitudes of head and term: 2^-92.
const RELATIVE: f64 = 1.0 / (1_u128 << 92) as f64;

/// Claimed absolute error: 2^-600.
const ABSOLUTE: f64 = 2.409_919_865_102_884e-181;

/// Coefficients and factors above 2^200 are left to arbitrary precision.
const LARGEST: f64 = 1.606_938_044_258_990_3e60;

/// Exponentials beyond e^±600 are left to arbitrary precision.
const LARGEST_EXPONENT: f64 = 600.0;

/// Below this the sigmoid is computed from its centre, and `expm1` needs no reduction.
const CENTRE: f64 = 0.34;

/// The bits of the result, where they are certain.
pub(super) fn answer(quantity: Quantity, dtype: DType, inputs: &[f64]) -> Option<u64> {
    estimate(quantity, inputs)?.round(dtype)
}

/// A number known up to an error.
#[derive(Debug, Clone, Copy)]
struct Estimate {
    value: DoubleDouble,
    error: f64,
}

impl Estimate {
    fn exact(value: DoubleDouble) -> Self {
        Estimate { value, error: 0.0 }
    }

    /// `head + coefficient * tail`, of operands within the bounds above.
    fn of(head: DoubleDouble, coefficient: DoubleDouble, tail: DoubleDouble) -> Self {
        let term = coefficient * tail;
        let error = RELATIVE * (head.high.abs() + term.high.abs()) + ABSOLUTE;
        Estimate {
            value: head + term,
            error,
        }
    }

    fn of_tail(tail: DoubleDouble) -> Self {
        Self::of(DoubleDouble::ZERO, DoubleDouble::ONE, tail)
    }

    /// Rounds both ends of the error interval, on an integer grid 64 bits below the high part.
    fn round(self, dtype: DType) -> Option<u64> {
        let DoubleDouble { high, low } = self.value;
        if !(2f64.powi(-500)..2f64.powi(600)).contains(&high.abs()) {
            return None;
        }
        let negative = high < 0.0;
        let (mantissa, exponent) = split_f64(high.abs());
        let to_grid = power_of_two(64 - exponent);
        let low = if negative { -low } else { low } * to_grid;
        let error = (self.error * to_grid).ceil();
        // The low part is at most half a unit of the high one, 2^63 of the grid.
        if low.abs() > 2f64.powi(64) || error > 2f64.powi(62) {
            return None;
        }
        let middle = i128::from(mantissa) << 64;
        let bottom = middle + low.floor() as i128 - error as i128;
        let top = middle + low.ceil() as i128 + error as i128;
        let round = |end: i128| dtype.round(negative, end.unsigned_abs(), exponent - 64, false);
        let bits = round(bottom);
        (bits == round(top)).then_some(bits)
    }
}

fn estimate(quantity: Quantity, inputs: &[f64]) -> Option<Estimate> {
    use Quantity as Q;
    if inputs
        .iter()
        .any(|input| input.is_nan() || input.abs() > LARGEST)
    {
        return None;
    }
    match (quantity, inputs) {
        (Q::WeightedLoss, &[z, x, q]) => loss(z, x, q),
        (Q::SigmoidLoss, &[z, x]) => loss(z, x, 1.0),
        (Q::WeightedGradLogits, &[z, x, q]) => grad_logits(z, x, q),
        (Q::SigmoidGradLogits, &[z, x]) => grad_logits(z, x, 1.0),
        (Q::WeightedHessLogits, &[z, x, q]) => hess_logits(z, x, q),
        (Q::SigmoidHessLogits, &[z, x]) => hess_logits(z, x, 1.0),
        (Q::WeightedGradLabels, &[_, x, q]) => grad_labels(x, q),
        (Q::WeightedGradPosWeight, &[z, x, _]) => grad_pos_weight(z, x),
        (Q::Softplus, &[x]) => loss(0.0, x, 1.0),
        (Q::LogSigmoid, &[x]) => loss(0.0, -x, 1.0).map(|positive| Estimate {
            value: -positive.value,
            ..positive
        }),
        (Q::Sigmoid, &[x]) => grad_logits(0.0, x, 1.0),
        (Q::Exp, &[x]) => Some(Estimate::of_tail(exp(x)?)),
        (Q::Log, &[x]) if x > 0.0 => Some(Estimate::of_tail(log(DoubleDouble::exact(x)))),
        (Q::Log1p, &[x]) if x > -1.0 => Some(Estimate::of_tail(log_1p(DoubleDouble::exact(x)))),
        (Q::Add, &[x, y]) => Some(Estimate::exact(DoubleDouble::sum(x, y))),
        (Q::Subtract, &[x, y]) => Some(Estimate::exact(DoubleDouble::sum(x, -y))),
        (Q::Multiply, &[x, y]) => {
            let value = DoubleDouble::product(x, y);
            // Without underflow of the low part the product is exact, ties included.
            let error = if value.high.abs() > 2f64.powi(-800) {
                0.0
            } else {
                ABSOLUTE
            };
            Some(Estimate { value, error })
        }
        // Near the subnormals the remainder of the division would be rounded to their grid.
        (Q::Divide, &[x, y]) if [x, y].iter().all(|v| v.abs() > 2f64.powi(-800)) => Some(
            Estimate::of_tail(DoubleDouble::exact(x) / DoubleDouble::exact(y)),
        ),
        _ => None,
    }
}

/// `1 - z`, exactly.
fn negative_weight(z: f64) -> DoubleDouble {
    DoubleDouble::sum(1.0, -z)
}

fn loss(z: f64, x: f64, q: f64) -> Option<Estimate> {
    let (negative, positive) = (negative_weight(z), DoubleDouble::product(q, z));
    let head = if x >= 0.0 { negative } else { positive }.times(x.abs());
    Some(Estimate::of(
        head,
        negative + positive,
        log_1p(exp(-x.abs())?),
    ))
}

fn grad_logits(z: f64, x: f64, q: f64) -> Option<Estimate> {
    let (negative, positive) = (negative_weight(z), DoubleDouble::product(q, z));
    let total = negative + positive;
    let signed = |value: DoubleDouble, flip: bool| if flip { -value } else { value };
    if x.abs() < CENTRE {
        let head = (negative - positive).scaled(0.5);
        return Some(Estimate::of(
            head,
            signed(total, x < 0.0),
            centred_sigmoid(x.abs()),
        ));
    }
    let power = exp(-x.abs())?;
    let tail = power / (DoubleDouble::ONE + power);
    let head = if x >= 0.0 { negative } else { -positive };
    Some(Estimate::of(head, signed(total, x >= 0.0), tail))
}

fn hess_logits(z: f64, x: f64, q: f64) -> Option<Estimate> {
    let total = negative_weight(z) + DoubleDouble::product(q, z);
    if x.abs() < CENTRE {
        return Some(Estimate::of(
            total.scaled(0.25),
            -total,
            centred_sigmoid(x.abs()).squared(),
        ));
    }
    let power = exp(-x.abs())?;
    let tail = power / (DoubleDouble::ONE + power).squared();
    Some(Estimate::of(DoubleDouble::ZERO, total, tail))
}

fn grad_labels(x: f64, q: f64) -> Option<Estimate> {
    let head = if x >= 0.0 {
        DoubleDouble::exact(-x)
    } else {
        DoubleDouble::product(q, -x)
    };
    Some(Estimate::of(
        head,
        DoubleDouble::sum(q, -1.0),
        log_1p(exp(-x.abs())?),
    ))
}

fn grad_pos_weight(z: f64, x: f64) -> Option<Estimate> {
    let head = if x >= 0.0 {
        DoubleDouble::ZERO
    } else {
        DoubleDouble::product(z, -x)
    };
    Some(Estimate::of(
        head,
        DoubleDouble::exact(z),
        log_1p(exp(-x.abs())?),
    ))
}

/// `1/(1 + e^-a) - 1/2` for `0 <= a < CENTRE`.
fn centred_sigmoid(a: f64) -> DoubleDouble {
    let growth = exp_m1(DoubleDouble::exact(a));
    growth / (growth + DoubleDouble::exact(2.0)).scaled(2.0)
}

/// ln 2 as three doubles, together within 2^-140 of it: the first two have 42 bits, so that
/// products with an integer below 2^11 are exact.
const LN2: [f64; 3] = [
    f64::from_bits(0x3fe6_2e42_fefa_3800),
    f64::from_bits(0x3d2e_f357_93c7_6000),
    f64::from_bits(0x3a8c_c01f_97b5_7a08),
];

/// `e^x`, for `|x|` up to [`LARGEST_EXPONENT`].
fn exp(x: f64) -> Option<DoubleDouble> {
    if x.abs() > LARGEST_EXPONENT {
        return None;
    }
    let k = (x / LN2[0]).round_ties_even();
    let upper = DoubleDouble::sum(x, -k * LN2[0]) + DoubleDouble::exact(-k * LN2[1]);
    let rest = upper + DoubleDouble::exact(-k * LN2[2]);
    Some((DoubleDouble::ONE + exp_m1(rest)).scaled(power_of_two(k as i64)))
}

/// `e^r - 1`, for `|r| <= 0.3466`.
fn exp_m1(r: DoubleDouble) -> DoubleDouble {
    let s = r.scaled(1.0 / 512.0);
    let mut p = DoubleDouble::ONE;
    for n in (2..=11).rev() {
        p = DoubleDouble::ONE + s * p / DoubleDouble::exact(f64::from(n));
    }
    let mut e = s * p;
    for _ in 0..9 {
        e = e.scaled(2.0) + e.squared();
    }
    e
}

/// `ln (1 + u)`, for `u > -1`.
fn log_1p(u: DoubleDouble) -> DoubleDouble {
    if -0.29 < u.high && u.high < 0.41 {
        return twice_atanh(u / (u + DoubleDouble::exact(2.0)));
    }
    log(u + DoubleDouble::ONE)
}

/// `ln v`, for `v > 0`.
fn log(v: DoubleDouble) -> DoubleDouble {
    let (mantissa, exponent) = split_f64(v.high);
    let mut k = exponent + i64::from(mantissa.ilog2());
    // The power of two in two steps: it may exceed f64's range where v is subnormal.
    let scale = |k: i64| {
        v.scaled(power_of_two(-k / 2))
            .scaled(power_of_two(-k - -k / 2))
    };
    let mut m = scale(k);
    if m.high > std::f64::consts::SQRT_2 {
        k += 1;
        m = scale(k);
    }
    let s = (m - DoubleDouble::ONE) / (m + DoubleDouble::ONE);
    let ln2 = DoubleDouble::sum(LN2[0], LN2[1]) + DoubleDouble::exact(LN2[2]);
    ln2.times(k as f64) + twice_atanh(s)
}

/// `ln ((1 + s)/(1 - s)) = 2 (s + s³/3 + s⁵/5 + …)`, for `|s| < 0.1716`.
fn twice_atanh(s: DoubleDouble) -> DoubleDouble {
    let square = s.squared();
    // Each term is smaller by s²: enough of them for a rest below 2^-115.
    let (mantissa, exponent) = split_f64(square.high);
    let bits_per_term = -(exponent + i64::from(mantissa.max(1).ilog2()) + 1);
    let terms = (120 / bits_per_term) as u32 + 2;
    let mut p = DoubleDouble::ZERO;
    for j in (0..terms).rev() {
        p = DoubleDouble::ONE / DoubleDouble::exact(f64::from(2 * j + 1)) + square * p;
    }
    (s * p).scaled(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Dyadic;
    use crate::numbers::Numbers;
    use crate::oracle::enclosure;

    /// The measured error must stay within a 32nd of the claimed one, as the derivation says.
    #[test]
    fn the_claimed_error_covers_the_measured_one_32_times() {
        let mut numbers = Numbers::new(2);
        let mut answered = 0;
        for round in 0..20_000 {
            let quantity = Quantity::ALL[round % Quantity::ALL.len()];
            let inputs: Vec<f64> = quantity
                .arguments()
                .iter()
                .map(|argument| draw(&mut numbers, argument))
                .collect();
            let Some(estimate) = estimate(quantity, &inputs) else {
                continue;
            };
            let Some(exact) = enclosure(quantity, &inputs, 256) else {
                continue;
            };
            let value =
                &Dyadic::from_f64(estimate.value.high) + &Dyadic::from_f64(estimate.value.low);
            let claimed = Dyadic::from_f64(estimate.error / 32.0);
            assert!(
                &value - &exact.low <= claimed,
                "{quantity} {inputs:?}: {estimate:?}"
            );
            assert!(
                &exact.high - &value <= claimed,
                "{quantity} {inputs:?}: {estimate:?}"
            );
            answered += 1;
        }
        assert!(answered > 10_000, "{answered}");
    }

    fn draw(numbers: &mut Numbers, argument: &str) -> f64 {
        // Now and then anything down to the subnormals, where a low part is rounded to their grid.
        if numbers.below(4) == 0 {
            return numbers.signed(1020);
        }
        match (argument, numbers.below(4)) {
            ("labels", 0) => (numbers.below(3) as f64) / 2.0,
            ("labels", 1 | 2) => numbers.unit(),
            ("labels", _) => numbers.signed(30),
            ("logits" | "x" | "features", 0) => numbers.signed(9),
            ("logits" | "x" | "features", 1) => numbers.signed(140),
            ("logits" | "x" | "features", _) => numbers.signed(4),
            (_, 0) => 1.0,
            (_, _) => numbers.signed(40),
        }
    }

    #[test]
    fn the_filter_never_contradicts_the_proof() {
        let mut numbers = Numbers::new(3);
        for round in 0..20_000 {
            let quantity = Quantity::ALL[round % Quantity::ALL.len()];
            let dtype = DType::ALL[numbers.below(4) as usize];
            let inputs: Vec<f64> = quantity
                .arguments()
                .iter()
                .map(|argument| dtype.to_f64(dtype.from_f64(draw(&mut numbers, argument))))
                .collect();
            if let Some(bits) = answer(quantity, dtype, &inputs) {
                let proved = crate::oracle::prove(quantity, dtype, &inputs).unwrap();
                assert_eq!(bits, proved, "{quantity} {dtype} {inputs:?}");
            }
        }
    }
}
