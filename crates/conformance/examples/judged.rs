//! The smallest program that can be judged: it computes the softplus in f32, as most would write it.
//! With an argument it misbehaves, which the tests of the judge use.
//!
//! `conformance judge --command "cargo run -q -p conformance --example judged"`

use std::io::{self, BufRead, Write};
use std::time::Duration;

use conformance::{DType, Function, correctly_rounded};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let manner = std::env::args().nth(1).unwrap_or_default();
    let mut output = io::stdout();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let id = &request["id"];
        let answer = if request["ask"] == "describe" {
            description(id, &manner)
        } else {
            misbehave(&manner);
            let results = || results(&request, &manner);
            match request["op"].as_str() {
                _ if manner == "neither" => json!({"id": id}),
                _ if manner == "both" => json!({"id": id, "results": results(), "refused": "no"}),
                Some("math.softplus") if manner == "null" => {
                    json!({"id": id, "results": results(), "refused": null})
                }
                _ if manner == "null" => json!({"id": id, "results": null, "refused": "no"}),
                Some("math.softplus") => json!({"id": id, "results": results()}),
                _ => json!({"id": id, "refused": "only the softplus is written"}),
            }
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
        flood(&manner, &mut output)?;
    }
    if let Some(file) = manner.strip_prefix("cleanup ") {
        std::thread::sleep(Duration::from_millis(200));
        std::fs::write(file, "done")?;
    }
    Ok(())
}

fn description(id: &Value, manner: &str) -> Value {
    let ops = match manner {
        "typo" => json!({"math.Exp": ["f32"], "math.exp": ["float32"]}),
        "no ops" => json!({}),
        _ => json!({"math.softplus": ["f32"], "math.exp": ["f32"]}),
    };
    let name = match manner {
        "evil" => "evil\u{1b}[31m\n| row |",
        _ => "softplus in f32",
    };
    let only = match manner {
        "null" => Value::Null,
        "only" => json!({"math.softplus": {"features": [0, 1]}}),
        "only nothing" => json!({"math.softplus": {"features": []}}),
        "only typo" => json!({"math.softplus": {"x": [0, 1]}, "math.softmax": {"x": [0]}}),
        _ => json!({}),
    };
    json!({"id": id, "name": name, "ops": ops, "only": only})
}

fn results(request: &Value, manner: &str) -> Vec<String> {
    let column = request["arguments"]["features"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut results: Vec<String> = column
        .iter()
        .map(|bits| {
            let digits = bits.as_str().unwrap_or_default().trim_start_matches("0x");
            let x = f32::from_bits(u32::from_str_radix(digits, 16).unwrap_or_default());
            if manner == "right" {
                right(x)
            } else {
                format!("{:#010x}", (1.0 + x.exp()).ln().to_bits())
            }
        })
        .collect();
    match manner {
        "short" => results.truncate(3),
        "wide" => results.iter_mut().for_each(|text| text.push('0')),
        _ => {}
    }
    results
}

fn right(x: f32) -> String {
    let inputs = [u64::from(x.to_bits())];
    let softplus = Function::known("math.softplus");
    let bits = softplus.and_then(|softplus| correctly_rounded(&softplus, DType::F32, &inputs));
    let bits = bits.unwrap_or_default();
    DType::F32.hex(bits)
}

/// Empty lines until nobody reads any more.
fn flood(manner: &str, output: &mut io::Stdout) -> io::Result<()> {
    if manner == "flood" {
        let lines = "\n".repeat(1 << 16);
        loop {
            output.write_all(lines.as_bytes())?;
        }
    }
    Ok(())
}

fn misbehave(manner: &str) {
    match manner {
        "crash" => {
            eprintln!("out of memory, say");
            std::process::exit(3);
        }
        "hang" => std::thread::sleep(Duration::from_hours(1)),
        "garbage" => println!("Hello, world!"),
        "stranger" => println!("{{\"id\": 999999, \"results\": []}}"),
        _ => {}
    }
}
