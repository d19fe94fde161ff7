//! The completion line: context → prompt → engine → post-process.
//!
//! It must not know LSP types or a concrete engine: it is handed a snapshot and anything that is an
//! [`engine::Engine`].

mod acceptance;
mod ahead;
mod answer;
mod chat_answer;
mod flight;
mod guidance;
mod healing;
mod held;
mod latest;
mod line;
mod memory;
mod model;
mod pace;
mod prompt;
mod resting;
mod rhythm;
mod stream;
#[cfg(test)]
mod tests;

use acceptance::Acceptance;
use context::Workspace;
use dashmap::{DashMap, DashSet};
use documents::{DocumentId, Snapshot};
use engine::{CancellationToken, Engine, Sampler};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;

pub use ::prompt::Layout;
use answer::Work;
pub use answer::{Answer, ExcerptTrace, PromptPart, Silence, Source, Suggestion, Trace};
use flight::{Flight, Flights, For, Progress};
pub use healing::Healing;
use held::Held;
use latest::Latest;
use line::Excerpts;
use memory::{Asked, Memory, Remembered};
pub use model::{DetectedModel, Format, fim_format};
use pace::Pace;
use resting::Resting;
use rhythm::Rhythm;
use stream::Stats;

/// The settings of completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The model's name; `None` for the engine's default.
    pub model: Option<String>,
    /// The most tokens of a prompt's own file, and how they are shared.
    pub budget: ::prompt::Budget,
    /// The most tokens of excerpts of other code, besides.
    pub excerpt_tokens: usize,
    /// Whether a fast machine gets larger prompts than these; else they are what the user wants.
    pub follow_pace: bool,
    /// Which sources of context are asked.
    pub sources: context::Selection,
    /// The most tokens of one suggestion.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampler: Sampler,
    /// What of the code before the cursor is left to the answer, so that a word is not cut by a token's end.
    pub healing: Healing,
    /// A suggestion that comes unasked is shown only if the model finds its first line at least so likely, 0 to 1. Where
    /// several are wanted the user asked, and all are shown.
    pub least_probability: f32,
    /// Whether answers are remembered.
    pub memory: bool,
    /// The layout of prompts; the family's own unless another is to be measured.
    pub layout: Option<Layout>,
    /// When the first lines of an answer are to be shown although the model still writes. None: when it has ended. It holds where the
    /// model has begun to write by then: after a longer wait for the prompt, the rest of the answer is little more.
    pub first_lines_within: Option<Duration>,
    /// Whether work is done that nobody waits for: the suggestion after the one that is shown, prompts for the cache.
    pub ahead: bool,
}

/// Below it every suggestion of the measurement was wrong (docs/context.md).
const LEAST_PROBABILITY: f32 = 0.1;

/// A user does not see a shorter wait.
const FIRST_LINES_WITHIN: Duration = Duration::from_millis(500);

/// A document of so many bytes for each token of the prefix fits into it for certain.
const SHORT_BYTES_PER_TOKEN: usize = 3;

impl Default for Settings {
    /// 768 tokens for the file, three quarters of them before the cursor, 256 for excerpts; 128 of suggestion.
    fn default() -> Self {
        Self {
            model: None,
            budget: ::prompt::Budget { prompt_tokens: 768, prefix_percent: 75, suffix_percent: 25 },
            excerpt_tokens: 256,
            follow_pace: true,
            sources: context::Selection::default(),
            max_tokens: 128,
            sampler: Sampler::Greedy,
            least_probability: LEAST_PROBABILITY,
            healing: Healing::default(),
            memory: true,
            layout: None,
            first_lines_within: Some(FIRST_LINES_WITHIN),
            ahead: true,
        }
    }
}

/// A wish for ghost text.
#[derive(Clone, Debug)]
pub struct Request {
    /// The document as it was when the wish came.
    pub snapshot: Snapshot,
    /// Byte offset of the cursor.
    pub cursor: usize,
    /// How many different suggestions are wanted, at least 1.
    pub suggestions: u32,
}

/// Answers wishes for ghost text. One for all documents of an editor window.
pub struct Completer {
    shared: Arc<Shared>,
    latest: Latest,
}

