//! Exact values read in decimal, to as many digits as asked for.

use std::cmp::Ordering;

use dashu_base::{BitTest, Sign};
use dashu_int::{IBig, UBig};

use super::enclosed::{self, Enclosed};
use super::value::{Part, Tail, Value, total};
use super::{FIRST_PRECISION, LAST_PRECISION, decode, undecided};
use crate::exact::{Dyadic, Interval, exp, ln};
use crate::{ConformanceError, DType, Function};

/// The most digits that [`exact_decimal`] serves.
const MOST_DIGITS: usize = 1000;

/// The exact value of a function in scientific notation, rounded to `digits` significant digits.
///
/// Values far outside every dtype's range are served too. Special values read `NaN`, `inf`,
/// `-inf`, `0` and `-0`.
///
/// # Errors
/// As [`correctly_rounded`](crate::correctly_rounded), and [`ConformanceError::Digits`] unless 1 to
/// 1000 are asked for.
///
/// ```
/// use conformance::{DType, Function, exact_decimal};
///
/// let f32 = |value: f32| u64::from(value.to_bits());
/// let inputs = [f32(0.0), f32(-17.0)];
/// let loss = Function::known("nn.sigmoid_cross_entropy_with_logits")?;
/// let loss = exact_decimal(&loss, DType::F32, &inputs, 20)?;
/// assert_eq!(loss, "4.1399376330897474477e-8");
/// # Ok::<(), conformance::ConformanceError>(())
/// ```
pub fn exact_decimal(
    function: &Function,
    dtype: DType,
    inputs: &[u64],
    digits: usize,
) -> Result<String, ConformanceError> {
    if digits == 0 || digits > MOST_DIGITS {
        return Err(ConformanceError::Digits {
            found: digits,
            most: MOST_DIGITS,
        });
    }
    let numbers = decode(function, dtype, inputs)?;
    let numbers = &numbers[..inputs.len()];
    let undecided = |first| undecided(function, numbers, precisions(first).last().unwrap_or(first));
    let value = Value::of(function, numbers);
    if let Some(text) = read_value(&value, digits) {
        return Ok(text);
    }
    let first = FIRST_PRECISION + 4 * digits;
    let Value::Sum { head, parts } = value else {
        let last = first + enclosed::LAST_PRECISION;
        let mut precisions = precisions(first).take_while(|&precision| precision <= last);
        let text = precisions.find_map(|precision| {
            match enclosed::enclose(function, numbers, precision)? {
                Enclosed::Value(value) => read_value(&value, digits),
                Enclosed::Inside(value) => read_inside(&value, digits),
            }
        });
        return text.ok_or_else(|| undecided(FIRST_PRECISION));
    };
    if let [
        Part {
            coefficient,
            tail,
            at,
        },
    ] = &parts[..]
    {
        let is_saturated = tail.is_saturated(at);
        let is_large = *tail == Tail::Exp && is_saturated && !at.is_negative();
        if is_large || head.is_zero() && (*tail == Tail::Exp || is_saturated) {
            // Where it is saturated, every decaying tail is e^-a within a factor 1 - 2^-23552,
            // and a head beside e^a is smaller by as much.
            let exponent = if *tail == Tail::Exp { at.clone() } else { -at };
            return power_of_e(coefficient, &exponent, digits)
                .ok_or_else(|| undecided(first_for_power(digits)));
        }
    }
    let enclosed = |precision| total(&head, &parts, |part| part.enclose(precision));
    precisions(first)
        .find_map(|precision| read_inside(&enclosed(precision)?, digits))
        .ok_or_else(|| undecided(first))
}

/// The reading of a special or exact value.
fn read_value(value: &Value, digits: usize) -> Option<String> {
    Some(match value {
        Value::Nan => "NaN".to_owned(),
        Value::Infinite { negative } => named(*negative, "inf"),
        Value::Zero { negative } => named(*negative, "0"),
        Value::Exact(value) => read(value, digits, Ordering::Equal),
        Value::Quotient(x, y) => read_quotient(x, y, digits),
        Value::Unknown | Value::Sum { .. } => return None,
    })
}

