//! The registry's ops as a program that the judge can run, for the scoreboard: JSON lines in, JSON
//! lines out (docs/conformance-protocol.md). `cargo xtask bench --peers` times its tasks beside
//! those of other libraries.
//!
//! ```sh
//! cargo run -p conformance -- judge --command "cargo run --quiet --release -p ops-nn-testkit"
//! ```

use std::hint::black_box;

use conformance::{Function, Implementation};
use ops_nn::exact_kernels::{Operand, Real, weighted_loss_mean};
use ops_nn::nn;
use ops_nn::tensor_core::{Float, Tensor};
use ops_nn_testkit::OpsNn;
use serde_json::{Map, json};
use testkit::adapter::{Call, Data, Outcome, WEIGHT, serve};

fn main() -> Outcome<()> {
    let dtypes = json!(["f16", "bf16", "f32", "f64"]);
    let functions = Function::all().iter();
    let ops = functions.map(|function| (function.op().to_owned(), dtypes.clone()));
    let ops = ops.collect::<Map<_, _>>().into();
    serve(&OpsNn.name(), &ops, &json!({}), run, prepare)
}

fn run(op: &str, dtype: &str, columns: &[Vec<u64>]) -> Outcome<Vec<u64>> {
    let columns: Vec<&[u64]> = columns.iter().map(Vec::as_slice).collect();
    let results = OpsNn.run(&op.parse()?, dtype.parse()?, &columns);
    results.map_err(|failure| failure.to_string().into())
}

/// The tasks that are timed, and what they are compared with.
fn prepare(task: &str, dtype: &str, data: &Data) -> Outcome<Call> {
    match dtype {
        "f32" => typed::<f32>(task, data, |z, x| z + x),
        _ => typed::<f64>(task, data, |z, x| z + x),
    }
}

fn typed<T: Float + Real>(
    task: &str,
    data: &Data,
    add: impl Fn(T, T) -> T + 'static,
) -> Outcome<Call> {
    let tensor =
        |values: &[f64]| Tensor::from(values.iter().map(|&v| T::from_f64(v)).collect::<Vec<_>>());
    let (labels, logits) = (tensor(&data.labels), tensor(&data.logits));
    let (weight, one) = (T::from_f64(WEIGHT), T::from_f64(1.0));
    let mean = move |labels: &Tensor<'_, T>, logits: &Tensor<'_, T>, weight| {
        let weight = Operand::Scalar(weight);
        weighted_loss_mean(labels.as_slice(), logits.as_slice(), weight)
    };
    Ok(match task {
        "weighted loss" => Box::new(move || {
            black_box(nn::weighted_cross_entropy_with_logits(
                &labels, &logits, WEIGHT,
            )?);
            Ok(())
        }),
        "sigmoid loss" => Box::new(move || {
            black_box(nn::sigmoid_cross_entropy_with_logits(&labels, &logits)?);
            Ok(())
        }),
        "weighted mean" => Box::new(move || {
            black_box(mean(&labels, &logits, weight)?);
            Ok(())
        }),
        "sigmoid mean" => Box::new(move || {
            black_box(mean(&labels, &logits, one)?);
            Ok(())
        }),
        "plain add" => {
            let mut out = vec![T::default(); data.labels.len()];
            Box::new(move || {
                let inputs = labels.as_slice().iter().zip(logits.as_slice());
                for (out, (&z, &x)) in black_box(&mut out).iter_mut().zip(inputs) {
                    *out = add(z, x);
                }
                Ok(())
            })
        }
        _ => return Err(format!("{task} is not offered").into()),
    })
}
