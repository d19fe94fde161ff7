//! `weft models show`: what is known of a model, whether it fits into this machine, and how quickly it would write. It must not load or fetch
//! one; for a repository that is not here it asks the hub what that has.

use super::list::describe;
use super::missing;
use crate::commands::megabytes;
use crate::commands::pull::options;
use crate::local_engine::LocalEngine;
use crate::machine::{allowed_memory, free_memory, gpu_memory, memory_bandwidth, memory_for_models};
use crate::paths::Paths;
use crate::serve::speed::{self, Speed};
use crate::serve::{ContextSizes, Fitted, fitted, model_info, smaller_of_catalogue};
use crate::settings::{CommandLine, Settings};
use anyhow::{Result, bail};
use assist::completion::fim_format;
use models::{
    GgufMetadata, HubName, InstalledModel, KvType, MemoryOf, ModelName, Shape, TooLarge, catalogue, choose,
    fit, read_metadata, repository, tokens_per_second,
};
use serde_json::json;
use std::process::ExitCode;

/// Slower, and nobody waits for it.
const USABLE_TOKENS_PER_SECOND: f64 = 10.0;

pub(super) async fn run(name: &str, as_json: bool, paths: &Paths) -> Result<ExitCode> {
    let store = paths.store();
    let (pinned, listed, model) = (catalogue().find(name), catalogue().find_hub(name), store.find(name)?);
    if pinned.is_none() && listed.is_none() && model.is_none() {
        return match ModelName::parse(name)? {
            ModelName::Hub(name) => on_hub(&name).await,
            _ => bail!(missing(name)),
        };
    }
    let header = model.as_ref().map(|model| read_metadata(&model.path));
    let shape = match (&model, &header) {
        (Some(model), Some(Ok(metadata))) => Shape::of(metadata, model.bytes),
        _ => pinned
            .and_then(models::CatalogueEntry::shape)
            .or_else(|| listed.and_then(models::HubEntry::shape)),
    };
    let names = pinned.map(|it| &it.name).or(listed.map(|it| &it.name)).or(model.as_ref().map(|it| &it.name));
    let name = names.map_or(name, String::as_str);
    let metadata = header.as_ref().and_then(|header| header.as_ref().ok());
    let bytes = model.as_ref().map_or(0, |model| model.bytes);
    let fits = Fits::find(name, metadata, bytes, shape, paths).await;
    if as_json {
        say!("{:#}", fits.json(name, model.is_some()));
        return Ok(ExitCode::SUCCESS);
    }
    say!("{name}");
    if let Some(entry) = pinned {
        say!("  {}", entry.description);
        say!("  parameters  {}", entry.parameters);
        say!("  licence     {}", entry.licence);
        say!("  size        {} bytes", entry.bytes);
        say!("  sha256      {}", entry.sha256);
        say!("  status      {}", describe(store.status(entry), entry));
    } else if let Some(entry) = listed {
        say!("  {}", entry.description);
        say!("  parameters  {}", entry.parameters);
        say!("  licence     {}", entry.licence);
        say!("  from        {}", entry.hub_name());
        say!("  status      {}", if model.is_some() { "installed" } else { "not fetched" });
    }
    if let Some(model) = &model {
        describe_file(model, pinned.is_some())?;
    }
    match &header {
        Some(Ok(metadata)) => describe_header(name, metadata.clone())?,
        Some(Err(error)) => say!("  the file cannot be read: {error}"),
        None => {}
    }
    fits.say(name)?;
    Ok(ExitCode::SUCCESS)
}

fn describe_file(model: &InstalledModel, is_pinned: bool) -> Result<()> {
    say!("  file        {}", model.path.display());
    if !is_pinned {
        say!("  size        {} bytes", model.bytes);
        if let Some(sha256) = &model.sha256 {
            say!("  sha256      {sha256}");
        }
    }
    if let Some(licence) = model.licence.as_ref().filter(|_| !is_pinned && model.hub_entry().is_none()) {
        say!("  licence     {licence}");
    }
    Ok(())
}

fn describe_header(name: &str, metadata: GgufMetadata) -> Result<()> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    if let Some(tokens) = metadata.context_length {
        say!("  context     {tokens} tokens at most");
    }
    say!("  architecture {}, {}", text(metadata.architecture.clone()), text(metadata.quantisation.clone()));
    match fim_format(model_info(name.to_owned(), ContextSizes::UNLIMITED, metadata)) {
        Ok(format) => say!("  completion  yes, in the format of {}", format.family.models),
        Err(_) => say!("  completion  no: it has no fill-in-the-middle tokens"),
    }
    Ok(())
}

