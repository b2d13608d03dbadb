//! Aggregates give the bits of eager sums and means, over any partitioning.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float16Array, Float32Array, Float64Array, Int64Array,
};
use datafusion::arrow::datatypes::{Float32Type, Int64Type};
use half::f16;
use ops_nn::exact_kernels::{ExactSum, WeightedMean};

use crate::data::{
    Random, bits, context, data_file, floats, losses, only_bits, query, refusal, table,
};

const ROWS: usize = 5000;
const MEAN: &str = "mean_weighted_cross_entropy_with_logits";

/// Labels, logits, groups, row numbers and weights; every eleventh logit is NULL.
struct Preds {
    labels: Vec<f32>,
    logits: Vec<f32>,
    weights: Vec<f32>,
    losses: Vec<f32>,
}

impl Preds {
    fn new() -> Self {
        let mut random = Random(7);
        let (labels, logits) = (random.labels(ROWS), random.numbers(ROWS, 30.0));
        Self {
            losses: losses(&labels, &logits, 2.0),
            weights: random.numbers(ROWS, 5.0).iter().map(|w| w.abs()).collect(),
            labels,
            logits,
        }
    }

    fn columns(&self) -> Vec<(&'static str, ArrayRef)> {
        let logits = self.logits.iter().enumerate();
        let logits: Float32Array = logits.map(|(row, &x)| counts(row).then_some(x)).collect();
        let index = 0..ROWS as i64;
        vec![
            ("z", floats(&self.labels)),
            ("x", Arc::new(logits)),
            ("w", floats(&self.weights)),
            (
                "w64",
                Arc::new(Float64Array::from_iter_values(
                    self.weights.iter().map(|&w| f64::from(w) / 3.0),
                )),
            ),
            ("loss", floats(&self.losses)),
            ("i", Arc::new(Int64Array::from_iter_values(index.clone()))),
            (
                "odd",
                Arc::new(index.map(|i| Some(i % 2 == 1)).collect::<BooleanArray>()),
            ),
        ]
    }

    /// The eager sum of the losses of some rows.
    fn sum(&self, rows: impl Fn(usize) -> bool) -> ExactSum {
        let mut sum = ExactSum::new();
        for (row, &loss) in self.losses.iter().enumerate() {
            if counts(row) && rows(row) {
                sum.add(loss);
            }
        }
        sum
    }

    fn weighted(&self, weight: impl Fn(usize) -> f64) -> WeightedMean {
        let mut mean = WeightedMean::new();
        for (row, &loss) in self.losses.iter().enumerate() {
            if counts(row) {
                mean.add(f64::from(loss), weight(row));
            }
        }
        mean
    }
}

fn counts(row: usize) -> bool {
    row % 11 != 5
}

fn mean_bits(sum: &ExactSum) -> Option<u64> {
    sum.mean::<f32>().ok().map(|mean| mean.to_bits().into())
}

fn npy(name: &str) -> Vec<f32> {
    let file = std::fs::File::open(data_file(name)).expect("a data file");
    npyz::NpyFile::new(file)
        .and_then(npyz::NpyFile::into_vec)
        .expect("float32")
}

#[tokio::test]
async fn the_loss_of_a_real_classifier_has_the_bits_of_arbitrary_precision() {
    let columns = || {
        vec![
            ("labels", floats(&npy("breast_cancer_labels.npy"))),
            ("logits", floats(&npy("breast_cancer_logits.npy"))),
        ]
    };
    for partitions in [1, 7, 64] {
        let ctx = context(partitions.min(4), 100);
        table(&ctx, "preds", columns(), partitions);
        for (statistic, expected) in [("sum", 0x4244_c947), ("mean", 0x3db1_12b2)] {
            let sql = format!(
                "SELECT {statistic}_weighted_cross_entropy_with_logits(labels, logits, 2.0) FROM preds"
            );
            assert_eq!(
                only_bits(&ctx, &sql).await,
                Some(expected),
                "{sql} of {partitions}"
            );
        }
    }
}

