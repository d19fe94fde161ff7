//! The models of this process, for the local API: names, files, downloads, tokens.
//! It must not know HTTP, and takes no name from the network for a path.

use super::host::{Host, KeepAlive};
use super::idle::Activity;
use super::not_here;
use crate::commands::pull::{Pullable, options, pullable};
use ::models::{GgufMetadata, InstalledModel, Progress, StoreError};
use api::{Embedded, HostError, LoadedModel, ModelDetails, PullStep, TokenPiece, Tokenize};
use engine::{EngineError, Segment};
use futures::channel::mpsc;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, stream};
use std::sync::Arc;
use std::time::SystemTime;

/// See the module's head.
pub(crate) struct ApiHost {
    pub(crate) host: Arc<Host>,
    pub(crate) activity: Arc<Activity>,
}

impl api::Host for ApiHost {
    fn resolve(&self, asked: Option<&str>) -> Result<String, EngineError> {
        let default = || self.host.resolve(None).map(|model| model.name);
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return default() };
        // The user's own setting may be a path; that one name is no news to whoever asks.
        if default().is_ok_and(|default| default == asked) {
            return Ok(asked.to_owned());
        }
        let mut error = EngineError::ModelUnknown { model: asked.to_owned() };
        for name in spellings(asked) {
            match self.host.store().find(&name) {
                Ok(Some(model)) => return Ok(model.name),
                Ok(None) => {}
                Err(problem) => return Err(EngineError::Failed { reason: problem.to_string() }),
            }
            if let missing @ EngineError::ModelMissing { .. } = not_here(&name) {
                error = missing;
            }
        }
        Err(error)
    }

    fn installed(&self) -> Result<Vec<api::InstalledModel>, HostError> {
        let models = self.host.store().list().map_err(host_error)?;
        // A file that is no model is listed with what is known of it: nothing.
        Ok(models.iter().map(|model| described(model, self.host.metadata_of(model).ok().as_ref())).collect())
    }

    fn loaded(&self) -> Vec<LoadedModel> {
        let now = SystemTime::now();
        let shown = |model: super::host::InMemory| LoadedModel {
            bytes: model.bytes,
            gpu_bytes: model.gpu_bytes,
            context_tokens: model.context_tokens,
            expires: model.leaves_in.and_then(|left| now.checked_add(left)),
            name: model.name,
        };
        self.host.loaded().into_iter().map(shown).collect()
    }

    fn details(&self, model: &str) -> Result<ModelDetails, HostError> {
        let found = self.host.store().find(model).map_err(host_error)?;
        let model = found.ok_or_else(|| {
            let missing = EngineError::ModelUnknown { model: model.to_owned() };
            HostError::NotFound(missing.to_string())
        })?;
        let metadata = self.host.metadata_of(&model).map_err(|error| HostError::Failed(error.to_string()))?;
        Ok(ModelDetails {
            licence: model.licence.clone(),
            parameter_count: metadata.parameters,
            trained_context: metadata.context_length,
            embedding_length: metadata.embedding_length,
            block_count: metadata.block_count,
            vocabulary: metadata.vocabulary,
            model: described(&model, Some(&metadata)),
        })
    }

    fn pull(&self, model: &str) -> Result<BoxStream<'static, Result<PullStep, HostError>>, HostError> {
        let wanted = pullable(model).map_err(|error| HostError::NotFound(error.to_string()))?;
        let (store, busy) = (self.host.store().clone(), self.activity.begin());
        let (sender, steps) = mpsc::unbounded();
        let work = async move {
            let mut last = None;
            let mut report = |progress: Progress| {
                if let Some(step) = step(&wanted, &progress, &mut last) {
                    // Nobody listens any more; then this future is dropped too.
                    let _ = sender.unbounded_send(Ok(step));
                }
            };
            let pulled = wanted.pull(&store, &options(), &mut report).await;
            let last = pulled.map(|_| PullStep::Done).map_err(|error| HostError::Failed(error.to_string()));
            let _ = sender.unbounded_send(last);
            drop(busy);
        };
        // The work has no steps of its own: it sends them, and ends their stream.
        Ok(stream::select(steps, stream::once(work).filter_map(|()| std::future::ready(None))).boxed())
    }

    fn delete(&self, model: &str) -> Result<(), HostError> {
        self.host.unload(model);
        match self.host.store().remove(model).map_err(host_error)? {
            Some(_) => Ok(()),
            None => {
                let missing = EngineError::ModelUnknown { model: model.to_owned() };
                Err(HostError::NotFound(missing.to_string()))
            }
        }
    }

    fn copy(&self, model: &str, name: &str) -> Result<(), HostError> {
        let name = spellings(name).pop().unwrap_or_default();
        self.host.store().copy(model, &name).map(|_| ()).map_err(host_error)
    }

    fn keep(&self, model: &str, keep: KeepAlive) {
        self.host.keep(model, keep);
    }

    fn count_tokens(&self, model: &str, segments: Vec<Segment>) -> BoxFuture<'_, Result<u32, EngineError>> {
        let tokenizer = self.blocking(model, move |tokenizer| {
            u32::try_from(tokenizer.token_ids(&segments).len()).unwrap_or(u32::MAX)
        });
        tokenizer.boxed()
    }

    fn tokenize(
        &self,
        model: &str,
        tokenize: Tokenize,
    ) -> BoxFuture<'_, Result<Vec<TokenPiece>, EngineError>> {
        let pieces = self.blocking(model, move |tokenizer| {
            let Tokenize { text, add_special, parse_special } = tokenize;
            let tokens = tokenizer.tokenize(&text, add_special, parse_special);
            let piece = |id: i32| TokenPiece { id, bytes: tokenizer.detokenize(&[id]) };
            tokens.into_iter().map(piece).collect()
        });
        pieces.boxed()
    }

    fn detokenize(&self, model: &str, tokens: Vec<i32>) -> BoxFuture<'_, Result<String, EngineError>> {
        let text = self.blocking(model, move |tokenizer| {
            String::from_utf8_lossy(&tokenizer.detokenize(&tokens)).into_owned()
        });
        text.boxed()
    }

    fn embed(&self, model: &str, texts: Vec<String>) -> BoxFuture<'_, Result<Embedded, EngineError>> {
        let model = model.to_owned();
        async move {
            let _busy = self.activity.begin();
            let (engine, _lease) = self.host.ready(&model).await?;
            let embeddings = engine.embed(texts).await?;
            Ok(Embedded { vectors: embeddings.vectors, tokens: embeddings.tokens })
        }
        .boxed()
    }
}

