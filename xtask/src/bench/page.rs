//! docs/performance.md: the words of `performance.md` beside this file, and
//! tables of what is stored.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::record::{Head, PeerRow, PeersHead, Record, Row};
use super::table::{Table, nanoseconds, size};

const TEMPLATE: &str = include_str!("performance.md");
const ADD: &str = "plain add";
/// The order of element types and of the first columns; what else there is follows.
const DTYPES: [&str; 4] = ["f32", "f64", "f16", "bf16"];
const FIRST: [&str; 3] = [ADD, "std loop", "loss"];

/// A benchmark of the kernels: group `tier, n threads`, function `dtype what`.
#[derive(Debug)]
pub(crate) struct Kernel<'a> {
    pub(crate) threads: usize,
    pub(crate) dtype: &'a str,
    pub(crate) what: &'a str,
    pub(crate) row: &'a Row,
}

/// The benchmarks of the kernels, in the order of the tables.
pub(crate) fn kernels(rows: &[Row]) -> Vec<Kernel<'_>> {
    let place = |list: &[&str], name| list.iter().position(|&n| n == name).unwrap_or(list.len());
    let mut kernels: Vec<_> = rows.iter().filter_map(kernel).collect();
    kernels.sort_by_key(|k| {
        (
            k.threads,
            place(&DTYPES, k.dtype),
            place(&FIRST, k.what),
            k.what,
            k.row.count,
        )
    });
    kernels
}

fn kernel(row: &Row) -> Option<Kernel<'_>> {
    let threads = row.group.strip_suffix(" threads")?.rsplit_once(", ")?.1;
    let (dtype, what) = row.what.split_once(' ')?;
    Some(Kernel {
        threads: threads.parse().ok()?,
        dtype,
        what,
        row,
    })
}

/// The page.
pub(crate) fn markdown(
    own: &Record<Head, Row>,
    peers: Option<&Record<PeersHead, PeerRow>>,
) -> Result<String, String> {
    let kernels = kernels(&own.rows);
    let (one, more): (Vec<_>, Vec<_>) = kernels.iter().partition(|kernel| kernel.threads == 1);
    let conditions = &own.head.conditions;
    let parts = [
        ("commands", conditions.commands.join("\n")),
        ("date", conditions.date.clone()),
        ("machine", conditions.machine.clone()),
        ("rustc", conditions.rustc.clone()),
        ("how long", how_long(own.head.is_quick).to_owned()),
        ("ratios", ratios(&own.rows)),
        ("one thread", by_kernel(&one)),
        ("all threads", by_kernel(&more)),
        (
            "call",
            by_name(&own.rows, "call", "the weighted loss by", Row::a_call),
        ),
        (
            "graph",
            by_name(&own.rows, "graph", "100 nodes", Row::a_call),
        ),
        ("ops", by_name(&own.rows, "ops", "op", Row::per_element)),
        (
            "peers",
            peers.map_or("Not measured yet.\n".to_owned(), beside),
        ),
    ];
    let page = parts
        .iter()
        .fold(TEMPLATE.to_owned(), |page, (name, text)| {
            page.replace(&format!("{{{{{name}}}}}"), text.trim_end())
        });
    match page.split_once("{{") {
        None => Ok(page),
        Some((_, rest)) => {
            let name = rest.split("}}").next().unwrap_or_default();
            Err(format!(
                "the template of docs/performance.md asks for {name:?}, which nothing fills"
            ))
        }
    }
}

fn how_long(is_quick: bool) -> &'static str {
    if is_quick {
        "criterion's `--quick` (a short look at each benchmark)"
    } else {
        "criterion's usual samples"
    }
}

impl Row {
    fn a_call(&self) -> f64 {
        self.median
    }
}