#[tokio::test]
async fn partitions_batches_and_groupings_do_not_change_a_bit() {
    let preds = Preds::new();
    let expected = mean_bits(&preds.sum(|_| true));
    for (partitions, parts, batch) in [(1, 1, 8192), (2, 7, 64), (4, 64, 1), (3, 3, 1000)] {
        let ctx = context(parts, batch);
        table(&ctx, "t", preds.columns(), partitions);
        for sql in [
            format!("SELECT {MEAN}(z, x, 2.0) FROM t"),
            format!("SELECT {MEAN}(z, x, q) FROM (SELECT *, CAST(2 AS DOUBLE) AS q FROM t)"),
            "SELECT exact_mean(nn_weighted_cross_entropy_with_logits(z, x, 2.0)) FROM t".to_owned(),
            "SELECT exact_mean(CAST(loss AS REAL)) FROM t WHERE x IS NOT NULL".to_owned(),
        ] {
            assert_eq!(only_bits(&ctx, &sql).await, expected, "{sql}");
        }
        for groups in [1, 10, 700, 5000] {
            let sql =
                format!("SELECT i % {groups} AS g, {MEAN}(z, x, 2.0) FROM t GROUP BY g ORDER BY g");
            let found = query(&ctx, &sql).await.expect(&sql);
            let each = 0..groups;
            let expected: Vec<_> = each
                .map(|g| mean_bits(&preds.sum(|row| row % groups == g)))
                .collect();
            assert_eq!(bits(found.column(1)), expected, "{sql}");
        }
    }
}

#[tokio::test]
async fn sample_weights_count_exactly() {
    let preds = Preds::new();
    let narrow = preds.weighted(|row| f64::from(preds.weights[row]));
    let wide = preds.weighted(|row| f64::from(preds.weights[row]) / 3.0);
    let bits_of = |value: f32| Some(u64::from(value.to_bits()));
    let ctx = context(3, 256);
    table(&ctx, "t", preds.columns(), 5);
    for (column, expected) in [("w", &narrow), ("w64", &wide)] {
        let sql = format!("SELECT {MEAN}(z, x, 2.0, {column}) FROM t");
        assert_eq!(
            only_bits(&ctx, &sql).await,
            bits_of(expected.mean().expect("weights")),
            "{sql}"
        );
        let sql =
            format!("SELECT sum_weighted_cross_entropy_with_logits(z, x, 2.0, {column}) FROM t");
        assert_eq!(
            only_bits(&ctx, &sql).await,
            bits_of(expected.sum()),
            "{sql}"
        );
        // Groups of one row each: the mean is the loss.
        let sql = format!("SELECT i, {MEAN}(z, x, 2.0, {column}) FROM t GROUP BY i ORDER BY i");
        let found = query(&ctx, &sql).await.expect(&sql);
        let alone: Vec<_> = (0..ROWS)
            .map(|row| counts(row).then(|| preds.losses[row].to_bits().into()))
            .collect();
        assert_eq!(bits(found.column(1)), alone, "{sql}");
    }
    assert_eq!(
        only_bits(&ctx, &format!("SELECT {MEAN}(z, x, 2.0, 0) FROM t")).await,
        None
    );
    let zero = only_bits(
        &ctx,
        "SELECT sum_weighted_cross_entropy_with_logits(z, x, 2.0, 0.0) FROM t",
    )
    .await;
    assert_eq!(zero, Some(0));
}

