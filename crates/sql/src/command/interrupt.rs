//! Ctrl-C and SIGTERM.

use std::sync::Arc;
use std::thread;

use datafusion::error::DataFusionError;
use tokio::runtime;
use tokio::sync::Notify;

use super::error::CliError;

/// Work, unless an interrupt comes first: the work is left behind then.
///
/// Signals are watched by a thread of their own and the work is a task of its own, because a piece of work that
/// never pauses, such as a large cross join, keeps the engine's threads from seeing a signal.
pub(crate) async fn unless_interrupted<T: Send + 'static>(
    work: impl Future<Output = Result<T, CliError>> + Send + 'static,
) -> Result<T, CliError> {
    let asked = Arc::new(Notify::new());
    let told = Arc::clone(&asked);
    let watcher = runtime::Builder::new_current_thread().enable_all().build();
    let watcher = watcher.map_err(CliError::Runtime)?;
    thread::spawn(move || {
        watcher.block_on(asked_to_end());
        told.notify_one();
    });
    tokio::select! {
        result = tokio::spawn(work) => {
            result.unwrap_or_else(|error| Err(DataFusionError::ExecutionJoin(Box::new(error)).into()))
        }
        () = asked.notified() => Err(CliError::Interrupted),
    }
}

/// Waits for Ctrl-C or SIGTERM. Where they cannot be watched, they end the process by themselves.
async fn asked_to_end() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
