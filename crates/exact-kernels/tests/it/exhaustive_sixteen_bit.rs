//! f16 and bf16 in full: every logit, for a grid of labels and weights, against the oracle.
//!
//! Every day a part of the grid; `cargo test --release -p exact-kernels -- --ignored` runs all of
//! it.

use half::{bf16, f16};

use crate::common::{Element, check_unary, check_weighted};

fn every<T: Element>() -> impl Iterator<Item = T> {
    (0..1_u64 << 16).map(T::from_bits)
}

fn check<T: Element>(labels: &[f64], weights: &[f64], step: usize) {
    for &z in labels {
        for &q in weights {
            let rows: Vec<(T, T, T)> = every()
                .step_by(step)
                .map(|x| (x, T::about(z), T::about(q)))
                .collect();
            check_weighted(&rows);
        }
    }
}

const LABELS: [f64; 9] = [0.0, 1.0, 0.5, 0.1, 0.9, 0.3003, 1e-4, -0.5, 1.75];
const WEIGHTS: [f64; 6] = [1.0, 2.0, 0.3, 0.0, -1.5, 1000.0];

#[test]
fn every_f16_of_one_argument_is_correctly_rounded() {
    check_unary(&every::<f16>().collect::<Vec<_>>());
}

#[test]
fn every_bf16_of_one_argument_is_correctly_rounded() {
    check_unary(&every::<bf16>().collect::<Vec<_>>());
}

#[test]
fn f16_logits_on_a_coarse_grid_are_correctly_rounded() {
    check::<f16>(&LABELS[..4], &WEIGHTS[..2], 7);
}

#[test]
fn bf16_logits_on_a_coarse_grid_are_correctly_rounded() {
    check::<bf16>(&LABELS[..4], &WEIGHTS[..2], 7);
}

#[test]
#[ignore = "takes minutes: all logits on the whole grid"]
fn every_f16_logit_is_correctly_rounded() {
    check::<f16>(&LABELS, &WEIGHTS, 1);
}

#[test]
#[ignore = "takes minutes: all logits on the whole grid"]
fn every_bf16_logit_is_correctly_rounded() {
    check::<bf16>(&LABELS, &WEIGHTS, 1);
}
