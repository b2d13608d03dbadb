//! Brings burn (ndarray backend) before the judge.
//!
//! Its loss is a mean over the batch and takes integer labels, so each case is a batch of one with a
//! hard label. The weights are one pair for the whole loss, so the weighted ops are not offered.

use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use burn::backend::{Autodiff, NdArray};
use burn::nn::loss::BinaryCrossEntropyLossConfig;
use burn::tensor::activation::{log_sigmoid, relu, sigmoid, softplus};
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Element, Int, Tensor, TensorData};
use serde_json::{Value, json};
use testkit::adapter::{Call, Data, GRADIENT, LOSS, Outcome, serve, version};

const ELEMENTWISE: [&str; 14] = [
    "math.exp",
    "math.log",
    "math.log1p",
    "math.sigmoid",
    "math.log_sigmoid",
    "math.softplus",
    "math.add",
    "math.subtract",
    "math.multiply",
    "math.divide",
    "math.maximum",
    "math.negative",
    "math.abs",
    "nn.relu",
];

/// burn's default dtype is a setting of the whole process, fixed on first use: a process for each.
fn main() -> Outcome<()> {
    if std::env::args().nth(1).is_none() {
        return relay();
    }
    let wide = json!(["f32", "f64"]);
    let ops = [LOSS, GRADIENT].into_iter().chain(ELEMENTWISE);
    let ops = ops.map(|op| (op.to_owned(), wide.clone())).collect();
    let hard = json!({"labels": [0, 1]});
    let name = format!(
        "burn {} (ndarray)",
        version(include_str!("../Cargo.lock"), "burn")
    );
    let only = json!({LOSS: hard, GRADIENT: hard});
    serve(&name, &ops, &only, run, prepare)
}

/// Hands each request to a process of this program that has seen no other dtype.
fn relay() -> Outcome<()> {
    let (mut narrow, mut wide) = (Worker::start("f32")?, Worker::start("f64")?);
    let mut output = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let request: Value = serde_json::from_str(&line)?;
        let worker = if request["dtype"] == "f64" {
            &mut wide
        } else {
            &mut narrow
        };
        output.write_all(worker.answer(&line)?.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}

/// A process of this program, which ends when its input does.
struct Worker {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Worker {
    fn start(dtype: &str) -> Outcome<Worker> {
        let mut command = Command::new(std::env::current_exe()?);
        let child = command
            .arg(dtype)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.ok_or("no standard input")?;
        let output = BufReader::new(child.stdout.ok_or("no standard output")?);
        Ok(Worker { input, output })
    }

    fn answer(&mut self, request: &str) -> Outcome<String> {
        writeln!(self.input, "{request}")?;
        self.input.flush()?;
        let mut answer = String::new();
        if self.output.read_line(&mut answer)? == 0 {
            return Err("the process for this dtype ended".into());
        }
        Ok(answer)
    }
}

/// The only loss that burn has is a mean.
fn prepare(task: &str, dtype: &str, data: &Data) -> Outcome<Call> {
    if task != "sigmoid mean" {
        return Err(format!("{task} is not offered").into());
    }
    Ok(match dtype {
        "f32" => mean::<NdArray<f32>, f32>(data),
        _ => mean::<NdArray<f64>, f64>(data),
    })
}

fn mean<B: Backend<FloatElem = T>, T: Element>(data: &Data) -> Call {
    let device = B::Device::default();
    let count = data.labels.len();
    let labels: Vec<i64> = data.labels.iter().map(|&label| label as i64).collect();
    let labels = Tensor::<B, 1, Int>::from_data(TensorData::new(labels, [count]), &device);
    let logits: Vec<T> = data.logits.iter().map(|&logit| T::from_elem(logit)).collect();
    let logits = floats::<B, T>(TensorData::new(logits, [count]));
    let config = BinaryCrossEntropyLossConfig::new().with_logits(true);
    let loss = config.init(&device);
    Box::new(move || {
        black_box(loss.forward(logits.clone(), labels.clone()));
        Ok(())
    })
}

fn run(op: &str, dtype: &str, columns: &[Vec<u64>]) -> Outcome<Vec<u64>> {
    match dtype {
        "f32" => typed::<Autodiff<NdArray<f32>>, f32>(
            op,
            columns,
            |bits| f32::from_bits(bits as u32),
            |x| x.to_bits().into(),
        ),
        "f64" => typed::<Autodiff<NdArray<f64>>, f64>(op, columns, f64::from_bits, f64::to_bits),
        _ => Err(format!("{dtype} is not offered").into()),
    }
}

fn typed<B: AutodiffBackend<FloatElem = T>, T: Element>(
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
            .map(|(&label, &logit)| Ok(bits(loss::<B, T>(op, label, logit)?)))
            .collect();
    }
    let tensor = |column: &Vec<T>| {
        let data = TensorData::new(column.clone(), [column.len()]);
        floats::<B, T>(data)
    };
    let operands: Vec<Tensor<B, 1>> = columns.iter().map(tensor).collect();
    let result = elementwise(op, &operands)?;
    Ok(numbers::<B, T>(result)?.into_iter().map(bits).collect())
}

fn loss<B: AutodiffBackend<FloatElem = T>, T: Element>(op: &str, label: T, logit: T) -> Outcome<T> {
    let device = B::Device::default();
    let label = Tensor::<B, 1, Int>::from_data([label.elem::<i64>()], &device);
    let logit = floats::<B, T>(TensorData::new(vec![logit], [1])).require_grad();
    let loss = BinaryCrossEntropyLossConfig::new()
        .with_logits(true)
        .init(&device)
        .forward(logit.clone(), label);
    if op == LOSS {
        return Ok(numbers::<B, T>(loss)?[0]);
    }
    let gradients = loss.backward();
    let gradient = logit.grad(&gradients).ok_or("no gradient")?;
    gradient
        .into_data()
        .to_vec::<T>()
        .map(|values| values[0])
        .map_err(|error| format!("{error:?}").into())
}

/// A tensor of the element's own dtype: without its name, f64 data would become the device's f32.
fn floats<B: Backend<FloatElem = T>, T: Element>(data: TensorData) -> Tensor<B, 1> {
    Tensor::from_data(data, (&B::Device::default(), T::dtype()))
}

fn numbers<B: AutodiffBackend<FloatElem = T>, T: Element>(tensor: Tensor<B, 1>) -> Outcome<Vec<T>> {
    tensor
        .into_data()
        .to_vec::<T>()
        .map_err(|error| format!("{error:?}").into())
}

fn elementwise<B: AutodiffBackend>(op: &str, operands: &[Tensor<B, 1>]) -> Outcome<Tensor<B, 1>> {
    let x = operands.first().ok_or("no operand")?.clone();
    let y = operands.last().ok_or("no operand")?.clone();
    Ok(match op {
        "math.exp" => x.exp(),
        "math.log" => x.log(),
        "math.log1p" => x.log1p(),
        "math.sigmoid" => sigmoid(x),
        "math.log_sigmoid" => log_sigmoid(x),
        "math.softplus" => softplus(x, 1.0),
        "math.add" => x + y,
        "math.subtract" => x - y,
        "math.multiply" => x * y,
        "math.divide" => x / y,
        "math.maximum" => x.max_pair(y),
        "math.negative" => x.neg(),
        "math.abs" => x.abs(),
        "nn.relu" => relu(x),
        _ => return Err(format!("{op} is not offered").into()),
    })
}
