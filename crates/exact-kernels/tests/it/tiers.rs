//! Tiers and threads give the same bits, and those are the committed ones.

use conformance::correctly_rounded;
use exact_kernels::{ExactSum, Fused, Operand, Tier, weighted_fused, weighted_loss_sum};
use half::{bf16, f16};
use testkit::{Digest, Random};

use crate::common::{Element, GRAD_LOGITS, HESS_LOGITS, LOSS, known, unary, weighted};

/// Elements of the sweep: past the threshold above which threads share the work.
const COUNT: usize = 70_001;

/// Adds the number, count and special values of a sum, whatever the version of its encoding: a
/// byte of 1, the special values, the count, and all 34 limbs.
fn add_sum(digest: &mut Digest, sum: &ExactSum) {
    let bytes = sum.to_bytes();
    let (head, limbs) = bytes.split_at(12);
    let first = 8 * usize::from(head[10]);
    let sign = limbs.last().map_or(0, |&top| (top as i8 >> 7) as u8);
    let mut number = [sign; 8 * 34];
    number[..first].fill(0);
    number[first..][..limbs.len()].copy_from_slice(limbs);
    for &byte in [1, head[1]].iter().chain(&head[2..10]).chain(&number) {
        digest.add(byte.into());
    }
}

/// Where the results of a sweep come from.
#[derive(Clone, Copy)]
enum Source {
    Kernels,
    Oracle,
}

/// The fixed inputs of a sweep.
struct Inputs<T> {
    logits: Vec<T>,
    labels: Vec<T>,
    /// They repeat, each three times.
    weights: Vec<T>,
}

/// Inputs made of integers only, so that no platform's library has a part in them.
fn inputs<T: Element>() -> Inputs<T> {
    let mut random = Random(0x5eed);
    let eighths = |random: &mut Random, count: u64| {
        T::about((random.below(2 * count) as f64 - count as f64) / 8.0)
    };
    let mut logits: Vec<T> = (0..COUNT)
        .map(|i| {
            if i % 4 == 0 {
                random.any()
            } else {
                eighths(&mut random, 1000)
            }
        })
        .collect();
    logits[1] = T::about(f64::INFINITY);
    let labels: Vec<T> = (0..COUNT)
        .map(|i| match i % 3 {
            0 => T::about(random.below(2) as f64),
            1 => T::about(random.unit()),
            _ => eighths(&mut random, 16),
        })
        .collect();
    let weights: Vec<T> = (0..257).map(|_| eighths(&mut random, 32)).collect();
    Inputs {
        logits,
        labels,
        weights,
    }
}

/// The digest of everything on the fixed inputs.
fn sweep<T: Element>(source: Source) -> u64 {
    let Inputs {
        logits,
        labels,
        weights,
    } = inputs::<T>();
    let full: Vec<T> = (0..COUNT).map(|i| weights[i / 3 % weights.len()]).collect();
    let weights = Operand::Periodic {
        values: &weights,
        stretch: 3,
    };
    let oracle = |function: &str, columns: &[&[T]], out: &mut [T]| {
        let function = known(function);
        for (i, out) in out.iter_mut().enumerate() {
            let inputs: Vec<u64> = columns.iter().map(|column| column[i].bits()).collect();
            let bits = correctly_rounded(&function, T::DTYPE, &inputs);
            *out = T::from_bits(bits.expect("the oracle decides"));
        }
    };

    let mut digest = Digest::EMPTY;
    let (mut out, mut grad, mut hess) = (
        vec![T::default(); COUNT],
        vec![T::default(); COUNT],
        vec![T::default(); COUNT],
    );
    for (function, kernel) in weighted() {
        match source {
            Source::Kernels => {
                kernel(&labels, &logits, weights, &mut out).expect("lengths agree");
            }
            Source::Oracle => oracle(function, &[&labels, &logits, &full], &mut out),
        }
        digest.add_all(&out);
    }
    for (function, kernel) in unary() {
        match source {
            Source::Kernels => kernel(&logits, &mut out).expect("lengths agree"),
            Source::Oracle => oracle(function, &[&logits], &mut out),
        }
        digest.add_all(&out);
    }
    match source {
        Source::Kernels => {
            let outputs = Fused {
                loss: Some(&mut out),
                grad: Some(&mut grad),
                hess: Some(&mut hess),
            };
            weighted_fused(&labels, &logits, weights, outputs).expect("lengths agree");
        }
        Source::Oracle => {
            let columns: [&[T]; 3] = [&labels, &logits, &full];
            oracle(LOSS, &columns, &mut out);
            oracle(GRAD_LOGITS, &columns, &mut grad);
            oracle(HESS_LOGITS, &columns, &mut hess);
        }
    }
    for values in [&out, &grad, &hess] {
        digest.add_all(values);
    }
    // A column without infinities and NaN, so that the sums are numbers.
    let everyday: Vec<T> = logits
        .iter()
        .map(|&x| if x.bits() % 4 == 0 { x } else { T::about(1.5) })
        .map(|x| if T::is_number(x) { x } else { T::about(0.0) })
        .collect();
    let total = match source {
        Source::Kernels => weighted_loss_sum(&labels, &everyday, weights).expect("lengths agree"),
        Source::Oracle => {
            oracle(LOSS, &[&labels, &everyday, &full], &mut out);
            let mut total = ExactSum::new();
            for &loss in &out {
                total.add(loss);
            }
            total
        }
    };
    add_sum(&mut digest, &total);
    let mut sum = ExactSum::new();
    sum.add_slice(&everyday);
    digest.add(sum.sum::<T>().bits());
    digest.value()
}

