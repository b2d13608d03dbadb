//! Lists the functions that the ops give to SQL.

use std::io::{self, Write};

use datafusion::logical_expr::{AggregateUDF, Documentation, ScalarUDF};

use super::cli::FunctionsArgs;
use super::error::CliError;
use super::output::unless_reader_left;

/// Prints each function's arguments, its aliases and what it returns, sorted by name.
pub(crate) fn list(args: &FunctionsArgs) -> Result<(), CliError> {
    let ops = ops_nn_sql::builtin();
    let scalars = ops_nn_sql::scalar_functions(&ops);
    let aggregates = ops_nn_sql::aggregate_functions(&ops);
    let scalars = scalars.iter().map(Entry::scalar);
    let mut entries: Vec<Entry<'_>> = scalars
        .chain(aggregates.iter().map(Entry::aggregate))
        .filter(|entry| args.text.as_deref().is_none_or(|text| entry.has(text)))
        .collect();
    entries.sort_by_key(|entry| entry.name);
    let printed = entries.iter().try_for_each(Entry::print);
    unless_reader_left(printed.map_err(CliError::Stdout))
}

/// One function.
struct Entry<'a> {
    name: &'a str,
    aliases: &'a [String],
    documentation: Option<&'a Documentation>,
}

impl<'a> Entry<'a> {
    fn scalar(function: &'a ScalarUDF) -> Self {
        Self {
            name: function.name(),
            aliases: function.aliases(),
            documentation: function.documentation(),
        }
    }

    fn aggregate(function: &'a AggregateUDF) -> Self {
        Self {
            name: function.name(),
            aliases: function.aliases(),
            documentation: function.documentation(),
        }
    }

    fn has(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let mut aliases = self.aliases.iter();
        self.name.contains(&text) || aliases.any(|alias| alias.contains(&text))
    }

    fn print(&self) -> io::Result<()> {
        let mut out = io::stdout();
        let syntax = self.documentation.map_or(self.name, |d| &d.syntax_example);
        writeln!(out, "{syntax}")?;
        if !self.aliases.is_empty() {
            writeln!(out, "    also {}", self.aliases.join(", "))?;
        }
        let text = self.documentation.map_or("", |d| &d.description);
        writeln!(out, "    {text}")
    }
}
