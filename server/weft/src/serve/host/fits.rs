//! How a model fits beside or in place of those that are in memory. It must not load any.

use super::memory::{Held, TooLarge, make_room};
use super::{ContextSizes, Host, LoadState, Resolved, Slot, Slots, tokens};
use crate::machine::gpu_memory;
use crate::serve::Budget;
use crate::settings::DraftChoice;
use engine::EngineError;
use engine_llama::{DraftSource, KvPrecision};
use models::{
    CatalogueEntry, Fit, GgufMetadata, InstalledModel, KvType, MemoryNeed, MemoryOf, Shape, Wanted,
    catalogue, fit,
};

/// How a model fits, and its shape where its header says one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fitted {
    pub(crate) fit: Fit,
    pub(crate) shape: Option<Shape>,
}

/// Fits a model with contexts of these sizes into memory. Where the header does not say enough it takes its file's size, and nothing is
/// reduced.
pub(crate) fn fitted(
    metadata: &GgufMetadata,
    bytes: u64,
    contexts: ContextSizes,
    memory: MemoryOf,
) -> Result<Fitted, models::TooLarge> {
    let wanted = wanted(contexts);
    if let Some(shape) = Shape::of(metadata, bytes) {
        return Ok(Fitted { fit: fit(&shape, wanted, memory)?, shape: Some(shape) });
    }
    let trained = metadata.context_length.unwrap_or(u64::MAX);
    let available = memory.gpu.or(memory.ram);
    if let Some(available) = available.filter(|available| bytes > *available) {
        return Err(models::TooLarge { needed: bytes, available });
    }
    let fit = Fit {
        completion_tokens: wanted.completion_tokens.min(trained),
        chat_tokens: wanted.chat_tokens.min(trained),
        kv: KvType::F16,
        gpu_layers: u64::from(u32::MAX),
        need: MemoryNeed { weights_bytes: bytes, kv_cache_bytes: 0, compute_bytes: 0 },
        gpu_bytes: memory.gpu.map_or(0, |_| bytes),
        reduced: Vec::new(),
    };
    Ok(Fitted { fit, shape: None })
}

/// What is asked for, as the `models` crate takes it.
pub(crate) fn wanted(contexts: ContextSizes) -> Wanted {
    Wanted { completion_tokens: contexts.completion.into(), chat_tokens: contexts.chat.into() }
}

pub(super) fn precision(kv: KvType) -> KvPrecision {
    match kv {
        KvType::F16 => KvPrecision::Half,
        KvType::Q8 => KvPrecision::Eight,
    }
}

impl Host {
    /// The contexts that a model has, or would have if it were loaded now, and what was reduced for that.
    pub(super) fn contexts_of(
        &self,
        model: &Resolved,
        metadata: &GgufMetadata,
    ) -> Option<(ContextSizes, Vec<String>)> {
        let slots = self.slots();
        let sizes = |fit: &Fit| {
            let contexts =
                ContextSizes { completion: tokens(fit.completion_tokens), chat: tokens(fit.chat_tokens) };
            (contexts, fit.reduced.iter().map(ToString::to_string).collect())
        };
        match slots.slots.iter().find(|slot| slot.name == model.name) {
            Some(slot) => Some(sizes(&slot.fit)),
            None => self.fit(&slots, model, metadata).ok().map(|fitted| sizes(&fitted.fit)),
        }
    }

    /// How a model fits if all others leave for it.
    pub(super) fn fit(
        &self,
        slots: &Slots,
        model: &Resolved,
        metadata: &GgufMetadata,
    ) -> Result<Fitted, EngineError> {
        let memory = self.memory(slots);
        let mut fitted = fitted(metadata, model.bytes, self.contexts, memory).map_err(
            |models::TooLarge { needed, available }| EngineError::ModelUnusable {
                model: model.name.clone(),
                reason: format!(
                    "it needs about {} of memory, with the least context, and {} are available.{}",
                    megabytes(needed),
                    megabytes(available),
                    self.smaller_than(&model.name, memory)
                ),
            },
        )?;
        if let Some(most) = self.most_gpu_layers.map(u64::from).filter(|most| *most < fitted.fit.gpu_layers) {
            // The rest of them computes the processor, and has in its memory.
            fitted.fit.gpu_bytes = fitted.fit.gpu_bytes / fitted.fit.gpu_layers * most;
            fitted.fit.gpu_layers = most;
        }
        Ok(fitted)
    }

    /// Where a model's guesses come from; the memory of a model that writes them is added to `fit`. Without that model, or where it does not fit
    /// beside the other, there are none: they only make it quicker.
    pub(super) fn drafts(&self, slots: &Slots, model: &str, fit: &mut Fit) -> DraftSource {
        let name = match &self.drafts {
            DraftChoice::Off => return DraftSource::Off,
            DraftChoice::On => return DraftSource::Copied,
            // It need not guess for itself.
            DraftChoice::Model(name) if name == model => return DraftSource::Off,
            DraftChoice::Model(name) => name,
        };
        let memory = self.memory(slots);
        let left = MemoryOf {
            ram: memory.ram.map(|ram| ram.saturating_sub(ram_of(fit))),
            gpu: memory.gpu.map(|gpu| gpu.saturating_sub(fit.gpu_bytes)),
        };
        // It has no conversations.
        let contexts = ContextSizes { chat: 0, ..self.contexts };
        let small = self.resolve(Some(name)).and_then(|small| Ok((self.metadata(&small)?, small)));
        match small.map(|(metadata, small)| (fitted(&metadata, small.bytes, contexts, left), small)) {
            Ok((Ok(fitted), small)) if fitted.fit.reduced.is_empty() => {
                fit.need.weights_bytes += fitted.fit.need.total_bytes();
                fit.gpu_bytes += fitted.fit.gpu_bytes;
                DraftSource::Model(small.path)
            }
            Ok(_) => {
                tracing::warn!(
                    model,
                    drafts = name,
                    "no drafts: the model that writes them does not fit beside it"
                );
                DraftSource::Off
            }
            Err(error) => {
                tracing::warn!(model, %error, "no drafts");
                DraftSource::Off
            }
        }
    }