/// A name with its sign.
fn named(negative: bool, name: &str) -> String {
    format!("{}{name}", if negative { "-" } else { "" })
}

/// The working precisions to try, in bits.
fn precisions(first: usize) -> impl Iterator<Item = usize> {
    let doubled = std::iter::successors(Some(first), |precision| Some(2 * precision));
    doubled.take_while(|&precision| precision <= 2 * LAST_PRECISION)
}

/// The first precision that [`power_of_e`] tries.
fn first_for_power(digits: usize) -> usize {
    1200 + 4 * digits
}

/// The reading that all numbers strictly inside the interval share.
fn read_inside(interval: &Interval, digits: usize) -> Option<String> {
    if interval.low.signum() != interval.high.signum() {
        return None;
    }
    let low = read(&interval.low, digits, Ordering::Greater);
    (low == read(&interval.high, digits, Ordering::Less)).then_some(low)
}

/// `coefficient * e^x` for an `x` of any size, as `10^(y / ln 10)` with a sign: the whole part of
/// that quotient is the decimal exponent, the rest gives the digits.
fn power_of_e(coefficient: &Dyadic, x: &Dyadic, digits: usize) -> Option<String> {
    let ten = Dyadic::from_f64(10.0);
    let magnitude = coefficient.clone().max(-coefficient);
    precisions(first_for_power(digits)).find_map(|precision| {
        let y = ln(&magnitude, precision)?.plus(&Interval::point(x.clone()));
        let ln_ten = ln(&ten, precision)?;
        let exponent = whole(&y.over(&ln_ten, precision)?.low);
        let shift = ln_ten.times_exact(&-&Dyadic::new(exponent.clone(), 0));
        let rest = y.plus(&shift).outwards(precision);
        let power = Interval::new(
            exp(&rest.low, precision)?.low,
            exp(&rest.high, precision)?.high,
        );
        let text = read_inside(&power, digits)?;
        let (mantissa, extra) = text.split_once('e')?;
        let exponent = exponent + extra.parse::<i64>().ok()?;
        let minus = if coefficient.is_negative() { "-" } else { "" };
        Some(format!("{minus}{mantissa}e{exponent}"))
    })
}

/// The largest integer not above `value`.
fn whole(value: &Dyadic) -> IBig {
    let (sign, magnitude) = value.mantissa().clone().into_parts();
    if value.exponent() >= 0 {
        return IBig::from_parts(sign, magnitude << value.exponent() as usize);
    }
    let (rest, kept) = magnitude.split_bits(-value.exponent() as usize);
    let up = sign == Sign::Negative && !rest.is_zero();
    IBig::from_parts(sign, if up { kept + UBig::ONE } else { kept })
}

fn read_quotient(x: &Dyadic, y: &Dyadic, digits: usize) -> String {
    let precision = 64 + 4 * digits;
    let (low, high) = (
        x.quotient(y, precision, false),
        x.quotient(y, precision, true),
    );
    let nudge = if low == high {
        Ordering::Equal
    } else {
        Ordering::Greater
    };
    read(&low, digits, nudge)
}