/// Everything as multiples of plain add: one row for each number of threads,
/// element type and size.
pub(crate) fn ratios(rows: &[Row]) -> String {
    let kernels = kernels(rows);
    let mut columns: Vec<&str> = Vec::new();
    for kernel in &kernels {
        if kernel.what != ADD && !columns.contains(&kernel.what) {
            columns.push(kernel.what);
        }
    }
    let mut table = Table::new(
        ["type", "threads", "elements", "plain add, ns"]
            .into_iter()
            .chain(columns.iter().copied()),
    );
    for add in kernels.iter().filter(|kernel| kernel.what == ADD) {
        let ratio = |what: &&str| {
            let is_beside = |k: &&Kernel<'_>| {
                (k.threads, k.dtype, k.row.count, k.what)
                    == (add.threads, add.dtype, add.row.count, *what)
            };
            let beside = kernels.iter().find(is_beside);
            beside.map_or("–".to_owned(), |k| {
                nanoseconds(k.row.median / add.row.median)
            })
        };
        let lead = [
            format!("`{}`", add.dtype),
            add.threads.to_string(),
            size(add.row.count),
            nanoseconds(add.row.per_element()),
        ];
        table.row(lead.into_iter().chain(columns.iter().map(ratio)));
    }
    table.markdown(1)
}

