//! llama.cpp as an engine: one model, a context for completions and one for conversations, one thread that owns them.
//!
//! The only crate with `unsafe`. It must not know documents, LSP or the catalogue of models: it is handed a
//! file and a prompt. What llama-cpp-2's safe API lacks (the abort callback) is in `context`, on the -sys
//! crate.

mod beginning;
mod chain;
mod chat;
mod chats;
mod context;
mod devices;
mod draft_model;
mod drafts;
mod embed;
mod evaluate;
mod generate;
mod grammar;
mod guide;
mod load;
mod log;
mod model;
#[cfg(feature = "dynamic-backends")]
mod modules;
mod pacer;
mod sampler;
mod slots;
mod text;
mod threads;
mod waiting;
mod worker;

use engine::{CancellationToken, EngineError, Event, EventStream, GenerateRequest};
use futures::StreamExt;
use llama_cpp_2::model::LlamaModel;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio_stream::wrappers::UnboundedReceiverStream;

pub use devices::{CpuFeatures, Device, DeviceKind, UnusedModule, cpu_features, devices, unused_modules};
pub use embed::Embeddings;
pub use model::Tokenizer;

/// How a model is loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The GGUF file.
    pub path: PathBuf,
    /// The name under which errors speak of it.
    pub name: String,
    /// Tokens that the context for completions holds: prompt and answer together.
    pub context_tokens: NonZeroU32,
    /// Tokens that the context for conversations holds, all of them together. It is made for the first one.
    pub chat_context_tokens: NonZeroU32,
    /// How the KV cache is kept.
    pub kv: KvPrecision,
    /// Layers on the graphics card, the output counted as one; none for all of them, where there is a card.
    pub gpu_layers: Option<u32>,
    /// The memory for conversations is given back when there was none for so long.
    pub keep_chat: Duration,
    /// Threads that it computes with.
    pub threads: Threads,
    /// Where guesses of what comes next are taken from, to be tried together.
    pub drafts: DraftSource,
    /// Code after the cursor that was moved with what was typed before it is evaluated again, where it is now, when nothing
    /// was asked for so long.
    pub settle_after: Duration,
}

/// Where guesses of the next tokens of a completion come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftSource {
    /// There are none.
    Off,
    /// Copied from the prompt and the answer so far.
    Copied,
    /// A smaller model with the same vocabulary, in this GGUF file, which is loaded beside the model. Where it cannot be, loading fails; one of
    /// another vocabulary is left out with a warning.
    Model(PathBuf),
}

/// How the numbers of the KV cache are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvPrecision {
    /// Half precision.
    Half,
    /// Eight bits: half the memory.
    Eight,
}

/// How many threads llama.cpp computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// What the machine has to spare, one less than it has cores to begin with.
    Adaptive,
    /// So many.
    Fixed(u32),
}

/// One loaded model. Requests wait in one queue; dropping the engine ends its thread and frees the memory.
#[derive(Debug)]
pub struct LlamaEngine {
    jobs: mpsc::Sender<worker::Job>,
    tokenizer: Tokenizer,
    /// The weights, for embeddings.
    model: Arc<LlamaModel>,
    embedding: Arc<tokio::sync::Mutex<()>>,
    threads: Threads,
    /// The requests in the queue that work at hand makes way for.
    waiting: Arc<waiting::Waiting>,
}

impl LlamaEngine {
    /// Loads the model on the calling thread (seconds; call it where blocking is allowed) and starts the
    /// engine's own thread. `progress` is called with 0 to 1.
    pub fn load(options: &LoadOptions, progress: impl FnMut(f32) + 'static) -> Result<Self, EngineError> {
        let loaded = model::load(options, progress)?;
        let (tokenizer, model) = (loaded.tokenizer.clone(), loaded.context.model());
        let (jobs, queue) = mpsc::channel();
        let waiting = Arc::<waiting::Waiting>::default();
        let work = worker::Work {
            queue,
            waiting: waiting.clone(),
            pacer: pacer::Pacer::new(options.threads),
            settle_after: options.settle_after,
            chat: chats::ChatOptions {
                context_tokens: options.chat_context_tokens,
                kv: options.kv,
                keep: options.keep_chat,
            },
        };
        std::thread::Builder::new()
            .name("weft-llama".into())
            .spawn(move || worker::run(loaded, work))
            .map_err(|error| EngineError::Failed { reason: error.to_string() })?;
        Ok(Self { jobs, tokenizer, model, embedding: Arc::default(), threads: options.threads, waiting })
    }

    /// The model's vocabulary.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// A vector for each text. One call computes at a time, beside the engine's own thread; dropping the future ends it after the text
    /// at hand. Needs a Tokio runtime.
    pub async fn embed(&self, texts: Vec<String>) -> Result<Embeddings, EngineError> {
        let _one_at_a_time = self.embedding.lock().await;
        let (model, tokenizer) = (self.model.clone(), self.tokenizer.clone());
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let threads = match self.threads {
            Threads::Fixed(threads) => threads,
            // One is left to completions and to the user.
            Threads::Adaptive => u32::try_from(cores.saturating_sub(1)).unwrap_or(1),
        };
        let threads = NonZeroU32::new(threads).unwrap_or(NonZeroU32::MIN);
        let cancel = CancellationToken::new();
        let _stop_on_drop = cancel.clone().drop_guard();
        let work = move || embed::embed(model, &tokenizer, &texts, threads, || !cancel.is_cancelled());
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(EngineError::Failed { reason: error.to_string() }))
    }

    /// Continues a prompt; see [`engine::Engine::generate`].
    pub fn generate(&self, request: GenerateRequest, cancel: &CancellationToken) -> EventStream {
        let (events, receiver) = tokio::sync::mpsc::unbounded_channel::<Result<Event, EngineError>>();
        // A child, so that dropping the stream stops this work and nothing else of the caller's.
        let cancel = cancel.child_token();
        let stop_on_drop = cancel.clone().drop_guard();
        self.waiting.came(request.priority);
        let job = worker::Job::new(request, cancel, events.clone());
        if self.jobs.send(job).is_err() {
            let gone = EngineError::Stopped { reason: "its thread has ended".into() };
            // Nobody else holds the receiver yet, so this cannot fail.
            let _ = events.send(Err(gone));
        }
        UnboundedReceiverStream::new(receiver)
            .map(move |event| {
                let _alive = &stop_on_drop;
                event
            })
            .boxed()
    }
}
