//! How fast the aggregates are, in millions of rows a second: against the scan alone, the engine's own `avg` of a plain
//! column and the loss spelled out in SQL. Prints the figures of `docs/sql.md`.
//!
//! `cargo run --release -p ops-nn-sql --example measure`

use std::fmt;
use std::fs::File;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use datafusion::arrow::array::{ArrayRef, Float32Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget};
use tempfile::TempDir;

const BATCH: usize = 8192;
/// As many different batches lie in memory, where they do.
const DIFFERENT: usize = 64;
/// As many rows has a file, of which links are scanned until there are enough.
const FILE: usize = 10_000_000;

/// What is measured, the scan alone and the engine's own average first.
const SUBJECTS: [(&str, &str); 6] = [
    ("count(*)", "count(*)"),
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

/// Where the rows come from.
#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Scan {
    /// Made on the fly.
    Made,
    /// The same labels and logits again and again, from memory: as good as no scan at all.
    Memory,
    /// Parquet in the system's cache of files, compressed by Snappy.
    Parquet,
}

#[derive(Parser)]
struct Options {
    /// Where the rows come from.
    #[arg(long, value_enum, default_value_t = Scan::Made)]
    scan: Scan,
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
    let table = Table::new(options.scan, rows)?;
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
                        run(&table, aggregate, groups, rows, threads).await?,
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
async fn run(
    table: &Table,
    aggregate: &str,
    groups: usize,
    rows: usize,
    threads: usize,
) -> Result<Best> {
    let sql = match groups {
        1 => format!("SELECT {aggregate} FROM t"),
        _ => format!("SELECT g % {groups} AS k, {aggregate} FROM t GROUP BY k"),
    };
    let config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_batch_size(BATCH);
    let ctx = SessionContext::new_with_config(config);
    ops_nn_sql::register_all(&ctx)?;
    match table {
        Table::Files(folder) => {
            let path = folder.path().to_string_lossy();
            let options = ParquetReadOptions::default();
            ctx.register_parquet("t", &*path, options).await?;
        }
        Table::Batches(different) => {
            let partition = |seed| {
                let (rows, different) = (rows / threads, different.clone());
                Arc::new(Rows::new(rows, different, seed)) as Arc<dyn PartitionStream>
            };
            let partitions = (1..=threads as u64).map(partition);
            let table = StreamingTable::try_new(schema(), partitions.collect())?;
            ctx.register_table("t", Arc::new(table))?;
        }
    }
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

/// What is scanned.
enum Table {
    /// These batches over and over; without any, each is made anew.
    Batches(Vec<RecordBatch>),
    /// The Parquet files of a folder.
    Files(TempDir),
}

impl Table {
    fn new(scan: Scan, rows: usize) -> Result<Self> {
        let mut state = 1;
        Ok(match scan {
            Scan::Made => Self::Batches(Vec::new()),
            Scan::Memory => Self::Batches((0..DIFFERENT).map(|_| made(&mut state)).collect()),
            Scan::Parquet => {
                let folder = tempfile::tempdir()?;
                let first = folder.path().join("0.parquet");
                let snappy = WriterProperties::builder().set_compression(Compression::SNAPPY);
                let file = File::create(&first)?;
                let mut writer = ArrowWriter::try_new(file, schema(), Some(snappy.build()))?;
                for _ in 0..FILE.min(rows) / BATCH {
                    writer.write(&made(&mut state))?;
                }
                writer.close()?;
                for link in 1..rows / FILE {
                    std::fs::hard_link(&first, folder.path().join(format!("{link}.parquet")))?;
                }
                Self::Files(folder)
            }
        })
    }
}

/// A partition of batches.
struct Rows {
    schema: SchemaRef,
    count: usize,
    different: Vec<RecordBatch>,
    seed: u64,
}

impl Rows {
    fn new(count: usize, different: Vec<RecordBatch>, seed: u64) -> Self {
        Self {
            schema: schema(),
            count,
            different,
            seed,
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
        let (different, mut state) = (self.different.clone(), self.seed);
        let mut again = different.into_iter().cycle();
        let batches = (0..self.count / BATCH).map(move |_| {
            let batch = again.next().unwrap_or_else(|| made(&mut state));
            Ok::<_, DataFusionError>(batch)
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            stream::iter(batches),
        ))
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({})", self.count)
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
