//! A run beside the stored one.

use std::fmt::Write as _;

use super::record::Row;
use super::table::{Table, nanoseconds, size};

/// A benchmark that both runs have.
#[derive(Debug)]
struct Change<'a> {
    old: &'a Row,
    new: &'a Row,
}

impl Change<'_> {
    fn ratio(&self) -> f64 {
        self.new.median / self.old.median
    }

    /// Whether criterion's intervals have nothing in common.
    fn is_beyond_noise(&self) -> bool {
        self.new.low > self.old.high || self.new.high < self.old.low
    }
}

/// Which benchmarks moved by more than criterion's noise, the slowed ones first.
pub(crate) fn report(old: &[Row], new: &[Row]) -> String {
    let same = |a: &Row, b: &Row| (&a.group, &a.what, a.count) == (&b.group, &b.what, b.count);
    let pair = |new| {
        Some(Change {
            old: old.iter().find(|old| same(old, new))?,
            new,
        })
    };
    let mut changes: Vec<Change<'_>> = new.iter().filter_map(pair).collect();
    changes.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()));
    let moved: Vec<_> = changes
        .iter()
        .filter(|change| change.is_beyond_noise())
        .collect();

    let mut text = String::new();
    let (count, all) = (moved.len(), changes.len());
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "{count} of {all} benchmarks moved by more than the noise"
    );
    if let Some(middle) = changes.get(changes.len() / 2) {
        let _ = write!(text, "; the median of new / old is {:.2}", middle.ratio());
    }
    let _ = writeln!(
        text,
        ".\n{} are new, {} were not measured this time.",
        new.len() - all,
        old.len() - all
    );
    if !moved.is_empty() {
        let mut table = Table::new(["benchmark", "elements", "old", "new", "new / old"]);
        for change in moved {
            table.row([
                format!("{}: {}", change.new.group, change.new.what),
                size(change.new.count),
                nanoseconds(change.old.median),
                nanoseconds(change.new.median),
                format!("{:.2}", change.ratio()),
            ]);
        }
        let _ = write!(text, "\n{}", table.markdown(2));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(what: &str, median: f64, noise: f64) -> Row {
        Row {
            group: "g".into(),
            what: what.into(),
            count: 8,
            median,
            low: median - noise,
            high: median + noise,
        }
    }

    #[test]
    fn only_what_moved_by_more_than_the_noise_is_listed_and_the_slowed_first() {
        let old = [
            row("fast", 10.0, 1.0),
            row("slow", 10.0, 1.0),
            row("still", 10.0, 1.0),
            row("gone", 1.0, 0.0),
        ];
        let new = [
            row("fast", 5.0, 1.0),
            row("slow", 20.0, 1.0),
            row("still", 11.0, 0.5),
            row("here", 1.0, 0.0),
        ];
        let text = report(&old, &new);
        assert!(text.starts_with("2 of 3 benchmarks moved"), "{text}");
        assert!(text.contains("the median of new / old is 1.10"), "{text}");
        assert!(text.contains("1 are new, 1 were not measured"), "{text}");
        assert!(!text.contains("still"), "{text}");
        assert!(text.find("slow") < text.find("fast"), "{text}");
    }

    #[test]
    fn nothing_in_common_is_no_comparison() {
        let text = report(&[], &[row("here", 1.0, 0.0)]);
        assert!(text.starts_with("0 of 0 benchmarks moved"), "{text}");
    }
}
