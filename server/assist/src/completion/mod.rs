//! The completion line: context → prompt → engine → post-process.
//!
//! It must not know LSP types or a concrete engine: it is handed a snapshot and anything that is an
//! [`engine::Engine`].

mod answer;
mod guidance;
mod healing;
mod latest;
mod memory;
mod model;
mod pace;
mod prompt;
mod stream;
#[cfg(test)]
mod tests;

use crate::post::{DropReason, Options, Site, post_process_with};
use context::{Excerpt, Gathered, Workspace};
use dashmap::DashMap;
use documents::{DocumentId, Snapshot};
use engine::{CancellationToken, Engine, FinishReason, GenerateRequest, Guidance, Sampler};
use std::sync::Arc;
use std::time::Instant;
use syntax::Tree;

pub use answer::{Answer, ExcerptTrace, PromptPart, Silence, Source, Suggestion, Trace};
pub use healing::Healing;
use latest::Latest;
use memory::{Memory, Remembered};
pub use model::{DetectedModel, fim_format};
use pace::Pace;
use prompt::BuiltPrompt;
use stream::{Generated, Stats};

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
    /// Sources of context that are not asked.
    pub sources_off: Vec<context::Source>,
    /// The most tokens of one suggestion.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampler: Sampler,
    /// What of the code before the cursor is left to the answer, so that a word is not cut by a token's end.
    pub healing: Healing,
    /// A suggestion that comes unasked is shown only if the model finds its first line at least so likely, 0 to 1. Where
    /// several are wanted the user asked, and all are shown.
    pub least_probability: f32,
}

/// Below it every suggestion of the measurement was wrong (docs/context.md).
const LEAST_PROBABILITY: f32 = 0.1;

