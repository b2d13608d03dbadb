//! Ctrl-C and SIGTERM.

use super::error::CliError;

/// Work, unless an interrupt comes first: the work is dropped then.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    tokio::select! {
        result = work => result,
        () = asked_to_end() => Err(CliError::Interrupted),
    }
}

/// Waits for Ctrl-C or SIGTERM. Where they cannot be watched, they end the process by themselves.
pub(crate) async fn asked_to_end() {
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
