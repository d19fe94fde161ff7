//! The models in memory: from a name to a file, from a file to a loaded engine.
//! It must not hold more than one model: a second one replaces the first, so that memory never overflows.

use crate::paths::Paths;
use crate::settings::{Found, Settings, is_path};
use engine::{EngineError, FimTokenTexts, ModelInfo};
use engine_llama::{LlamaEngine, LoadOptions, Threads};
use models::{GgufMetadata, ModelStatus, Store, catalogue};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;

/// The user has stopped typing: what was moved with the cursor can be evaluated where it is now.
const SETTLE_AFTER: Duration = Duration::from_secs(5);

/// A model on its way into memory.
#[derive(Clone)]
pub(crate) enum LoadState {
    /// How much of it is loaded, 0 to 1.
    Loading(f32),
    /// It can be used. The time is what loading took.
    Ready(Arc<LlamaEngine>, Duration),
    /// It cannot.
    Failed(EngineError),
}

/// The one model in memory.
pub(crate) struct Host {
    store: Store,
    default_model: Option<String>,
    contexts: ContextSizes,
    keep_chat: Duration,
    threads: Threads,
    slot: Mutex<Option<Slot>>,
    /// Headers read before: each completion asks, and a header takes some milliseconds.
    headers: Mutex<HashMap<PathBuf, (FileStamp, GgufMetadata)>>,
}

/// Tells a file from another one that has taken its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

struct Slot {
    name: String,
    state: watch::Receiver<LoadState>,
}

/// A model's name and file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl Host {
    pub(crate) fn new(paths: &Paths, settings: &Settings) -> Self {
        Self {
            store: Store::new(&paths.models),
            default_model: settings.local_model(),
            contexts: ContextSizes {
                completion: settings.context_tokens.value,
                chat: settings.chat_context_tokens.value,
            },
            // As long as the engine itself stays without work.
            keep_chat: Duration::from_secs(settings.idle_seconds.value),
            threads: threads(&settings.threads),
            slot: Mutex::default(),
            headers: Mutex::default(),
        }
    }

    /// What is known of a model from its file's header.
    pub(crate) fn info(&self, name: Option<&str>) -> Result<ModelInfo, EngineError> {
        let model = self.resolve(name)?;
        let metadata = self.metadata(&model)?;
        Ok(model_info(model.name, self.contexts, metadata))
    }

    /// The names of the models in memory.
    pub(crate) fn loaded(&self) -> Vec<String> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.iter()
            .filter(|slot| matches!(*slot.state.borrow(), LoadState::Ready(..)))
            .map(|slot| slot.name.clone())
            .collect()
    }

    /// The model's name and its way into memory, which begins now if it is neither there nor under way.
    pub(crate) fn load(
        &self,
        name: Option<&str>,
    ) -> Result<(String, watch::Receiver<LoadState>), EngineError> {
        let model = self.resolve(name)?;
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slot.as_ref().filter(|slot| slot.name == model.name)
            && !matches!(*slot.state.borrow(), LoadState::Failed(_))
        {
            return Ok((model.name, slot.state.clone()));
        }
        // A header that cannot be read is a clear message; llama.cpp's own is not.
        let metadata = self.metadata(&model)?;
        let chat = model_info(model.name.clone(), self.contexts, metadata).chat_context_tokens;
        let (sender, state) = watch::channel(LoadState::Loading(0.0));
        // The old model's memory is given back as soon as the last request on it is done.
        *slot = Some(Slot { name: model.name.clone(), state: state.clone() });
        drop(slot);
        let options = LoadOptions {
            path: model.path,
            name: model.name.clone(),
            context_tokens: NonZeroU32::new(self.contexts.completion).unwrap_or(NonZeroU32::MIN),
            chat_context_tokens: NonZeroU32::new(chat).unwrap_or(NonZeroU32::MIN),
            keep_chat: self.keep_chat,
            threads: self.threads,
            settle_after: SETTLE_AFTER,
        };
        tokio::task::spawn_blocking(move || {
            let started = Instant::now();
            let progress = sender.clone();
            let loaded = LlamaEngine::load(&options, move |fraction| {
                progress.send_replace(LoadState::Loading(fraction));
            });
            sender.send_replace(match loaded {
                Ok(engine) => LoadState::Ready(Arc::new(engine), started.elapsed()),
                Err(error) => LoadState::Failed(error),
            });
        });
        Ok((model.name, state))
    }

    fn metadata(&self, model: &Resolved) -> Result<GgufMetadata, EngineError> {
        let stamp = std::fs::metadata(&model.path)
            .ok()
            .map(|file| FileStamp { bytes: file.len(), modified: file.modified().ok() });
        let mut headers = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, metadata)) = headers.get(&model.path)
            && Some(*known) == stamp
        {
            return Ok(metadata.clone());
        }
        let metadata = metadata(model)?;
        if let Some(stamp) = stamp {
            headers.insert(model.path.clone(), (stamp, metadata.clone()));
        }
        Ok(metadata)
    }

    fn resolve(&self, name: Option<&str>) -> Result<Resolved, EngineError> {
        resolve(&self.store, name.or(self.default_model.as_deref()))
    }
}

