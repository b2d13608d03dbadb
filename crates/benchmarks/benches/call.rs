//! What a call costs beside its kernel, as ratios in one run: the same loss into the same buffer
//! by the kernel itself, typed, by a resolved op, and by name.
//!
//!     RAYON_NUM_THREADS=1 cargo bench -p benchmarks --bench call -- '/8$'

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use ops_nn::exact_kernels::{Operand, weighted_loss};
use ops_nn::tensor_core::Tensor;
use ops_nn::{Args, Registry, nn};

const NAME: &str = "nn.weighted_cross_entropy_with_logits";
/// From a call that is nearly all overhead to one that is nearly all kernel.
const SIZES: [usize; 3] = [8, 64, 1024];

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call");
    for count in SIZES {
        let labels: Vec<f32> = (0..count).map(|i| (i % 2) as f32).collect();
        let logits: Vec<f32> = (0..count).map(|i| (i % 17) as f32 * 0.75 - 6.0).collect();
        let labels = Tensor::new([count], labels).expect("as many labels as the shape holds");
        let logits = Tensor::new([count], logits).expect("as many logits as the shape holds");
        let (weight, mut out) = (Tensor::scalar(2.0_f32), vec![0.0_f32; count]);
        let id = |what: &str| BenchmarkId::new(what, count);

        group.bench_function(id("kernel"), |bencher| {
            let (labels, logits) = (labels.as_slice(), logits.as_slice());
            bencher.iter(|| {
                let weight = Operand::Scalar(black_box(2.0));
                weighted_loss(
                    black_box(labels),
                    black_box(logits),
                    weight,
                    black_box(out.as_mut_slice()),
                )
            });
        });
        group.bench_function(id("typed"), |bencher| {
            bencher.iter(|| {
                let (labels, logits) = (black_box(&labels), black_box(&logits));
                nn::weighted_cross_entropy_with_logits_into(
                    labels,
                    logits,
                    2.0,
                    black_box(out.as_mut_slice()),
                )
            });
        });
        let op = Registry::builtin().get(NAME).expect("it is built in");
        group.bench_function(id("resolved op"), |bencher| {
            bencher.iter(|| {
                let args = Args::new().arg(black_box(&labels)).arg(black_box(&logits));
                op.call_into(args.arg(2.0), black_box(out.as_mut_slice()).into())
            });
        });
        group.bench_function(id("by name"), |bencher| {
            bencher.iter(|| {
                let op = Registry::builtin().get(black_box(NAME))?;
                let args = Args::new().arg(black_box(&labels)).arg(black_box(&logits));
                op.call_into(args.arg(2.0), black_box(out.as_mut_slice()).into())
            });
        });
        group.bench_function(id("by name, keywords"), |bencher| {
            bencher.iter(|| {
                let op = Registry::builtin().get(black_box(NAME))?;
                let args = Args::new()
                    .kwarg("labels", black_box(&labels))
                    .kwarg("logits", black_box(&logits))
                    .kwarg("pos_weight", black_box(&weight));
                op.call_into(args, black_box(out.as_mut_slice()).into())
            });
        });
        group.bench_function(id("by name, into a new tensor"), |bencher| {
            bencher.iter(|| {
                let args = Args::new().arg(black_box(&labels)).arg(black_box(&logits));
                Registry::builtin()
                    .get(black_box(NAME))?
                    .call(args.arg(2.0))
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    calls(&mut criterion);
    criterion.final_summary();
}
