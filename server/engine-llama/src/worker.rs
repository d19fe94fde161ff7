//! The thread that owns a model: takes jobs from the queue, those that somebody waits for first.
//! It must not decide which job matters more than another by what it contains.
//!
//! Who types comes first and is served to the end. Conversations take turns, a step each, whenever nobody who types waits.
//! What is computed ahead has what is left; beside a conversation only prompts, a batch at a time and half of the time.

use crate::chats::{ChatOptions, Chats};
use crate::context::StopWhen;
use crate::evaluate;
use crate::generate;
use crate::model::Loaded;
use crate::pacer::Pacer;
use crate::slots::Slots;
use crate::waiting::Waiting;
use engine::{CancellationToken, EngineError, Event, GenerateRequest, Priority};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// A prompt that is evaluated a piece at a time is given a batch more after so many pieces: its end is evaluated anew in each,
/// so that a long end would never be done.
const PIECES_PER_BATCH: usize = 8;

/// One request in the queue.
pub(crate) struct Job {
    pub(crate) request: GenerateRequest,
    pub(crate) cancel: CancellationToken,
    pub(crate) queued: Instant,
    /// How often it was interrupted, to go on later.
    pieces: usize,
    events: UnboundedSender<Result<Event, EngineError>>,
}

impl Job {
    pub(crate) fn new(
        request: GenerateRequest,
        cancel: CancellationToken,
        events: UnboundedSender<Result<Event, EngineError>>,
    ) -> Self {
        Self { request, cancel, queued: Instant::now(), pieces: 0, events }
    }

    /// Sends an event; fails when nobody listens any more.
    pub(crate) fn send(&self, event: Event) -> Result<(), EngineError> {
        self.events.send(Ok(event)).map_err(|_| EngineError::Cancelled)
    }

    /// Sends the error that it ended with.
    pub(crate) fn fail(&self, error: EngineError) {
        // The receiver may be gone; then nobody wants to know.
        let _ = self.events.send(Err(error));
    }

    /// Whether it can be done in pieces: what is evaluated of a prompt stays in the cache.
    fn only_evaluates(&self) -> bool {
        self.request.max_tokens == 0
    }
}

/// One context's state between two jobs.
pub(crate) struct State {
    pub(crate) loaded: Loaded,
    pub(crate) slots: Slots,
    /// The same for all contexts: they compute in turn, on the same machine.
    pub(crate) pacer: Rc<RefCell<Pacer>>,
    /// The slot that is worked on.
    pub(crate) active: usize,
    /// The position after the last token of its head's sequence.
    pub(crate) position: usize,
    /// When the work at hand is to stop.
    pub(crate) stop: StopWhen,
    /// It is to stop before it evaluates more batches than these.
    pub(crate) batches_left: Option<usize>,
}

impl State {
    pub(crate) fn new(loaded: Loaded, pacer: Rc<RefCell<Pacer>>) -> Self {
        let (slots, stop) = (Slots::new(), StopWhen::default());
        Self { loaded, slots, pacer, active: 0, position: 0, stop, batches_left: None }
    }
}

/// What the worker needs besides the model.
pub(crate) struct Work {
    pub(crate) queue: mpsc::Receiver<Job>,
    pub(crate) waiting: Arc<Waiting>,
    pub(crate) pacer: Pacer,
    /// How long nothing must be asked before a moved tail is evaluated where it is now.
    pub(crate) settle_after: Duration,
    pub(crate) chat: ChatOptions,
}

