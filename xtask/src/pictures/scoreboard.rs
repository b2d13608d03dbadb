//! The scoreboard as a picture: error in ulp against the logit, one panel an implementation.

use std::fmt::Write as _;

use conformance::scoreboard::{Curve, SPAN, Scoreboard};

/// The losses and their slopes, as the ops' names end.
const LOSS: &str = "_with_logits";
const SLOPE: &str = "_grad_logits";

const COLUMNS: usize = 3;
const PANEL: (f64, f64) = (300.0, 190.0);
const MARGIN: (f64, f64) = (46.0, 34.0);
const LEGEND: f64 = 44.0;
/// The plot's own size within a panel.
const PLOT: (f64, f64) = (PANEL.0 - MARGIN.0 - 12.0, PANEL.1 - MARGIN.1 - 30.0);
/// Decades of the vertical axis, from 1 ulp; right results lie on the line below.
const DECADES: f64 = 9.0;

/// The picture, as SVG.
pub(crate) fn svg(board: &Scoreboard) -> String {
    let rows = board.entries.len().div_ceil(COLUMNS).max(1);
    let (width, height) = (PANEL.0 * COLUMNS as f64, PANEL.1 * rows as f64 + LEGEND);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"10\">\n\
         <title>Error in ulp against the logit, f32, hard labels</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    legend(&mut svg);
    for (index, entry) in board.entries.iter().enumerate() {
        let (left, top) = (
            (index % COLUMNS) as f64 * PANEL.0,
            (index / COLUMNS) as f64 * PANEL.1 + LEGEND,
        );
        let op = match entry.curves.first().map(|curve| curve.function.op()) {
            Some(op) if op.starts_with("nn.weighted") => "weighted, q = 1",
            Some(_) => "sigmoid",
            None => "no results",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(svg, "<g transform=\"translate({left} {top})\">");
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"12\" font-size=\"12\">{}, {op}</text>",
            MARGIN.0,
            escaped(&entry.report.implementation)
        );
        let _ = writeln!(svg, "<g transform=\"translate({} 20)\">", MARGIN.0);
        axes(&mut svg);
        entry.curves.iter().for_each(|curve| line(&mut svg, curve));
        svg.push_str("</g>\n</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn legend(svg: &mut String) {
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"16\" font-size=\"13\">Error in ulp (largest in each unit interval) against the logit, f32</text>",
        MARGIN.0
    );
    let items = [
        (LOSS, 0, "loss, z = 0"),
        (LOSS, 1, "loss, z = 1"),
        (SLOPE, 0, "gradient, z = 0"),
        (SLOPE, 1, "gradient, z = 1"),
    ];
    for (index, (op, label, text)) in items.into_iter().enumerate() {
        let x = MARGIN.0 + 130.0 * index as f64;
        let _ = writeln!(
            svg,
            "<path d=\"M{x} 32h22\" {}/><text x=\"{}\" y=\"36\">{text}</text>",
            style(op, label),
            x + 28.0
        );
    }
}

fn axes(svg: &mut String) {
    let (width, height) = PLOT;
    let _ = writeln!(
        svg,
        "<rect width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"#999\"/>"
    );
    for (value, text) in [
        (Some(0), "right"),
        (Some(1), "1"),
        (Some(1000), "10³"),
        (Some(1_000_000), "10⁶"),
        (Some(1_000_000_000), "10⁹"),
        (None, "NaN, ∞"),
    ] {
        let y = vertical(value);
        let _ = writeln!(
            svg,
            "<path d=\"M0 {y:.1}H{width}\" stroke=\"#ddd\"/><text x=\"-4\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
            y + 3.0
        );
    }
    for logit in [-100, -50, 0, 50, 100] {
        let x = f64::from(logit + SPAN) / f64::from(2 * SPAN) * width;
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} 0V{height}\" stroke=\"#eee\"/><text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{logit}</text>",
            height + 13.0
        );
    }
}

fn line(svg: &mut String, curve: &Curve) {
    let mut path = String::new();
    for (index, &worst) in curve.worst.iter().enumerate() {
        let x = (index as f64 + 0.5) / curve.worst.len() as f64 * PLOT.0;
        let _ = write!(
            path,
            "{}{x:.1} {:.1}",
            if index == 0 { "M" } else { "L" },
            vertical(worst)
        );
    }
    let _ = writeln!(
        svg,
        "<path d=\"{path}\" {}/>",
        style(curve.function.op(), curve.label)
    );
}

/// From the top: wrong special values, then decades of ulp, then what is right.
fn vertical(worst: Option<u64>) -> f64 {
    let height = match worst {
        None => DECADES + 2.0,
        Some(0) => 0.0,
        Some(ulps) => 1.0 + (ulps as f64).log10().min(DECADES + 0.5),
    };
    PLOT.1 * (1.0 - (height + 0.5) / (DECADES + 3.0))
}

/// The line of an op, by its name, and a label.
fn style(op: &str, label: u8) -> String {
    let is_loss = op.ends_with(LOSS);
    let color = match (is_loss, label) {
        (true, 0) => "#0060c0",
        (true, _) => "#c04000",
        (false, 0) => "#60a8ff",
        (false, _) => "#ff9850",
    };
    let dash = if is_loss {
        ""
    } else {
        " stroke-dasharray=\"4 2\""
    };
    format!("fill=\"none\" stroke=\"{color}\" stroke-width=\"1.4\"{dash}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
