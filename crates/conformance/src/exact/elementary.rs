//! Enclosures of exp, expm1, ln and log1p at any precision, on top of `dashu-float`.
//!
//! `dashu-float` documents an error below one unit in the last place. Nothing here leans on
//! that in full: the enclosures are [`SLACK_BITS`] bits wider.

use std::cell::RefCell;

use dashu_float::round::mode::HalfEven;
use dashu_float::{ConstCache, Context, FBig, FpResult, Repr};

use super::{Dyadic, Interval};

/// Enclosures are 2^8 units in the last place wide on either side, against a documented 1.
const SLACK_BITS: i64 = 8;

/// Above so many bits, the logarithm by way of the exponential is quicker: by a factor of 30 at
/// 12,000 bits.
const DIRECT_LN: usize = 1024;

/// Numbers as close to 1 as two to this power are left to `ln_1p`.
const NEAR_ONE: i64 = -16;

thread_local! {
    /// Digits of ln 2 that `dashu-float` computed before.
    static CONSTANTS: RefCell<ConstCache> = const { RefCell::new(ConstCache::new()) };
}

/// `e^x`; `None` where the result leaves the range of exponents.
pub(crate) fn exp(x: &Dyadic, precision: usize) -> Option<Interval> {
    if x.is_zero() {
        return Some(Interval::point(Dyadic::one()));
    }
    enclose(x, precision, |context, x, cache| {
        context.exp(x, Some(cache))
    })
}

/// `e^x - 1`.
pub(crate) fn exp_m1(x: &Dyadic, precision: usize) -> Option<Interval> {
    if x.is_zero() {
        return Some(Interval::point(Dyadic::zero()));
    }
    enclose(x, precision, |context, x, cache| {
        context.exp_m1(x, Some(cache))
    })
}

/// `ln x`; `None` where `x <= 0`.
pub(crate) fn ln(x: &Dyadic, precision: usize) -> Option<Interval> {
    if *x == Dyadic::one() {
        return Some(Interval::point(Dyadic::zero()));
    }
    if x.is_zero() || x.is_negative() {
        return None;
    }
    if precision > DIRECT_LN {
        let distance = x - &Dyadic::one();
        return if distance.top() < NEAR_ONE {
            ln_1p(&distance, precision)
        } else {
            ln_by_exp(x, precision)
        };
    }
    enclose(x, precision, |context, x, cache| context.ln(x, Some(cache)))
}

/// `ln x = t + ln(1 + (x e^-t - 1))` with a `t` of half the precision: the last logarithm is of a
/// number close to 1, and quick. The sum loses as many bits as `x` is close to 1.
fn ln_by_exp(x: &Dyadic, precision: usize) -> Option<Interval> {
    let estimate = ln(x, precision / 2)?.low;
    let power = exp(&-&estimate, precision + (SLACK_BITS - NEAR_ONE) as usize)?;
    let rest = power.times_exact(x).plus(&Interval::point(-&Dyadic::one()));
    let rest = Interval::new(
        ln_1p(&rest.low, precision)?.low,
        ln_1p(&rest.high, precision)?.high,
    );
    Some(
        rest.plus(&Interval::point(estimate))
            .outwards(precision + 2),
    )
}

/// `ln (1 + x)`; `None` where `x <= -1`.
pub(crate) fn ln_1p(x: &Dyadic, precision: usize) -> Option<Interval> {
    if x.is_zero() {
        return Some(Interval::point(Dyadic::zero()));
    }
    if *x <= -&Dyadic::one() {
        return None;
    }
    enclose(x, precision, |context, x, cache| {
        context.ln_1p(x, Some(cache))
    })
}

fn enclose(
    x: &Dyadic,
    precision: usize,
    function: impl Fn(Context<HalfEven>, &Repr<2>, &mut ConstCache) -> FpResult<FBig<HalfEven, 2>>,
) -> Option<Interval> {
    let context = Context::<HalfEven>::new(precision + SLACK_BITS as usize);
    let argument = Repr::new(x.mantissa().clone(), isize::try_from(x.exponent()).ok()?);
    let result = CONSTANTS.with_borrow_mut(|cache| function(context, &argument, cache));
    let result = result.ok()?.value();
    if result.repr().is_infinite() {
        return None;
    }
    let (mantissa, exponent) = result.into_repr().into_parts();
    let value = Dyadic::new(mantissa, exponent as i64);
    if value.is_zero() {
        return None;
    }
    let slack = Dyadic::power_of_two(value.top() - precision as i64);
    Some(Interval::new(&value - &slack, &value + &slack))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Function = fn(&Dyadic, usize) -> Option<Interval>;

    /// A wider computation must fall inside the narrower enclosure, so an error of dashu's that
    /// exceeded the slack would have to be the same at both precisions to pass.
    #[test]
    fn enclosures_are_nested_over_precisions() {
        let functions: [(&str, Function); 4] = [
            ("exp", exp),
            ("exp_m1", exp_m1),
            ("ln", ln),
            ("ln_1p", ln_1p),
        ];
        let values = [
            1e-300,
            3e-9,
            0.1,
            0.7,
            1.0 - 1e-15,
            1.0 + 1e-15,
            1.001,
            1.5,
            20.0,
            700.25,
            4095.5,
        ];
        for (name, function) in functions {
            for value in values {
                let x = Dyadic::from_f64(value);
                let wide = function(&x, 5000).unwrap();
                for precision in [64, 128, 256, 700, 1400, 2900] {
                    let narrow = function(&x, precision).unwrap();
                    assert!(
                        narrow.low <= wide.low && wide.high <= narrow.high,
                        "{name} {value}"
                    );
                }
            }
        }
    }

    /// exp and ln are computed by different series, and invert each other.
    #[test]
    fn the_logarithm_inverts_the_exponential() {
        for value in [-745.0, -3.25, -1e-5, 1e-3, 0.5, 11.0, 709.0] {
            let x = Dyadic::from_f64(value);
            let power = exp(&x, 300).unwrap();
            let low = ln(&power.low, 300).unwrap().low;
            let high = ln(&power.high, 300).unwrap().high;
            assert!(low < x && x < high, "{value}");
            assert!((&high - &low).top() < -280, "{value}");
            let power = exp_m1(&x, 300).unwrap();
            if let (Some(low), Some(high)) = (ln_1p(&power.low, 300), ln_1p(&power.high, 300)) {
                assert!(low.low < x && x < high.high, "expm1 {value}");
            }
        }
    }
}
