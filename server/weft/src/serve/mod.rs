//! `weft serve`: the engine as a process of its own, one for the machine, on loopback only.
//!
//! It must not know documents or prompts: it is asked to continue one.

mod auth;
mod host;
pub(crate) mod idle;
mod routes;
pub(crate) mod state_file;

use crate::paths::Paths;
use crate::settings::Settings;
use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use fs4::fs_std::FileExt;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) use host::{ContextSizes, Host, model_info, resolve};
use idle::Activity;
use state_file::ServeFile;

/// What a freshly started engine prints on stdout once it can be found; then nothing more.
pub(crate) const READY: &str = "ready";
/// What it prints where another one holds the lock already.
pub(crate) const ALREADY_RUNNING: &str = "already running";

/// Runs the engine until it has been idle for its time, is asked to stop, or is ended.
pub(crate) async fn run(paths: &Paths, settings: &Settings) -> Result<ExitCode> {
    paths.create_run().with_context(|| format!("{} cannot be created", paths.run.display()))?;
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(paths.serve_lock())
        .with_context(|| format!("{} cannot be opened", paths.serve_lock().display()))?;
    // The system gives the lock back when the process ends, however it ends.
    if !FileExt::try_lock_exclusive(&lock).context("the engine's lock cannot be taken")? {
        say(ALREADY_RUNNING)?;
        return Ok(ExitCode::SUCCESS);
    }
    // Port 0: the system picks a free one.
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no loopback port can be opened")?;
    let port = listener.local_addr().context("the loopback port is unknown")?.port();
    let file = ServeFile::new(port)?;
    file.write(&paths.serve_file())?;

    let idle = Duration::from_secs(settings.idle_seconds.value);
    let activity = Arc::new(Activity::default());
    let host = Arc::new(Host::new(paths, settings));
    let state = routes::State::new(host, activity.clone(), file.token.clone(), idle);
    let stop = state.stop.clone();
    let app = routes::router(state);
    let listener = listener.tap_io(|connection| {
        // A token is a few bytes: it must not wait for more.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "nodelay could not be set");
        }
    });
    say(READY)?;
    tracing::info!(port, "the engine is ready");
    tokio::select! {
        served = async { axum::serve(listener, app).await } => served.context("the engine's server failed")?,
        () = activity.idle_for(idle) => tracing::info!("leaving: no work"),
        () = stop.cancelled() => tracing::info!("leaving: asked to stop"),
        _ = tokio::signal::ctrl_c() => tracing::info!("leaving: interrupted"),
    }
    file.remove(&paths.serve_file());
    drop(lock);
    Ok(ExitCode::SUCCESS)
}

fn say(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout();
    // Nobody may be reading: an engine that was started by hand into a closed pipe still works.
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
