//! Error in ulp against the logit, of losses and gradients.

use plotters::style::RGBColor;

use super::measured::{Curve, INTERVALS, Measured, SPAN, WEIGHT};
use crate::chart::{Axis, COLORS, Panel, Picture, Series};

/// From here on no digit of a float32 is left.
const ALL_DIGITS: u64 = 1 << 23;
/// Decades of ulp; wrong NaNs and infinities are above them.
const DECADES: i32 = 9;
const TOP: f64 = DECADES as f64 + 2.5;

pub(super) fn draw(measured: &Measured) -> Result<String, String> {
    let mut names: Vec<(&str, bool)> = Vec::new();
    for curve in &measured.curves {
        if !names.contains(&(&curve.contestant, curve.is_weighted)) {
            names.push((&curve.contestant, curve.is_weighted));
        }
    }
    let panel = |(is_gradient, label): (bool, u8)| {
        let is_on = |curve: &&Curve| (curve.is_gradient, curve.label) == (is_gradient, label);
        let series = measured.curves.iter().filter(is_on).map(|curve| {
            let index = names.iter().position(|(name, _)| *name == curve.contestant);
            line(curve, index.unwrap_or_default())
        });
        let what = if is_gradient { "gradient" } else { "loss" };
        let mut series: Vec<Series> = series.collect();
        series.reverse(); // the first, this project, lies on top
        Panel {
            title: format!("{what}, z = {label}"),
            x: Axis::linear("logit x", f64::from(-SPAN)..f64::from(SPAN), 10.0),
            y: ulps(),
            bands: vec![height(Some(ALL_DIGITS))..TOP],
            series,
        }
    };
    let entry = |(index, (name, is_weighted)): (usize, &(&str, bool))| {
        let which = if *is_weighted {
            format!("q = {WEIGHT}")
        } else {
            "no weight".to_owned()
        };
        (format!("{name} ({which})"), color(index))
    };
    Picture {
        title: "Largest error in ulp against the logit, float32; shaded: no digit is right".into(),
        columns: 2,
        panel: (430, 310),
        legend: names.iter().enumerate().map(entry).collect(),
        legend_width: 285,
        panels: [(false, 0), (false, 1), (true, 0), (true, 1)]
            .map(panel)
            .into(),
    }
    .svg()
}

fn color(index: usize) -> RGBColor {
    COLORS[index % COLORS.len()]
}

/// Of the curves in their order, each drawn over those that follow: one that lies under another is
/// wider and shows beside it.
const WIDTHS: [u32; 7] = [8, 2, 8, 3, 5, 13, 9];

fn line(curve: &Curve, index: usize) -> Series {
    let points = curve.worst.iter().enumerate().map(|(index, &worst)| {
        let logit = (index as f64 + 0.5) / f64::from(INTERVALS) - f64::from(SPAN);
        (logit, height(worst))
    });
    let is_perfect = curve.worst.iter().all(|&worst| worst == Some(0));
    Series {
        points: points.collect(),
        color: color(index),
        line: if is_perfect {
            8
        } else {
            WIDTHS[index % WIDTHS.len()]
        },
        dots: 0,
    }
}

/// From below: what is right, decades of ulp, wrong NaNs and infinities.
fn height(worst: Option<u64>) -> f64 {
    match worst {
        Some(0) => 0.0,
        Some(ulps) => 1.0 + (ulps as f64).log10().min(f64::from(DECADES)),
        None => f64::from(DECADES) + 2.0,
    }
}

fn ulps() -> Axis {
    let mut ticks = vec![(0.0, "right".to_owned())];
    for (decade, text) in [(0, "1"), (3, "10³"), (6, "10⁶"), (9, "10⁹")] {
        ticks.push((1.0 + f64::from(decade), text.to_owned()));
    }
    ticks.push((height(None), "NaN, ∞".to_owned()));
    Axis {
        name: "error in ulp".into(),
        range: -0.5..TOP,
        ticks,
    }
}
