//! The thread that owns a model: takes jobs from the queue, one at a time, in order.
//! It must not decide which job matters more than another by what it contains.

use crate::generate;
use crate::model::Loaded;
use engine::{CancellationToken, EngineError, Event, GenerateRequest};
use llama_cpp_2::token::LlamaToken;
use std::sync::mpsc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;

/// One request in the queue.
pub(crate) struct Job {
    pub(crate) request: GenerateRequest,
    pub(crate) cancel: CancellationToken,
    pub(crate) queued: Instant,
    events: UnboundedSender<Result<Event, EngineError>>,
}

impl Job {
    pub(crate) fn new(
        request: GenerateRequest,
        cancel: CancellationToken,
        events: UnboundedSender<Result<Event, EngineError>>,
    ) -> Self {
        Self { request, cancel, queued: Instant::now(), events }
    }

    /// Sends an event; fails when nobody listens any more.
    pub(crate) fn send(&self, event: Event) -> Result<(), EngineError> {
        self.events.send(Ok(event)).map_err(|_| EngineError::Cancelled)
    }
}

/// The engine's state between two jobs.
pub(crate) struct State {
    pub(crate) loaded: Loaded,
    /// The tokens of sequence 0, by position.
    pub(crate) cached: Vec<LlamaToken>,
}

/// Runs until the engine is dropped.
pub(crate) fn run(loaded: Loaded, queue: &mpsc::Receiver<Job>) {
    // Before anybody waits for it.
    loaded.tokenizer.table();
    let mut state = State { loaded, cached: Vec::new() };
    while let Ok(job) = queue.recv() {
        // A job that was superseded while it waited costs nothing.
        let outcome = if job.cancel.is_cancelled() {
            Err(EngineError::Cancelled)
        } else {
            state.loaded.context.abort_on(Some(job.cancel.clone()));
            let outcome = generate::run(&mut state, &job);
            state.loaded.context.abort_on(None);
            outcome
        };
        if let Err(error) = outcome {
            // The receiver may be gone; then nobody wants to know.
            let _ = job.events.send(Err(error));
        }
    }
}