/// What a repository has, for a name that is not on this machine.
async fn on_hub(name: &HubName) -> Result<ExitCode> {
    let repository = repository(name, &options()).await?;
    let memory = tokio::task::spawn_blocking(memory_for_models).await.ok().flatten();
    let chosen = choose(&repository, name.tag.as_deref(), memory);
    say!("{}\n  not on this machine; the hub has", repository.name);
    if let Some(licence) = &repository.licence {
        say!("  licence     {licence}");
    }
    if repository.gated {
        say!("  gated       its licence must be accepted on the hub, and HF_TOKEN set");
    }
    for model in &repository.models {
        let mark = if chosen.as_ref().is_ok_and(|chosen| *chosen == model) {
            "  ← weft models pull takes this"
        } else {
            ""
        };
        say!("  {:<12} {:>9}{mark}", model.tag, megabytes(model.bytes()));
    }
    if let Err(error) = chosen {
        bail!(error);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether and how a model fits, and how quick it would be.
struct Fits {
    /// None where too little is known of the model.
    fitted: Option<Result<Fitted, TooLarge>>,
    /// By its header, not by what the catalogue knows.
    exact: bool,
    memory: MemoryOf,
    speed: Option<(f64, SpeedFrom)>,
}

/// What an expected speed rests on.
enum SpeedFrom {
    /// This model wrote so quickly.
    Itself,
    /// Another one did.
    Other(String),
    /// How quickly memory is read.
    Memory(f64),
}

impl Fits {
    async fn find(
        name: &str,
        metadata: Option<&GgufMetadata>,
        bytes: u64,
        shape: Option<Shape>,
        paths: &Paths,
    ) -> Self {
        let settings = Settings::load(paths, None, &CommandLine::default()).ok();
        let contexts =
            settings.map_or(ContextSizes { completion: 4096, chat: 8192 }, |settings| ContextSizes {
                completion: settings.context_tokens.value,
                chat: settings.chat_context_tokens.value,
            });
        // What the engine's own models have is theirs to give.
        let status = match LocalEngine::running(paths).await {
            Some(client) => client.status().await.ok(),
            None => None,
        };
        let held = status.iter().flat_map(|status| &status.models);
        let (mut held_ram, mut held_gpu) = (0_u64, 0_u64);
        for model in held {
            held_ram = held_ram.saturating_add(model.bytes.saturating_sub(model.gpu_bytes));
            held_gpu = held_gpu.saturating_add(model.gpu_bytes);
        }
        let speeds = speed::read(paths);
        let (name, metadata) = (name.to_owned(), metadata.cloned());
        let look = move || {
            let ram = allowed_memory().or_else(|| free_memory().map(|free| free.saturating_add(held_ram)));
            let gpu = gpu_memory()
                .map(|gpu| gpu.free.saturating_add(held_gpu).min(allowed_memory().unwrap_or(u64::MAX)));
            let memory = MemoryOf { ram, gpu };
            let exact = metadata.is_some();
            let fitted = match (&metadata, shape) {
                (Some(metadata), _) => Some(fitted(metadata, bytes, contexts, memory)),
                (None, Some(shape)) => {
                    let wanted = crate::serve::wanted(contexts);
                    Some(fit(&shape, wanted, memory).map(|fit| Fitted { fit, shape: Some(shape) }))
                }
                (None, None) => None,
            };
            let speed = shape.and_then(|shape| expected(&name, &shape, &speeds, memory));
            Self { fitted, exact, memory, speed }
        };
        // Asking for graphics cards and measuring memory block.
        let nothing = Self { fitted: None, exact: false, memory: MemoryOf::default(), speed: None };
        tokio::task::spawn_blocking(look).await.unwrap_or(nothing)
    }

    fn say(&self, name: &str) -> Result<()> {
        let available = self.memory.gpu.or(self.memory.ram);
        let of = available
            .map_or(String::new(), |bytes| format!(" of {} that are free for models", megabytes(bytes)));
        let by = if self.exact { "" } else { ", by what the catalogue knows" };
        match &self.fitted {
            None => say!("  memory      unknown until it is here"),
            Some(Ok(Fitted { fit, shape })) => {
                say!(
                    "  memory      needs about {}{of}, with {} tokens of context for completions and {} for chats{by}",
                    megabytes(fit.need.total_bytes()),
                    fit.completion_tokens,
                    fit.chat_tokens
                );
                for reduction in &fit.reduced {
                    say!("              so that it fits, {reduction}");
                }
                let all = shape.map_or(0, |shape| shape.layers + 1);
                match fit.gpu_layers {
                    0 => say!("  runs        on the CPU"),
                    layers if layers >= all => say!("  runs        all {all} layers on the GPU"),
                    layers => {
                        say!("  runs        {layers} of {all} layers on the GPU, the others on the CPU")
                    }
                }
            }
            Some(Err(TooLarge { needed, .. })) => {
                say!(
                    "  memory      does not fit: needs about {}{of}, with the least context{by}",
                    megabytes(*needed)
                );
                match smaller_of_catalogue(name, self.memory) {
                    Some(smaller) => say!("              {smaller} would fit: weft models pull {smaller}"),
                    None => say!(
                        "              close other programs, or give models more memory (WEFT_MEMORY_MB)"
                    ),
                }
            }
        }
        match &self.speed {
            None => say!("  speed       unknown until a model has written something here"),
            Some((speed, from)) => {
                let usable =
                    if *speed >= USABLE_TOKENS_PER_SECOND { "usable" } else { "too slow to be of use" };
                say!(
                    "  speed       about {speed:.0} tokens/s, {from}; {usable} ({USABLE_TOKENS_PER_SECOND:.0} are needed)"
                );
            }
        }
        Ok(())
    }

    fn json(&self, name: &str, installed: bool) -> serde_json::Value {
        let available = self.memory.gpu.or(self.memory.ram);
        let mut shown =
            json!({"name": name, "installed": installed, "available_bytes": available, "exact": self.exact});
        match &self.fitted {
            None => {}
            Some(Ok(Fitted { fit, shape })) => {
                shown["fits"] = json!(true);
                shown["needs_bytes"] = json!(fit.need.total_bytes());
                shown["context_tokens"] = json!(fit.completion_tokens);
                shown["chat_context_tokens"] = json!(fit.chat_tokens);
                shown["kv"] = json!(if fit.kv == KvType::F16 { "f16" } else { "q8_0" });
                shown["gpu_layers"] = json!(fit.gpu_layers);
                shown["layers"] = json!(shape.map(|shape| shape.layers + 1));
                shown["reduced"] = json!(fit.reduced.iter().map(ToString::to_string).collect::<Vec<_>>());
            }
            Some(Err(error)) => {
                shown["fits"] = json!(false);
                shown["needs_bytes"] = json!(error.needed);
                shown["smaller"] = json!(smaller_of_catalogue(name, self.memory));
            }
        }
        if let Some((speed, from)) = &self.speed {
            shown["tokens_per_second"] = json!((speed * 10.0).round() / 10.0);
            shown["speed_from"] = json!(from.to_string());
            shown["usable"] = json!(*speed >= USABLE_TOKENS_PER_SECOND);
        }
        shown
    }
}

impl std::fmt::Display for SpeedFrom {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Itself => write!(formatter, "as it wrote here last"),
            Self::Other(model) => write!(formatter, "by how quickly {model} wrote here last"),
            Self::Memory(bytes) => {
                write!(formatter, "by how quickly memory is read here ({:.1} GB/s)", bytes / 1e9)
            }
        }
    }
}

/// How quickly a model of this shape would write.
fn expected(
    name: &str,
    shape: &Shape,
    speeds: &std::collections::BTreeMap<String, Speed>,
    memory: MemoryOf,
) -> Option<(f64, SpeedFrom)> {
    if let Some(speed) = speeds.get(name) {
        return Some((speed.tokens_per_second, SpeedFrom::Itself));
    }
    // The one nearest in size: small models are slower than their size says, for other work does not shrink with it.
    let distance = |speed: &Speed| speed.read_per_token_bytes.abs_diff(shape.read_per_token_bytes);
    if let Some((other, speed)) = speeds.iter().min_by_key(|(_, speed)| distance(speed)) {
        let from = SpeedFrom::Other(other.clone());
        return tokens_per_second(shape, speed.bytes_per_second()).map(|speed| (speed, from));
    }
    if memory.gpu.is_some() {
        return None;
    }
    let bandwidth = memory_bandwidth();
    tokens_per_second(shape, bandwidth).map(|speed| (speed, SpeedFrom::Memory(bandwidth)))
}
