//! How fast the aggregates are: 100 M rows made on the fly, in bounded memory, against the engine's own `avg` and
//! against the loss spelled out in SQL.
//!
//! `cargo run --release -p ops-nn-sql --example measure [rows in millions] [runs]`

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::arrow::array::{ArrayRef, Float32Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::{StreamExt, stream};
use indicatif::ProgressBar;

const BATCH: usize = 8192;
/// As many different batches are made beforehand; the scan gives them again and again.
const DIFFERENT: usize = 64;

const LOSS: &str = "mean_weighted_cross_entropy_with_logits(z, x, 2.0)";
const FORMULA: &str = "avg((1 - z) * x + (1 + z) * (ln(1 + exp(-abs(x))) + greatest(-x, 0)))";

const QUERIES: [(&str, &str); 8] = [
    ("avg(x)", "SELECT avg(x) FROM t"),
    ("exact_mean(x)", "SELECT exact_mean(x) FROM t"),
    ("the loss as a formula", "SELECT {formula} FROM t"),
    ("the exact mean loss", "SELECT {loss} FROM t"),
    (
        "avg(x), 10 groups",
        "SELECT g % 10 AS k, avg(x) FROM t GROUP BY k",
    ),
    (
        "the exact mean loss, 10 groups",
        "SELECT g % 10 AS k, {loss} FROM t GROUP BY k",
    ),
    (
        "avg(x), {n} groups",
        "SELECT g % {n} AS k, avg(x) FROM t GROUP BY k",
    ),
    (
        "the exact mean loss, {n} groups",
        "SELECT g % {n} AS k, {loss} FROM t GROUP BY k",
    ),
];

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse::<usize>().ok());
    let rows = args.next().unwrap_or(100) * 1_000_000;
    let runs = args.next().unwrap_or(3);
    println!(
        "{:<40} {:>8} {:>12} {:>10}",
        "query", "threads", "M rows/s", "MiB"
    );
    let bar = ProgressBar::new(2 * 10);
    for threads in [1, 2] {
        for (name, sql) in queries() {
            let mut best = Duration::MAX;
            for _ in 0..runs {
                best = best.min(time(&sql, rows, threads).await?);
            }
            let rate = rows as f64 / best.as_secs_f64() / 1e6;
            bar.suspend(|| println!("{name:<40} {threads:>8} {rate:>12.1} {:>10}", peak_memory()));
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn queries() -> Vec<(String, String)> {
    let fill = |text: &str, groups: &str| {
        text.replace("{loss}", LOSS)
            .replace("{formula}", FORMULA)
            .replace("{n}", groups)
    };
    let (fixed, varied) = QUERIES.split_at(6);
    let fixed = fixed
        .iter()
        .map(|(name, sql)| (fill(name, ""), fill(sql, "")));
    let varied = ["10000", "1000000"].into_iter().flat_map(|groups| {
        varied
            .iter()
            .map(move |(name, sql)| (fill(name, groups), fill(sql, groups)))
    });
    fixed.chain(varied).collect()
}

/// Runs a query over so many rows and throws the result away, batch by batch.
async fn time(sql: &str, rows: usize, threads: usize) -> Result<Duration> {
    let config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_batch_size(BATCH);
    let ctx = SessionContext::new_with_config(config);
    ops_nn_sql::register_all(&ctx)?;
    let partitions =
        (0..threads).map(|_| Arc::new(Rows::new(rows / threads)) as Arc<dyn PartitionStream>);
    let table = StreamingTable::try_new(schema(), partitions.collect())?;
    ctx.register_table("t", Arc::new(table))?;
    let start = Instant::now();
    let mut result = ctx.sql(sql).await?.execute_stream().await?;
    while let Some(batch) = result.next().await {
        batch?;
    }
    Ok(start.elapsed())
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("z", DataType::Float32, false),
        Field::new("x", DataType::Float32, false),
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

/// Labels 0 and 1, logits between -16 and 16, group numbers without a pattern.
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
    let groups = Int64Array::from_iter_values((0..BATCH).map(|_| next() as i64));
    let columns: Vec<ArrayRef> = vec![Arc::new(labels), Arc::new(logits), Arc::new(groups)];
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
            let groups = batch.column(2).as_ref();
            let groups = datafusion::arrow::array::AsArray::as_primitive::<
                datafusion::arrow::datatypes::Int64Type,
            >(groups);
            let shift = (index as i64).wrapping_mul(0x9e37_79b9);
            let groups: Int64Array = groups.unary(|g| (g ^ shift) & i64::from(u32::MAX));
            let columns = vec![
                Arc::clone(batch.column(0)),
                Arc::clone(batch.column(1)),
                Arc::new(groups) as ArrayRef,
            ];
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

/// The most memory that the process has held so far, in MiB, where the system tells.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or("unknown".to_owned(), |kilobytes| {
        (kilobytes / 1024).to_string()
    })
}
