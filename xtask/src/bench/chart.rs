//! Time for an element against size, as pictures.

use super::page::{Kernel, kernels};
use super::record::{Head, PeerRow, PeersHead, Record, Row};
use super::table::size;
use crate::chart::{Axis, COLORS, INK, Panel, Picture, Series};

/// The lines of the picture: not every benchmark, so that it can be read.
const LINES: [(&str, &str); 6] = [
    ("plain add", "plain add: the memory limit"),
    ("std loop", "loop over std's functions"),
    ("loss", "loss"),
    ("loss + grad", "loss + gradient"),
    ("mean of the loss", "exact mean of the loss"),
    ("exact sum", "exact sum"),
];

/// The project's own benchmarks, one panel for each element type.
pub(crate) fn own(record: &Record<Head, Row>) -> Result<String, String> {
    let kernels: Vec<Kernel<'_>> = kernels(&record.rows);
    let kernels: Vec<_> = kernels
        .iter()
        .filter(|kernel| kernel.threads == 1)
        .collect();
    let mut dtypes: Vec<&str> = kernels.iter().map(|kernel| kernel.dtype).collect();
    dtypes.dedup();
    let panel = |dtype: &&str| {
        let series = LINES.iter().enumerate().map(|(index, (what, _))| {
            let is_on = |kernel: &&&Kernel<'_>| (kernel.dtype, kernel.what) == (dtype, what);
            let point = |kernel: &&Kernel<'_>| (kernel.row.count, kernel.row.per_element());
            line(kernels.iter().filter(is_on).map(point), color(index))
        });
        Panel {
            title: (*dtype).to_owned(),
            x: sizes(kernels.iter().map(|kernel| kernel.row.count)),
            y: Axis::decades("ns for an element", -2..2),
            bands: Vec::new(),
            series: series.collect(),
        }
    };
    let legend = LINES.iter().enumerate();
    Picture {
        title: "Time for an element against the size of the array, one thread".into(),
        columns: 2,
        panel: (430, 300),
        legend: legend
            .map(|(index, (_, name))| ((*name).into(), color(index)))
            .collect(),
        legend_width: 270,
        panels: dtypes.iter().map(panel).collect(),
    }
    .svg()
}

/// Beside the peers: one panel for each task and element type, one thread.
pub(crate) fn peers(record: &Record<PeersHead, PeerRow>) -> Result<String, String> {
    let rows: Vec<_> = record.rows.iter().filter(|row| row.threads == 1).collect();
    let mut contestants: Vec<&str> = Vec::new();
    let mut panels: Vec<(&str, &str)> = Vec::new();
    for row in &rows {
        if !contestants.contains(&&*row.contestant) {
            contestants.push(&row.contestant);
        }
        if !panels.contains(&(&row.task, &row.dtype)) {
            panels.push((&row.task, &row.dtype));
        }
    }
    let panel = |&(task, dtype): &(&str, &str)| {
        let series = contestants.iter().enumerate().map(|(index, contestant)| {
            let is_on = |row: &&&PeerRow| {
                (&*row.task, &*row.dtype, &*row.contestant) == (task, dtype, *contestant)
            };
            let point = |row: &&PeerRow| (row.count, row.median / row.count as f64);
            line(
                rows.iter().filter(is_on).map(point),
                peer_color(index, contestant),
            )
        });
        Panel {
            title: format!("{task}, {dtype}"),
            x: sizes(rows.iter().map(|row| row.count)),
            y: Axis::decades("ns for an element", -1..3),
            bands: Vec::new(),
            series: series.collect(),
        }
    };
    let legend = contestants.iter().enumerate();
    Picture {
        title: "Time for an element beside the peers, one thread".into(),
        columns: 2,
        panel: (430, 300),
        legend: legend
            .map(|(index, name)| ((*name).to_owned(), peer_color(index, name)))
            .collect(),
        legend_width: 210,
        panels: panels.iter().map(panel).collect(),
    }
    .svg()
}

fn peer_color(index: usize, name: &str) -> plotters::style::RGBColor {
    color(if name == "plain add" { 0 } else { index + 1 })
}

/// What is compared with is grey.
fn color(index: usize) -> plotters::style::RGBColor {
    index
        .checked_sub(1)
        .map_or(INK, |index| COLORS[index % COLORS.len()])
}

fn line(points: impl Iterator<Item = (u64, f64)>, color: plotters::style::RGBColor) -> Series {
    let logarithms = points.map(|(count, ns)| ((count as f64).log2(), ns.log10()));
    Series {
        points: logarithms.collect(),
        color,
        line: 4,
        dots: 3,
    }
}

/// An axis of binary logarithms, with a tick for each size.
fn sizes(counts: impl Iterator<Item = u64>) -> Axis {
    let mut counts: Vec<u64> = counts.collect();
    counts.sort_unstable();
    counts.dedup();
    let ticks: Vec<_> = counts
        .iter()
        .map(|&count| ((count as f64).log2(), size(count)))
        .collect();
    let ends = ticks.first().zip(ticks.last());
    let range = ends.map_or(0.0..1.0, |(first, last)| first.0 - 0.5..last.0 + 0.5);
    Axis {
        name: "elements".into(),
        range,
        ticks,
    }
}
