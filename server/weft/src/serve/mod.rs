//! `weft serve`: the engine as a process of its own, one for each user on a machine. Weft's own clients reach it on a loopback port that
//! the system picks; with `--port` other programs reach the same models through the local API.
//!
//! It must not know documents or prompts: it is asked to continue one.

mod api_host;
mod api_server;
mod engine;
mod host;
pub(crate) mod idle;
mod lock;
mod routes;
pub(crate) mod speed;
pub(crate) mod state_file;

use crate::cli::ServeArgs;
use crate::paths::Paths;
use crate::settings::{CommandLine, Settings};
use ::engine::CancellationToken;
use anyhow::{Context, Result};
use axum::Router;
use axum::serve::ListenerExt;
use std::io::Write;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) use self::engine::HostEngine;
use api_server::ApiOptions;
pub(crate) use host::{
    Budget, ContextSizes, Fitted, Host, fitted, model_info, not_here, resolve, smaller_of_catalogue, wanted,
};
use idle::Activity;
use state_file::ServeFile;

/// What a freshly started engine prints on stdout once it can be found; then nothing more.
pub(crate) const READY: &str = "ready";
/// What it prints where another one holds the lock already.
pub(crate) const ALREADY_RUNNING: &str = "already running";

/// Runs the engine until it has been idle for its time, is asked to stop, or is ended. With the local API it does not leave when
/// idle, only its models do.
pub(crate) async fn run(
    arguments: &ServeArgs,
    paths: &Paths,
    settings: &Settings,
    command_line: CommandLine,
) -> Result<ExitCode> {
    let options = ApiOptions::of(arguments)?;
    let api_listener = match &options {
        Some(options) => Some(options.listen().await?),
        None => None,
    };
    let lock = match &options {
        Some(_) => lock::take_over(paths).await?,
        None => match lock::try_lock(paths)? {
            Some(lock) => lock,
            None => {
                say(ALREADY_RUNNING)?;
                return Ok(ExitCode::SUCCESS);
            }
        },
    };
    // Port 0: the system picks a free one.
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no loopback port can be opened")?;
    let port = listener.local_addr().context("the loopback port is unknown")?.port();
    let address = match &api_listener {
        Some(listener) => Some(listener.local_addr().context("the API's port is unknown")?),
        None => None,
    };
    let api_url = address.map(|address| format!("http://{address}"));

    let budget = arguments.memory_mb.map_or(Budget::Free, |mb| Budget::Bytes(mb.saturating_mul(1_000_000)));
    let engine = HostEngine {
        host: Arc::new(Host::new(paths, settings, budget)),
        activity: Arc::new(Activity::default()),
        chats: Arc::new(Activity::default()),
    };
    let page_key = options.as_ref().and_then(ApiOptions::page_key);
    let file = ServeFile::new(port, api_url.clone(), page_key)?;
    let idle = Duration::from_secs(settings.idle_seconds.value);
    let state = routes::State::new(engine.clone(), file.token.clone(), idle, api_url.clone());
    let api = match (api_listener, &options) {
        (Some(listener), Some(options)) => {
            Some((listener, options.router(&engine, routes::for_others(state.clone()), paths, command_line)?))
        }
        _ => None,
    };
    file.write(&paths.serve_file())?;
    let stop = state.stop.clone();
    say(READY)?;
    if let Some(url) = &api_url {
        // For people; stdout is for programs.
        eprintln!(
            "weft: the local API is at {url} (OpenAI: {url}/v1, Ollama: {url}); `weft ui` opens the chat page there; Ctrl-C ends it"
        );
    }
    tracing::info!(port, "the engine is ready");
    let outcome = serve_until_end(listener, routes::router(state), api, &engine, idle, &stop).await;
    file.remove(&paths.serve_file());
    drop(lock);
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve_until_end(
    listener: TcpListener,
    router: Router,
    api: Option<(TcpListener, Router)>,
    engine: &HostEngine,
    idle: Duration,
    stop: &CancellationToken,
) -> Result<()> {
    let has_api = api.is_some();
    let leave_when_idle = async {
        if has_api {
            std::future::pending::<()>().await;
        }
        engine.activity.idle_for(idle).await;
    };
    let serve_api = async {
        match api {
            Some((listener, router)) => serve(listener, router).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        served = serve(listener, router) => served.context("the engine's server failed")?,
        served = serve_api => served.context("the API's server failed")?,
        () = engine.host.unload_idle() => {}
        () = leave_when_idle => tracing::info!("leaving: no work"),
        () = stop.cancelled() => tracing::info!("leaving: asked to stop"),
        _ = tokio::signal::ctrl_c() => tracing::info!("leaving: interrupted"),
    }
    Ok(())
}

async fn serve(listener: TcpListener, router: Router) -> std::io::Result<()> {
    let listener = listener.tap_io(|connection| {
        // A token is a few bytes: it must not wait for more.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "nodelay could not be set");
        }
    });
    axum::serve(listener, router).await
}

fn say(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout();
    // Nobody may be reading: an engine that was started by hand into a closed pipe still works.
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
