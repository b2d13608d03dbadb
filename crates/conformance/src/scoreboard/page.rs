//! The scoreboard as a page.

use std::fmt::Write as _;

use super::Scoreboard;
use crate::formula::Operation;
use crate::function::{SIGMOID, WEIGHTED};
use crate::{Class, DType, Function, Report, Row};

/// Tables of the page: title, and what the names of its ops add to the names of the losses.
const TABLES: [(&str, &str); 5] = [
    ("Loss", ""),
    ("Gradient, dL/dx", "_grad_logits"),
    ("Second derivative, d²L/dx²", "_hess_logits"),
    ("Gradient by the labels, dL/dz", "_grad_labels"),
    ("Gradient by the weight, dL/dq", "_grad_pos_weight"),
];

/// The known losses of this name, the weighted one first.
fn losses(suffix: &str) -> impl Iterator<Item = &'static Function> {
    let names = [WEIGHTED, SIGMOID].map(|name| format!("{name}{suffix}"));
    let known = Function::all().iter();
    known.filter(move |function| names.iter().any(|name| name == function.op()))
}

pub(super) fn markdown(board: &Scoreboard, picture: Option<&str>) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "# Scoreboard\n\n\
         How often, and by how much, implementations of the logistic losses differ from the exact\n\
         value, rounded once. Made by `cargo xtask scoreboard` on {}, on {}.\n\
         Every number can be made again: the cases are those of the suite, with its fixed seed.\n\n",
        board.date, board.machine
    );
    page.push_str("Judged:\n\n");
    for entry in &board.entries {
        let Report {
            implementation,
            skipped,
            ..
        } = &entry.report;
        let cases: usize = entry.report.rows.iter().map(|row| row.cases).sum();
        let _ = write!(page, "- {implementation}: {cases} cases");
        if *skipped > 0 {
            let _ = write!(page, ", {skipped} more that its interface cannot express");
        }
        page.push('\n');
    }
    for (contestant, failure) in &board.absent {
        let _ = writeln!(
            page,
            "- {}: absent ({})",
            brief(&contestant.name),
            brief(&failure.message)
        );
    }
    if let Some(picture) = picture {
        let _ = write!(
            page,
            "\n![Error in ulp against the logit, one panel an implementation]({picture})\n\n\
             Largest error in each unit interval of the logit, f32, hard labels, in units in the last\n\
             place; 1 ulp is the last bit, 10^7 ulp are all digits.\n"
        );
    }
    page.push_str(
        "\n## By class, f32\n\n\
         Per cent of results with wrong bits, by class of case; then, over all classes, the per cent\n\
         that lost all digits (off by half of the value or more), the number of wrong NaNs, infinities and\n\
         signs of zero, and the largest error among finite results.\n",
    );
    for (title, suffix) in TABLES {
        table(&mut page, board, title, suffix);
    }
    dtypes(&mut page, board);
    functions(&mut page, board);
    findings(&mut page, board);
    page
}

fn table(page: &mut String, board: &Scoreboard, title: &str, suffix: &str) {
    let _ = write!(page, "\n### {title}\n\n| |");
    for class in Class::ALL {
        let _ = write!(page, " {class} |");
    }
    page.push_str(" all digits lost | special | worst ulp |\n|---|");
    page.push_str(&"---:|".repeat(Class::ALL.len() + 3));
    page.push('\n');
    for entry in &board.entries {
        for function in losses(suffix) {
            let rows = rows(&entry.report, function, DType::F32);
            if rows.is_empty() {
                continue;
            }
            let _ = write!(
                page,
                "| {}, {} |",
                entry.report.implementation,
                family(function)
            );
            for class in Class::ALL {
                let row = rows.iter().find(|row| row.class == class);
                let cell = row.map_or_else(|| "–".to_owned(), |row| percent(row.wrong, row.cases));
                let _ = write!(page, " {cell} |");
            }
            let sum = |field: fn(&Row) -> usize| rows.iter().map(|row| field(row)).sum::<usize>();
            let lost = percent(sum(|row| row.lost), sum(|row| row.cases));
            let special = sum(|row| row.wrong_special + row.wrong_zero_sign);
            let worst = rows.iter().map(|row| row.worst_ulp).max().unwrap_or(0);
            let _ = writeln!(page, " {lost} | {special} | {} |", grouped(worst));
        }
    }
}

