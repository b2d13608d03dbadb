//! What the tests of the functions share: the comparison of estimates with the exact form, and of
//! results with the arbitrary-precision oracle.

use std::vec::Vec;

use conformance::{DType, Function as Judged, correctly_rounded, correctly_rounded_without_filter};
use half::{bf16, f16};

use crate::dispatch::tier::Tier;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
use crate::number::arithmetic::FusedMultiplyAdd;
use crate::number::arithmetic::{Arithmetic, Baseline};
use crate::number::format::Real;
use crate::number::format::sealed::Format;
use crate::number::lane::Lane;
use crate::number::pair::Pair;
use crate::operand::Operand;
use crate::ziv::driver::Loops;
use crate::ziv::estimate::{Estimate, PairEstimate};
use crate::ziv::exact_form::ExactForm;
use crate::ziv::first_stage::{ends_in_f32_lanes, ends_in_f64_lanes};
use crate::ziv::function::{Function, SharedTerms};
use crate::ziv::second_stage::{distance, in_double_double, second_stage};
use crate::ziv::third_stage::enclosure;

/// The numbers that a function is tested at.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Domain {
    Any,
    Positive,
}

/// A number in [0, 1) without a pattern in its digits.
fn unit(i: u64) -> f64 {
    let mixed = (i ^ (i >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x81da_def4_bc2d_d44d);
    ((mixed ^ (mixed >> 33)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Of I numbers the first, a logit, within ±range; labels and weights within [0, 1] and [0, 4].
fn input<const I: usize>(i: u64, range: f64, domain: Domain) -> [f64; I] {
    core::array::from_fn(|k| {
        let unit = unit(3 * i + 1 + k as u64);
        match (k, domain) {
            (0, Domain::Any) => range * (2.0 * unit - 1.0),
            (0, Domain::Positive) => range * unit,
            (1, _) => unit,
            _ => 4.0 * unit,
        }
    })
}

/// Checks that every interval of the first stage, in each kind of arithmetic, holds the exact
/// value; and that none is more than a few thousand times too wide, so that the later stages stay
/// rare.
pub(crate) fn check_bounds<F: Function<I>, const I: usize>(domain: Domain) {
    check_bounds_in::<F, Baseline, I>(domain);
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    check_bounds_in::<F, FusedMultiplyAdd, I>(domain);
}

fn check_bounds_in<F: Function<I>, A: Arithmetic, const I: usize>(domain: Domain) {
    let f32_lanes = worst::<F, I>(10, domain, |inputs| {
        let inputs = inputs.map(|x| x as f32);
        let estimate = lane_estimate::<F, A, f32, I>(inputs);
        let ends = ends_in_f32_lanes::<f16>(inputs[0], estimate);
        Interval::new(0.0, estimate.value.into(), ends.map(f64::from))
    });
    let f64_lanes = worst::<F, I>(20, domain, |inputs| {
        let estimate = lane_estimate::<F, A, f64, I>(inputs);
        Interval::new(0.0, estimate.value, ends_in_f64_lanes::<f32>(estimate))
    });
    let pairs = worst::<F, I>(53, domain, |inputs| {
        let estimate = pair_estimate::<F, A, I>(inputs);
        Interval::new(estimate.hi, estimate.lo, estimate.low_parts())
    });
    for (what, worst) in [("f32", f32_lanes), ("f64", f64_lanes), ("pairs", pairs)] {
        assert!(worst < 1.0, "{what}: an error of {worst} bounds");
        assert!(worst > 1e-4, "{what}: errors of only {worst} bounds");
    }
    let rounded = worst::<F, I>(10, domain, |inputs| {
        let estimate = lane_estimate::<F, A, f64, I>(inputs);
        let ends = ends_in_f64_lanes::<f16>(estimate).map(|end| f64::from(end as f32));
        Interval::new(0.0, estimate.value, ends)
    });
    assert!(
        rounded < 1.0,
        "f64, ends in f32: an error of {rounded} bounds"
    );
}

/// The worst error of an estimate at inputs of so many digits, in bounds: logits within ±30, every
/// second time ±60, and every third time labels and weights within ±2 and ±4, where terms cancel.
fn worst<F: Function<I>, const I: usize>(
    digits: i32,
    domain: Domain,
    interval: impl Fn([f64; I]) -> Interval,
) -> f64 {
    let short = |x: f64, range: f64| {
        let scale = 2.0_f64.powi(digits) / range;
        (x * scale).trunc() / scale
    };
    let inputs = (1..40_000).map(|i| {
        let mut inputs = input::<I>(i, 32.0, domain);
        for (k, x) in inputs.iter_mut().enumerate() {
            let cancels = i % 3 == 0 && k > 0;
            *x = short(*x, [32.0, 1.0, 4.0][k]) * if cancels { 2.0 } else { 1.0 };
            *x -= if cancels { [0.0, 1.0, 4.0][k] } else { 0.0 };
        }
        inputs[0] *= if i % 2 == 0 { 2.0 } else { 1.0 };
        inputs
    });
    inputs
        .map(|inputs| {
            let Interval { hi, lo, bound } = interval(inputs);
            distance(&F::exact_form(inputs), hi, lo).map_or(0.0, |error| error / bound)
        })
        .fold(0.0, f64::max)
}

/// An interval of the first stage around `hi + lo`; its bound is the distance to the nearer end.
struct Interval {
    hi: f64,
    lo: f64,
    bound: f64,
}

impl Interval {
    /// The interval from `hi + below` to `hi + above`.
    fn new(hi: f64, lo: f64, [below, above]: [f64; 2]) -> Self {
        let bound = f64::min(lo - below, above - lo);
        assert!(
            bound.is_nan() || bound >= 0.0,
            "{hi} + {lo} is not from {below} to {above}"
        );
        Self { hi, lo, bound }
    }
}

fn lane_estimate<F: Function<I>, A: Arithmetic, L: Lane, const I: usize>(
    inputs: [L; I],
) -> Estimate<L> {
    let mut terms = F::Terms::empty::<L, 1>();
    F::TERMS.fill::<A, L, 1>(&inputs.map(|x| [x]), &mut terms);
    F::estimate::<A, L>(inputs, F::Terms::at(&terms, 0))
}

fn pair_estimate<F: Function<I>, A: Arithmetic, const I: usize>(inputs: [f64; I]) -> PairEstimate {
    let mut terms = F::Terms::empty::<Pair, 1>();
    F::TERMS.fill_f64::<A, 1>(&inputs.map(|x| [x]), &mut terms);
    F::estimate_f64::<A>(inputs, F::Terms::at(&terms, 0))
}

/// The oracle for a formula of x, z and q.
fn oracle<const I: usize>(formula: &str) -> Judged {
    Judged::stated("test.function", &["x", "z", "q"][..I], formula).expect("a formula")
}

/// Searches hard cases of f64, and checks the later stages on them: of many inputs, those whose
/// exact result is closest to half-way between two numbers. The stages agree where each is given
/// them directly.
pub(crate) fn check_hard_cases<F: Function<I>, const I: usize>(formula: &str, domain: Domain) {
    /// One in 2^17 of these has 17 more bits like those of a tie.
    const SEARCHED: u64 = 1 << 19;
    /// Of those, the hardest that are tested.
    const TESTED: usize = 12;
    let mut hardest: Vec<(f64, u64)> = (0..SEARCHED)
        .map(|i| {
            let estimate = pair_estimate::<F, Baseline, I>(input(i, 40.0, domain));
            (distance_from_half_way(estimate.hi, estimate.lo), i)
        })
        .collect();
    hardest.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(hardest[0].0 < 1e-5, "nothing hard, {}", hardest[0].0);
    let oracle = oracle::<I>(formula);
    for &(distance, i) in &hardest[..TESTED] {
        let inputs = input::<I>(i, 40.0, domain);
        let expected =
            correctly_rounded_without_filter(&oracle, DType::F64, &inputs.map(f64::to_bits));
        let found: f64 = second_stage(&F::exact_form(inputs));
        assert_eq!(
            Ok(found.to_bits()),
            expected.map_err(|_| ()),
            "{formula} at {inputs:?}, {distance} units from half-way"
        );
    }
    check_stages::<F, f16, I>();
    check_stages::<F, bf16, I>();
    check_stages::<F, f32, I>();
    check_stages::<F, f64, I>();
}

/// How far `hi + lo` is from half-way between two f64, in units in the last place.
fn distance_from_half_way(hi: f64, lo: f64) -> f64 {
    let sum = hi + lo;
    let rest = (hi - sum) + lo;
    let unit = f64::from_bits(sum.abs().to_bits() + 1) - sum.abs();
    (rest.abs() / unit - 0.5).abs()
}

/// Checks that the stages agree at inputs of every kind: everyday ones, saturated ones, ties,
/// cancelling terms, far exponents.
fn check_stages<F: Function<I>, T: Format, const I: usize>() {
    const X: [f64; 16] = [
        0.0, 1e-40, 1e-9, 0.25, -0.4, 0.5, 1.0, -2.5, 17.0, -40.0, 354.0, -699.0, 701.0, -1600.0,
        5000.0, 1e30,
    ];
    const TIE: f64 = 0.25 + 1.0 / 4096.0;
    const Z: [f64; 8] = [0.0, 1.0, 0.3, TIE, 0.5, -1.0, 3.0, 1e-30];
    const Q: [f64; 5] = [1.0, 2.0, 0.0, -0.7, 1e20];
    let repeats = [1, 1, Z.len(), Z.len() * Q.len()][I];
    for index in 0..X.len() * repeats {
        let all = [X[index % 16], Z[index / 16 % 8], Q[index / 128 % 5]];
        let inputs = core::array::from_fn(|k| T::round_f64(all[k]).as_f64());
        let ExactForm::Finite(sum) = F::exact_form(inputs) else {
            continue;
        };
        let (low, high) = enclosure::<T, 6>(&sum, sum.tail.big_float);
        assert_eq!(low.as_bits(), high.as_bits(), "{sum:?}");
        // The widest takes milliseconds.
        if index % 61 == 0 {
            let (widest, _) = enclosure::<T, 40>(&sum, sum.tail.widest);
            assert_eq!(low.as_bits(), widest.as_bits(), "{sum:?}");
        }
        if let Some(second) = in_double_double::<T>(&sum) {
            assert_eq!(second.as_bits(), low.as_bits(), "{sum:?}");
        }
    }
}

/// Compares the loops of a function of one number with the oracle, in every tier: at all numbers of
/// the formats of 16 bits; for `f32` and `f64` at everyday, tiny, saturated and any other numbers.
pub(crate) fn check_rounding(loops: &Loops<1, 1>, formula: &str) {
    let oracle = oracle::<1>(formula);
    let every = || 0..=u16::MAX;
    check_format(loops, &oracle, DType::F16, every().map(f16::from_bits));
    check_format(loops, &oracle, DType::BF16, every().map(bf16::from_bits));
    let numbers = || {
        (0..6_000_u64).map(|i| {
            let x = 2.0 * unit(2 * i) - 1.0;
            let power = unit(2 * i + 1) - 0.5;
            match i % 4 {
                0 => 10.0 * x,
                1 => 800.0 * x,
                2 => x * (200.0 * power).exp2(),
                _ => x * (2000.0 * power).exp2(),
            }
        })
    };
    check_format(loops, &oracle, DType::F32, numbers().map(|x| x as f32));
    check_format(loops, &oracle, DType::F64, numbers());
}

fn check_format<T: Real>(
    loops: &Loops<1, 1>,
    oracle: &Judged,
    dtype: DType,
    x: impl Iterator<Item = T>,
) {
    let x: Vec<T> = x.collect();
    let expected = x
        .iter()
        .map(|x| correctly_rounded(oracle, dtype, &[x.as_bits()]));
    let expected: Vec<u64> = expected.map(|bits| bits.expect("a decision")).collect();
    for tier in Tier::ALL.into_iter().filter(|tier| tier.is_available()) {
        let mut out = std::vec![T::default(); x.len()];
        T::entry(loops)(tier, &[("x", Operand::Full(&x))], 0, [&mut out]);
        for ((x, out), expected) in x.iter().zip(&out).zip(&expected) {
            assert_eq!(
                out.as_bits(),
                *expected,
                "{dtype:?}, {tier}: {} at {x:?} is {out:?}",
                oracle.formula()
            );
        }
    }
}
