//! The models in memory: from a name to a file, from a file to a loaded engine. Several at once, as far as memory goes; then the one
//! that was not used for longest leaves, and each leaves when it was not used for its time.
//! It must not know prompts, nor who asks.

mod files;
mod fits;
mod memory;

use super::speed::Speeds;
use crate::paths::Paths;
use crate::settings::{DraftChoice, Found, Settings};
use engine::{EngineError, ModelInfo};
use engine_llama::{LlamaEngine, LoadOptions, Threads, Tokenizer};
use models::{Fit, GgufMetadata, InstalledModel, Store};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

pub(crate) use api::KeepAlive;
pub(crate) use files::{ContextSizes, Resolved, model_info, not_here, resolve};
pub(crate) use fits::{Fitted, fitted, smaller_of_catalogue, wanted};
pub(crate) use memory::Budget;

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

/// See the module's head.
pub(crate) struct Host {
    store: Store,
    default_model: Option<String>,
    contexts: ContextSizes,
    /// How long a model stays where nobody says otherwise, and its memory for conversations in any case.
    keep: Duration,
    budget: Budget,
    most_gpu_layers: Option<u32>,
    threads: Threads,
    drafts: DraftChoice,
    speeds: Speeds,
    has_gpu: OnceLock<bool>,
    slots: Mutex<Slots>,
    /// The time at which the next model leaves may have changed.
    changed: Notify,
    /// Headers read before: each completion asks, and a header takes some milliseconds.
    headers: Mutex<HashMap<PathBuf, (FileStamp, GgufMetadata)>>,
}

/// Tells a file from another one that has taken its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

#[derive(Default)]
struct Slots {
    slots: Vec<Slot>,
    next_number: u64,
}

/// A model in memory, or on its way there.
struct Slot {
    /// Tells it from an earlier one of the same name.
    number: u64,
    name: String,
    state: watch::Receiver<LoadState>,
    fit: Fit,
    /// The bytes of weights that one token reads.
    read_per_token_bytes: u64,
    /// Requests at work.
    active: usize,
    last_used: Instant,
    keep: KeepAlive,
}

/// A model that somebody uses: it is not unloaded for being idle as long as this lives.
pub(crate) struct Lease {
    host: Arc<Host>,
    number: u64,
}

/// A model's name, its way into memory, and the right to it.
pub(crate) struct Loading {
    pub(crate) name: String,
    pub(crate) state: watch::Receiver<LoadState>,
    pub(crate) lease: Lease,
}

/// A model in memory, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InMemory {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// How much of that is a graphics card's.
    pub(crate) gpu_bytes: u64,
    /// Tokens of context for conversations.
    pub(crate) context_tokens: u32,
    /// What was reduced so that it fits, in words.
    pub(crate) reduced: Vec<String>,
    /// How long it stays if nobody uses it; `None` for ever.
    pub(crate) leaves_in: Option<Duration>,
}

impl Host {
    pub(crate) fn new(paths: &Paths, settings: &Settings, budget: Budget) -> Self {
        Self {
            store: paths.store(),
            default_model: settings.local_model(),
            contexts: ContextSizes {
                completion: settings.context_tokens.value,
                chat: settings.chat_context_tokens.value,
            },
            // As long as the engine itself stays without work.
            keep: Duration::from_secs(settings.idle_seconds.value),
            budget,
            most_gpu_layers: settings.gpu_layers.value,
            threads: threads(&settings.threads),
            drafts: settings.drafts.value.clone(),
            speeds: Speeds::new(paths),
            has_gpu: OnceLock::new(),
            slots: Mutex::default(),
            changed: Notify::new(),
            headers: Mutex::default(),
        }
    }

    /// The folder of models.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What is known of a model from its file's header.
    pub(crate) fn info(&self, name: Option<&str>) -> Result<ModelInfo, EngineError> {
        let model = self.resolve(name)?;
        let metadata = self.metadata(&model)?;
        // A model that does not fit says so when it is loaded.
        let (contexts, reduced) = self.contexts_of(&model, &metadata).unwrap_or((self.contexts, Vec::new()));
        Ok(ModelInfo { reduced, ..model_info(model.name, contexts, metadata) })
    }