impl ApiHost {
    /// Does something with a model's vocabulary, where blocking is allowed.
    fn blocking<T: Send + 'static>(
        &self,
        model: &str,
        work: impl FnOnce(&engine_llama::Tokenizer) -> T + Send + 'static,
    ) -> impl Future<Output = Result<T, EngineError>> + Send + 'static {
        let (host, model) = (self.host.clone(), model.to_owned());
        async move {
            let done = tokio::task::spawn_blocking(move || host.tokenizer(&model).map(|it| work(&it))).await;
            done.unwrap_or_else(|error| Err(EngineError::Failed { reason: error.to_string() }))
        }
    }
}

/// What a client may mean: Ollama's clients add `:latest`, and write sizes behind a colon (`qwen2.5-coder:0.5b`). The last is a name
/// for a file.
fn spellings(asked: &str) -> Vec<String> {
    let name = asked.strip_suffix(":latest").unwrap_or(asked);
    if !matches!(::models::ModelName::parse(name), Ok(::models::ModelName::Plain(_))) {
        return vec![asked.to_owned()];
    }
    vec![name.to_owned(), name.replace(':', "-")]
}

fn described(model: &InstalledModel, metadata: Option<&GgufMetadata>) -> api::InstalledModel {
    let modified = std::fs::metadata(&model.path).and_then(|file| file.modified());
    let parameters = metadata.and_then(|metadata| metadata.size_label.clone());
    let listed = model.hub_entry().map(|entry| entry.parameters.clone());
    api::InstalledModel {
        name: model.name.clone(),
        bytes: model.bytes,
        modified: modified.unwrap_or(SystemTime::UNIX_EPOCH),
        sha256: model.sha256.clone(),
        family: metadata.and_then(|metadata| metadata.architecture.clone()),
        parameters: model.entry.map(|entry| entry.parameters.clone()).or(listed).or(parameters),
        quantisation: metadata.and_then(|metadata| metadata.quantisation.clone()),
    }
}

