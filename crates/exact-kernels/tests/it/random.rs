//! Random inputs of every kind against the arbitrary-precision oracle.

use half::{bf16, f16};
use testkit::Random;

use crate::common::{Element, check_unary, check_weighted};

/// Cases per element type; the variable asks for a longer run.
fn count() -> usize {
    std::env::var("EXACT_KERNELS_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_000)
}

fn check<T: Element>(seed: u64) {
    let mut random = Random(seed);
    let rows: Vec<(T, T, T)> = (0..count())
        .map(|_| (random.logit(), random.label(), random.weight()))
        .collect();
    check_weighted(&rows);
    let x: Vec<T> = (0..count()).map(|_| random.logit()).collect();
    check_unary(&x);
}

#[test]
fn random_f16_are_correctly_rounded() {
    check::<f16>(1);
}

#[test]
fn random_bf16_are_correctly_rounded() {
    check::<bf16>(2);
}

#[test]
fn random_f32_are_correctly_rounded() {
    check::<f32>(3);
}

#[test]
fn random_f64_are_correctly_rounded() {
    check::<f64>(4);
}

/// Numbers of any bits: far exponents, whose products over- and underflow on the way.
fn check_any_bits<T: Element>(seed: u64) {
    let mut random = Random(seed);
    let mut any = || T::from_bits(random.bits() >> (64 - T::WIDTH));
    let rows: Vec<(T, T, T)> = (0..count()).map(|_| (any(), any(), any())).collect();
    check_weighted(&rows);
}

#[test]
fn far_exponents_are_correctly_rounded() {
    check_any_bits::<f16>(5);
    check_any_bits::<bf16>(6);
    check_any_bits::<f32>(7);
    check_any_bits::<f64>(8);
}
