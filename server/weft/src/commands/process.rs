//! `weft ps` and `weft stop`: the running engine and its models. They must not start one.

use super::{megabytes, short_id, spoken};
use crate::local_engine::{LocalEngine, endpoint_on_file};
use crate::paths::Paths;
use anyhow::{Result, bail};
use engine_remote::LoadedModel;
use std::process::ExitCode;
use std::time::Duration;

/// Shows the models in memory, and the running engine.
pub(crate) async fn ps(paths: &Paths) -> Result<ExitCode> {
    let Some(client) = LocalEngine::running(paths).await else {
        say!("No engine is running. It starts at the first request.");
        return Ok(ExitCode::SUCCESS);
    };
    let status = client.status().await?;
    say!("{:<22} {:<12}  {:>8}  {:<9}  {:>7}  UNTIL", "NAME", "ID", "SIZE", "PROCESSOR", "CONTEXT");
    for model in &status.models {
        let (id, size) = (short_id(model.sha256.as_deref()), megabytes(model.bytes));
        let (name, processor, context) = (&model.name, processor(model), model.context_tokens);
        say!("{name:<22} {id:<12}  {size:>8}  {processor:<9}  {context:>7}  {}", until(model));
    }
    for model in status.models.iter().filter(|model| !model.reduced.is_empty()) {
        say!("\nso that {} fits into memory, {}", model.name, model.reduced.join(" and "));
    }
    say!(
        "\nengine {} (process {}), port {}, up {}; requests at work: {}, chats among them: {}",
        status.version,
        status.pid,
        client.endpoint().port,
        spoken(Duration::from_secs(status.uptime_seconds)),
        status.active,
        status.chats
    );
    match status.api {
        Some(api) => say!("local API at {api}"),
        None => say!("it leaves after {} without work", spoken(Duration::from_secs(status.idle_seconds))),
    }
    Ok(ExitCode::SUCCESS)
}

/// What computes it, as Ollama says it.
fn processor(model: &LoadedModel) -> String {
    match model.gpu_bytes.saturating_mul(100) / model.bytes.max(1) {
        0 => "100% CPU".to_owned(),
        100.. => "100% GPU".to_owned(),
        gpu => format!("{}%/{gpu}% CPU/GPU", 100 - gpu),
    }
}

fn until(model: &LoadedModel) -> String {
    match model.leaves_in_seconds {
        None => "forever".to_owned(),
        Some(seconds) => format!("{} from now", spoken(Duration::from_secs(seconds))),
    }
}

/// Takes a model out of memory, or asks the running engine to leave and waits until it has.
pub(crate) async fn stop(paths: &Paths, model: Option<&str>) -> Result<ExitCode> {
    let Some(client) = LocalEngine::running(paths).await else {
        say!("No engine is running.");
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(model) = model {
        let unloaded = client.unload(model).await?;
        say!("{model} {}", if unloaded { "is no longer in memory." } else { "was not in memory." });
        return Ok(ExitCode::SUCCESS);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_shown_as_ollama_shows_it() {
        let model = |gpu_bytes: u64, leaves_in_seconds: Option<u64>| LoadedModel {
            name: "m".into(),
            sha256: None,
            bytes: 1000,
            gpu_bytes,
            context_tokens: 8192,
            reduced: Vec::new(),
            leaves_in_seconds,
        };
        assert_eq!(processor(&model(0, None)), "100% CPU");
        assert_eq!(processor(&model(1000, None)), "100% GPU");
        assert_eq!(processor(&model(250, None)), "75%/25% CPU/GPU");
        assert_eq!(until(&model(0, None)), "forever");
        assert_eq!(until(&model(0, Some(61))), "1 minute from now");
        assert_eq!(until(&model(0, Some(0))), "0 seconds from now");
    }
}
