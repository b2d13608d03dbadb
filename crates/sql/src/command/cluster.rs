//! Starts the parts of a cluster, Ballista's, with the functions registered.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::{default_config_producer, default_session_builder};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::{TcpListener, TcpStream};

use super::cli::{ExecutorArgs, SchedulerArgs};
use super::error::CliError;
use super::interrupt::unless_interrupted;

/// How often executors say that they live, and after how long a silence they count as dead, in seconds.
const HEARTBEAT: u64 = 2;
const SILENCE: u64 = 10;

/// How long a scheduler is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs a scheduler until an interrupt.
pub(crate) async fn scheduler(args: &SchedulerArgs) -> Result<(), CliError> {
    log_to_stderr();
    let listener = TcpListener::bind((args.bind, args.port))
        .await
        .map_err(CliError::Start)?;
    let address = listener.local_addr().map_err(CliError::Start)?;
    let config = SchedulerConfig {
        bind_host: args.bind.to_string(),
        external_host: args.bind.to_string(),
        bind_port: address.port(),
        executor_timeout_seconds: SILENCE,
        expire_dead_executor_interval_seconds: HEARTBEAT,
        no_executors_grace_period_seconds: 3 * SILENCE,
        override_session_builder: Some(Arc::new(session_state)),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let scheduler =
        create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
    say(&format!("scheduler listening on {address}"));
    unless_interrupted(
        async move { Ok(start_grpc_service_with_listener(listener, scheduler).await?) },
    )
    .await
}

/// Runs an executor until an interrupt.
pub(crate) async fn executor(args: &ExecutorArgs) -> Result<(), CliError> {
    log_to_stderr();
    let (host, port) = host_and_port(&args.scheduler)?;
    find_scheduler(&args.scheduler).await?;
    // Lives as long as the executor.
    let temporary = tempfile::tempdir().map_err(CliError::Start)?;
    let work_dir = args.work_dir.as_deref().unwrap_or(temporary.path());
    let state = session_state(default_config_producer())?;
    let config = ExecutorProcessConfig {
        bind_host: args.bind.to_string(),
        external_host: Some(
            args.advertise
                .clone()
                .unwrap_or_else(|| args.bind.to_string()),
        ),
        port: free_port(args.bind).await?,
        grpc_port: free_port(args.bind).await?,
        scheduler_host: host.to_owned(),
        scheduler_port: port,
        vcores: args.threads.map_or(0, std::num::NonZeroUsize::get),
        work_dir: Some(work_dir.to_string_lossy().into_owned()),
        executor_heartbeat_interval_seconds: HEARTBEAT,
        override_function_registry: Some(Arc::new(BallistaFunctionRegistry::from(&state))),
        ..ExecutorProcessConfig::default()
    };
    say(&format!(
        "executor {} works for {}",
        config.executor_id, args.scheduler
    ));
    Ok(start_executor_process(Arc::new(config)).await?)
}

/// Waits a while for a scheduler to listen: it may have been started a moment ago.
pub(crate) async fn find_scheduler(address: &str) -> Result<(), CliError> {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address).await {
            Ok(_) => return Ok(()),
            Err(error) if start.elapsed() > PATIENCE => {
                return Err(CliError::NoScheduler {
                    address: address.to_owned(),
                    reason: error.to_string(),
                });
            }
            Err(_) => tokio::time::sleep(PATIENCE / 50).await,
        }
    }
}

/// What the scheduler plans with and executors run: the engine's functions and those of the ops.
fn session_state(config: SessionConfig) -> Result<SessionState, DataFusionError> {
    let mut state = default_session_builder(config)?;
    ops_nn_sql::register(&mut state, &ops_nn_sql::builtin())?;
    Ok(state)
}

/// A port that nobody listens at. The engine takes no listener of ours, so another process could come
/// before it; then it says so and ends.
async fn free_port(address: IpAddr) -> Result<u16, CliError> {
    let listener = TcpListener::bind(SocketAddr::new(address, 0)).await;
    let place = listener.and_then(|listener| listener.local_addr());
    Ok(place.map_err(CliError::Start)?.port())
}

/// The parts of `HOST:PORT`.
pub(crate) fn host_and_port(text: &str) -> Result<(&str, u16), CliError> {
    let parts = text.rsplit_once(':');
    parts
        .and_then(|(host, port)| Some((host, port.parse().ok()?)))
        .ok_or_else(|| CliError::Address {
            found: text.to_owned(),
        })
}

/// Tells the user, or whoever started the process, that it is ready. Nobody may be listening.
fn say(text: &str) {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// The engine's warnings and errors go to standard error.
fn log_to_stderr() {
    // Only one logger can be set; if there is one, it does.
    if log::set_logger(&StderrLogger).is_ok() {
        log::set_max_level(log::LevelFilter::Warn);
    }
}

struct StderrLogger;

impl log::Log for StderrLogger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let (level, from) = (record.level(), record.target());
            // Standard error may be closed.
            let _ = writeln!(std::io::stderr(), "{level} {from}: {}", record.args());
        }
    }

    fn flush(&self) {}
}
