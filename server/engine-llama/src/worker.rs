//! The thread that owns a model: takes jobs from the queue, one at a time, those that somebody waits for first.
//! It must not decide which job matters more than another by what it contains.

use crate::context::StopWhen;
use crate::evaluate;
use crate::generate;
use crate::model::Loaded;
use crate::pacer::Pacer;
use crate::slots::Slots;
use engine::{CancellationToken, EngineError, Event, GenerateRequest, Priority};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
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

    pub(crate) fn is_interactive(&self) -> bool {
        self.request.priority != Priority::Ahead
    }
}

/// The engine's state between two jobs.
pub(crate) struct State {
    pub(crate) loaded: Loaded,
    pub(crate) slots: Slots,
    pub(crate) pacer: Pacer,
    /// The slot that is worked on.
    pub(crate) active: usize,
    /// The position after the last token of its head's sequence.
    pub(crate) position: usize,
    /// When the work at hand is to stop.
    pub(crate) stop: StopWhen,
}

/// What the worker needs besides the model.
pub(crate) struct Work {
    pub(crate) queue: mpsc::Receiver<Job>,
    /// How many interactive jobs are in the queue.
    pub(crate) waiting: Arc<AtomicUsize>,
    pub(crate) pacer: Pacer,
    /// How long nothing must be asked before a moved tail is evaluated where it is now.
    pub(crate) settle_after: Duration,
}

/// Runs until the engine is dropped.
pub(crate) fn run(loaded: Loaded, work: Work) {
    // Before anybody waits for it.
    loaded.tokenizer.table();
    let Work { queue, waiting, pacer, settle_after } = work;
    let stop = StopWhen::default();
    let mut state = State { loaded, slots: Slots::new(), pacer, active: 0, position: 0, stop };
    let mut pending = VecDeque::new();
    loop {
        pending.extend(queue.try_iter());
        let first = pending.iter().position(Job::is_interactive).unwrap_or(0);
        if let Some(job) = pending.remove(first) {
            run_job(&mut state, &job, &waiting);
            continue;
        }
        let next = if state.slots.inexact().is_some() {
            queue.recv_timeout(settle_after)
        } else {
            queue.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected)
        };
        match next {
            Ok(job) => pending.push_back(job),
            Err(mpsc::RecvTimeoutError::Timeout) => settle(&mut state, &waiting),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn run_job(state: &mut State, job: &Job, waiting: &Arc<AtomicUsize>) {
    let interactive = job.is_interactive();
    if interactive {
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
    let stop =
        StopWhen { cancelled: Some(job.cancel.clone()), waited_for: (!interactive).then(|| waiting.clone()) };
    // A job that was superseded while it waited costs nothing.
    let outcome = if stop.is_now() {
        Err(EngineError::Cancelled)
    } else {
        stop_when(state, stop);
        let outcome = generate::run(state, job);
        stop_when(state, StopWhen::default());
        evaluate::settle(state);
        outcome
    };
    if let Err(error) = outcome {
        // The receiver may be gone; then nobody wants to know.
        let _ = job.events.send(Err(error));
    }
}

/// Nobody asks for anything: the tail that was moved with every keystroke is evaluated where it is now.
fn settle(state: &mut State, waiting: &Arc<AtomicUsize>) {
    stop_when(state, StopWhen { cancelled: None, waited_for: Some(waiting.clone()) });
    match evaluate::refresh(state) {
        Ok(()) | Err(EngineError::Cancelled) => {}
        Err(error) => {
            tracing::warn!(%error, "the code after the cursor could not be evaluated again");
            // It would fail the same way again and again.
            state.slots.clear();
            state.loaded.context.clear();
        }
    }
    stop_when(state, StopWhen::default());
}

fn stop_when(state: &mut State, stop: StopWhen) {
    state.loaded.context.stop_when(stop.clone());
    state.stop = stop;
}
