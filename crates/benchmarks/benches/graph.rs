//! What a node of a plan costs beside its kernel: a chain of 100 nodes on few
//! elements, against the kernels called directly into two buffers.
//!
//!     RAYON_NUM_THREADS=1 cargo bench -p benchmarks --bench graph
//!
//! A hundredth of the difference of the two rows of a size is the overhead of a
//! node.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use ops_nn::exact_kernels::{negative, relu};
use ops_nn::graph::{Feeds, NodeId, Plan};
use ops_nn::tensor_core::{DType, PartialShape, Tensor};
use ops_nn::{Args, Graph, OpError};

const NODES: usize = 100;

/// `NODES` ops in a chain, relu and negative in turn, and the plan of the last.
fn chain(shape: PartialShape) -> Result<(NodeId, Plan), OpError> {
    let mut graph = Graph::new();
    let x = graph.placeholder("x", DType::F32, shape)?;
    let mut last = x;
    for index in 0..NODES {
        let op = ["nn.relu", "math.negative"][index % 2];
        last = graph.call(op, Args::new().arg(last))?;
    }
    Ok((x, graph.compile(&[last])?))
}

/// The same kernels without a graph.
fn direct(values: &[f32], buffers: &mut [Vec<f32>; 2]) {
    let [even, odd] = buffers;
    even.copy_from_slice(values);
    for _ in 0..NODES / 2 {
        relu(black_box(even), black_box(odd)).expect("the buffers are as long");
        negative(black_box(odd), black_box(even)).expect("the buffers are as long");
    }
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("graph");
    for count in [1, 8] {
        let values: Vec<f32> = (0..count).map(|i| i as f32 - 3.0).collect();
        let mut buffers = [values.clone(), values.clone()];
        let id = |what: &str| BenchmarkId::new(what, count);
        group.bench_function(id("kernels"), |bencher| {
            bencher.iter(|| direct(black_box(&values), &mut buffers));
        });
        let tensor = Tensor::from(values.clone());
        for (what, shape) in [
            ("plan", PartialShape::from([count])),
            ("plan of unknown shape", PartialShape::unknown()),
        ] {
            let (x, plan) = chain(shape).expect("the chain can be built");
            group.bench_function(id(what), |bencher| {
                bencher.iter(|| plan.run(&Feeds::new().feed(x, black_box(&tensor))));
            });
        }
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    plans(&mut criterion);
    criterion.final_summary();
}