/// What an answer needs that goes on when nobody waits for it any more.
struct Shared {
    engine: Arc<dyn Engine>,
    settings: RwLock<Arc<Settings>>,
    /// The model that is asked for now; [`Settings::model`] is where it begins.
    model: RwLock<Option<String>>,
    workspace: Arc<Workspace>,
    memory: Memory,
    flights: Flights,
    pace: Pace,
    rhythm: Rhythm,
    held: Held,
    acceptance: Acceptance,
    /// The documents whose prompts are being evaluated ahead while somebody types.
    warming: DashSet<DocumentId>,
    /// How often something was asked in a document.
    turns: DashMap<DocumentId, u64>,
    /// Models that failed a moment ago and have another one to stand in.
    resting: Resting,
}

impl Completer {
    /// A completer on an engine. What it knows besides the document comes from `workspace`.
    pub fn new(engine: Arc<dyn Engine>, settings: Settings, workspace: Arc<Workspace>) -> Self {
        let shared = Shared {
            engine,
            model: RwLock::new(settings.model.clone()),
            settings: RwLock::new(Arc::new(settings)),
            workspace,
            memory: Memory::default(),
            flights: Flights::default(),
            pace: Pace::default(),
            rhythm: Rhythm::default(),
            held: Held::default(),
            acceptance: Acceptance::default(),
            warming: DashSet::default(),
            turns: DashMap::default(),
            resting: Resting::default(),
        };
        Self { shared: Arc::new(shared), latest: Latest::default() }
    }

    /// The engine that it asks.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.shared.engine
    }

    /// The model that it asks for.
    pub fn model(&self) -> Option<String> {
        self.shared.model()
    }

    /// The model that the user has chosen instead of the one of the settings; none where it is that one.
    pub fn chosen_model(&self) -> Option<String> {
        self.shared.model().filter(|model| Some(model) != self.shared.settings().model.as_ref())
    }

    /// Takes other settings from now on. A model that the user has chosen stays.
    pub fn apply(&self, settings: Settings) {
        let before = self.shared.settings();
        if before.model != settings.model && self.chosen_model().is_none() {
            self.forget_model(settings.model.clone());
        }
        *self.shared.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// Asks for another model from now on. What the one before suggested is forgotten.
    pub fn use_model(&self, name: String) {
        self.forget_model(Some(name));
    }

    fn forget_model(&self, next: Option<String>) {
        let shared = &self.shared;
        *shared.model.write().unwrap_or_else(PoisonError::into_inner) = next;
        shared.flights.clear();
        shared.memory.clear();
        shared.held.clear();
        shared.pace.forget();
    }

    /// Answers one request. A newer request for the same document ends it at once, as does `cancel`. The engine goes on
    /// for a moment: if what is typed next is what the model is writing, the next request has that answer. There is always an answer,
    /// and an empty one says why it is empty.
    pub async fn complete(&self, request: Request, cancel: CancellationToken) -> Answer {
        let started = Instant::now();
        let turn = self.latest.begin(&request.snapshot.id, &cancel);
        let mut answer = Answer::new(&request);
        let outcome = tokio::select! {
            biased;
            () = turn.token().cancelled() => Err(turn.why_ended()),
            outcome = self.answer(&request, &mut answer.work) => outcome,
        };
        match outcome {
            Ok(suggestions) => answer.suggestions = suggestions,
            Err(silence) => answer.silence = Some(silence),
        }
        answer.work.total_ms = started.elapsed().as_secs_f64() * 1000.0;
        answer
    }

    async fn answer(&self, request: &Request, work: &mut Work) -> Result<Vec<Suggestion>, Silence> {
        let shared = &self.shared;
        *shared.turns.entry(request.snapshot.id.clone()).or_default() += 1;
        shared.acceptance.asked(request);
        // Memory first: typing what is already shown must cost nothing.
        let beside = shared.revision_beside(request);
        let remembered = shared.memory.find(request, beside, Instant::now());
        if let Some(remembered) = remembered.filter(|_| shared.settings().memory) {
            work.source = Source::Memory;
            return remembered.map_err(Silence::Dropped);
        }
        let automatic = request.suggestions <= 1;
        let within = shared.settings().first_lines_within.filter(|_| automatic);
        let by = within.map(|within| tokio::time::Instant::now() + within);
        if let Some(flight) = shared.flights.find(request, beside)
            && let Some(outcome) = flight.answer(request, by).await
        {
            *work = flight.take_work().unwrap_or_default();
            work.source = Source::Joined;
            return outcome;
        }
        let wait = shared.rhythm.wait(Instant::now());
        if automatic && !wait.is_zero() {
            ahead::begin(shared, request);
            tokio::time::sleep(wait).await;
        }
        let flight = Shared::start(shared, request.clone(), For::Now);
        let outcome = flight.answer(request, by).await;
        *work = flight.take_work().unwrap_or_default();
        outcome.unwrap_or(Err(Silence::Cancelled))
    }

    /// Notes that the user struck a key: how quickly somebody types decides when the engine is asked.
    pub fn typed(&self) {
        self.shared.rhythm.typed(Instant::now());
    }

    /// Evaluates the prompt for this place, so that the first suggestion comes quickly. Nothing is done where somebody waits for an
    /// answer in the document. Call it within a tokio runtime.
    pub fn warm(&self, request: Request) {
        self.warm_with(request, Excerpts::Newest);
    }

    fn warm_with(&self, request: Request, excerpts: Excerpts) {
        let shared = self.shared.clone();
        if shared.settings().ahead && !shared.flights.is_wanted(&request.snapshot.id) {
            tokio::spawn(async move { line::warm(&shared, &request, excerpts).await });
        }
    }

    /// As [`Completer::warm`], for the place where something was asked last in the document. A document in which nothing was asked yet
    /// is evaluated as a whole where it is short enough: whatever the place, the code before it has been seen then.
    pub fn warm_again(&self, snapshot: Snapshot) {
        let known = self.shared.held.place(&snapshot.id);
        let length = snapshot.text.len_bytes();
        let short = length <= self.shared.settings().budget.prefix_tokens() * SHORT_BYTES_PER_TOKEN;
        let cursor = match known {
            Some(line) if line < snapshot.text.line_count() => Some(snapshot.text.line_end(line)),
            _ => short.then_some(length),
        };
        if let Some(cursor) = cursor {
            self.warm_with(Request { snapshot, cursor, suggestions: 1 }, Excerpts::Trial);
        }
    }

    /// Forgets what is remembered of a document, because it was closed; a running request for it ends.
    pub fn forget(&self, document: &DocumentId) {
        self.latest.forget(document);
        self.shared.flights.forget(document);
        self.shared.memory.forget(document);
        self.shared.held.forget(document);
        self.shared.acceptance.forget(document);
        self.shared.turns.remove(document);
    }
}

