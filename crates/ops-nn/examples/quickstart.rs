//! The losses typed and by name, with a weight per class, a gradient and an
//! exact mean.
//!
//!     cargo run -p ops-nn --example quickstart

use ops_nn::tensor_core::Tensor;
use ops_nn::{Args, OpError, Registry, nn};

fn main() -> Result<(), OpError> {
    let labels = Tensor::new([3, 2], vec![1.0_f32, 0.0, 0.0, 1.0, 0.0, 0.0])?;
    let logits = Tensor::new([3, 2], vec![2.5_f32, -17.0, -0.5, 0.0, -40.0, -120.0])?;
    let pos_weight = Tensor::new([2], vec![2.0_f32, 5.0])?;

    let loss = nn::weighted_cross_entropy_with_logits(&labels, &logits, &pos_weight)?;
    println!("losses {loss}");

    let registry = Registry::builtin();
    let op = registry.get("nn.weighted_cross_entropy_with_logits")?;
    let call = op.bind(Args::new().arg(&labels).arg(&logits).arg(&pos_weight))?;
    call.check()?;
    println!("d sum(loss) / d logits {}", call.gradient("logits", None)?);
    println!(
        "d sum(loss) / d pos_weight {}",
        call.gradient("pos_weight", None)?
    );
    println!(
        "the documented formula, step by step in float32 {}",
        call.run_decomposed()?
    );

    let mean = registry
        .get("math.reduce_mean")?
        .call(Args::new().arg(&loss))?;
    println!("mean {mean}");
    Ok(())
}
