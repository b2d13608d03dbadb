//! What `pos_weight` is for: a logistic regression on the breast-cancer features
//! in `data/`, trained once for each weight by the gradients of one graph.
//!
//!     cargo run --release -p ops-nn --example train_logistic_regression -- [PLOT.svg]
//!
//! Prints a table and draws it. As the documentation of the loss says, a weight
//! above 1 buys recall with precision, one below 1 precision with recall.

use std::error::Error;
use std::path::Path;

use ops_nn::graph::{Feeds, NodeId, Plan};
use ops_nn::tensor_core::{DType, DynTensor, DynTensorRef, Tensor};
use ops_nn::{Args, Graph, OpError};
use plotters::prelude::*;

const WEIGHTS: [f32; 7] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
const STEPS: usize = 100;
const LEARNING_RATE: f64 = 0.5;

/// Colours that can be read on white and on a dark page alike.
const INK: RGBColor = RGBColor(0x76, 0x7c, 0x86);
const ORANGE: RGBColor = RGBColor(0xd9, 0x6c, 0x0d);
const SKY: RGBColor = RGBColor(0x2f, 0x81, 0xf7);

type Answer<T> = Result<T, Box<dyn Error>>;

fn main() -> Answer<()> {
    let path = std::env::args().nth(1);
    let path = path.unwrap_or_else(|| "pos_weight.svg".to_owned());
    let (data, model) = (Data::read()?, Model::new()?);
    println!("pos_weight   mean loss      recall   precision");
    let mut scores = Vec::new();
    for weight in WEIGHTS {
        let score = model.train(&data, weight)?;
        println!(
            "{weight:>10} {:>11.6} {:>11.4} {:>11.4}",
            score.loss, score.recall, score.precision
        );
        scores.push(score);
    }
    draw(&scores, Path::new(&path))?;
    println!("drawn in {path}");
    Ok(())
}

/// Standardised features of tumours, and which are malignant.
struct Data {
    features: Tensor<'static, f32>,
    labels: Tensor<'static, f32>,
}

impl Data {
    fn read() -> Answer<Self> {
        Ok(Self {
            features: Tensor::new([569, 30], read_npy("breast_cancer_features.npy")?)?,
            labels: Tensor::new([569], read_npy("breast_cancer_labels.npy")?)?,
        })
    }
}

/// The elements of an array of floats: what follows the header, whose length is in two bytes.
fn read_npy(name: &str) -> Answer<Vec<f32>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let bytes = std::fs::read(folder.join(name))?;
    let length = u16::from_le_bytes([bytes[8], bytes[9]]);
    let elements = &bytes[10 + usize::from(length)..];
    let float = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    Ok(elements.chunks_exact(4).map(float).collect())
}

/// One step of gradient descent on the mean loss, as a plan: whatever is fed as
/// parameters comes back a little better.
struct Model {
    features: NodeId,
    labels: NodeId,
    pos_weight: NodeId,
    parameters: [NodeId; 2],
    /// Fetches the logits, the mean loss, and the new parameters.
    plan: Plan,
}

/// How a trained model does on the data it was trained on.
struct Score {
    weight: f32,
    loss: f64,
    /// The share of malignant tumours that are found.
    recall: f64,
    /// The share of malignant ones among those found.
    precision: f64,
}

impl Model {
    fn new() -> Result<Self, OpError> {
        let mut graph = Graph::new();
        let features = graph.placeholder("features", DType::F32, [None, Some(30)])?;
        let labels = graph.placeholder("labels", DType::F32, [None])?;
        let pos_weight = graph.placeholder("pos_weight", DType::F32, [0; 0])?;
        let weights = graph.placeholder("weights", DType::F32, [30])?;
        let bias = graph.placeholder("bias", DType::F32, [0; 0])?;
        let (logits, loss) = graph.name_scope("model", |graph| {
            let products = graph.call("math.multiply", Args::new().arg(features).arg(weights))?;
            let sums = graph.call("math.reduce_sum", Args::new().arg(products).arg([-1]))?;
            let logits = graph.call("math.add", Args::new().arg(sums).arg(bias))?;
            let args = Args::new().arg(labels).arg(logits).arg(pos_weight);
            let losses = graph.call("nn.weighted_cross_entropy_with_logits", args)?;
            let loss = graph.call("math.reduce_mean", Args::new().arg(losses))?;
            Ok((logits, loss))
        })?;
        let mut fetches = vec![logits, loss];
        let parameters = [weights, bias];
        let slopes = graph.gradients(&[loss], &parameters)?;
        for (parameter, slope) in parameters.into_iter().zip(slopes.into_iter().flatten()) {
            let step = graph.call("math.multiply", Args::new().arg(LEARNING_RATE).arg(slope))?;
            let args = Args::new().arg(parameter).arg(step);
            fetches.push(graph.call("math.subtract", args)?);
        }
        Ok(Self {
            features,
            labels,
            pos_weight,
            parameters,
            plan: graph.compile(&fetches)?,
        })
    }

