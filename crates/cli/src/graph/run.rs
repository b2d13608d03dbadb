//! `opsnn graph run`: a graph on arrays.

use std::path::Path;

use ops_nn::Graph;
use ops_nn::graph::{Feeds, NodeId};
use ops_nn::tensor_core::DynTensor;
use serde::Serialize;

use super::feed;
use crate::cli::GraphRunArgs;
use crate::error::CliError;
use crate::interrupt::Interrupt;
use crate::report::{Findings, JsonFindings, JsonOutput, in_columns, to_json, wrote};
use crate::sink::{self, Sink, Written};
use crate::summary::Summary;

/// Runs the command; what it prints.
pub(crate) fn run(args: &GraphRunArgs) -> Result<String, CliError> {
    check_output(args)?;
    let interrupt = Interrupt::watch();
    let graph = super::read(&args.file)?;
    let fetches = fetches(&graph, &args.fetch)?;
    let graph = if args.step_by_step {
        graph.decompose()?
    } else {
        graph.lift(&fetches)?
    };
    // Nodes keep their names, but not their positions.
    let fetches = self::fetches(&graph, &args.fetch)?;
    let feeds = feed::read(&graph, &args.feed, args.dtype)?;
    let plan = graph.compile(&fetches)?;
    let fed = feeds
        .iter()
        .fold(Feeds::new(), |fed, (id, value)| fed.feed(*id, value));
    let values = plan.run(&fed)?;
    let written = match (&args.out, values.first()) {
        (Some(path), Some(value)) => write(path, value, &interrupt)?,
        _ => Vec::new(),
    };
    let fetched = fetches.iter().zip(values);
    let fetched: Vec<_> = fetched
        .map(|(id, value)| Fetched::new(&graph, *id, value))
        .collect();
    if args.json {
        json(&fetched, &written)
    } else {
        text(&fetched, &written)
    }
}

fn fetches(graph: &Graph, names: &[String]) -> Result<Vec<NodeId>, CliError> {
    let found = names
        .iter()
        .map(|name| Ok(graph.find(feed::node_name(name))?));
    found.collect()
}

/// Refuses an output of no known format, one that would overwrite an input, and one for several values.
fn check_output(args: &GraphRunArgs) -> Result<(), CliError> {
    let Some(path) = &args.out else {
        return Ok(());
    };
    if args.fetch.len() > 1 {
        return Err(CliError::SeveralFetches {
            found: args.fetch.len(),
        });
    }
    sink::check_format(path)?;
    let identity = sink::identity(path);
    let files = feed::places(&args.feed).map(|place| place.path);
    let mut inputs = files.chain([args.file.clone()]);
    if inputs.any(|input| sink::identity(&input) == identity) {
        return Err(CliError::OutputConflict {
            path: path.clone(),
            also: "an input",
        });
    }
    Ok(())
}

fn write(
    path: &Path,
    value: &DynTensor<'_>,
    interrupt: &Interrupt,
) -> Result<Vec<Written>, CliError> {
    let mut sink = Sink::create(
        "fetched value",
        path,
        value.dtype(),
        value.shape(),
        interrupt,
    )?;
    sink.write(value)?;
    sink::commit(vec![sink], interrupt)
}

/// A value that was asked for.
struct Fetched<'a> {
    name: &'a str,
    op: &'a str,
    value: DynTensor<'static>,
    summary: Summary,
}

impl<'a> Fetched<'a> {
    fn new(graph: &'a Graph, id: NodeId, value: DynTensor<'static>) -> Self {
        let mut summary = Summary::new(value.dtype());
        summary.add(&value);
        Self {
            name: graph[id].name(),
            op: graph[id].op_type(),
            value,
            summary,
        }
    }

    fn findings(&self) -> Findings<'_> {
        Findings {
            shape: self.value.shape(),
            summary: &self.summary,
        }
    }
}

fn text(fetched: &[Fetched<'_>], written: &[Written]) -> Result<String, CliError> {
    let mut blocks = Vec::new();
    for value in fetched {
        let mut lines = vec![("node", value.name.to_owned()), ("op", value.op.to_owned())];
        lines.extend(value.findings().lines()?);
        lines.extend(written.iter().map(wrote));
        blocks.push(in_columns(&lines));
    }
    Ok(blocks.join("\n"))
}

fn json(fetched: &[Fetched<'_>], written: &[Written]) -> Result<String, CliError> {
    let fetched = fetched.iter().map(|value| {
        Ok(JsonFetched {
            name: value.name,
            op: value.op,
            findings: value.findings().object()?,
        })
    });
    Ok(to_json(&Object {
        fetches: fetched.collect::<Result<_, CliError>>()?,
        outputs: written.iter().map(JsonOutput::of).collect(),
    }))
}

/// What a run found.
#[derive(Serialize)]
struct Object<'a> {
    fetches: Vec<JsonFetched<'a>>,
    outputs: Vec<JsonOutput<'a>>,
}

#[derive(Serialize)]
struct JsonFetched<'a> {
    name: &'a str,
    op: &'a str,
    #[serde(flatten)]
    findings: JsonFindings<'a>,
}
