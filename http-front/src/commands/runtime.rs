//! Runtime, log and signals of commands that run until they are stopped.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::FrontError;

/// Runs `work` with actors and the multi-thread runtime.
///
/// # Errors
/// What `work` fails with, or that the runtime can't start.
pub fn run<T, F>(log: Option<&str>, work: F) -> Result<T, FrontError>
where
    F: Future<Output = Result<T, FrontError>>,
{
    start_log(log)?;
    let outcome = engine::supervise::run(work);
    outcome.map_err(|source| FrontError::Io { what: "stopped".into(), source })?
}

/// Logs to stderr: by the flag, else `RUST_LOG`, else the level `info`.
fn start_log(filter: Option<&str>) -> Result<(), FrontError> {
    let filter = match filter {
        Some(filter) => EnvFilter::try_new(filter)
            .map_err(|error| FrontError::Config(format!("log filter {filter:?}: {error}")))?,
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
    };
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(colours);
    // A second start in one process keeps the first log.
    let _ = log.try_init();
    Ok(())
}

/// Resolves at the first SIGTERM or Ctrl-C; from then on a second one ends the process at once.
///
/// # Errors
/// Signals can't be listened to.
pub async fn stop_asked() -> Result<(), FrontError> {
    let listen = |kind| {
        signal(kind)
            .map_err(|source| FrontError::Io { what: "can't listen to signals".into(), source })
    };
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("stopping; once more to stop at once");
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        std::process::exit(1);
    });
    Ok(())
}
