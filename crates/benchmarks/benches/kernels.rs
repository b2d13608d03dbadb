//! Ratios in one run: each kernel beside a plain addition of the same arrays, which is the limit
//! that memory sets, and beside a straightforward loop over `std`'s functions.
//!
//!     RAYON_NUM_THREADS=1 EXACT_KERNELS_TIER=avx512 cargo bench -p benchmarks --bench kernels -- '/65536'
//!
//! Both variables may be left out: all threads, the best tier. The last argument filters by size.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use exact_kernels::{
    ExactSum, Extent, Fused, Operand, Real, Tier, sum_axes, weighted_fused, weighted_fused_checked,
    weighted_loss, weighted_loss_mean,
};
use half::{bf16, f16};
use testkit::Random;

const SIZES: [usize; 5] = [8, 1 << 10, 1 << 16, 1 << 20, 1 << 24];

/// Hard labels, and logits as models give them.
fn data<T: Real>(count: usize, nearest: fn(f64) -> T) -> (Vec<T>, Vec<T>) {
    let mut random = Random(1);
    let logits = (0..count).map(|_| nearest(random.usual_logit())).collect();
    let labels = (0..count).map(|_| nearest(random.hard_label())).collect();
    (labels, logits)
}

fn kernels<T: Real>(
    group: &mut BenchmarkGroup<WallTime>,
    name: &str,
    count: usize,
    nearest: fn(f64) -> T,
) {
    let (labels, logits) = data(count, nearest);
    let mut outs = [(); 3].map(|()| vec![T::default(); count]);
    let weight = Operand::Scalar(nearest(2.5));
    let id = |what: &str| BenchmarkId::new(format!("{name} {what}"), count);
    group.bench_function(id("loss"), |bencher| {
        bencher.iter(|| weighted_loss(&labels, &logits, weight, black_box(&mut outs[0])));
    });
    for (what, wanted) in [("loss + grad", 2), ("loss + grad + hess", 3)] {
        group.bench_function(id(what), |bencher| {
            bencher.iter(|| {
                let [loss, grad, hess] = black_box(&mut outs);
                let hess = (wanted == 3).then_some(hess.as_mut_slice());
                weighted_fused(
                    &labels,
                    &logits,
                    weight,
                    Fused {
                        loss: Some(loss),
                        grad: Some(grad),
                        hess,
                    },
                )
            });
        });
    }
    group.bench_function(id("loss, checked"), |bencher| {
        bencher.iter(|| {
            let loss = Some(black_box(outs[0].as_mut_slice()));
            let outputs = Fused {
                loss,
                ..Fused::default()
            };
            weighted_fused_checked(&labels, &logits, weight, outputs)
        });
    });
    group.bench_function(id("mean of the loss"), |bencher| {
        bencher.iter(|| weighted_loss_mean(&labels, &logits, weight));
    });
    group.bench_function(id("exact sum"), |bencher| {
        bencher.iter(|| {
            let mut sum = ExactSum::new();
            sum.add_slice(black_box(&logits));
            sum.sum::<T>()
        });
    });
    // Columns of eight, as a batch's sums per class are.
    let extents = [(count / 8, true), (8, false)].map(|(len, reduced)| Extent { len, reduced });
    let mut sums = [T::default(); 8];
    group.bench_function(id("exact sum of columns"), |bencher| {
        bencher.iter(|| sum_axes(black_box(&logits), &extents, &mut sums));
    });
}

/// What the kernels are compared with: an addition (of 16 bits for the formats of 16 bits), which
/// is what it costs to read and write, and the documented formula in a straightforward `std` loop.
fn references<T: Real>(
    group: &mut BenchmarkGroup<WallTime>,
    name: &str,
    count: usize,
    nearest: fn(f64) -> T,
    add: impl Fn(T, T) -> T,
    formula: impl Fn(T, T) -> T,
) {
    let (labels, logits) = data(count, nearest);
    let mut out = vec![T::default(); count];
    group.bench_function(
        BenchmarkId::new(format!("{name} plain add"), count),
        |bencher| {
            bencher.iter(|| {
                for ((out, z), x) in black_box(&mut out).iter_mut().zip(&labels).zip(&logits) {
                    *out = add(*z, *x);
                }
            });
        },
    );
    group.bench_function(
        BenchmarkId::new(format!("{name} std loop"), count),
        |bencher| {
            bencher.iter(|| {
                for ((out, z), x) in black_box(&mut out).iter_mut().zip(&labels).zip(&logits) {
                    *out = formula(*z, *x);
                }
            });
        },
    );
}

/// The documented formula with a weight of 2.5.
fn formula_f32(z: f32, x: f32) -> f32 {
    (1.0 - z) * x + (1.0 + 1.5 * z) * ((-x.abs()).exp().ln_1p() + (-x).max(0.0))
}

fn formula_f64(z: f64, x: f64) -> f64 {
    (1.0 - z) * x + (1.0 + 1.5 * z) * ((-x.abs()).exp().ln_1p() + (-x).max(0.0))
}

fn all(criterion: &mut Criterion) {
    let threads = rayon::current_num_threads();
    for count in SIZES {
        let mut group =
            criterion.benchmark_group(format!("{}, {threads} threads", Tier::current()));
        group.throughput(Throughput::Elements(count as u64));
        group.sample_size(20);
        group.warm_up_time(Duration::from_millis(200));
        group.measurement_time(Duration::from_millis(800));
        measure_f32_and_f64(&mut group, count);
        measure_sixteen_bits(&mut group, count);
        group.finish();
    }
}

fn measure_f32_and_f64(group: &mut BenchmarkGroup<WallTime>, count: usize) {
    references::<f32>(
        group,
        "f32",
        count,
        |value| value as f32,
        |z, x| z + x,
        formula_f32,
    );
    kernels::<f32>(group, "f32", count, |value| value as f32);
    references::<f64>(
        group,
        "f64",
        count,
        |value| value,
        |z, x| z + x,
        formula_f64,
    );
    kernels::<f64>(group, "f64", count, |value| value);
}

fn measure_sixteen_bits(group: &mut BenchmarkGroup<WallTime>, count: usize) {
    let add = |z: f16, x: f16| f16::from_bits(z.to_bits().wrapping_add(x.to_bits()));
    let formula = |z: f16, x: f16| f16::from_f32(formula_f32(z.into(), x.into()));
    references::<f16>(group, "f16", count, f16::from_f64, add, formula);
    kernels::<f16>(group, "f16", count, f16::from_f64);
    let add = |z: bf16, x: bf16| bf16::from_bits(z.to_bits().wrapping_add(x.to_bits()));
    let formula = |z: bf16, x: bf16| bf16::from_f32(formula_f32(z.into(), x.into()));
    references::<bf16>(group, "bf16", count, bf16::from_f64, add, formula);
    kernels::<bf16>(group, "bf16", count, bf16::from_f64);
}

criterion_group!(benches, all);
criterion_main!(benches);
