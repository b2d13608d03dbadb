//! Tables in Markdown whose columns line up, and numbers in them.

/// A table under construction.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<C: Into<String>>(head: impl IntoIterator<Item = C>) -> Self {
        let mut table = Self { rows: Vec::new() };
        table.row(head);
        table
    }

    pub(crate) fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// The table, the first columns aligned to the left, all others to the right.
    pub(crate) fn markdown(&self, left: usize) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = widths.iter().enumerate().map(|(column, &width)| {
                let cell = row.get(column).map_or("", String::as_str);
                if column < left {
                    format!(" {cell:<width$} |")
                } else {
                    format!(" {cell:>width$} |")
                }
            });
            format!("|{}\n", cells.collect::<String>())
        };
        let rule = widths.iter().enumerate().map(|(column, &width)| {
            let end = if column < left { '-' } else { ':' };
            format!(" {}{end} |", "-".repeat(width - 1))
        });
        let rule = format!("|{}\n", rule.collect::<String>());
        let (head, body) = self.rows.split_at(self.rows.len().min(1));
        let head: String = head.iter().map(line).collect();
        head + &rule + &body.iter().map(line).collect::<String>()
    }
}

/// Three significant digits.
pub(crate) fn nanoseconds(value: f64) -> String {
    match value.abs() {
        v if v >= 99.95 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Elements, in powers of two where they are.
pub(crate) fn size(count: u64) -> String {
    match count {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{} M", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{} K", n >> 10),
        n => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["what", "ns"]);
        table.row(["loss", "1.25"]);
        table.row(["a longer one", "100"]);
        let expected = "\
| what         |   ns |
| ------------ | ---: |
| loss         | 1.25 |
| a longer one |  100 |
";
        assert_eq!(table.markdown(1), expected);
    }

    #[test]
    fn numbers_have_three_digits_and_sizes_their_unit() {
        let table = [
            (0.148, "0.15"),
            (9.996, "10.0"),
            (14.44, "14.4"),
            (99.97, "100"),
            (1234.5, "1234"),
        ];
        for (value, expected) in table {
            assert_eq!(nanoseconds(value), expected);
        }
        let table = [
            (8, "8"),
            (1000, "1000"),
            (1024, "1 K"),
            (65_536, "64 K"),
            (1 << 24, "16 M"),
        ];
        for (count, expected) in table {
            assert_eq!(size(count), expected);
        }
    }
}
