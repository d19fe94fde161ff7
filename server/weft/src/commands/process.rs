//! `weft ps` and `weft stop`: the running engine. They must not start one.

use crate::local_engine::{LocalEngine, endpoint_on_file};
use crate::paths::Paths;
use anyhow::{Result, bail};
use std::process::ExitCode;

/// Shows the running engine.
pub(crate) async fn ps(paths: &Paths) -> Result<ExitCode> {
    match LocalEngine::running(paths).await {
        None => say!("No engine is running. It starts at the first request."),
        Some(client) => {
            let status = client.status().await?;
            let loaded = if status.loaded.is_empty() { "none".to_owned() } else { status.loaded.join(", ") };
            say!(
                "engine {} (process {}), port {}, up {} s, leaves after {} idle s\nmodels in memory: {loaded}\nrequests at work: {}, chats among them: {}",
                status.version,
                status.pid,
                client.endpoint().port,
                status.uptime_seconds,
                status.idle_seconds,
                status.active,
                status.chats
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the running engine to leave, and waits until it has.
pub(crate) async fn stop(paths: &Paths) -> Result<ExitCode> {
    let Some(client) = LocalEngine::running(paths).await else {
        say!("No engine is running.");
        return Ok(ExitCode::SUCCESS);
    };
    client.stop().await?;
    for _ in 0..100 {
        if client.status().await.is_err() {
            say!("The engine has stopped.");
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let process = endpoint_on_file(paths).map_or(String::new(), |(_, pid)| format!(" (process {pid})"));
    bail!("the engine{process} was asked to stop and is still there after 5 s; end its process by hand")
}
