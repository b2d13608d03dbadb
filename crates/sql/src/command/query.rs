//! Answers one query, on this machine or on a cluster.

use std::sync::Arc;

use ballista::prelude::SessionContextExt;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::cli::{QueryArgs, each_name_once};
use super::cluster::{find_scheduler, host_and_port};
use super::error::CliError;
use super::interrupt::unless_interrupted;
use super::output::Printer;
use super::progress::Progress;
use super::table;

/// Answers the query and prints the result.
pub(crate) async fn answer(args: QueryArgs) -> Result<(), CliError> {
    each_name_once(args.tables.iter().map(|(name, _)| name))?;
    unless_interrupted(async move {
        match &args.cluster {
            None => run(&args, &here(&args)?).await,
            Some(address) => run(&args, &there(address).await?).await.map_err(on_cluster),
        }
    })
    .await
}

/// The engine within this process.
fn here(args: &QueryArgs) -> Result<SessionContext, CliError> {
    let mut config = SessionConfig::new();
    if let Some(threads) = args.threads {
        config = config.with_target_partitions(threads.get());
    }
    let ctx = SessionContext::new_with_config(config);
    ops_nn_sql::register_all(&ctx)?;
    Ok(ctx)
}

/// The engine behind a scheduler.
async fn there(address: &str) -> Result<SessionContext, CliError> {
    let (host, port) = host_and_port(address)?;
    // The engine would try for long, and say little.
    find_scheduler(address).await?;
    let ctx = SessionContext::remote(&format!("df://{host}:{port}")).await?;
    ops_nn_sql::register_all(&ctx)?;
    Ok(ctx)
}

async fn run(args: &QueryArgs, ctx: &SessionContext) -> Result<(), CliError> {
    for (name, path) in &args.tables {
        table::register(ctx, name, path).await?;
    }
    let plan = ctx.sql(&args.query).await?.create_physical_plan().await?;
    let progress = Progress::watch(Arc::clone(&plan));
    let stream = execute_stream(plan, ctx.task_ctx())?;
    let printed = Printer::new(args.format).print(stream).await;
    progress.finish();
    printed
}

/// Failures of the engine are the cluster's.
fn on_cluster(error: CliError) -> CliError {
    match error {
        CliError::Engine(error) => CliError::OnCluster(error),
        other => other,
    }
}