/// What was told last of a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Waiting,
    /// Thousandths of the file.
    Downloading(u64),
    Verifying,
}

/// What is told of a piece of progress; nothing where it says hardly more than the last.
fn step(wanted: &Pullable, progress: &Progress, last: &mut Option<Told>) -> Option<PullStep> {
    let sentence = match progress {
        Progress::Trying { source } => format!("from {source}"),
        Progress::Retrying { reason } => format!("the connection broke ({reason}); trying again"),
        Progress::SourceFailed { source, reason } => format!("not from {source}: {reason}"),
        Progress::WaitingForOther { .. } => "waiting for another pull of the same model".to_owned(),
        Progress::Downloading { .. } | Progress::Verifying { .. } => String::new(),
    };
    let (told, step) = match progress {
        Progress::Downloading { done, total } => {
            // Of a repository's model only the pull itself knows it.
            let sha256 = match wanted {
                Pullable::Pinned(entry) => entry.sha256.clone(),
                Pullable::Hub(name) => name.to_string(),
            };
            let thousandths = done.saturating_mul(1000) / (*total).max(1);
            let step = PullStep::Downloading { sha256, done: *done, total: *total };
            (Some(Told::Downloading(thousandths)), step)
        }
        Progress::Verifying { .. } => (Some(Told::Verifying), PullStep::Verifying),
        Progress::WaitingForOther { .. } => (Some(Told::Waiting), PullStep::Status(sentence)),
        Progress::Trying { .. } | Progress::Retrying { .. } | Progress::SourceFailed { .. } => {
            (None, PullStep::Status(sentence))
        }
    };
    let repeats = told.is_some() && *last == told;
    *last = told;
    (!repeats).then_some(step)
}

fn host_error(error: StoreError) -> HostError {
    let message = error.to_string();
    match error {
        StoreError::NotFound { .. } => HostError::NotFound(message),
        StoreError::NameTaken { .. }
        | StoreError::BadName { .. }
        | StoreError::NotOurs { .. }
        | StoreError::NotTaken { .. } => HostError::Refused(message),
        StoreError::Io { .. } | StoreError::Busy { .. } => HostError::Failed(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_thousandths_and_once() {
        let entry = &pullable("small").unwrap();
        let mut last = None;
        let mut told = |progress: Progress| step(entry, &progress, &mut last).is_some();
        let at = |done| Progress::Downloading { done, total: 10_000 };
        assert!(told(at(0)) && !told(at(9)) && told(at(10)));
        let verifying = |done| Progress::Verifying { done, total: 10_000 };
        assert!(told(verifying(5)) && !told(verifying(6)));
        let trying = || Progress::Trying { source: "x".into() };
        assert!(told(trying()) && told(trying()));
    }

    #[test]
    fn names_are_read_as_ollamas_clients_write_them() {
        assert_eq!(spellings("qwen2.5-coder:0.5b"), ["qwen2.5-coder:0.5b", "qwen2.5-coder-0.5b"]);
        assert_eq!(spellings("mine:latest"), ["mine", "mine"]);
    }
}
