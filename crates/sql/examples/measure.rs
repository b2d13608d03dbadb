//! How fast the aggregates are: rows made on the fly, in bounded memory, against the engine's own `avg` of a plain
//! column and against the loss spelled out in SQL. Prints the table of `docs/sql.md`.
//!
//! `cargo run --release -p ops-nn-sql --example measure`

use std::fmt;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use datafusion::arrow::array::{ArrayRef, AsArray, Float32Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget};

const BATCH: usize = 8192;
/// As many different batches are made beforehand; the scan gives them again and again, with other
/// group numbers.
const DIFFERENT: usize = 64;

/// What is measured, the engine's own average first.
const SUBJECTS: [(&str, &str); 5] = [
    ("avg(x)", "avg(x)"),
    ("exact_mean(x)", "exact_mean(x)"),
    (
        "formula",
        "avg((1 - z) * x + (1 + z) * (ln(1 + exp(-abs(x))) + greatest(-x, 0)))",
    ),
    (
        "mean loss",
        "mean_weighted_cross_entropy_with_logits(z, x, 2.0)",
    ),
    (
        "with sample_weight",
        "mean_weighted_cross_entropy_with_logits(z, x, 2.0, w)",
    ),
];

#[derive(Parser)]
struct Options {
    /// Rows of a scan, in millions.
    #[arg(long, default_value_t = 100)]
    rows: usize,
    /// Rounds, in each of which every subject has its turn; the fastest counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Numbers of groups; 1 stands for a query without GROUP BY.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10, 10_000, 1_000_000])]
    groups: Vec<usize>,
    /// Numbers of threads.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,
    /// Only subjects with this text in their names.
    #[arg(long, default_value = "")]
    only: String,
}

/// The fastest run of a query so far, and the most memory that a run added to the process.
#[derive(Clone, Copy)]
struct Best {
    time: Duration,
    mebibytes: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let subjects = SUBJECTS
        .iter()
        .filter(|(name, _)| name.contains(&options.only));
    let subjects: Vec<_> = subjects.collect();
    let head: Vec<String> = subjects
        .iter()
        .map(|(name, _)| format!("`{name}` | MiB"))
        .collect();
    println!("| groups | threads | {} |", head.join(" | "));
    println!("| ---: | ---: |{}", " ---: | ---: |".repeat(subjects.len()));
    let rows = options.rows * 1_000_000;
    let bar = ProgressBar::new(
        (options.groups.len() * options.threads.len() * options.rounds * subjects.len()) as u64,
    );
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    for &groups in &options.groups {
        for &threads in &options.threads {
            let mut best = vec![None; subjects.len()];
            for _ in 0..options.rounds {
                for ((_, aggregate), best) in subjects.iter().zip(&mut best) {
                    *best = Some(Best::of(
                        *best,
                        run(aggregate, groups, rows, threads).await?,
                    ));
                    bar.inc(1);
                }
            }
            let cells: Vec<String> = best.iter().flatten().map(|b| b.cells(rows)).collect();
            bar.suspend(|| println!("| {groups} | {threads} | {} |", cells.join(" | ")));
        }
    }
    bar.finish_and_clear();
    Ok(())
}

impl Best {
    fn of(before: Option<Self>, run: Self) -> Self {
        before.map_or(run, |before| Self {
            time: before.time.min(run.time),
            mebibytes: before.mebibytes.max(run.mebibytes),
        })
    }

    fn cells(self, rows: usize) -> String {
        let rate = rows as f64 / self.time.as_secs_f64() / 1e6;
        let mebibytes = self
            .mebibytes
            .map_or("unknown".to_owned(), |m| m.to_string());
        format!("{rate:.1} | {mebibytes}")
    }
}

/// Runs a query over so many rows and throws the result away, batch by batch.
async fn run(aggregate: &str, groups: usize, rows: usize, threads: usize) -> Result<Best> {
    let sql = match groups {
        1 => format!("SELECT {aggregate} FROM t"),
        _ => format!("SELECT g % {groups} AS k, {aggregate} FROM t GROUP BY k"),
    };
    let config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_batch_size(BATCH);
    let ctx = SessionContext::new_with_config(config);
    ops_nn_sql::register_all(&ctx)?;
    let partitions =
        (0..threads).map(|_| Arc::new(Rows::new(rows / threads)) as Arc<dyn PartitionStream>);
    let table = StreamingTable::try_new(schema(), partitions.collect())?;
    ctx.register_table("t", Arc::new(table))?;
    let before = memory("VmRSS:");
    forget_peak();
    let start = Instant::now();
    let mut result = ctx.sql(&sql).await?.execute_stream().await?;
    while let Some(batch) = result.next().await {
        batch?;
    }
    let time = start.elapsed();
    let added = memory("VmHWM:")
        .zip(before)
        .map(|(peak, before)| peak.saturating_sub(before));
    Ok(Best {
        time,
        mebibytes: added.map(|kilobytes| kilobytes / 1024),
    })
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("z", DataType::Float32, false),
        Field::new("x", DataType::Float32, false),
        Field::new("w", DataType::Float32, false),
        Field::new("g", DataType::Int64, false),
    ]))
}

/// A partition that makes its rows when they are asked for.
struct Rows {
    schema: SchemaRef,
    rows: usize,
    different: Vec<RecordBatch>,
}

impl Rows {
    fn new(rows: usize) -> Self {
        let mut state = 1_u64;
        let different = (0..DIFFERENT).map(|_| made(&mut state)).collect();
        Self {
            schema: schema(),
            rows,
            different,
        }
    }
}

/// Labels 0 and 1, logits between -16 and 16, weights up to 2, group numbers without a pattern.
fn made(state: &mut u64) -> RecordBatch {
    let mut next = || {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    };
    let labels = Float32Array::from_iter_values((0..BATCH).map(|_| (next() % 2) as f32));
    let logits = (0..BATCH).map(|_| next() as f32 / (1_u32 << 26) as f32 - 16.0);
    let logits = Float32Array::from_iter_values(logits);
    let weights = (0..BATCH).map(|_| next() as f32 / (1_u32 << 30) as f32);
    let weights = Float32Array::from_iter_values(weights);
    let groups = Int64Array::from_iter_values((0..BATCH).map(|_| next() as i64));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(labels),
        Arc::new(logits),
        Arc::new(weights),
        Arc::new(groups),
    ];
    RecordBatch::try_new(schema(), columns).expect("columns of the schema")
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let different = self.different.clone();
        let batches = (0..self.rows.div_ceil(BATCH)).map(move |index| {
            // The same labels and logits again, in other groups.
            let batch = &different[index % DIFFERENT];
            let mut columns = batch.columns().to_vec();
            let shift = (index as i64).wrapping_mul(0x9e37_79b9);
            let groups = columns[3].as_primitive::<Int64Type>();
            let groups: Int64Array = groups.unary(|g| (g ^ shift) & i64::from(u32::MAX));
            columns[3] = Arc::new(groups);
            RecordBatch::try_new(batch.schema(), columns).map_err(DataFusionError::from)
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            stream::iter(batches),
        ))
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({})", self.rows)
    }
}

/// The memory of the process in kilobytes, where the system tells: `VmRSS:` now, `VmHWM:` at its peak.
fn memory(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Lets the peak of memory begin anew, where the system can.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
