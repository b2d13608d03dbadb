//! A host's own op: defined once, registered under the host's scope, found by
//! name, bound, checked and differentiated like a built-in one.
//!
//!     cargo run -p ops-nn --example custom_op

use ops_nn::tensor_core::Tensor;
use ops_nn::{Args, Compute, OpDef, OpError, Param, Registry};

/// `max(0, 1 - y * f)`, composed of registered ops.
fn hinge() -> Result<OpDef, OpError> {
    OpDef::builder("acme.hinge")
        .aliases(["acme.losses.hinge"])
        .params([
            Param::float("y").doc("The class, -1 or 1; the shape of `f` or one that broadcasts."),
            Param::float("f").doc("The score; any shape."),
        ])
        .summary("The hinge loss of each element.")
        .formula("max(0, 1 - y * f)")
        .since("1.0.0")
        .source("Cortes and Vapnik, Support-Vector Networks, 1995")
        .compute(Compute::composed(|b, call| {
            let margin = b.mul(call.arg("y"), call.arg("f"))?;
            let slack = b.sub(1.0, margin)?;
            b.relu(slack)
        }))
        .derivative("f", |b, call| {
            // -y where the margin is below 1, else 0.
            let margin = b.mul(call.arg("y"), call.arg("f"))?;
            let reached = b.greater_equal(margin, 1.0)?;
            let negative = b.neg(call.arg("y"))?;
            b.select(reached, 0.0, negative)
        })
        .example(
            [("y", [1.0, -1.0].into()), ("f", [0.25, -3.0].into())],
            [0.75, 0.0],
        )
        .build()
}

fn main() -> Result<(), OpError> {
    let mut registry = Registry::with_builtins();
    registry.register(hinge()?)?;
    if let Err(error) = registry.register(hinge()?) {
        println!("a second time: {error}");
    }

    let y = Tensor::new([3], vec![1.0_f32, -1.0, 1.0])?;
    let f = Tensor::new([3], vec![0.25_f32, -3.0, -2.0])?;
    let op = registry.get("acme.losses.hinge")?;
    println!(
        "{}{}: {}",
        op.name(),
        op.signature(),
        op.definition().summary()
    );

    let call = op.bind(Args::new().arg(&y).kwarg("f", &f))?;
    println!("losses {}", call.run()?);
    println!("gradient {}", call.gradient("f", None)?);

    for own in registry.list("acme.") {
        println!("registered: {}", own.name());
    }
    Ok(())
}