/// Runs until the engine is dropped.
pub(crate) fn run(loaded: Loaded, work: Work) {
    // Before anybody waits for it.
    loaded.tokenizer.table();
    let Work { queue, waiting, pacer, settle_after, chat } = work;
    let pacer = Rc::new(RefCell::new(pacer));
    let mut chats = Chats::new(chat, pacer.clone());
    let mut worker =
        Worker { state: State::new(loaded, pacer), waiting, typed: VecDeque::new(), ahead: VecDeque::new() };
    let mut next_piece = Instant::now();
    let mut quiet_since = Instant::now();
    loop {
        chats.forget_if_idle();
        for job in queue.try_iter() {
            worker.take(job, &mut chats);
        }
        chats.admit(&worker.state.loaded);
        if let Some(job) = worker.typed.pop_front() {
            worker.run(job, None);
        } else if chats.are_at_work() {
            worker.give_up_answers_ahead();
            let piece = if Instant::now() >= next_piece { worker.ahead.pop_front() } else { None };
            match piece {
                Some(job) => {
                    let begun = Instant::now();
                    let batches = 1 + job.pieces / PIECES_PER_BATCH;
                    worker.run(job, Some(batches));
                    // The conversations now have as long.
                    next_piece = Instant::now() + begun.elapsed();
                }
                None => chats.step(&worker.waiting),
            }
        } else if let Some(job) = worker.ahead.pop_front() {
            worker.run(job, None);
        } else {
            let settles = worker.state.slots.inexact();
            let settles = settles.map(|_| settle_after.saturating_sub(quiet_since.elapsed()));
            let next = match [settles, chats.kept_for()].into_iter().flatten().min() {
                Some(left) => queue.recv_timeout(left),
                None => queue.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected),
            };
            match next {
                Ok(job) => worker.take(job, &mut chats),
                Err(mpsc::RecvTimeoutError::Timeout)
                    if settles.is_some_and(|_| quiet_since.elapsed() >= settle_after) =>
                {
                    worker.settle()
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            continue;
        }
        quiet_since = Instant::now();
    }
}

/// The completions' part of the work.
struct Worker {
    state: State,
    waiting: Arc<Waiting>,
    /// Requests of somebody who types.
    typed: VecDeque<Job>,
    /// Requests that nobody waits for.
    ahead: VecDeque<Job>,
}

impl Worker {
    fn take(&mut self, job: Job, chats: &mut Chats) {
        match job.request.priority {
            Priority::Interactive => self.typed.push_back(job),
            Priority::Ahead => self.ahead.push_back(job),
            Priority::Chat => {
                self.waiting.taken(Priority::Chat);
                chats.take(job, &self.state.loaded);
            }
        }
    }

    /// Runs a job, and keeps it for later where it stopped for a conversation.
    fn run(&mut self, mut job: Job, batches: Option<usize>) {
        let priority = job.request.priority;
        self.waiting.taken(priority);
        let waited_for = Some((self.waiting.clone(), priority));
        let stop = StopWhen { cancelled: Some(job.cancel.clone()), waited_for };
        // A job that was superseded while it waited costs nothing.
        let outcome = if stop.is_now() {
            Err(EngineError::Cancelled)
        } else {
            stop_when(&mut self.state, stop);
            self.state.batches_left = batches;
            let outcome = generate::run(&mut self.state, &job);
            self.state.batches_left = None;
            stop_when(&mut self.state, StopWhen::default());
            evaluate::settle(&mut self.state);
            outcome
        };
        let wanted = !job.cancel.is_cancelled() && !self.waiting.before(Priority::Chat);
        match outcome {
            Ok(()) => {}
            Err(EngineError::Cancelled) if priority == Priority::Ahead && job.only_evaluates() && wanted => {
                job.pieces += 1;
                self.ahead.push_front(job);
            }
            Err(error) => job.fail(error),
        }
    }

    /// An answer ahead would wait for the conversation to end, and who then asks for the same would wait for it.
    fn give_up_answers_ahead(&mut self) {
        let unwanted = |job: &Job| !job.only_evaluates() || job.cancel.is_cancelled();
        self.ahead.iter().filter(|job| unwanted(job)).for_each(|job| job.fail(EngineError::Cancelled));
        self.ahead.retain(|job| !unwanted(job));
    }

    /// Nobody asks for anything: the tail that was moved with every keystroke is evaluated where it is now.
    fn settle(&mut self) {
        let state = &mut self.state;
        let waited_for = Some((self.waiting.clone(), Priority::Ahead));
        stop_when(state, StopWhen { cancelled: None, waited_for });
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
}

pub(crate) fn stop_when(state: &mut State, stop: StopWhen) {
    state.loaded.context.stop_when(stop.clone());
    state.stop = stop;
}