/// An element type's name, its sweep, and the sweep's digest.
type Row = (&'static str, fn(Source) -> u64, u64);

/// The digests of the sweep, on every platform, in every tier, with any number of threads.
const DIGESTS: [Row; 4] = [
    ("f16", sweep::<f16>, 0xcc57_8b08_1c37_cfa9),
    ("bf16", sweep::<bf16>, 0x84a4_6f41_0709_9ce8),
    ("f32", sweep::<f32>, 0x68f0_7764_08d8_cde0),
    ("f64", sweep::<f64>, 0x2923_0494_41e4_63d6),
];

fn hexadecimal(digest: u64) -> String {
    format!("{digest:#018x}")
}

#[test]
fn the_committed_digests_are_those_of_the_oracle() {
    for (name, sweep, digest) in DIGESTS {
        assert_eq!(
            hexadecimal(sweep(Source::Oracle)),
            hexadecimal(digest),
            "{name}"
        );
    }
}

#[cfg(feature = "std")]
#[test]
fn every_tier_gives_the_committed_digests() {
    for tier in Tier::ALL {
        if !tier.is_available() {
            println!("{tier} is not available here and was not tested");
        }
        let found = tier
            .run(|| DIGESTS.map(|(name, sweep, _)| (name, hexadecimal(sweep(Source::Kernels)))));
        let expected = DIGESTS.map(|(name, _, digest)| (name, hexadecimal(digest)));
        assert_eq!(
            found.unwrap_or_else(|| expected.clone()),
            expected,
            "{tier}"
        );
    }
}

#[cfg(feature = "parallel")]
#[test]
fn any_number_of_threads_gives_the_committed_digests() {
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads start");
        let found = pool.install(|| sweep::<f32>(Source::Kernels));
        assert_eq!(found, DIGESTS[2].2, "{threads} threads");
    }
}

#[test]
fn one_pass_gives_the_bits_of_separate_ones_for_any_subset() {
    let mut random = Random(7);
    let count = 100;
    let logits: Vec<f32> = (0..count).map(|_| random.logit()).collect();
    let labels: Vec<f32> = (0..count).map(|_| random.label()).collect();
    let weight = Operand::Scalar(2.5);
    let separate = weighted().map(|(_, kernel)| {
        let mut out = vec![0.0_f32; count];
        kernel(&labels, &logits, weight, &mut out).expect("lengths agree");
        out.into_iter().map(f32::to_bits).collect::<Vec<_>>()
    });
    for subset in 0..8 {
        let mut outs = [vec![0.0_f32; count], vec![0.0; count], vec![0.0; count]];
        let [loss, grad, hess] = &mut outs;
        let outputs = Fused {
            loss: (subset & 1 != 0).then_some(loss.as_mut_slice()),
            grad: (subset & 2 != 0).then_some(grad.as_mut_slice()),
            hess: (subset & 4 != 0).then_some(hess.as_mut_slice()),
        };
        weighted_fused(&labels, &logits, weight, outputs).expect("lengths agree");
        for (k, out) in outs
            .iter()
            .enumerate()
            .filter(|(k, _)| subset >> k & 1 == 1)
        {
            assert_eq!(
                out.iter().map(|value| value.to_bits()).collect::<Vec<_>>(),
                separate[k],
                "subset {subset}, {k}"
            );
        }
    }
}
