//! Every op of the registry, called by name into a buffer of the caller's, on
//! arguments like those of its example.
//!
//!     RAYON_NUM_THREADS=1 cargo bench -p benchmarks --bench ops -- 'softplus/65536'
//!
//! No op is named here: one that is registered is measured.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use ops_nn::Registry;
use ops_nn::tensor_core::DynTensor;
use ops_nn_testkit::Inputs;

const SIZES: [usize; 3] = [8, 1 << 10, 1 << 16];

fn ops(criterion: &mut Criterion) {
    let registry = Registry::builtin();
    let mut group = criterion.benchmark_group("ops");
    group.sample_size(20);
    group.warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_millis(500));
    for op in registry.list("") {
        for count in SIZES {
            let inputs = Inputs::like_example(op, count).expect("every op has an example");
            let call = op.bind(inputs.args()).expect("the example can be called");
            let mut out = DynTensor::zeros(call.dtype(), call.shape().clone());
            group.bench_function(BenchmarkId::new(op.name(), count), |bencher| {
                bencher.iter(|| {
                    let op = registry.get(black_box(op.name()))?;
                    op.call_into(inputs.args(), black_box(&mut out).as_slice_mut())
                });
            });
        }
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    ops(&mut criterion);
    criterion.final_summary();
}