/// Loss and gradient in all dtypes.
fn dtypes(page: &mut String, board: &Scoreboard) {
    page.push_str("\n## By dtype\n\nPer cent of results with wrong bits, over all classes: loss / gradient.\n\n| |");
    for dtype in DType::ALL {
        let _ = write!(page, " {dtype} |");
    }
    page.push_str("\n|---|---:|---:|---:|---:|\n");
    for entry in &board.entries {
        for pair in losses("").zip(losses("_grad_logits")) {
            if DType::ALL
                .iter()
                .all(|&dtype| rows(&entry.report, pair.0, dtype).is_empty())
            {
                continue;
            }
            let _ = write!(
                page,
                "| {}, {} |",
                entry.report.implementation,
                family(pair.0)
            );
            for dtype in DType::ALL {
                let cell = |function| wrong(&rows(&entry.report, function, dtype));
                let _ = write!(page, " {} / {} |", cell(pair.0), cell(pair.1));
            }
            page.push('\n');
        }
    }
}

/// Functions and arithmetic, f32: one row an op, one column an implementation.
fn functions(page: &mut String, board: &Scoreboard) {
    page.push_str("\n## Elementary functions, f32\n\nPer cent of wrong bits, and the largest error in ulp.\n\n| |");
    let offers = |report: &Report| rows(report, Function::of(Operation::Exp), DType::F32).len() > 1;
    let entries: Vec<_> = board
        .entries
        .iter()
        .filter(|entry| offers(&entry.report))
        .collect();
    for entry in &entries {
        let _ = write!(page, " {} |", entry.report.implementation);
    }
    let _ = write!(page, "\n|---|{}\n", "---:|".repeat(entries.len()));
    for function in Function::all() {
        if function.is_loss() {
            continue;
        }
        let _ = write!(page, "| {function} |");
        for entry in &entries {
            let rows = rows(&entry.report, function, DType::F32);
            let worst = rows.iter().map(|row| row.worst_ulp).max();
            let cell = match worst {
                None => "–".to_owned(),
                Some(worst) => format!("{}, {}", wrong(&rows), grouped(worst)),
            };
            let _ = write!(page, " {cell} |");
        }
        page.push('\n');
    }
}

fn findings(page: &mut String, board: &Scoreboard) {
    let found = board
        .entries
        .iter()
        .any(|entry| !entry.report.findings.is_empty());
    if !found {
        return;
    }
    page.push_str("\n## Findings\n\n");
    for entry in &board.entries {
        for finding in &entry.report.findings {
            let message = brief(&finding.failure.to_string());
            let name = &entry.report.implementation;
            let _ = writeln!(
                page,
                "- {name}, `{}` in {}: {message}",
                finding.function, finding.dtype
            );
        }
    }
}

fn rows<'a>(report: &'a Report, function: &Function, dtype: DType) -> Vec<&'a Row> {
    let same = |row: &&Row| row.function == *function && row.dtype == dtype;
    report.rows.iter().filter(same).collect()
}

fn wrong(rows: &[&Row]) -> String {
    let cases: usize = rows.iter().map(|row| row.cases).sum();
    if cases == 0 {
        return "–".to_owned();
    }
    percent(rows.iter().map(|row| row.wrong).sum(), cases)
}

fn family(function: &Function) -> &'static str {
    if function.arguments().len() == 3 {
        "weighted"
    } else {
        "sigmoid"
    }
}

fn percent(part: usize, whole: usize) -> String {
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    if part == 0 || percent >= 10.0 {
        format!("{percent:.0}")
    } else {
        format!("{percent:.1}")
    }
}

/// A number with its digits in groups, or in powers of ten from a million on.
fn grouped(number: u64) -> String {
    if number >= 1_000_000 {
        return format!("{:.1e}", number as f64);
    }
    if number >= 1000 {
        format!("{} {:03}", number / 1000, number % 1000)
    } else {
        number.to_string()
    }
}

/// The start of a message, without paths: those of one machine say nothing on another.
fn brief(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let is_path = |word: &&str| word.matches(['/', '\\']).count() > 1;
    let line = line.replace(|letter: char| letter.is_control() || letter == '|', " ");
    let words = line
        .split(' ')
        .map(|word| if is_path(&word) { "…" } else { word });
    let brief = words.collect::<Vec<_>>().join(" ");
    brief
        .char_indices()
        .nth(160)
        .map_or(brief.clone(), |(end, _)| brief[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_their_paths() {
        let message = "exit status: 101; panicked at /home/me/x/lib.rs:3:1: f32 and/or f64\nmore";
        assert_eq!(
            brief(message),
            "exit status: 101; panicked at … f32 and/or f64"
        );
        assert_eq!(brief("a\u{1b}[31m | b"), "a [31m   b");
        assert_eq!(brief(&"ä".repeat(500)).chars().count(), 160);
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [0, 999, 1000, 757_732, 8_388_608].map(grouped),
            ["0", "999", "1 000", "757 732", "8.4e6"]
        );
        assert_eq!(
            [(0, 7), (1, 200), (150, 200)].map(|(part, whole)| percent(part, whole)),
            ["0", "0.5", "75"]
        );
    }
}
