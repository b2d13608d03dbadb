//! `opsnn ops`: the ops whose name or alias starts with a prefix.

use std::collections::BTreeMap;
use std::fmt::Write;

use ops_nn::{OpDef, Registry};
use serde::Serialize;

use crate::cli::OpsArgs;
use crate::error::CliError;
use crate::report;

/// Runs the command; what it prints.
pub(crate) fn list(args: &OpsArgs) -> Result<String, CliError> {
    let found = Registry::builtin().names_with(&args.prefix);
    let ops: BTreeMap<&str, &OpDef> = found
        .map(|op| (op.definition().name(), op.definition()))
        .collect();
    if ops.is_empty() {
        return Err(CliError::NoSuchPrefix {
            prefix: args.prefix.clone(),
        });
    }
    if args.json {
        let entries: Vec<Entry<'_>> = ops.values().map(|op| Entry::of(op)).collect();
        return Ok(report::to_json(&entries));
    }
    Ok(ops.values().map(|op| text(op)).collect())
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    summary: &'a str,
    aliases: Vec<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(op: &'a OpDef) -> Self {
        Self {
            name: op.name(),
            summary: op.summary(),
            aliases: aliases(op),
        }
    }
}

fn aliases(op: &OpDef) -> Vec<&str> {
    op.names().filter(|name| *name != op.name()).collect()
}

fn text(op: &OpDef) -> String {
    let mut text = format!("{}\n    {}\n", op.name(), op.summary());
    let aliases = aliases(op);
    if !aliases.is_empty() {
        let _ = writeln!(text, "    also: {}", aliases.join(", "));
    }
    text
}
