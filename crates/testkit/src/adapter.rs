//! The protocol of an adapter, a program that answers for a library: JSON lines in, JSON lines out
//! (docs/conformance-protocol.md).

use std::error::Error;
use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use crate::stopwatch::Stopwatch;

/// Any error; its text is sent as the reason for a refusal.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Computes one op: op name, dtype name and one column of raw bits for each argument.
pub type Run = fn(&str, &str, &[Vec<u64>]) -> Outcome<Vec<u64>>;

/// What the timed calls take: hard labels, and logits with a standard deviation of 4.
#[derive(Debug)]
pub struct Data {
    /// One for each element.
    pub labels: Vec<f64>,
    /// One for each element.
    pub logits: Vec<f64>,
}

/// The weight of the weighted tasks.
pub const WEIGHT: f64 = 2.5;

/// One call of the library; everything that it takes is made before.
pub type Call = Box<dyn FnMut() -> Outcome<()>>;

/// Makes the call for a task and a dtype's name.
pub type Prepare = fn(&str, &str, &Data) -> Outcome<Call>;

/// The loss that libraries without a weight have.
pub const LOSS: &str = "nn.sigmoid_cross_entropy_with_logits";

/// Its gradient by the logits.
pub const GRADIENT: &str = "nn.sigmoid_cross_entropy_with_logits_grad_logits";

/// Arguments of ops, in the order of their columns.
const ARGUMENTS: [&[&str]; 5] = [
    &["labels", "logits", "pos_weight"],
    &["labels", "logits"],
    &["x", "y"],
    &["x"],
    &["features"],
];

/// Answers requests until standard input ends. `ops` is the JSON of op → dtypes, `only` that of
/// op → argument → the only values taken; `prepare` makes the calls that are timed.
///
/// # Errors
///
/// If a line is not JSON, or input or output fails. An error of the library itself is an answer.
pub fn serve(name: &str, ops: &Value, only: &Value, run: Run, prepare: Prepare) -> Outcome<()> {
    let mut stopwatch = Stopwatch::new(prepare);
    let mut output = io::stdout();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let id = &request["id"];
        let answer = if request["ask"] == "describe" {
            json!({"id": id, "name": name, "ops": ops, "only": only})
        } else {
            let (name, result) = if request["ask"] == "time" {
                (
                    "nanoseconds",
                    stopwatch.nanoseconds(&request).map(Value::from),
                )
            } else {
                ("results", results(&request, run).map(Value::from))
            };
            match result {
                Ok(result) => json!({"id": id, name: result}),
                Err(error) => json!({"id": id, "refused": error.to_string()}),
            }
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn results(request: &Value, run: Run) -> Outcome<Vec<String>> {
    let text = |key: &str| {
        request[key]
            .as_str()
            .ok_or_else(|| format!("no {key} in the request"))
    };
    let arguments = request["arguments"]
        .as_object()
        .ok_or("no arguments in the request")?;
    let names = ARGUMENTS
        .into_iter()
        .find(|names| {
            names.len() == arguments.len() && names.iter().all(|name| arguments.contains_key(*name))
        })
        .ok_or("unknown arguments")?;
    let columns = names
        .iter()
        .map(|name| column(&arguments[*name]))
        .collect::<Outcome<Vec<_>>>()?;
    let dtype = text("dtype")?;
    let digits = match dtype {
        "f64" => 16,
        "f32" => 8,
        _ => 4,
    };
    let results = run(text("op")?, dtype, &columns)?;
    Ok(results
        .iter()
        .map(|bits| format!("0x{bits:0digits$x}"))
        .collect())
}

fn column(values: &Value) -> Outcome<Vec<u64>> {
    let values = values.as_array().ok_or("a column is not a list")?;
    let bits = |value: &Value| {
        let digits = value
            .as_str()
            .and_then(|text| text.strip_prefix("0x"))
            .ok_or("not a hexadecimal text")?;
        Ok(u64::from_str_radix(digits, 16)?)
    };
    values.iter().map(bits).collect()
}

/// The version of a package in the text of a lock file.
pub fn version<'a>(lock: &'a str, package: &str) -> &'a str {
    let entry = lock
        .split("[[package]]")
        .find(|entry| entry.contains(&format!("name = \"{package}\"\n")));
    entry
        .and_then(|entry| entry.split('"').nth(3))
        .unwrap_or("of unknown version")
}
