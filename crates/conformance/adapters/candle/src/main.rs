//! Brings candle before the judge.
//!
//! Its loss is a mean over the batch, so each case is a batch of one; the gradient is candle's own.
//! The loss has no weight for positives, so the weighted ops are not offered.

use std::hint::black_box;

use candle_core::{DType, Device, Tensor, Var, WithDType};
use candle_nn::loss::binary_cross_entropy_with_logit;
use half::{bf16, f16};
use serde_json::json;
use testkit::adapter::{Call, Data, GRADIENT, LOSS, Outcome, serve, version};

const ELEMENTWISE: [&str; 11] = [
    "math.exp",
    "math.log",
    "math.sigmoid",
    "math.add",
    "math.subtract",
    "math.multiply",
    "math.divide",
    "math.maximum",
    "math.negative",
    "math.abs",
    "nn.relu",
];

fn main() -> Outcome<()> {
    let all = json!(["f16", "bf16", "f32", "f64"]);
    let ops = [LOSS, GRADIENT].into_iter().chain(ELEMENTWISE);
    let ops = ops.map(|op| (op.to_owned(), all.clone())).collect();
    // candle has no constant for its version; the lock file of this package holds it.
    let name = format!(
        "candle {}",
        version(include_str!("../Cargo.lock"), "candle-nn")
    );
    serve(&name, &ops, &json!({}), run, prepare)
}

/// The only loss that candle has is a mean.
fn prepare(task: &str, dtype: &str, data: &Data) -> Outcome<Call> {
    if task != "sigmoid mean" {
        return Err(format!("{task} is not offered").into());
    }
    let dtype = match dtype {
        "f32" => DType::F32,
        _ => DType::F64,
    };
    let tensor = |values: &[f64]| Tensor::new(values, &Device::Cpu)?.to_dtype(dtype);
    let (labels, logits) = (tensor(&data.labels)?, tensor(&data.logits)?);
    Ok(Box::new(move || {
        black_box(binary_cross_entropy_with_logit(&logits, &labels)?);
        Ok(())
    }))
}

fn run(op: &str, dtype: &str, columns: &[Vec<u64>]) -> Outcome<Vec<u64>> {
    match dtype {
        "f16" => typed(
            op,
            columns,
            |bits| f16::from_bits(bits as u16),
            |x: f16| x.to_bits().into(),
        ),
        "bf16" => typed(
            op,
            columns,
            |bits| bf16::from_bits(bits as u16),
            |x: bf16| x.to_bits().into(),
        ),
        "f32" => typed(
            op,
            columns,
            |bits| f32::from_bits(bits as u32),
            |x: f32| x.to_bits().into(),
        ),
        "f64" => typed(op, columns, f64::from_bits, f64::to_bits),
        _ => Err(format!("unknown dtype {dtype}").into()),
    }
}

fn typed<T: WithDType>(
    op: &str,
    columns: &[Vec<u64>],
    number: fn(u64) -> T,
    bits: fn(T) -> u64,
) -> Outcome<Vec<u64>> {
    let columns: Vec<Vec<T>> = columns
        .iter()
        .map(|column| column.iter().map(|&bits| number(bits)).collect())
        .collect();
    if op == LOSS || op == GRADIENT {
        let pairs = columns[0].iter().zip(&columns[1]);
        return pairs
            .map(|(&label, &logit)| Ok(bits(loss(op, label, logit)?)))
            .collect();
    }
    let tensor = |column: &Vec<T>| Tensor::from_slice(column, column.len(), &Device::Cpu);
    let operands = columns
        .iter()
        .map(tensor)
        .collect::<candle_core::Result<Vec<_>>>()?;
    let result = elementwise(op, &operands)?;
    Ok(result.to_vec1::<T>()?.into_iter().map(bits).collect())
}

fn loss<T: WithDType>(op: &str, label: T, logit: T) -> Outcome<T> {
    let label = Tensor::from_slice(&[label], 1, &Device::Cpu)?;
    let logit = Var::from_tensor(&Tensor::from_slice(&[logit], 1, &Device::Cpu)?)?;
    let loss = binary_cross_entropy_with_logit(logit.as_tensor(), &label)?;
    if op == LOSS {
        return Ok(loss.to_scalar()?);
    }
    let gradients = loss.backward()?;
    let gradient = gradients.get(logit.as_tensor()).ok_or("no gradient")?;
    Ok(gradient.to_vec1::<T>()?[0])
}

fn elementwise(op: &str, operands: &[Tensor]) -> candle_core::Result<Tensor> {
    match (op, operands) {
        ("math.exp", [x]) => x.exp(),
        ("math.log", [x]) => x.log(),
        ("math.sigmoid", [x]) => candle_nn::ops::sigmoid(x),
        ("math.add", [x, y]) => x + y,
        ("math.subtract", [x, y]) => x - y,
        ("math.multiply", [x, y]) => x * y,
        ("math.divide", [x, y]) => x / y,
        ("math.maximum", [x, y]) => x.maximum(y),
        ("math.negative", [x]) => x.neg(),
        ("math.abs", [x]) => x.abs(),
        ("nn.relu", [x]) => x.relu(),
        _ => candle_core::bail!("{op} of {} operands is not offered", operands.len()),
    }
}
