//! A graph from end to end: built, shown, run many times, differentiated twice.
//!
//!     cargo run -p ops-nn --example graph_quickstart

use ops_nn::graph::Feeds;
use ops_nn::tensor_core::{DType, Tensor};
use ops_nn::{Args, Graph, OpError};

fn main() -> Result<(), OpError> {
    let mut graph = Graph::new();
    let labels = graph.placeholder("labels", DType::F32, [None])?;
    let logits = graph.placeholder("logits", DType::F32, [None])?;
    let loss = graph.name_scope("tower", |graph| {
        let args = Args::new().arg(labels).arg(logits).kwarg("pos_weight", 2.0);
        let losses = graph.call("tf.nn.weighted_cross_entropy_with_logits", args)?;
        graph.call("math.reduce_mean", Args::new().arg(losses))
    })?;
    let slope = graph.gradients(&[loss], &[logits])?[0].expect("the loss depends on the logits");
    let curvature = graph.gradients(&[slope], &[logits])?[0].expect("and so does its slope");
    print!("{graph}");

    let plan = graph.compile(&[loss, slope, curvature])?;
    for (z, x) in [
        (vec![1.0_f32, 0.0], vec![0.0_f32, -17.0]),
        (vec![1.0, 1.0, 0.0], vec![-2.0, 3.0, 0.5]),
    ] {
        let (z, x) = (Tensor::from(z), Tensor::from(x));
        let found = plan.run(&Feeds::new().feed(labels, &z).feed(logits, &x))?;
        println!(
            "\nlogits {x}\nmean loss {}\nslope {}\ncurvature {}",
            found[0], found[1], found[2]
        );
    }
    Ok(())
}