    /// Trains from zero.
    fn train(&self, data: &Data, weight: f32) -> Result<Score, OpError> {
        let pos_weight = Tensor::scalar(weight);
        let fixed = Feeds::new()
            .feed(self.features, &data.features)
            .feed(self.labels, &data.labels)
            .feed(self.pos_weight, &pos_weight);
        let mut weights = DynTensor::zeros(DType::F32, data.features.shape().reduced(&[0], false));
        let mut bias = DynTensor::scalar(DType::F32, 0.0);
        let mut trained = self.step(&fixed, [&weights, &bias])?;
        for _ in 0..STEPS {
            [weights, bias] = [trained.remove(2), trained.remove(2)];
            trained = self.step(&fixed, [&weights, &bias])?;
        }
        let loss = trained[1].get_f64(0).unwrap_or(f64::NAN);
        Ok(Score::of(&trained[0], &data.labels, weight, loss))
    }

    fn step(
        &self,
        fixed: &Feeds<'_>,
        at: [&DynTensor<'_>; 2],
    ) -> Result<Vec<DynTensor<'static>>, OpError> {
        let parameters = self.parameters.into_iter().zip(at);
        let feeds = parameters.fold(fixed.clone(), |feeds, (id, value)| {
            feeds.feed(id, DynTensorRef::from(value))
        });
        self.plan.run(&feeds)
    }
}

impl Score {
    /// Counts what the sign of the logits says.
    fn of(logits: &DynTensor<'_>, labels: &Tensor<'_, f32>, weight: f32, loss: f64) -> Self {
        let found = (0..logits.len()).map(|i| logits.get_f64(i).is_some_and(|x| x > 0.0));
        let malignant = labels.as_slice().iter().map(|&label| label == 1.0);
        let (mut hits, mut misses, mut false_alarms) = (0.0, 0.0, 0.0);
        for pair in found.zip(malignant) {
            match pair {
                (true, true) => hits += 1.0,
                (false, true) => misses += 1.0,
                (true, false) => false_alarms += 1.0,
                (false, false) => {}
            }
        }
        Self {
            weight,
            loss,
            recall: hits / (hits + misses),
            precision: hits / (hits + false_alarms),
        }
    }
}

/// Recall and precision against the weight, on a logarithmic axis.
fn draw(scores: &[Score], path: &Path) -> Answer<()> {
    let area = SVGBackend::new(path, (640, 400)).into_drawing_area();
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "Recall and precision against pos_weight",
            ("sans-serif", 20).into_font().color(&INK),
        )
        .margin(12)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d((0.1_f64..10.0).log_scale(), 0.85_f64..1.0)?;
    let mesh = INK.mix(0.25);
    chart
        .configure_mesh()
        .axis_style(INK)
        .bold_line_style(mesh)
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .x_desc("pos_weight")
        .draw()?;
    let recall = |score: &Score| (f64::from(score.weight), score.recall);
    let precision = |score: &Score| (f64::from(score.weight), score.precision);
    chart
        .draw_series(LineSeries::new(
            scores.iter().map(recall),
            ORANGE.stroke_width(2),
        ))?
        .label("recall")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], ORANGE.stroke_width(2)));
    chart
        .draw_series(LineSeries::new(
            scores.iter().map(precision),
            SKY.stroke_width(2),
        ))?
        .label("precision")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 20, y)], SKY.stroke_width(2)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerMiddle)
        .label_font(("sans-serif", 14).into_font().color(&INK))
        .border_style(INK)
        .draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_rises_and_precision_falls_with_pos_weight() {
        let (data, model) = (Data::read().unwrap(), Model::new().unwrap());
        let scores = WEIGHTS.map(|weight| model.train(&data, weight).unwrap());
        for pair in scores.windows(2) {
            assert!(pair[0].recall <= pair[1].recall);
            assert!(pair[0].precision >= pair[1].precision);
        }
        let (first, last) = (&scores[0], &scores[WEIGHTS.len() - 1]);
        assert!(last.recall - first.recall > 0.1);
        assert!(first.precision - last.precision > 0.1);
    }

    #[test]
    fn the_plot_holds_both_curves() {
        let score = |weight: f32, recall, precision| Score {
            weight,
            loss: 0.0,
            recall,
            precision,
        };
        let folder = std::env::temp_dir().join(format!("pos_weight_{}", std::process::id()));
        draw(&[score(0.1, 0.9, 1.0), score(10.0, 1.0, 0.9)], &folder).unwrap();
        let svg = std::fs::read_to_string(&folder).unwrap();
        std::fs::remove_file(&folder).unwrap();
        for colour in ["#D96C0D", "#2F81F7"] {
            let curve = format!("stroke=\"{colour}\"");
            assert_eq!(svg.matches(&curve).count(), 2, "a curve and its legend");
        }
    }
}
