//! Hard cases of f64, found by search: of many inputs, those whose exact result lies closest to
//! half-way between two numbers, against the arbitrary-precision oracle.

use std::vec::Vec;

use conformance::{DType, Function, correctly_rounded_without_filter};

use crate::dispatch::tier::Baseline;
use crate::ziv::first_stage_f64::Shared;
use crate::ziv::quantity::{
    Exp, Log, LogOnePlus, LogSigmoid, Quantity, Sigmoid, Softplus, WeightedGradLabels,
    WeightedGradLogits, WeightedGradPosWeight, WeightedHessLogits, WeightedLoss,
};
use crate::ziv::second_stage::settle;

/// Inputs searched for each quantity: one in 2^17 of them has 17 more bits like those of a tie.
const SEARCHED: u64 = 1 << 19;
/// Of those, the hardest that are tested.
const TESTED: usize = 12;

/// Logits within ±40, positive for `positive`; labels and weights within [0, 1] and [0, 4].
fn input(i: u64, positive: bool) -> [f64; 3] {
    let unit = |i: u64| {
        let mixed = (i ^ (i >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x81da_def4_bc2d_d44d);
        ((mixed ^ (mixed >> 33)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let x = 80.0 * unit(3 * i + 1) - 40.0;
    [
        if positive { x.abs() } else { x },
        unit(3 * i + 2),
        4.0 * unit(3 * i + 3),
    ]
}

/// How far `hi + lo` is from half-way between two f64, in units in the last place.
fn distance_from_half_way(hi: f64, lo: f64) -> f64 {
    let sum = hi + lo;
    let rest = (hi - sum) + lo;
    let unit = f64::from_bits(sum.abs().to_bits() + 1) - sum.abs();
    (rest.abs() / unit - 0.5).abs()
}

fn check<Q: Quantity>(op: &str, positive: bool) {
    let function = Function::known(op).expect("a known op");
    let mut hardest: Vec<(f64, u64)> = (0..SEARCHED)
        .map(|i| {
            let [x, z, q] = input(i, positive);
            let shared = Shared::new::<Baseline>(Q::NEEDS, &[x]);
            let (hi, lo, _) = Q::estimate_wide::<Baseline>(x, z, q, shared.at(0)).parts();
            (distance_from_half_way(hi, lo), i)
        })
        .collect();
    hardest.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(hardest[0].0 < 1e-5, "{op}: nothing hard, {}", hardest[0].0);
    for &(distance, i) in &hardest[..TESTED] {
        let [x, z, q] = input(i, positive);
        let arguments = match function.arguments().len() {
            3 => [z, x, q].map(f64::to_bits).to_vec(),
            _ => [x.to_bits()].to_vec(),
        };
        let expected = correctly_rounded_without_filter(&function, DType::F64, &arguments);
        let settled: f64 = settle(&Q::exact(x, z, q));
        assert_eq!(
            Ok(settled.to_bits()),
            expected.map_err(|_| ()),
            "{op} at x = {x:?}, z = {z:?}, q = {q:?}, {distance} units from half-way"
        );
    }
}

#[test]
fn the_hardest_of_many_inputs_are_rounded_correctly() {
    check::<WeightedLoss>("nn.weighted_cross_entropy_with_logits", false);
    check::<WeightedGradLogits>("nn.weighted_cross_entropy_with_logits_grad_logits", false);
    check::<WeightedHessLogits>("nn.weighted_cross_entropy_with_logits_hess_logits", false);
    check::<WeightedGradLabels>("nn.weighted_cross_entropy_with_logits_grad_labels", false);
    check::<WeightedGradPosWeight>(
        "nn.weighted_cross_entropy_with_logits_grad_pos_weight",
        false,
    );
    check::<Softplus>("math.softplus", false);
    check::<LogSigmoid>("math.log_sigmoid", false);
    check::<Sigmoid>("math.sigmoid", false);
    check::<Exp>("math.exp", false);
    check::<Log>("math.log", true);
    check::<LogOnePlus>("math.log1p", true);
}
