//! All 2^32 logits of f32 against the oracle: loss, gradient and second derivative for labels 0 and
//! 1 with a weight of 1, and softplus, sigmoid, exp and log1p.
//!
//!     cargo run --release -p exact-kernels --example sweep_f32 -- [STEP] [QUANTITY]
//!
//! STEP (1) takes every STEP-th logit; QUANTITY is an op's name, such as `math.softplus`. Exits
//! with 1 on any mistake.
//!
//! The oracle would need days. Before it stands a filter: `std`'s functions in f64, and a bound of
//! 2^-44, 256 units in the last place. Where both ends round alike that is the right result, given
//! a libm that is good to 50 units (glibc documents 1 for `exp` and `log1p`; the formulas add less
//! than 4); the rest, one in a million, go to the oracle.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use conformance::{DType, Function, correctly_rounded};
use exact_kernels::{
    KernelError, Operand, exp, log1p, sigmoid, softplus, weighted_grad_logits,
    weighted_hess_logits, weighted_loss,
};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

type Kernel = fn(&[f32], &[f32], &mut [f32]) -> Result<(), KernelError>;

/// Function, label (none for functions of one argument), and the kernel over labels and logits.
const SWEEPS: [(&str, Option<f32>, Kernel); 10] = [
    (
        "nn.weighted_cross_entropy_with_logits",
        Some(0.0),
        |z, x, out| weighted_loss(z, x, Operand::Scalar(1.0), out),
    ),
    (
        "nn.weighted_cross_entropy_with_logits",
        Some(1.0),
        |z, x, out| weighted_loss(z, x, Operand::Scalar(1.0), out),
    ),
    (
        "nn.weighted_cross_entropy_with_logits_grad_logits",
        Some(0.0),
        |z, x, out| weighted_grad_logits(z, x, Operand::Scalar(1.0), out),
    ),
    (
        "nn.weighted_cross_entropy_with_logits_grad_logits",
        Some(1.0),
        |z, x, out| weighted_grad_logits(z, x, Operand::Scalar(1.0), out),
    ),
    (
        "nn.weighted_cross_entropy_with_logits_hess_logits",
        Some(0.0),
        |z, x, out| weighted_hess_logits(z, x, Operand::Scalar(1.0), out),
    ),
    (
        "nn.weighted_cross_entropy_with_logits_hess_logits",
        Some(1.0),
        |z, x, out| weighted_hess_logits(z, x, Operand::Scalar(1.0), out),
    ),
    ("math.softplus", None, |_, x, out| softplus(x, out)),
    ("math.sigmoid", None, |_, x, out| sigmoid(x, out)),
    ("math.exp", None, |_, x, out| exp(x, out)),
    ("math.log1p", None, |_, x, out| log1p(x, out)),
];

const BLOCK: u64 = 1 << 16;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let step: u64 = arguments
        .first()
        .map_or(1, |text| text.parse().unwrap_or(1))
        .max(1);
    let named = arguments.get(1);
    let mut wrong = 0;
    for (op, label, kernel) in SWEEPS {
        if named.is_none_or(|name| name == op) {
            wrong += sweep(op, label, kernel, step);
        }
    }
    ExitCode::from(u8::from(wrong > 0))
}

/// Sweeps one function and returns the number of wrong results.
fn sweep(op: &str, label: Option<f32>, kernel: Kernel, step: u64) -> u64 {
    let function = Function::known(op).expect("a known op");
    let count = (1_u64 << 32).div_ceil(step);
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent}% {eta}")
        .expect("the template is valid");
    let bar = ProgressBar::new(count).with_style(style);
    bar.set_message(format!("{op} z={label:?}"));
    let wrong = AtomicU64::new(0);
    (0..count.div_ceil(BLOCK))
        .into_par_iter()
        .for_each(|block| {
            let numbers = block * BLOCK..((block + 1) * BLOCK).min(count);
            let logits: Vec<f32> = numbers
                .map(|number| f32::from_bits((number * step) as u32))
                .collect();
            let labels = vec![label.unwrap_or_default(); logits.len()];
            let mut out = vec![0.0; logits.len()];
            kernel(&labels, &logits, &mut out).expect("lengths agree");
            for (x, found) in logits.iter().zip(&out) {
                let inputs = [label.unwrap_or_default(), *x, 1.0]
                    .map(|value: f32| u64::from(value.to_bits()));
                let inputs = if label.is_some() {
                    &inputs[..]
                } else {
                    &inputs[1..2]
                };
                let expected = filtered(op, label, *x).unwrap_or_else(|| {
                    correctly_rounded(&function, DType::F32, inputs).expect("the oracle decides")
                });
                if expected != u64::from(found.to_bits())
                    && wrong.fetch_add(1, Ordering::Relaxed) < 10
                {
                    bar.println(format!(
                        "{op} z={label:?} x={x:?}: found {found:?}, expected bits {expected:#x}"
                    ));
                }
            }
            bar.inc(logits.len() as u64);
        });
    bar.finish();
    let wrong = wrong.into_inner();
    println!("{op} z={label:?}: {count} logits, {wrong} wrong");
    wrong
}

/// The right bits, where the filter is certain of them.
fn filtered(op: &str, label: Option<f32>, x: f32) -> Option<u64> {
    // The sign that turns the case of label 1 into that of label 0.
    let sign = if label == Some(1.0) { -1.0 } else { 1.0 };
    let x = sign * f64::from(x);
    // Beyond ±400 tails stay below all f32, as they are there.
    let decayed = (-x.abs().min(400.0)).exp();
    let (large, small) = (1.0 / (1.0 + decayed), decayed / (1.0 + decayed));
    let value = match op {
        "nn.weighted_cross_entropy_with_logits" | "math.softplus" => x.max(0.0) + decayed.ln_1p(),
        "nn.weighted_cross_entropy_with_logits_grad_logits" | "math.sigmoid" => {
            sign * if x < 0.0 { small } else { large }
        }
        "nn.weighted_cross_entropy_with_logits_hess_logits" => large * small,
        "math.exp" => x.clamp(-400.0, 400.0).exp(),
        "math.log1p" => x.ln_1p(),
        _ => return None,
    };
    let bound = value * 2.0_f64.powi(-44);
    let (low, high) = ((value - bound) as f32, (value + bound) as f32);
    let certain =
        x.is_finite() && value != 0.0 && value.is_finite() && low.to_bits() == high.to_bits();
    certain.then_some(low.to_bits().into())
}