/// Finds a model's file. Without a name it is the catalogue's default, or, where that is not on this machine,
/// whichever known model is: after `weft models pull qwen2.5-coder-0.5b` nothing more needs to be said.
pub(crate) fn resolve(store: &Store, name: Option<&str>) -> Result<Resolved, EngineError> {
    let Some(name) = name else {
        let default = catalogue().default_model();
        let listed = default.into_iter().chain(catalogue().listed());
        let installed = listed.filter(|entry| store.status(entry) == ModelStatus::Installed);
        return match installed.into_iter().next() {
            Some(entry) => Ok(Resolved { name: entry.name.clone(), path: store.path_of(entry) }),
            None => Err(EngineError::ModelMissing {
                model: default.map(|entry| entry.name.clone()).unwrap_or_default(),
            }),
        };
    };
    if is_path(name) {
        let path = Path::new(name);
        return if path.is_file() {
            Ok(Resolved { name: name.to_owned(), path: path.to_owned() })
        } else {
            Err(EngineError::ModelUnusable {
                model: name.to_owned(),
                reason: "there is no such file".to_owned(),
            })
        };
    }
    match store.find(name) {
        Ok(Some(model)) => Ok(Resolved { name: model.name, path: model.path }),
        Ok(None) => Err(match catalogue().find(name) {
            Some(entry) => EngineError::ModelMissing { model: entry.name.clone() },
            None => EngineError::ModelUnknown { model: name.to_owned() },
        }),
        Err(error) => Err(EngineError::ModelUnusable { model: name.to_owned(), reason: error.to_string() }),
    }
}

fn metadata(model: &Resolved) -> Result<GgufMetadata, EngineError> {
    models::read_metadata(&model.path)
        .map_err(|error| EngineError::ModelUnusable { model: model.name.clone(), reason: error.to_string() })
}

/// The most tokens that a model is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextSizes {
    /// For completions.
    pub(crate) completion: u32,
    /// For chats.
    pub(crate) chat: u32,
}

impl ContextSizes {
    /// As many as the model was trained for.
    pub(crate) const UNLIMITED: Self = Self { completion: u32::MAX, chat: u32::MAX };
}

/// What a file's header says of a model that is given contexts of these sizes, or as far as it was trained.
pub(crate) fn model_info(name: String, contexts: ContextSizes, metadata: GgufMetadata) -> ModelInfo {
    let trained = metadata.context_length.and_then(|length| u32::try_from(length).ok()).unwrap_or(u32::MAX);
    ModelInfo {
        name,
        architecture: metadata.architecture,
        pre_tokenizer: metadata.pre_tokenizer,
        context_tokens: contexts.completion.min(trained),
        chat_context_tokens: contexts.chat.min(trained),
        fim: FimTokenTexts {
            prefix: metadata.fim.prefix,
            suffix: metadata.fim.suffix,
            middle: metadata.fim.middle,
            padding: metadata.fim.pad,
            repository: metadata.fim.repository,
            file_separator: metadata.fim.separator,
        },
        special_tokens: metadata.special_tokens,
        bos_token: metadata.bos_token,
        eos_token: metadata.eos_token,
        chat_template: metadata.chat_template,
        ..ModelInfo::default()
    }
}

/// What the user wants, else what the machine has to spare.
fn threads(setting: &Found<Option<u32>>) -> Threads {
    setting.value.map_or(Threads::Adaptive, Threads::Fixed)
}
