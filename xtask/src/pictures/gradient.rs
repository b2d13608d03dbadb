//! The slope of the weighted loss near 0.

use super::measured::{Measured, WEIGHT};
use crate::chart::{Axis, COLORS, INK, Panel, Picture, Series};

pub(super) fn draw(measured: &Measured) -> Result<String, String> {
    let dots = measured.slopes.iter().zip(COLORS).enumerate();
    let dots = dots.map(|(index, (slopes, color))| Series {
        points: slopes.points.clone(),
        color,
        line: 0,
        // Where several agree, each can be seen around the next.
        dots: 7_u32.saturating_sub(2 * index as u32).max(2),
    });
    let exact = |step: i32| {
        let logit = f64::from(step) / 100.0;
        (logit, -WEIGHT / (1.0 + logit.exp()))
    };
    let line = Series {
        points: (-70..=70).map(exact).collect(),
        color: INK,
        line: 3,
        dots: 0,
    };
    let mut legend = vec![("exact".to_owned(), INK)];
    let names = measured.slopes.iter().zip(COLORS);
    legend.extend(names.map(|(slopes, color)| (slopes.contestant.clone(), color)));
    Picture {
        title: format!("Gradient of the weighted loss near 0, z = 1, q = {WEIGHT}"),
        columns: 1,
        panel: (720, 360),
        legend,
        legend_width: 178,
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("logit x", -0.7..0.7, 0.25),
            y: Axis::linear("slope dL/dx", -1.5..0.25, 0.25),
            bands: Vec::new(),
            series: [line].into_iter().chain(dots).collect(),
        }],
    }
    .svg()
}