impl Default for Settings {
    /// 768 tokens for the file, three quarters of them before the cursor, 256 for excerpts; 128 of suggestion.
    fn default() -> Self {
        Self {
            model: None,
            budget: ::prompt::Budget { prompt_tokens: 768, prefix_percent: 75, suffix_percent: 25 },
            excerpt_tokens: 256,
            follow_pace: true,
            sources_off: Vec::new(),
            max_tokens: 128,
            sampler: Sampler::Greedy,
            least_probability: LEAST_PROBABILITY,
            healing: Healing::default(),
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
    engine: Arc<dyn Engine>,
    settings: Settings,
    workspace: Arc<Workspace>,
    latest: Latest,
    memory: Memory,
    pace: Pace,
    /// The excerpts of each document's last prompt.
    excerpts: DashMap<DocumentId, Vec<Excerpt>>,
}

impl Completer {
    /// A completer on an engine. What it knows besides the document comes from `workspace`.
    pub fn new(engine: Arc<dyn Engine>, settings: Settings, workspace: Arc<Workspace>) -> Self {
        Self {
            engine,
            settings,
            workspace,
            latest: Latest::default(),
            memory: Memory::default(),
            pace: Pace::default(),
            excerpts: DashMap::default(),
        }
    }

    /// The engine that it asks.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// The model that it asks for.
    pub fn model(&self) -> Option<&str> {
        self.settings.model.as_deref()
    }

    /// Answers one request. A newer request for the same document ends it at once, as does `cancel`; the engine
    /// then stops within one decode step. There is always an answer, and an empty one says why it is empty.
    pub async fn complete(&self, request: Request, cancel: CancellationToken) -> Answer {
        let started = Instant::now();
        let turn = self.latest.begin(&request.snapshot.id, &cancel);
        let mut answer = Answer::new(&request);
        let outcome = tokio::select! {
            biased;
            () = turn.token().cancelled() => Err(turn.why_ended()),
            outcome = self.answer(&request, &turn, &mut answer.work) => outcome,
        };
        match outcome {
            Ok(suggestions) => answer.suggestions = suggestions,
            Err(silence) => answer.silence = Some(silence),
        }
        answer.work.total_ms = started.elapsed().as_secs_f64() * 1000.0;
        answer
    }

    async fn answer(
        &self,
        request: &Request,
        turn: &latest::Turn,
        work: &mut answer::Work,
    ) -> Result<Vec<Suggestion>, Silence> {
        // Memory first: typing what is already shown must cost nothing.
        let beside = self.workspace.revision_beside(request.snapshot.path.as_deref());
        if let Some(remembered) = self.memory.find(request, beside) {
            work.source = Source::Memory;
            return remembered.map_err(Silence::Dropped);
        }
        let model = model::detect(&*self.engine, self.settings.model.as_deref()).await?;
        work.model = Some(model.name.clone());
        let started = Instant::now();
        let gathered = self.gather(request).await;
        work.context_ms = started.elapsed().as_secs_f64() * 1000.0;
        let names = gathered.names.clone();
        let before = self.excerpts.get(&request.snapshot.id).map(|held| held.clone()).unwrap_or_default();
        let density = self.pace.bytes_per_token();
        let built = prompt::build(request, &model, &self.sized_settings(), gathered, &before, density);
        self.excerpts.insert(request.snapshot.id.clone(), built.excerpts.clone());
        let guidance = guidance::guidance(names, built.prefix());
        let tree = tree_of(&request.snapshot).await;
        let site = Site {
            language: request.snapshot.language,
            text: &request.snapshot.text,
            tree: tree.as_ref(),
            cursor: request.cursor,
        };
        let mut suggestions: Vec<Suggestion> = Vec::new();
        let mut dropped = None;
        for _ in 0..request.suggestions.max(1) {
            let generate = self.generate_request(&built, guidance.clone(), work.raw.clone());
            let generated = stream::run(&*self.engine, generate, turn.token(), &site, &mut work.stats).await;
            let generated = match generated {
                Ok(generated) => generated,
                // Further suggestions are a bonus: a failure does not take away the first.
                Err(_) if !suggestions.is_empty() => break,
                Err(silence) => return Err(silence),
            };
            if generated.text.is_empty() && !work.raw.is_empty() {
                break;
            }
            work.raw.push(generated.text.clone());
            work.probability.get_or_insert(generated.first_line_probability());
            let finished =
                finish(&generated, &site, work).and_then(|suggestion| self.sure(request, suggestion));
            match finished {
                Ok(suggestion) if suggestions.iter().all(|other| other.text != suggestion.text) => {
                    suggestions.push(suggestion);
                }
                Ok(_) => {}
                Err(reason) => _ = dropped.get_or_insert(reason),
            }
        }
        self.pace.measured(&work.stats.prompt);
        let (bytes, tokens) = built.counted(&work.stats);
        self.pace.counted(bytes, tokens);
        work.parts = built.parts(&work.stats);
        work.excerpts = built.excerpt_traces(&work.stats);
        if suggestions.is_empty() {
            let reason = dropped.unwrap_or(DropReason::Empty);
            self.memory.store(request, beside, Remembered::Nothing(reason));
            return Err(Silence::Dropped(reason));
        }
        self.memory.store(request, beside, Remembered::Suggestions(suggestions.clone()));
        Ok(suggestions)
    }

    /// Forgets what is remembered of a document, because it was closed; a running request for it ends.
    pub fn forget(&self, document: &DocumentId) {
        self.latest.forget(document);
        self.memory.forget(document);
        self.excerpts.remove(document);
    }

    /// A suggestion that nobody asked for must be worth the look.
    fn sure(&self, request: &Request, suggestion: Suggestion) -> Result<Suggestion, DropReason> {
        let asked = request.suggestions > 1;
        let sure = asked || suggestion.probability >= self.settings.least_probability;
        if sure { Ok(suggestion) } else { Err(DropReason::LowConfidence) }
    }

    /// The settings with the prompt's size for this machine.
    fn sized_settings(&self) -> Settings {
        let mut settings = self.settings.clone();
        if settings.follow_pace {
            (settings.budget, settings.excerpt_tokens) =
                self.pace.sizes(&settings.budget, settings.excerpt_tokens);
        }
        settings
    }

    /// What the workspace has for a request. Looking for it reads files, so it is done where blocking is allowed.
    async fn gather(&self, request: &Request) -> Gathered {
        if self.workspace.index.is_none() {
            return Gathered::default();
        }
        let (snapshot, cursor) = (request.snapshot.clone(), request.cursor);
        let (workspace, off) = (self.workspace.clone(), self.settings.sources_off.clone());
        let gathering =
            tokio::task::spawn_blocking(move || context::gather(&snapshot, cursor, &workspace, &off));
        gathering.await.unwrap_or_default()
    }

    fn generate_request(
        &self,
        built: &BuiltPrompt,
        guidance: Guidance,
        avoid: Vec<String>,
    ) -> GenerateRequest {
        GenerateRequest {
            model: self.settings.model.clone(),
            segments: built.segments.clone(),
            begins_with: built.begins_with.clone(),
            max_tokens: self.settings.max_tokens,
            sampler: self.settings.sampler,
            guidance,
            avoid,
            stops: built.stops.clone(),
        }
    }
}

/// Post-processes one generation; the rules that did something go into the trace.
fn finish(generated: &Generated, site: &Site<'_>, work: &mut answer::Work) -> Result<Suggestion, DropReason> {
    let truncated = generated.reason == Some(FinishReason::Length);
    let outcome = post_process_with(&generated.text, site, Options { truncated });
    work.rules
        .extend(outcome.applied.into_iter().map(|applied| format!("{}: {}", applied.rule, applied.what)));
    let Some(insertion) = outcome.insertion else {
        return Err(outcome.dropped.unwrap_or(DropReason::Empty));
    };
    Ok(Suggestion {
        text: insertion.text,
        replace_after: insertion.replace_after,
        tokens: generated.tokens,
        mean_logprob: generated.mean_logprob(),
        probability: generated.first_line_probability(),
    })
}

/// The document's tree. An unfinished one is parsed where blocking is allowed: a large file takes 100 ms.
async fn tree_of(snapshot: &Snapshot) -> Option<Tree> {
    if let Some(tree) = snapshot.tree_if_ready() {
        return Some(tree);
    }
    let snapshot = snapshot.clone();
    tokio::task::spawn_blocking(move || snapshot.tree()).await.ok().flatten()
}