/// A dyadic number, nudged by an infinitely small amount, in scientific notation.
fn read(value: &Dyadic, digits: usize, nudge: Ordering) -> String {
    if value.is_zero() {
        return if nudge == Ordering::Less {
            "-0".to_owned()
        } else {
            "0".to_owned()
        };
    }
    let (sign, magnitude) = value.mantissa().clone().into_parts();
    let outwards = if sign == Sign::Negative {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    let nudge = match nudge {
        Ordering::Equal => Ordering::Equal,
        towards if towards == outwards => Ordering::Greater,
        _ => Ordering::Less,
    };
    // log10 from the bit length, then corrected: the estimate is off by one at most.
    let top = magnitude.bit_len() as i64 - 1 + value.exponent();
    let mut exponent = (top as f64 * std::f64::consts::LOG10_2).floor() as i64;
    let text = loop {
        let text = scaled(
            &magnitude,
            value.exponent(),
            digits as i64 - 1 - exponent,
            nudge,
        )
        .to_string();
        match text.len().cmp(&digits) {
            Ordering::Equal => break text,
            Ordering::Less => exponent -= 1,
            Ordering::Greater => exponent += 1,
        }
    };
    let minus = if sign == Sign::Negative { "-" } else { "" };
    let (first, rest) = text.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{minus}{first}{point}{rest}e{exponent}")
}

/// `magnitude * 2^exponent * 10^power`, nudged, to the nearest integer, ties to even.
fn scaled(magnitude: &UBig, exponent: i64, power: i64, nudge: Ordering) -> UBig {
    let tens = UBig::from(10_u8).pow(power.unsigned_abs() as usize);
    let twos = UBig::ONE << exponent.unsigned_abs() as usize;
    let (mut numerator, mut denominator) = (magnitude.clone(), UBig::ONE);
    if power >= 0 {
        numerator *= tens;
    } else {
        denominator *= tens;
    }
    if exponent >= 0 {
        numerator *= twos;
    } else {
        denominator *= twos;
    }
    let whole = &numerator / &denominator;
    let twice_rest = (numerator - &whole * &denominator) << 1;
    let up = match twice_rest.cmp(&denominator) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => match nudge {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => whole.bit(0),
        },
    };
    if up { whole + UBig::ONE } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(op: &str, inputs: &[f64], digits: usize, expected: &str) {
        check_function(&Function::known(op).unwrap(), inputs, digits, expected);
    }

    fn check_function(function: &Function, inputs: &[f64], digits: usize, expected: &str) {
        let bits: Vec<u64> = inputs.iter().map(|input| input.to_bits()).collect();
        let found = exact_decimal(function, DType::F64, &bits, digits).unwrap();
        assert_eq!(found, expected, "{function} {inputs:?}");
    }

    /// Readings made with mpmath.
    #[test]
    fn readings_are_those_of_mpmath() {
        check(
            "nn.sigmoid_cross_entropy_with_logits",
            &[0.0, -17.0],
            30,
            "4.13993763308974744770836006167e-8",
        );
        check(
            "nn.weighted_cross_entropy_with_logits",
            &[1.0, -5.0, 2.5],
            20,
            "1.2516788371222795172e1",
        );
        check(
            "math.exp",
            &[1.0],
            40,
            "2.718281828459045235360287471352662497757e0",
        );
        check(
            "math.exp",
            &[-1e38],
            12,
            "3.90768689950e-43429448190325181787433420503808792066",
        );
        check("math.softplus", &[-1e10], 12, "9.27858442032e-4342944820");
        check(
            "nn.sigmoid_cross_entropy_with_logits_grad_logits",
            &[0.25, 1e38],
            5,
            "7.5000e-1",
        );
        check(
            "nn.sigmoid_cross_entropy_with_logits_grad_logits",
            &[1.0, 1e10],
            12,
            "-9.27858442032e-4342944820",
        );
        check("math.add", &[0.5, 0.25], 3, "7.50e-1");
        check("math.divide", &[-1.0, 3.0], 4, "-3.333e-1");
        check("math.multiply", &[-0.0, 3.0], 4, "-0");
        check("math.log", &[0.0], 4, "-inf");
        check("math.log", &[-1.0], 4, "NaN");
        check("math.add", &[9.9996, 0.0], 4, "1.000e1");
        let negated = Function::stated("acme.negated", &["a"], "-a").unwrap();
        check_function(&negated, &[0.0], 4, "-0");
        check_function(&negated, &[-0.0], 4, "0");
    }
}
