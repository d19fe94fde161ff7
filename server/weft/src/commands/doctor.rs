//! `weft doctor`: what Weft found on this machine, and what to do about each problem.
//! It must not change anything, and must not start the engine.

use super::megabytes;
use crate::cli::DoctorArgs;
use crate::config::engines::{find_key, key_place};
use crate::local_engine::LocalEngine;
use crate::machine;
use crate::paths::Paths;
use crate::serve::{ContextSizes, fitted, resolve};
use crate::settings::{CommandLine, DraftChoice, NetworkUse, Origin, Settings};
use anyhow::Result;
use engine_llama::{DeviceKind, cpu_features, devices, unused_modules};
use models::{MemoryOf, read_metadata};
use serde::Serialize;
use std::process::ExitCode;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    found: String,
    /// What is wrong and what to do; `None` when all is well.
    problem: Option<String>,
}

impl Finding {
    fn fine(what: &'static str, found: String) -> Self {
        Self { what, found, problem: None }
    }

    fn problem(what: &'static str, found: String, problem: String) -> Self {
        Self { what, found, problem: Some(problem) }
    }
}

pub(crate) async fn run(arguments: &DoctorArgs, paths: &Paths) -> Result<ExitCode> {
    let settings = Settings::load(paths, None, &CommandLine::default());
    let mut findings =
        vec![Finding::fine("weft", format!("{} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS))];
    findings.push(cpu());
    findings.extend(gpus());
    findings.push(memory());
    findings.extend(models_and_settings(paths, settings));
    findings.push(engine(paths).await);
    if arguments.json {
        let problems = findings.iter().filter(|finding| finding.problem.is_some()).count();
        say!("{:#}", serde_json::json!({ "findings": findings, "problems": problems }));
    } else {
        print(&findings)?;
    }
    let problems = findings.iter().any(|finding| finding.problem.is_some());
    Ok(if problems { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(findings: &[Finding]) -> Result<()> {
    for finding in findings {
        let mark = if finding.problem.is_some() { "!" } else { "✓" };
        say!("{mark} {:<9} {}", finding.what, finding.found);
        if let Some(problem) = &finding.problem {
            say!("            {problem}");
        }
    }
    match findings.iter().filter(|finding| finding.problem.is_some()).count() {
        0 => say!("All is well."),
        1 => say!("One thing needs attention."),
        count => say!("{count} things need attention."),
    }
    Ok(())
}

fn cpu() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let features = cpu_features().used;
    let list = features.join(" ");
    let found = format!("{cores} cores; llama.cpp uses {list}");
    let has = |name: &str| features.iter().any(|feature| feature.starts_with(name));
    if cfg!(target_arch = "x86_64") && has_avx512() && !has("AVX512") {
        let problem = "the processor has AVX-512, but this build does not use it: prompts take a third longer. Build \
                       Weft on this machine (`cargo xtask demo`)";
        return Finding::problem("cpu", found, problem.to_owned());
    }
    if cfg!(target_arch = "x86_64") && !has("AVX2") {
        let problem =
            "without AVX2 a model is too slow to be of use on the processor; a GPU or another machine helps";
        return Finding::problem("cpu", found, problem.to_owned());
    }
    Finding::fine("cpu", found)
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}

/// The GPUs that this build can use. None is no problem: the small models run on a processor.
fn gpus() -> Vec<Finding> {
    let devices = devices();
    let gpus: Vec<Finding> = devices
        .iter()
        .filter(|device| matches!(device.kind, DeviceKind::Gpu | DeviceKind::IntegratedGpu))
        .map(|device| {
            let free = megabytes(device.memory_free as u64);
            let total = megabytes(device.memory_total as u64);
            Finding::fine("gpu", format!("{} ({}), {free} of {total} free", device.description, device.name))
        })
        .collect();
    if gpus.is_empty() {
        let none = Finding::fine("gpu", "none that this build can use; the processor computes".to_owned());
        let unused = unused_modules(&devices).into_iter();
        let reasons =
            unused.map(|it| Finding::fine("gpu", format!("{} is not used: {}", it.file, it.reason)));
        return std::iter::once(none).chain(reasons).collect();
    }
    gpus
}

fn memory() -> Finding {
    let cpu = devices().into_iter().find(|device| device.kind == DeviceKind::Cpu);
    match cpu {
        Some(device) if device.memory_total > 0 => {
            Finding::fine("memory", megabytes(device.memory_total as u64))
        }
        _ => Finding::fine("memory", "unknown".to_owned()),
    }
}

fn models_and_settings(paths: &Paths, settings: Result<Settings>) -> Vec<Finding> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            let found = paths.config.display().to_string();
            return vec![Finding::problem("settings", found, format!("{error:#}"))];
        }
    };
    let mut findings = vec![describe_settings(paths, &settings)];
    findings.extend(engines(paths, &settings));
    findings.push(model(paths, &settings));
    findings
}

fn describe_settings(paths: &Paths, settings: &Settings) -> Finding {
    let mut set = Vec::new();
    let mut add = |name: &str, value: String, origin: Origin| {
        let place = match origin {
            Origin::CommandLine => "command line",
            Origin::Environment => "environment",
            Origin::File(_) => "config.toml",
            Origin::Default => return,
        };
        set.push(format!("{name} = {value} ({place})"));
    };
    add("model", settings.model.value.clone().unwrap_or_default(), settings.model.origin);
    add("threads", settings.threads.value.unwrap_or_default().to_string(), settings.threads.origin);
    add("gpu_layers", settings.gpu_layers.value.unwrap_or_default().to_string(), settings.gpu_layers.origin);
    let drafts = match &settings.drafts.value {
        DraftChoice::Model(name) if resolve(&paths.store(), Some(name)).is_err() => {
            format!("{name}, which is not on this machine (`weft models pull {name}`), so there are none")
        }
        choice => choice.to_string(),
    };
    add("drafts", drafts, settings.drafts.origin);
    add("network", NetworkUse::name(settings.network.value).to_owned(), settings.network.origin);
    add("context_tokens", settings.context_tokens.value.to_string(), settings.context_tokens.origin);
    let chat = &settings.chat_context_tokens;
    add("chat_context_tokens", chat.value.to_string(), chat.origin);
    add("prompt_tokens", settings.prompt_tokens.value.to_string(), settings.prompt_tokens.origin);
    add("max_tokens", settings.max_tokens.value.to_string(), settings.max_tokens.origin);
    add("idle_seconds", settings.idle_seconds.value.to_string(), settings.idle_seconds.origin);
    let set = if set.is_empty() { "all default".to_owned() } else { set.join(", ") };
    let found = format!("{set}; file {}", paths.config.display());
    match settings.notice() {
        Some(problem) => Finding::problem("settings", found, problem),
        None => Finding::fine("settings", found),
    }
}

/// The engines of the configuration, and whether there is a key where one is needed. Nothing is sent.
fn engines(paths: &Paths, settings: &Settings) -> Vec<Finding> {
    let engines = settings.config.engines.iter().filter_map(|(name, (engine, _))| {
        let kind = engine.kind?;
        let place = key_place(kind, engine)?;
        let found = name.clone();
        Some(match find_key(name, &place, &paths.keys, &|name| std::env::var(name).ok()) {
            Ok(_) => Finding::fine("remote", found),
            Err(problem) => Finding::problem("remote", found, problem),
        })
    });
    engines.collect()
}

fn model(paths: &Paths, settings: &Settings) -> Finding {
    let store = paths.store();
    let folder = paths.models.display();
    let model = match resolve(&store, settings.local_model().as_deref()) {
        Ok(model) => model,
        Err(error) => return Finding::problem("model", format!("none in {folder}"), error.to_string()),
    };
    let metadata = match read_metadata(&model.path) {
        Ok(metadata) => metadata,
        Err(error) => return Finding::problem("model", model.name, error.to_string()),
    };
    let contexts =
        ContextSizes { completion: settings.context_tokens.value, chat: settings.chat_context_tokens.value };
    // All of the memory: what other programs have now they may not have when the model is loaded.
    let memory = MemoryOf { ram: machine::memory_for_models(), gpu: None };
    match fitted(&metadata, model.bytes, contexts, memory) {
        Ok(fitted) => {
            let need = megabytes(fitted.fit.need.total_bytes());
            let found = format!("{} in {folder}; needs about {need} with a chat", model.name);
            let reduced: Vec<String> = fitted.fit.reduced.iter().map(ToString::to_string).collect();
            if reduced.is_empty() {
                return Finding::fine("model", found);
            }
            let problem = format!(
                "so that it fits into this machine's memory, {}; a smaller one need not be reduced (`weft models list`)",
                reduced.join(" and ")
            );
            Finding::problem("model", found, problem)
        }
        Err(error) => {
            let found = format!("{} in {folder}; needs at least {}", model.name, megabytes(error.needed));
            let problem =
                "it does not fit into this machine's memory; choose a smaller one (`weft models list`)";
            Finding::problem("model", found, problem.to_owned())
        }
    }
}

async fn engine(paths: &Paths) -> Finding {
    let Some(client) = LocalEngine::running(paths).await else {
        return Finding::fine("engine", "not running; it starts at the first request".to_owned());
    };
    match client.status().await {
        Ok(status) => {
            let loaded =
                if status.loaded.is_empty() { "no model".to_owned() } else { status.loaded.join(", ") };
            let port = client.endpoint().port;
            Finding::fine(
                "engine",
                format!("running as process {} on port {port}, {loaded} in memory", status.pid),
            )
        }
        Err(error) => {
            let problem = format!("{error}; `weft stop` and the next request start a new one");
            Finding::problem("engine", "does not answer".to_owned(), problem)
        }
    }
}