#[tokio::test]
async fn filters_and_nulls_leave_rows_out() {
    let preds = Preds::new();
    let ctx = context(2, 128);
    table(&ctx, "t", preds.columns(), 3);
    let odd = mean_bits(&preds.sum(|row| row % 2 == 1));
    let sql = format!("SELECT {MEAN}(z, x, 2.0) FILTER (WHERE odd) FROM t");
    assert_eq!(only_bits(&ctx, &sql).await, odd);
    let sql = format!(
        "SELECT i % 3 AS g, {MEAN}(z, x, 2.0) FILTER (WHERE odd AND i > 4990) FROM t GROUP BY g ORDER BY g"
    );
    let found = query(&ctx, &sql).await.expect(&sql);
    let expected = |g| mean_bits(&preds.sum(|row| row % 2 == 1 && row > 4990 && row % 3 == g));
    assert_eq!(
        bits(found.column(1)),
        [expected(0), expected(1), expected(2)]
    );
    for nothing in ["x IS NULL", "false", "odd AND NOT odd"] {
        for aggregate in [
            format!("{MEAN}(z, x, 2.0)"),
            "exact_sum(x)".to_owned(),
            "exact_mean(x)".to_owned(),
        ] {
            let sql = format!("SELECT {aggregate} FROM t WHERE {nothing}");
            assert_eq!(only_bits(&ctx, &sql).await, None, "{sql}");
        }
    }
    let sql = format!("SELECT {MEAN}(z, x, NULL) FROM t");
    assert_eq!(only_bits(&ctx, &sql).await, None);
}

#[tokio::test]
async fn distinct_rows_count_once() {
    let ctx = context(3, 2);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("g", Arc::new(Int64Array::from(vec![0, 0, 0, 0, 1, 1, 1]))),
        ("z", floats(&[1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0])),
        ("x", floats(&[3.0, 3.0, 4.0, 3.0, 5.0, 5.0, 5.0])),
    ];
    table(&ctx, "t", columns, 4);
    let bits_of = |v: f32| Some(u64::from(v.to_bits()));
    assert_eq!(
        only_bits(&ctx, "SELECT exact_sum(DISTINCT x) FROM t").await,
        bits_of(12.0)
    );
    let both = query(
        &ctx,
        "SELECT exact_sum(DISTINCT x), exact_sum(x), count(DISTINCT z) FROM t",
    )
    .await
    .expect("both");
    assert_eq!(both.column(0).as_primitive::<Float32Type>().value(0), 12.0);
    assert_eq!(both.column(1).as_primitive::<Float32Type>().value(0), 28.0);
    assert_eq!(both.column(2).as_primitive::<Int64Type>().value(0), 2);
    let sql = "SELECT g, sum_sigmoid_cross_entropy_with_logits(DISTINCT z, x) FROM t GROUP BY g ORDER BY g";
    let found = query(&ctx, sql).await.expect(sql);
    let sum = |pairs: &[(f32, f32)]| {
        let (labels, logits): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
        let mut sum = ExactSum::new();
        sum.add_slice(&losses(&labels, &logits, 1.0));
        bits_of(sum.sum())
    };
    let expected = [
        sum(&[(1.0, 3.0), (1.0, 4.0), (0.0, 3.0)]),
        sum(&[(1.0, 5.0), (0.0, 5.0)]),
    ];
    assert_eq!(bits(found.column(1)), expected);
    // Zeros of both signs are one number, and so are all NaN, also where the engine groups them itself.
    let zeros = "(VALUES (0.0), (-0.0), (3.0)) AS t(v)";
    let half = Some(1.5_f64.to_bits());
    for sql in [
        format!("SELECT exact_mean(DISTINCT v) FROM {zeros}"),
        format!("SELECT exact_mean(DISTINCT v, 1.0) FROM {zeros}"),
        format!("SELECT exact_mean(DISTINCT v) FILTER (WHERE true) FROM {zeros}"),
    ] {
        assert_eq!(only_bits(&ctx, &sql).await, half, "{sql}");
    }
    // The engine's own limit; an error, not a number.
    let sql = "SELECT sum_sigmoid_cross_entropy_with_logits(DISTINCT x, x) FROM t";
    assert!(refusal(&ctx, sql).await.contains("DISTINCT"));
}

