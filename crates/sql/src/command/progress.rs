//! How far a scan is: a bar on standard error, where that is a terminal.

use std::sync::Arc;
use std::time::Duration;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

/// Short queries show no bar.
const PATIENCE: Duration = Duration::from_millis(800);
const BETWEEN: Duration = Duration::from_millis(100);

/// The bar of one query.
pub(crate) struct Progress {
    bar: ProgressBar,
    watcher: JoinHandle<()>,
}

impl Progress {
    /// Shows the rows that the leaves of the plan have given so far.
    pub(crate) fn watch(plan: Arc<dyn ExecutionPlan>) -> Self {
        let bar = match total_rows(&plan) {
            Some(rows) => ProgressBar::new(rows)
                .with_style(style("{wide_bar} {human_pos}/{human_len} rows, {eta} left")),
            None => ProgressBar::new_spinner().with_style(style("{spinner} {human_pos} rows")),
        };
        let watched = bar.clone();
        let watcher = tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            loop {
                watched.set_position(rows_so_far(&plan));
                watched.tick();
                tokio::time::sleep(BETWEEN).await;
            }
        });
        Self { bar, watcher }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        self.watcher.abort();
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The rows of all leaves, if they are known beforehand.
fn total_rows(plan: &Arc<dyn ExecutionPlan>) -> Option<u64> {
    let children = plan.children();
    if children.is_empty() {
        let statistics = StatisticsContext::new()
            .compute(plan.as_ref(), &StatisticsArgs::new())
            .ok()?;
        return statistics.num_rows.get_value().map(|&rows| rows as u64);
    }
    children.into_iter().map(total_rows).sum()
}

fn rows_so_far(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let children = plan.children();
    if children.is_empty() {
        let metrics = plan.metrics();
        return metrics.and_then(|m| m.output_rows()).unwrap_or(0) as u64;
    }
    children.into_iter().map(rows_so_far).sum()
}
