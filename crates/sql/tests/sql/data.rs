//! What the tests share: tables, queries, and the eager results that they are held to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::prelude::{SessionConfig, SessionContext};
use ops_nn::tensor_core::{DynTensor, Tensor};
use ops_nn::{Args, Registry};

/// A context with the functions, so many partitions and rows per batch.
pub(crate) fn context(partitions: usize, batch: usize) -> SessionContext {
    let config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_batch_size(batch);
    let ctx = SessionContext::new_with_config(config);
    ops_nn_sql::register_all(&ctx).expect("functions without names in common");
    ctx
}

/// Registers columns as a table, its rows shared out among partitions in turn.
pub(crate) fn table(
    ctx: &SessionContext,
    name: &str,
    columns: Vec<(&str, ArrayRef)>,
    partitions: usize,
) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)));
    let batch = batch.expect("columns of one length");
    let rows = batch.num_rows();
    let part = |i: usize| {
        let (start, end) = (rows * i / partitions, rows * (i + 1) / partitions);
        vec![batch.slice(start, end - start)]
    };
    let parts = (0..partitions).map(part).collect();
    let table = MemTable::try_new(batch.schema(), parts).expect("batches of one schema");
    ctx.register_table(name, Arc::new(table))
        .expect("a new name");
}

/// The result of a query as one batch.
pub(crate) async fn query(ctx: &SessionContext, sql: &str) -> Result<RecordBatch> {
    let frame = ctx.sql(sql).await?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await?;
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    Ok(concat_batches(&schema, &batches)?)
}

/// The bits of each value of a column; none for NULL.
pub(crate) fn bits(column: &dyn Array) -> Vec<Option<u64>> {
    let value = |row| match column.data_type() {
        DataType::Float16 => u64::from(column.as_primitive::<Float16Type>().value(row).to_bits()),
        DataType::Float32 => u64::from(column.as_primitive::<Float32Type>().value(row).to_bits()),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_bits(),
        DataType::Boolean => u64::from(column.as_boolean().value(row)),
        other => panic!("no bits of {other}"),
    };
    (0..column.len())
        .map(|row| column.is_valid(row).then(|| value(row)))
        .collect()
}

/// The bits of the only value of a query's result.
pub(crate) async fn only_bits(ctx: &SessionContext, sql: &str) -> Option<u64> {
    let result = query(ctx, sql).await.expect(sql);
    assert_eq!((result.num_rows(), result.num_columns()), (1, 1), "{sql}");
    bits(result.column(0))[0]
}

/// The error's text of a query that must fail.
pub(crate) async fn refusal(ctx: &SessionContext, sql: &str) -> String {
    match query(ctx, sql).await {
        Ok(result) => panic!("{sql} gave {result:?}"),
        Err(error) => error.strip_backtrace(),
    }
}

/// Numbers without a pattern (a linear congruential generator), between -1 and 1.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// Numbers from -`scale` to `scale`.
    pub(crate) fn numbers(&mut self, count: usize, scale: f64) -> Vec<f32> {
        (0..count).map(|_| (self.next() * scale) as f32).collect()
    }

    /// Labels: 0, 1 and what lies between.
    pub(crate) fn labels(&mut self, count: usize) -> Vec<f32> {
        let label = |value: f64| value.abs().mul_add(3.0, -1.0).clamp(0.0, 1.0) as f32;
        (0..count).map(|_| label(self.next())).collect()
    }
}

/// The eager weighted losses at one weight.
pub(crate) fn losses(labels: &[f32], logits: &[f32], pos_weight: f64) -> Vec<f32> {
    let (labels, logits) = (Tensor::from(labels.to_vec()), Tensor::from(logits.to_vec()));
    let args = Args::new().arg(&labels).arg(&logits).arg(pos_weight);
    eager("nn.weighted_cross_entropy_with_logits", args)
}

/// An op's eager result in float32.
pub(crate) fn eager(op: &str, args: Args<'_>) -> Vec<f32> {
    let op = Registry::builtin().get(op).expect("a built-in op");
    let result: DynTensor<'_> = op.call(args).expect("arguments that fit");
    result.downcast::<f32>().expect("float32").into_vec()
}

pub(crate) fn floats(values: &[f32]) -> ArrayRef {
    Arc::new(Float32Array::from(values.to_vec()))
}

/// A file in the project's `data/`.
pub(crate) fn data_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../data")
        .join(name)
}