#[tokio::test]
async fn frames_of_a_window_move_without_losing_a_bit() {
    let preds = Preds::new();
    let ctx = context(2, 512);
    let mut columns = preds.columns();
    let mut holes = preds.logits.clone();
    (holes[40], holes[41], holes[200]) = (f32::INFINITY, f32::NAN, f32::NEG_INFINITY);
    columns.push(("y", floats(&holes)));
    table(&ctx, "t", columns, 3);
    let sum_of = |values: &[f32]| {
        let mut sum = ExactSum::new();
        sum.add_slice(values);
        Some(u64::from(sum.sum::<f32>().to_bits()))
    };
    for (frame, before) in [("10 PRECEDING", 10), ("UNBOUNDED PRECEDING", ROWS)] {
        let sql = format!(
            "SELECT exact_sum(y) OVER (ORDER BY i ROWS BETWEEN {frame} AND CURRENT ROW) FROM t ORDER BY i"
        );
        let found = query(&ctx, &sql).await.expect(&sql);
        let expected: Vec<_> = (0..ROWS)
            .map(|row| sum_of(&holes[row.saturating_sub(before)..=row]))
            .collect();
        assert_eq!(bits(found.column(0)), expected, "{sql}");
    }
    let sql = format!(
        "SELECT {MEAN}(z, x, 2.0, w) OVER (ORDER BY i ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING) FROM t ORDER BY i"
    );
    let found = query(&ctx, &sql).await.expect(&sql);
    let expected = |row: usize| {
        let near = |other: usize| other + 3 >= row && other <= row + 2;
        let mut mean = WeightedMean::new();
        for other in (0..ROWS).filter(|&other| near(other) && counts(other)) {
            mean.add(preds.losses[other], preds.weights[other]);
        }
        Some(u64::from(mean.mean::<f32>().expect("weights").to_bits()))
    };
    assert_eq!(
        bits(found.column(0)),
        (0..ROWS).map(expected).collect::<Vec<_>>()
    );
    let sql = "SELECT exact_sum(DISTINCT x) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t";
    assert!(!refusal(&ctx, sql).await.is_empty());
}

#[tokio::test]
async fn every_type_is_rounded_once() {
    let ctx = context(2, 8192);
    let values = [60000.0, 60000.0, -60000.0, 0.001, 1e-7];
    let halves: Vec<f16> = values.iter().map(|&v| f16::from_f64(v)).collect();
    let mut exact = ExactSum::new();
    exact.add_slice(&halves);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("h", Arc::new(Float16Array::from(halves))),
        ("n", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 6]))),
        (
            "d",
            Arc::new(Float64Array::from(vec![1e300, 1.0, -1e300, 1e-300, 0.0])),
        ),
    ];
    table(&ctx, "t", columns, 2);
    let half = exact.sum::<f16>().to_bits();
    assert_eq!(
        only_bits(&ctx, "SELECT exact_sum(h) FROM t").await,
        Some(half.into())
    );
    let mean = exact.mean::<f16>().expect("numbers").to_bits();
    assert_eq!(
        only_bits(&ctx, "SELECT exact_mean(h) FROM t").await,
        Some(mean.into())
    );
    assert_eq!(
        only_bits(&ctx, "SELECT exact_mean(n) FROM t").await,
        Some(3.2_f64.to_bits())
    );
    assert_eq!(
        only_bits(&ctx, "SELECT exact_sum(d) FROM t").await,
        Some(1.0_f64.to_bits())
    );
    assert_eq!(
        only_bits(&ctx, "SELECT exact_sum(1.5)").await,
        Some(1.5_f64.to_bits())
    );
    assert_eq!(
        only_bits(
            &ctx,
            "SELECT exact_mean(x, w) FROM (VALUES (1.0, 2.0), (4.0, 1.0)) AS t(x, w)"
        )
        .await,
        Some(2.0_f64.to_bits())
    );
}