/// Nanoseconds for an element, by kernel and size.
fn by_kernel(kernels: &[&Kernel<'_>]) -> String {
    if kernels.is_empty() {
        return "Not measured: the machine has one core.\n".to_owned();
    }
    let label = |k: &&Kernel<'_>| vec![format!("`{}`", k.dtype), k.what.to_owned()];
    let cells = kernels
        .iter()
        .map(|k| (label(k), k.row.count, nanoseconds(k.row.per_element())));
    by_size(&["type", "elements"], &cells.collect::<Vec<_>>())
}

/// The benchmarks of a group, by name and size.
fn by_name(rows: &[Row], group: &str, title: &str, value: fn(&Row) -> f64) -> String {
    let rows = rows.iter().filter(|row| row.group == group);
    let cells = rows.map(|row| (vec![row.what.clone()], row.count, nanoseconds(value(row))));
    by_size(&[title], &cells.collect::<Vec<_>>())
}

/// A table with a column for each size; rows with the same labels are adjacent.
fn by_size(labels: &[&str], cells: &[(Vec<String>, u64, String)]) -> String {
    let sizes: BTreeSet<u64> = cells.iter().map(|cell| cell.1).collect();
    let head = labels.iter().map(|&label| label.to_owned());
    let mut table = Table::new(head.chain(sizes.iter().map(|&count| size(count))));
    for cells in cells.chunk_by(|a, b| a.0 == b.0) {
        let value = |count: &u64| {
            let cell = cells.iter().find(|cell| cell.1 == *count);
            cell.map_or("–".to_owned(), |cell| cell.2.clone())
        };
        table.row(cells[0].0.iter().cloned().chain(sizes.iter().map(value)));
    }
    if table.is_empty() {
        return "Not measured.\n".to_owned();
    }
    table.markdown(labels.len())
}

/// The section beside the peers.
fn beside(record: &Record<PeersHead, PeerRow>) -> String {
    let head = &record.head;
    let conditions = &head.conditions;
    let mut text = format!(
        "`{}` on {}, on {}; {} rounds. Present: {}.",
        conditions.commands.join("`, `"),
        conditions.date,
        conditions.machine,
        head.rounds,
        head.present.join("; ")
    );
    if !head.absent.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(text, " Absent: {}.", head.absent.join("; "));
    }
    text += "\n";
    let cells = |threads: usize| -> Vec<_> {
        let rows = record.rows.iter().filter(|row| row.threads == threads);
        let cell = |row: &PeerRow| {
            let label = vec![
                row.task.clone(),
                format!("`{}`", row.dtype),
                row.contestant.clone(),
            ];
            let time = nanoseconds(row.median / row.count as f64);
            (
                label,
                row.count,
                format!("{time} ({}×)", nanoseconds(row.by_ours)),
            )
        };
        rows.map(cell).collect()
    };
    let threads: BTreeSet<usize> = record.rows.iter().map(|row| row.threads).collect();
    for threads in threads {
        let plural = if threads == 1 {
            "One thread".to_owned()
        } else {
            format!("{threads} threads")
        };
        let table = by_size(&["task", "type", "by"], &cells(threads));
        let _ = write!(text, "\n### {plural}\n\n{table}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: &str, what: &str, count: u64, per_element: f64) -> Row {
        let median = per_element * count as f64;
        let (group, what) = (group.into(), what.into());
        Row {
            group,
            what,
            count,
            median,
            low: median,
            high: median,
        }
    }

    fn rows() -> Vec<Row> {
        vec![
            row("avx2, 1 threads", "bf16 plain add", 8, 0.25),
            row("avx2, 1 threads", "f32 exact sum", 1024, 1.0),
            row("avx2, 1 threads", "f32 loss", 1024, 4.0),
            row("avx2, 1 threads", "f32 plain add", 1024, 0.5),
            row("avx2, 1 threads", "f32 std loop", 1024, 10.0),
            row("avx2, 2 threads", "f32 plain add", 1024, 0.5),
            row("ops", "math.exp", 8, 2.0),
        ]
    }

    #[test]
    fn ratios_are_multiples_of_plain_add() {
        let expected = "\
| type   | threads | elements | plain add, ns | std loop | loss | exact sum |
| ------ | ------: | -------: | ------------: | -------: | ---: | --------: |
| `f32`  |       1 |      1 K |          0.50 |     20.0 | 8.00 |      2.00 |
| `bf16` |       1 |        8 |          0.25 |        – |    – |         – |
| `f32`  |       2 |      1 K |          0.50 |        – |    – |         – |
";
        assert_eq!(ratios(&rows()), expected);
    }

    #[test]
    fn sizes_become_columns() {
        let own = [
            row("ops", "a", 8, 1.0),
            row("ops", "a", 1024, 2.0),
            row("ops", "b", 8, 3.0),
        ];
        let expected = "\
| op  |    8 |  1 K |
| --- | ---: | ---: |
| a   | 1.00 | 2.00 |
| b   | 3.00 |    – |
";
        assert_eq!(by_name(&own, "ops", "op", Row::per_element), expected);
        assert_eq!(
            by_name(&own, "call", "op", Row::per_element),
            "Not measured.\n"
        );
    }

    #[test]
    fn the_page_has_no_holes_and_is_the_same_each_time() {
        let conditions = crate::machine::Conditions {
            date: "2000-01-01".into(),
            machine: "a machine".into(),
            rustc: "rustc 1".into(),
            commands: vec!["cargo bench".into()],
        };
        let head = Head {
            conditions: conditions.clone(),
            is_quick: true,
        };
        let own = Record { head, rows: rows() };
        let page = markdown(&own, None).unwrap();
        assert!(
            page.contains("2000-01-01") && page.contains("| math.exp |"),
            "{page}"
        );
        assert_eq!(page, markdown(&own, None).unwrap());

        let row = |contestant: &str, median| PeerRow {
            task: "loss".into(),
            dtype: "f32".into(),
            threads: 1,
            count: 1024,
            contestant: contestant.into(),
            median,
            by_ours: median / 1024.0,
        };
        let head = PeersHead {
            conditions,
            rounds: 3,
            present: vec!["ours 1".into()],
            absent: vec!["theirs: not installed".into()],
        };
        let peers = Record {
            head,
            rows: vec![row("ours", 1024.0), row("theirs", 4096.0)],
        };
        let page = markdown(&own, Some(&peers)).unwrap();
        assert!(page.contains("Absent: theirs: not installed."), "{page}");
        assert!(page.contains("| theirs | 4.00 (4.00×) |"), "{page}");
    }
}
