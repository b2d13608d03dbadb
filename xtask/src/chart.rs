//! Pictures from data: panels of lines on transparent ground, in colours that
//! can be read on white and on a dark page alike.
//!
//! A picture inside a page does not learn the page's colours (the reader's
//! system and the site may disagree), so there is one set of them.

use std::ops::Range;

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Line, Line>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Text and axes.
pub(crate) const INK: RGBColor = RGBColor(0x76, 0x7c, 0x86);
/// Lines, in the order to take them.
pub(crate) const COLORS: [RGBColor; 9] = [
    RGBColor(0x2f, 0x81, 0xf7),
    RGBColor(0xd9, 0x6c, 0x0d),
    RGBColor(0x2a, 0x96, 0x4a),
    RGBColor(0xd6, 0x40, 0x9f),
    RGBColor(0x9a, 0x6b, 0xe0),
    RGBColor(0x0f, 0x92, 0xa0),
    RGBColor(0xe5, 0x48, 0x4d),
    RGBColor(0xa0, 0x78, 0x52),
    RGBColor(0x8a, 0x8f, 0x2a),
];

/// Pixels are drawn this much larger than shown: the library places on whole pixels.
const SCALE: i32 = 4;
const TITLE: i32 = 30;
const LEGEND_ROW: i32 = 20;
const LETTER: i32 = 13;

/// A picture of panels in rows.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) title: String,
    pub(crate) columns: usize,
    /// Width and height of a panel.
    pub(crate) panel: (i32, i32),
    /// Entries of the legend, and the width of each.
    pub(crate) legend: Vec<(String, RGBColor)>,
    pub(crate) legend_width: i32,
    pub(crate) panels: Vec<Panel>,
}

/// One pair of axes.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Shaded ranges of y.
    pub(crate) bands: Vec<Range<f64>>,
    pub(crate) series: Vec<Series>,
}

/// An axis, in the units in which the points are given.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) name: String,
    pub(crate) range: Range<f64>,
    /// Where lines cross it, and the labels beside them.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// Points and the line through them.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) color: RGBColor,
    /// Pixels; 0 for none.
    pub(crate) line: u32,
    /// Radius; 0 for none.
    pub(crate) dots: u32,
}

impl Picture {
    /// The picture as SVG; the same data give the same text.
    ///
    /// # Errors
    /// If the data leave nothing to draw on, such as an empty range.
    pub(crate) fn svg(&self) -> Result<String, String> {
        let mut svg = String::new();
        let (width, height) = self.size();
        let drawn = (width * SCALE, height * SCALE);
        self.draw(&mut svg, drawn)
            .map_err(|error| format!("{}: {error}", self.title))?;
        let found = format!("width=\"{}\" height=\"{}\"", drawn.0, drawn.1);
        Ok(svg.replacen(&found, &format!("width=\"{width}\" height=\"{height}\""), 1))
    }

    fn size(&self) -> (i32, i32) {
        let rows = self.panels.len().div_ceil(self.columns) as i32;
        let (width, height) = self.panel;
        (width * self.columns as i32, self.head() + height * rows)
    }

    fn entries_in_a_row(&self) -> usize {
        let width = self.panel.0 * self.columns as i32;
        (width / self.legend_width).max(1) as usize
    }

    /// Height of title and legend.
    fn head(&self) -> i32 {
        let rows = self.legend.len().div_ceil(self.entries_in_a_row());
        TITLE + LEGEND_ROW * rows as i32
    }

    fn draw(&self, svg: &mut String, (width, height): (i32, i32)) -> Drawn {
        let area = SVGBackend::with_string(svg, (width as u32, height as u32)).into_drawing_area();
        area.draw(&Text::new(
            self.title.clone(),
            scaled(12, 8),
            text(LETTER + 3),
        ))?;
        for (index, (name, color)) in self.legend.iter().enumerate() {
            let (row, column) = (
                index / self.entries_in_a_row(),
                index % self.entries_in_a_row(),
            );
            let (x, y) = (
                12 + column as i32 * self.legend_width,
                TITLE + row as i32 * LEGEND_ROW,
            );
            let line = [scaled(x, y + 7), scaled(x + 20, y + 7)];
            area.draw(&PathElement::new(
                line,
                color.stroke_width(3 * SCALE as u32),
            ))?;
            area.draw(&Text::new(name.clone(), scaled(x + 26, y), text(LETTER)))?;
        }
        let (_, panels) = area.split_vertically(self.head() * SCALE);
        let rows = self.panels.len().div_ceil(self.columns);
        let areas = panels.split_evenly((rows, self.columns));
        for (panel, area) in self.panels.iter().zip(&areas) {
            panel.draw(area)?;
        }
        area.present()?;
        Ok(())
    }
}

impl Panel {
    fn draw(&self, area: &Area<'_>) -> Drawn {
        let mut chart = ChartBuilder::on(area)
            .caption(self.title.as_str(), text(LETTER + 1))
            .margin(10 * SCALE)
            .margin_right(18 * SCALE)
            .x_label_area_size(40 * SCALE)
            .y_label_area_size(62 * SCALE)
            .build_cartesian_2d(Line::of(&self.x), Line::of(&self.y))?;
        self.mesh(&mut chart)?;
        for band in &self.bands {
            let corners = [
                (self.x.range.start, band.start),
                (self.x.range.end, band.end),
            ];
            chart.draw_series([Rectangle::new(corners, INK.mix(0.15).filled())])?;
        }
        for Series {
            points,
            color,
            line,
            dots,
        } in &self.series
        {
            if *line > 0 {
                let style = color.stroke_width(line * SCALE as u32 / 2);
                chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
            }
            if *dots > 0 {
                let dot = |&point| Circle::new(point, dots * SCALE as u32, color.filled());
                chart.draw_series(points.iter().map(dot))?;
            }
        }
        Ok(())
    }