impl Shared {
    /// The settings that hold now.
    fn settings(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The model that is asked for now.
    fn model(&self) -> Option<String> {
        self.model.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins an answer, which goes on by itself.
    fn start(shared: &Arc<Self>, request: Request, whom: For) -> Arc<Flight> {
        let beside = shared.revision_beside(&request);
        let (sender, progress) = watch::channel(Progress::default());
        let flight = Arc::new(Flight::new(Asked::new(&request, beside), progress));
        let document = request.snapshot.id.clone();
        shared.flights.begin(&document, flight.clone(), whom);
        let (shared, held) = (shared.clone(), flight.clone());
        tokio::spawn(async move {
            let mut work = Work::default();
            let token = held.token().clone();
            let outcome = tokio::select! {
                biased;
                () = token.cancelled() => Err(Silence::Cancelled),
                outcome = line::run(&shared, &request, whom, &token, &sender, &mut work) => outcome,
            };
            let remembered = match &outcome {
                Ok(suggestions) => Some(Remembered::Suggestions(suggestions.clone())),
                Err(Silence::Dropped(reason)) => Some(Remembered::Nothing(*reason)),
                Err(_) => None,
            };
            if let Some(remembered) = remembered {
                shared.memory.store(&request, beside, remembered, Instant::now());
            }
            let is_held = work.held;
            *held.work.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
            sender.send_modify(|progress| progress.outcome = Some(outcome.clone()));
            shared.flights.ended(&document, &held, whom);
            if whom == For::Now && request.suggestions == 1 {
                if let Some(shown) = outcome.as_ref().ok().and_then(|suggestions| suggestions.first()) {
                    ahead::next(&shared, &request, shown);
                }
                if is_held && !matches!(outcome, Err(Silence::Cancelled)) {
                    ahead::renew(&shared, &request);
                }
            }
        });
        flight
    }

    fn revision_beside(&self, request: &Request) -> u64 {
        self.workspace.revision_beside(request.snapshot.path.as_deref())
    }

    fn turns(&self, document: &DocumentId) -> u64 {
        self.turns.get(document).map_or(0, |turns| *turns)
    }

    /// The settings with the prompt's size for this machine.
    fn sized_settings(&self) -> Settings {
        let mut settings = Settings::clone(&self.settings());
        if settings.follow_pace {
            (settings.budget, settings.excerpt_tokens) =
                self.pace.sizes(&settings.budget, settings.excerpt_tokens);
        }
        settings
    }
}