    /// Takes out of memory who must leave for a model that fits so. The memory is given back when the last request is done.
    pub(super) fn make_room(&self, slots: &mut Slots, fit: &Fit) {
        let memory = self.memory(slots);
        let ram = make_room(&held(slots, |slot| ram_of(&slot.fit)), ram_of(fit), memory.ram);
        let gpu = make_room(&held(slots, |slot| slot.fit.gpu_bytes), fit.gpu_bytes, memory.gpu);
        // That it fits alone is known; what does not fit beside the memory of a moment ago is given all of it.
        let all = |outcome: Result<Vec<usize>, TooLarge>| {
            outcome.unwrap_or_else(|_| (0..slots.slots.len()).collect())
        };
        let leaving: Vec<usize> = all(ram).into_iter().chain(all(gpu)).collect();
        let mut index = 0;
        slots.slots.retain(|slot| {
            let leaves = leaving.contains(&index);
            index += 1;
            if leaves {
                tracing::info!(model = slot.name, "unloading: its memory is needed");
            }
            !leaves
        });
    }

    /// Whether this build computes on a graphics card here, and the user lets it.
    pub(super) fn has_gpu(&self) -> bool {
        self.most_gpu_layers != Some(0) && *self.has_gpu.get_or_init(|| gpu_memory().is_some())
    }

    /// How many layers llama.cpp is to put onto the graphics cards; none where there are no cards to say it of.
    pub(super) fn gpu_layers(&self, fit: &Fit) -> Option<u32> {
        if self.has_gpu() { Some(tokens(fit.gpu_layers)) } else { self.most_gpu_layers }
    }

    /// The memory for all models together.
    fn memory(&self, slots: &Slots) -> MemoryOf {
        // What is still on its way has not taken its memory yet.
        let there = || slots.slots.iter().filter(|slot| matches!(*slot.state.borrow(), LoadState::Ready(..)));
        let on_gpu: u64 = there().map(|slot| slot.fit.gpu_bytes).sum();
        let all: u64 = there().map(|slot| slot.fit.need.total_bytes()).sum();
        let ram = self.budget.bytes(all.saturating_sub(on_gpu));
        let gpu = self.has_gpu().then(gpu_memory).flatten();
        let gpu = gpu.map(|gpu| gpu.free.saturating_add(on_gpu));
        let gpu = match self.budget {
            Budget::Free => gpu,
            Budget::Bytes(bytes) => gpu.map(|gpu| gpu.min(bytes)),
        };
        MemoryOf { ram, gpu }
    }

    /// The largest model that would fit, in a sentence.
    fn smaller_than(&self, name: &str, memory: MemoryOf) -> String {
        let fits = |model: &InstalledModel| {
            let metadata = self.metadata_of(model).ok()?;
            let fitted = fitted(&metadata, model.bytes, self.contexts, memory).ok()?;
            (model.name != name).then(|| (fitted.fit.need.weights_bytes, model.name.clone()))
        };
        let installed = self.store.list().unwrap_or_default();
        if let Some((_, smaller)) = installed.iter().filter_map(fits).max() {
            return format!(
                " {smaller} would fit: use that, close other programs, or give models more memory"
            );
        }
        match smaller_of_catalogue(name, memory) {
            Some(smaller) => format!(" {smaller} would fit: weft models pull {smaller}"),
            None => " Close other programs, or set context_tokens and chat_context_tokens lower".to_owned(),
        }
    }
}

/// The largest model of the catalogue that would fit and completes code.
pub(crate) fn smaller_of_catalogue(name: &str, memory: MemoryOf) -> Option<&'static str> {
    // The header of what is not here is not known; its context takes less than its weights.
    let pinned = |entry: &&CatalogueEntry| {
        let available = memory.gpu.into_iter().chain(memory.ram).max();
        available.is_none_or(|available| entry.bytes.saturating_mul(2) <= available)
    };
    let pinned = catalogue().listed().filter(pinned).map(|entry| (entry.bytes, entry.name.as_str()));
    let least = Wanted {
        completion_tokens: models::LeastContext::COMPLETION,
        chat_tokens: models::LeastContext::CHAT,
    };
    let hub = catalogue().hub.iter().filter(|entry| entry.fim.is_some()).filter_map(|entry| {
        let shape = entry.shape()?;
        fit(&shape, least, memory).ok().map(|_| (shape.weights_bytes, entry.name.as_str()))
    });
    let others = pinned.chain(hub).filter(|(_, other)| *other != name);
    others.max().map(|(_, smaller)| smaller)
}

fn ram_of(fit: &Fit) -> u64 {
    fit.need.total_bytes().saturating_sub(fit.gpu_bytes)
}

fn held(slots: &Slots, bytes: impl Fn(&Slot) -> u64) -> Vec<Held> {
    let held = |slot: &Slot| Held { bytes: bytes(slot), busy: slot.active > 0, last_used: slot.last_used };
    slots.slots.iter().map(held).collect()
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