    fn mesh(&self, chart: &mut Chart<'_, '_>) -> Drawn {
        let label = |axis: &Axis, value: f64| {
            let tick = axis.ticks.iter().find(|tick| tick.0 == value);
            tick.map_or(String::new(), |tick| tick.1.clone())
        };
        chart
            .configure_mesh()
            .axis_style(INK.stroke_width(SCALE as u32))
            .bold_line_style(INK.mix(0.3).stroke_width(SCALE as u32 / 2))
            .light_line_style(TRANSPARENT)
            .label_style(text(LETTER))
            .axis_desc_style(text(LETTER))
            .set_all_tick_mark_size(4 * SCALE)
            .x_desc(self.x.name.as_str())
            .y_desc(self.y.name.as_str())
            .x_label_formatter(&|value| label(&self.x, *value))
            .y_label_formatter(&|value| label(&self.y, *value))
            .draw()?;
        Ok(())
    }
}

fn scaled(x: i32, y: i32) -> (i32, i32) {
    (x * SCALE, y * SCALE)
}

/// Letters of that height in shown pixels (the library makes them smaller by 1.24).
fn text(height: i32) -> TextStyle<'static> {
    ("sans-serif", f64::from(height * SCALE) * 1.24)
        .into_font()
        .color(&INK)
}

/// An axis for the library, which calls ticks key points.
struct Line {
    numbers: RangedCoordf64,
    ticks: Vec<f64>,
}

impl Line {
    fn of(axis: &Axis) -> Self {
        Self {
            numbers: axis.range.clone().into(),
            ticks: axis.ticks.iter().map(|tick| tick.0).collect(),
        }
    }
}

impl Ranged for Line {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.numbers.map(value, limit)
    }

    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.ticks.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        self.numbers.range()
    }
}

impl Axis {
    /// An axis whose ticks are labelled with their values.
    pub(crate) fn linear(name: &str, range: Range<f64>, step: f64) -> Self {
        let (first, last) = (
            (range.start / step).ceil() as i64,
            (range.end / step).floor() as i64,
        );
        let ticks = (first..=last).map(|index| index as f64 * step);
        Self {
            name: name.to_owned(),
            ticks: ticks.map(|tick| (tick, format!("{tick}"))).collect(),
            range,
        }
    }

    /// An axis of decimal logarithms, from one power of ten to another.
    pub(crate) fn decades(name: &str, decades: Range<i32>) -> Self {
        let label = |decade: i32| match decade {
            0.. => format!("{}", 10_i64.pow(decade as u32)),
            _ => format!("{:.*}", -decade as usize, 10_f64.powi(decade)),
        };
        Self {
            name: name.to_owned(),
            range: f64::from(decades.start)..f64::from(decades.end),
            ticks: (decades.start..=decades.end)
                .map(|d| (f64::from(d), label(d)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ratio of contrast of the Web Content Accessibility Guidelines.
    fn contrast(one: RGBColor, other: RGBColor) -> f64 {
        let linear = |byte: u8| match f64::from(byte) / 255.0 {
            v if v <= 0.04045 => v / 12.92,
            v => ((v + 0.055) / 1.055).powf(2.4),
        };
        let luminance =
            |c: RGBColor| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2);
        let (a, b) = (luminance(one) + 0.05, luminance(other) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn colors_can_be_read_on_white_and_on_a_dark_page() {
        let grounds = [WHITE, RGBColor(0x0d, 0x11, 0x17)];
        for ground in grounds {
            assert!(contrast(INK, ground) > 4.0, "{}", contrast(INK, ground));
            for color in COLORS {
                assert!(
                    contrast(color, ground) > 3.0,
                    "{color:?}: {}",
                    contrast(color, ground)
                );
            }
        }
    }

    #[test]
    fn the_same_data_give_the_same_picture_and_it_has_no_ground() {
        let series = Series {
            points: vec![(0.0, 0.0), (1.0, 2.0)],
            color: COLORS[0],
            line: 4,
            dots: 3,
        };
        let picture = Picture {
            title: "A & B".into(),
            columns: 1,
            panel: (300, 200),
            legend: vec![("one".into(), COLORS[0])],
            legend_width: 100,
            panels: vec![Panel {
                title: "panel".into(),
                x: Axis::linear("x", 0.0..1.0, 0.5),
                y: Axis::decades("y", -1..2),
                bands: vec![1.0..2.0],
                series: vec![series],
            }],
        };
        let svg = picture.svg().unwrap();
        assert_eq!(svg, picture.svg().unwrap());
        assert!(svg.starts_with("<svg width=\"300\" height=\"250\" viewBox=\"0 0 1200 1000\""));
        assert!(!svg.contains("fill=\"#FFFFFF\"") && svg.contains("A &amp; B"));
        for tick in ["0.5", "0.1", "100"] {
            assert!(svg.contains(&format!(">\n{tick}\n<")), "{tick}");
        }
    }
}
