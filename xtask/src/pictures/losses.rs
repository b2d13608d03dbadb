//! The weighted loss for several weights and both labels, by the op itself.

use ops_nn::nn;
use ops_nn::tensor_core::Tensor;
use plotters::style::RGBColor;

use crate::chart::{Axis, COLORS, INK, Panel, Picture, Series};

const WEIGHTS: [f64; 4] = [0.5, 1.0, 2.0, 5.0];
const SPAN: f64 = 6.0;
const HIGHEST: f64 = 12.0;
const STEPS: i32 = 120;

pub(super) fn draw() -> Result<String, String> {
    let weights = || WEIGHTS.into_iter().zip(COLORS);
    let positive = weights().map(|(weight, color)| series(1.0, weight, color));
    let positive = positive.collect::<Result<_, _>>()?;
    let negative = vec![series(0.0, WEIGHTS[0], INK)?];
    let mut legend: Vec<_> = weights()
        .map(|(weight, color)| (format!("q = {weight}"), color))
        .collect();
    legend.push(("every q".to_owned(), INK));
    Picture {
        title: "The weighted loss against the logit, for several weights".into(),
        columns: 2,
        panel: (430, 300),
        legend,
        legend_width: 110,
        panels: vec![panel("z = 1", positive), panel("z = 0", negative)],
    }
    .svg()
}

fn panel(title: &str, series: Vec<Series>) -> Panel {
    Panel {
        title: title.to_owned(),
        x: Axis::linear("logit x", -SPAN..SPAN, 2.0),
        y: Axis::linear("loss", 0.0..HIGHEST, 2.0),
        bands: Vec::new(),
        series,
    }
}

fn series(label: f64, weight: f64, color: RGBColor) -> Result<Series, String> {
    Ok(Series {
        points: curve(label, weight)?,
        color,
        line: 4,
        dots: 0,
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
