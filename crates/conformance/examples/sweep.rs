//! Measures the oracle: every f16 and bf16 logit times a small grid of labels and weights, for
//! every loss function, then random f32 and f64. Prints evaluations per second on one core.
//!
//! `cargo run --release -p conformance --example sweep`

use std::time::Instant;

use conformance::{DType, Function, correctly_rounded};

fn main() -> Result<(), conformance::ConformanceError> {
    for dtype in DType::ALL {
        let labels = [0.0, 0.3, 0.45, 1.0].map(|value| dtype.from_f64(value));
        let weights = [1.0, 2.7].map(|value| dtype.from_f64(value));
        for function in Function::all().iter().filter(|function| function.is_loss()) {
            let (mut count, mut digest) = (0_u64, 0_u64);
            let start = Instant::now();
            for step in 0..=0xffff_u64 {
                // Spread over the whole range of wider dtypes by an odd multiplier.
                let logit = match dtype.width() {
                    16 => step,
                    width => step.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - width),
                };
                for label in labels {
                    for weight in weights {
                        let inputs = [label, logit, weight];
                        let inputs = &inputs[..function.arguments().len()];
                        let bits = correctly_rounded(function, dtype, inputs)?;
                        digest = digest.rotate_left(5).wrapping_mul(31) ^ bits;
                        count += 1;
                    }
                }
            }
            let rate = count as f64 / start.elapsed().as_secs_f64();
            println!("{dtype:>4} {function:<54} {rate:>10.0}/s  {digest:016x}");
        }
    }
    Ok(())
}
