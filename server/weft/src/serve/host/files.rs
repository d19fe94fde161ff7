//! From a model's name to its file, and from the file's header to what is known of the model.
//! It must not load anything.

use crate::settings::is_path;
use engine::{EngineError, FimTokenTexts, ModelInfo};
use models::{GgufMetadata, ModelName, ModelStatus, Store, catalogue};
use std::path::{Path, PathBuf};

/// A model's name and file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Bytes of all its files.
    pub(crate) bytes: u64,
}

/// Finds a model's file. Without a name it is the catalogue's default, or, where that is not on this machine,
/// whichever known model is: after `weft models pull qwen2.5-coder-0.5b` nothing more needs to be said.
pub(crate) fn resolve(store: &Store, name: Option<&str>) -> Result<Resolved, EngineError> {
    let Some(name) = name else {
        let default = catalogue().default_model();
        let listed = default.into_iter().chain(catalogue().listed());
        let installed = listed.filter(|entry| store.status(entry) == ModelStatus::Installed);
        if let Some(entry) = installed.into_iter().next() {
            return Ok(Resolved { name: entry.name.clone(), path: store.path_of(entry), bytes: entry.bytes });
        }
        // Those of the hub that complete code.
        let mut completing = catalogue().hub.iter().filter(|entry| entry.fim.is_some());
        let found = completing.find_map(|entry| store.find(&entry.name).ok().flatten());
        let missing = || default.map(|entry| entry.name.clone()).unwrap_or_default();
        return match found {
            Some(model) => Ok(Resolved { name: model.name, path: model.path, bytes: model.bytes }),
            None => Err(EngineError::ModelMissing { model: missing() }),
        };
    };
    if is_path(name) {
        let path = Path::new(name);
        return if path.is_file() {
            Ok(Resolved { name: name.to_owned(), path: path.to_owned(), bytes: models::model_bytes(path) })
        } else {
            Err(EngineError::ModelUnusable {
                model: name.to_owned(),
                reason: "there is no such file".to_owned(),
            })
        };
    }
    match store.find(name) {
        Ok(Some(model)) => Ok(Resolved { name: model.name, path: model.path, bytes: model.bytes }),
        Ok(None) => Err(not_here(name)),
        Err(error) => Err(EngineError::ModelUnusable { model: name.to_owned(), reason: error.to_string() }),
    }
}

/// What to say of a model that is not on this machine: how to get it, if anything has it.
pub(crate) fn not_here(name: &str) -> EngineError {
    if let Some(entry) = catalogue().find(name) {
        return EngineError::ModelMissing { model: entry.name.clone() };
    }
    if let Some(entry) = catalogue().find_hub(name) {
        return EngineError::ModelMissing { model: entry.name.clone() };
    }
    match ModelName::parse(name) {
        Ok(ModelName::Hub(name)) => EngineError::ModelMissing { model: name.to_string() },
        Ok(_) => EngineError::ModelUnknown { model: name.to_owned() },
        Err(error) => EngineError::ModelUnusable { model: name.to_owned(), reason: error.to_string() },
    }
}

/// The header of a model's file.
pub(super) fn metadata(model: &Resolved) -> Result<GgufMetadata, EngineError> {
    models::read_metadata(&model.path)
        .map_err(|error| EngineError::ModelUnusable { model: model.name.clone(), reason: error.to_string() })
}

/// The most tokens that a model is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
