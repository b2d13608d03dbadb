//! Exact ties: heads half-way between two numbers, where only the sign of a tail decides that no
//! fixed precision reaches.

use exact_kernels::{Operand, weighted_hess_logits};
use half::{bf16, f16};

use crate::common::{Element, check_unary, check_weighted};

/// Logits that saturate or vanish in the element type, from everyday ones to its ends.
fn extreme_logits<T: Element>() -> Vec<T> {
    let magnitudes = [
        0.0, 12.0, 20.0, 40.0, 88.0, 104.0, 354.0, 700.0, 746.0, 1600.0, 5000.0, 1e4, 6e4, 1e30,
        1e38, 1e300, 2e-8, 1e-5, 1e-30, 1e-38, 1e-44, 1e-300, 5e-324,
    ];
    let powers = (-1074..=-2).step_by(7).map(|k| 2.0_f64.powi(k));
    let both = magnitudes.into_iter().chain(powers).flat_map(|x| [x, -x]);
    let mut logits: Vec<T> = both.map(T::about).collect();
    logits.dedup_by_key(|x| x.bits());
    logits
}

/// Labels whose complement is half-way (an odd last bit between 1/4 and 1/2), and their neighbours.
fn labels_with_half_way_complements<T: Element>() -> Vec<T> {
    let quarter = T::about(0.25).bits();
    let half = T::about(0.5).bits();
    let spread =
        [0, 1, 2, 3, 5, 7, 11, 13, 101, 127].map(|offset| quarter + offset % (half - quarter));
    let below = [1, 2, 3].map(|offset| half - offset);
    spread
        .into_iter()
        .chain(below)
        .map(T::from_bits)
        .chain([0.0, 1.0, 0.1, 0.75].map(T::about))
        .collect()
}

fn check<T: Element>() {
    let mut rows = Vec::new();
    for z in labels_with_half_way_complements::<T>() {
        for q in [1.0, 2.5, -1.0, 0.0, 0.3].map(T::about) {
            rows.extend(extreme_logits::<T>().into_iter().map(|x| (x, z, q)));
        }
    }
    check_weighted(&rows);
    check_unary(&extreme_logits::<T>());
}

#[test]
fn ties_are_tipped_by_the_tail_in_f16() {
    check::<f16>();
}

#[test]
fn ties_are_tipped_by_the_tail_in_bf16() {
    check::<bf16>();
}

#[test]
fn ties_are_tipped_by_the_tail_in_f32() {
    check::<f32>();
}

#[test]
fn ties_are_tipped_by_the_tail_in_f64() {
    check::<f64>();
}

/// Weights with which a negative logit's head `q z a`, or the label's derivative's `q a`, is
/// half-way: one bit more than the format holds, made as the product of two short factors.
#[test]
fn products_half_way_are_tipped_too() {
    fn rows<T: Element>(bits: i32) -> Vec<(T, T, T)> {
        let mut rows = Vec::new();
        for k in 1..bits {
            let (left, right) = (1.0 + 2.0_f64.powi(-k), 1.0 + 2.0_f64.powi(k - bits));
            for a in [right, 16.0 * right, 64.0 * right, 1024.0 * right] {
                for x in [a, -a] {
                    rows.push((T::about(x), T::about(left), T::about(1.0)));
                    rows.push((T::about(x), T::about(1.0), T::about(left)));
                    rows.push((T::about(x), T::about(-left), T::about(1.0)));
                    rows.push((T::about(x), T::about(0.5), T::about(-left)));
                }
            }
        }
        rows
    }
    check_weighted(&rows::<f16>(11));
    check_weighted(&rows::<bf16>(8));
    check_weighted(&rows::<f32>(24));
    check_weighted(&rows::<f64>(53));
}

/// Results within 2^-150 of a half-way number of `bf16`, 2^-134 or a small odd multiple of it:
/// `f32` has no number between the two, so its lanes would take them for ties. The second
/// derivative is the weight times `1/4 - x²/16 + …`, with a quarter of the weight half-way.
#[test]
fn the_smallest_results_of_bf16_are_not_taken_for_ties() {
    let quantum = 2.0_f64.powi(-133);
    let (mut x, mut weights) = (Vec::new(), Vec::new());
    for (logit, quanta) in [
        (0.0042724609375, 6.0),
        (0.0027923583984375, 14.0),
        (0.002227783203125, 22.0),
        (0.0019073486328125, 30.0),
        (5.09375, 410.0),
        (10.125, 12480.0),
    ] {
        for sign in [1.0, -1.0] {
            x.extend([logit, -logit].map(bf16::from_f64));
            weights.extend([bf16::from_f64(sign * quanta * quantum); 2]);
        }
    }
    let one = bf16::from_f32(1.0);
    let rows = x.iter().zip(&weights).map(|(&x, &q)| (x, one, q));
    check_weighted(&rows.collect::<Vec<_>>());

    // 6 (1/4 - x²/16) < 1.5, so one quantum; as a tie it would be two.
    let mut out = [one];
    let (label, weight) = (&[one], Operand::Scalar(weights[0]));
    weighted_hess_logits(label, &x[..1], weight, &mut out).expect("lengths agree");
    assert_eq!(out[0].to_bits(), 1);
}

/// Head plus the tail's linear term is a tie; the cubic or quadratic term decides, 2^-160 away in
/// f64.
#[test]
fn second_order_ties_are_decided() {
    fn rows<T: Element>(bits: i32) -> Vec<(T, T, T)> {
        let mut rows = Vec::new();
        for k in bits - 4..bits + 4 {
            for sign in [1.0, -1.0] {
                for z in [0.0, 1.0, 0.5, 0.25] {
                    rows.push((
                        T::about(sign * 2.0_f64.powi(-k)),
                        T::about(z),
                        T::about(1.0),
                    ));
                    rows.push((
                        T::about(sign * 3.0 * 2.0_f64.powi(-k)),
                        T::about(z),
                        T::about(1.0),
                    ));
                }
            }
        }
        rows
    }
    check_weighted(&rows::<f16>(11));
    check_weighted(&rows::<bf16>(8));
    check_weighted(&rows::<f32>(24));
    check_weighted(&rows::<f64>(53));
}
