//! The weighted loss for several weights and both labels, by the op itself.

use ops_nn::nn;
use ops_nn::tensor_core::Tensor;

use crate::chart::{Axis, COLORS, Panel, Picture, Series};

const WEIGHTS: [f64; 4] = [0.5, 1.0, 2.0, 5.0];
const SPAN: f64 = 6.0;
const HIGHEST: f64 = 12.0;
const STEPS: i32 = 120;

pub(super) fn draw() -> Result<String, String> {
    let panels = [
        panel(1.0, "the weight counts")?,
        panel(0.0, "it does not, so all curves are one")?,
    ];
    let legend = WEIGHTS.iter().zip(COLORS);
    let legend = legend.map(|(weight, color)| (format!("q = {weight}"), color));
    Picture {
        title: "The weighted loss against the logit, for several weights".into(),
        columns: 2,
        panel: (430, 300),
        legend: legend.collect(),
        legend_width: 110,
        panels: panels.into(),
    }
    .svg()
}

fn panel(label: f64, says: &str) -> Result<Panel, String> {
    let series = WEIGHTS.iter().zip(COLORS).enumerate();
    let series = series.map(|(index, (&weight, color))| {
        Ok(Series {
            points: curve(label, weight)?,
            color,
            // Where all agree, each can be seen around the next.
            line: if label == 0.0 {
                16 - 4 * index as u32
            } else {
                4
            },
            dots: 0,
        })
    });
    Ok(Panel {
        title: format!("z = {label}: {says}"),
        x: Axis::linear("logit x", -SPAN..SPAN, 2.0),
        y: Axis::linear("loss", 0.0..HIGHEST, 2.0),
        bands: Vec::new(),
        series: series.collect::<Result<_, String>>()?,
    })
}

fn curve(label: f64, weight: f64) -> Result<Vec<(f64, f64)>, String> {
    let logit = |step: i32| SPAN * f64::from(step) / f64::from(STEPS);
    let logits: Vec<f64> = (-STEPS..=STEPS).map(logit).collect();
    let labels = Tensor::from(vec![label; logits.len()]);
    let x = Tensor::from(logits.clone());
    let losses = nn::weighted_cross_entropy_with_logits(&labels, &x, weight);
    let losses = losses.map_err(|error| error.to_string())?;
    let points = logits.into_iter().zip(losses.as_slice().iter().copied());
    Ok(points.filter(|point| point.1 <= HIGHEST).collect())
}