    /// The models in memory, the last used first.
    pub(crate) fn loaded(&self) -> Vec<InMemory> {
        let slots = self.slots();
        let mut ready: Vec<&Slot> =
            slots.slots.iter().filter(|slot| matches!(*slot.state.borrow(), LoadState::Ready(..))).collect();
        ready.sort_by_key(|slot| std::cmp::Reverse((slot.active > 0, slot.last_used)));
        ready
            .into_iter()
            .map(|slot| InMemory {
                name: slot.name.clone(),
                bytes: slot.fit.need.total_bytes(),
                gpu_bytes: slot.fit.gpu_bytes,
                context_tokens: tokens(slot.fit.chat_tokens),
                reduced: slot.fit.reduced.iter().map(ToString::to_string).collect(),
                leaves_in: match slot.keep {
                    KeepAlive::Forever => None,
                    KeepAlive::For(keep) if slot.active > 0 => Some(keep),
                    KeepAlive::For(keep) => Some(keep.saturating_sub(slot.last_used.elapsed())),
                },
            })
            .collect()
    }

    /// A model's way into memory, which begins now if it is neither there nor under way. Others leave for it if they must.
    pub(crate) fn load(self: &Arc<Self>, name: Option<&str>) -> Result<Loading, EngineError> {
        let model = self.resolve(name)?;
        let mut slots = self.slots();
        slots.slots.retain(|slot| !matches!(*slot.state.borrow(), LoadState::Failed(_)));
        if let Some(slot) = slots.slots.iter_mut().find(|slot| slot.name == model.name) {
            return Ok(self.lease(slot));
        }
        // A header that cannot be read is a clear message; llama.cpp's own is not.
        let metadata = self.metadata(&model)?;
        let Fitted { mut fit, shape } = self.fit(&slots, &model, &metadata)?;
        let drafts = self.drafts(&slots, &model.name, &mut fit);
        self.make_room(&mut slots, &fit);
        for reduction in &fit.reduced {
            tracing::warn!(model = model.name, "so that it fits into memory, {reduction}");
        }
        let (sender, state) = watch::channel(LoadState::Loading(0.0));
        let number = slots.next_number;
        slots.next_number += 1;
        let mut slot = Slot {
            number,
            name: model.name.clone(),
            state,
            fit: fit.clone(),
            read_per_token_bytes: shape.map_or(0, |shape| shape.read_per_token_bytes),
            active: 0,
            last_used: Instant::now(),
            keep: KeepAlive::For(self.keep),
        };
        let loading = self.lease(&mut slot);
        slots.slots.push(slot);
        drop(slots);
        let options = LoadOptions {
            path: model.path,
            name: model.name,
            context_tokens: NonZeroU32::new(tokens(fit.completion_tokens)).unwrap_or(NonZeroU32::MIN),
            chat_context_tokens: NonZeroU32::new(tokens(fit.chat_tokens)).unwrap_or(NonZeroU32::MIN),
            kv: fits::precision(fit.kv),
            gpu_layers: self.gpu_layers(&fit),
            keep_chat: self.keep,
            threads: self.threads,
            drafts,
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
        Ok(loading)
    }

    /// A model in memory, once it is there.
    pub(crate) async fn ready(
        self: &Arc<Self>,
        name: &str,
    ) -> Result<(Arc<LlamaEngine>, Lease), EngineError> {
        let mut loading = self.load(Some(name))?;
        let ended = loading.state.wait_for(|state| !matches!(state, LoadState::Loading(_))).await;
        match ended.map(|state| state.clone()) {
            Ok(LoadState::Ready(engine, _)) => Ok((engine, loading.lease)),
            Ok(LoadState::Failed(error)) => Err(error),
            Ok(LoadState::Loading(_)) | Err(_) => {
                Err(EngineError::Failed { reason: "loading the model ended without a model".into() })
            }
        }
    }

    /// A model's vocabulary: that of the model in memory, else it is read (some tens of milliseconds; may block).
    pub(crate) fn tokenizer(&self, name: &str) -> Result<Tokenizer, EngineError> {
        let model = self.resolve(Some(name))?;
        let in_memory = self.slots().slots.iter().find(|slot| slot.name == model.name).and_then(|slot| {
            match &*slot.state.borrow() {
                LoadState::Ready(engine, _) => Some(engine.tokenizer().clone()),
                _ => None,
            }
        });
        let read = || {
            Tokenizer::load(&model.path).map_err(|reason| EngineError::ModelUnusable {
                model: model.name.clone(),
                reason: reason.to_owned(),
            })
        };
        in_memory.map_or_else(read, Ok)
    }

    /// How long a model stays after its last request. Not at all takes it out now, or when its last request is done.
    pub(crate) fn keep(&self, name: &str, keep: KeepAlive) {
        let mut slots = self.slots();
        if let Some(slot) = slots.slots.iter_mut().find(|slot| slot.name == name) {
            slot.keep = keep;
        }
        slots.slots.retain(|slot| !leaves_now(slot));
        drop(slots);
        self.changed.notify_one();
    }

    /// Takes a model out of memory, as soon as its last request is done. False where it is not there.
    pub(crate) fn unload(&self, name: &str) -> bool {
        let mut slots = self.slots();
        let before = slots.slots.len();
        slots.slots.retain(|slot| slot.name != name);
        slots.slots.len() < before
    }

    /// Takes models out of memory when their time has come, for ever.
    pub(crate) async fn unload_idle(&self) {
        loop {
            let next = {
                let mut slots = self.slots();
                let now = Instant::now();
                slots.slots.retain(|slot| {
                    let stays = leaves_at(slot).is_none_or(|at| at > now);
                    if !stays {
                        tracing::info!(model = slot.name, "unloading: it was not used for its time");
                    }
                    stays
                });
                slots.slots.iter().filter_map(leaves_at).min()
            };
            match next {
                Some(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at) => {}
                        () = self.changed.notified() => {}
                    }
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// An answer of a model is finished: its speed is worth knowing.
    pub(crate) fn note_speed(&self, name: &str, tokens: u32, generate_ms: f64) {
        let bytes =
            self.slots().slots.iter().find(|slot| slot.name == name).map(|slot| slot.read_per_token_bytes);
        if let Some(bytes) = bytes.filter(|bytes| *bytes > 0) {
            self.speeds.note(name, bytes, tokens, generate_ms);
        }
    }

    /// What is known of an installed model from its file.
    pub(crate) fn metadata_of(&self, model: &InstalledModel) -> Result<GgufMetadata, EngineError> {
        let (name, path) = (model.name.clone(), model.path.clone());
        self.metadata(&Resolved { name, path, bytes: model.bytes })
    }

    /// The name and file of a model.
    pub(crate) fn resolve(&self, name: Option<&str>) -> Result<Resolved, EngineError> {
        resolve(&self.store, name.or(self.default_model.as_deref()))
    }

    fn lease(self: &Arc<Self>, slot: &mut Slot) -> Loading {
        slot.active += 1;
        slot.last_used = Instant::now();
        let lease = Lease { host: self.clone(), number: slot.number };
        Loading { name: slot.name.clone(), state: slot.state.clone(), lease }
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
        let metadata = files::metadata(model)?;
        if let Some(stamp) = stamp {
            headers.insert(model.path.clone(), (stamp, metadata.clone()));
        }
        Ok(metadata)
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut slots = self.host.slots();
        if let Some(slot) = slots.slots.iter_mut().find(|slot| slot.number == self.number) {
            slot.active = slot.active.saturating_sub(1);
            slot.last_used = Instant::now();
        }
        slots.slots.retain(|slot| !leaves_now(slot));
        drop(slots);
        self.host.changed.notify_one();
    }
}

/// When a model leaves if nobody uses it before.
fn leaves_at(slot: &Slot) -> Option<Instant> {
    match slot.keep {
        KeepAlive::For(keep) if slot.active == 0 => slot.last_used.checked_add(keep),
        _ => None,
    }
}

fn leaves_now(slot: &Slot) -> bool {
    slot.active == 0 && slot.keep == KeepAlive::For(Duration::ZERO)
}

/// A number of tokens or layers as the engine takes it.
fn tokens(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What the user wants, else what the machine has to spare.
fn threads(setting: &Found<Option<u32>>) -> Threads {
    setting.value.map_or(Threads::Adaptive, Threads::Fixed)
}

#[cfg(test)]
mod tests;
