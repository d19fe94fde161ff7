//! The completion line: context → prompt → engine → post-process.
//!
//! It must not know LSP types or a concrete engine: it is handed a snapshot and anything that is an
//! [`engine::Engine`].

mod answer;
mod healing;
mod latest;
mod memory;
mod model;
mod prompt;
mod stream;
#[cfg(test)]
mod tests;

use crate::post::{Options, Site, post_process_with};
use documents::{DocumentId, Snapshot};
use engine::{CancellationToken, Engine, FinishReason, GenerateRequest, Sampler};
use std::sync::Arc;
use std::time::Instant;
use syntax::Tree;

pub use answer::{Answer, PromptPart, Silence, Source, Suggestion, Trace};
pub use healing::Healing;
use latest::Latest;
use memory::{Memory, Remembered};
pub use model::{DetectedModel, fim_format};
use prompt::BuiltPrompt;
use stream::{Generated, Stats};

/// The settings of completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The model's name; `None` for the engine's default.
    pub model: Option<String>,
    /// The most tokens of a prompt, and how they are shared.
    pub budget: ::prompt::Budget,
    /// The most tokens of one suggestion.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampler: Sampler,
    /// What of the code before the cursor is left to the answer, so that a word is not cut by a token's end.
    pub healing: Healing,
}

impl Default for Settings {
    /// 768 tokens of prompt, all of them for the file, three quarters before the cursor; 128 of suggestion.
    fn default() -> Self {
        Self {
            model: None,
            budget: ::prompt::Budget { prompt_tokens: 768, prefix_percent: 75, suffix_percent: 25 },
            max_tokens: 128,
            sampler: Sampler::Greedy,
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
    latest: Latest,
    memory: Memory,
}

impl Completer {
    /// A completer on an engine.
    pub fn new(engine: Arc<dyn Engine>, settings: Settings) -> Self {
        Self { engine, settings, latest: Latest::default(), memory: Memory::default() }
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
        if let Some(remembered) = self.memory.find(request) {
            work.source = Source::Memory;
            return remembered.map_err(Silence::Dropped);
        }
        let model = model::detect(&*self.engine, self.settings.model.as_deref()).await?;
        work.model = Some(model.name.clone());
        let built = prompt::build(request, &model, &self.settings);
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
            let generate = self.generate_request(&built, work.raw.clone());
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
            match finish(&generated, &site, work) {
                Ok(suggestion) if suggestions.iter().all(|other| other.text != suggestion.text) => {
                    suggestions.push(suggestion);
                }
                Ok(_) => {}
                Err(reason) => _ = dropped.get_or_insert(reason),
            }
        }
        work.parts = built.parts(&work.stats);
        if suggestions.is_empty() {
            let reason = dropped.unwrap_or(crate::post::DropReason::Empty);
            self.memory.store(request, Remembered::Nothing(reason));
            return Err(Silence::Dropped(reason));
        }
        self.memory.store(request, Remembered::Suggestions(suggestions.clone()));
        Ok(suggestions)
    }

    /// Forgets what is remembered of a document, because it was closed; a running request for it ends.
    pub fn forget(&self, document: &DocumentId) {
        self.latest.forget(document);
        self.memory.forget(document);
    }

    fn generate_request(&self, built: &BuiltPrompt, avoid: Vec<String>) -> GenerateRequest {
        GenerateRequest {
            model: self.settings.model.clone(),
            segments: built.segments.clone(),
            begins_with: built.begins_with.clone(),
            max_tokens: self.settings.max_tokens,
            sampler: self.settings.sampler,
            avoid,
            stops: built.stops.clone(),
        }
    }
}

/// Post-processes one generation; the rules that did something go into the trace.
fn finish(
    generated: &Generated,
    site: &Site<'_>,
    work: &mut answer::Work,
) -> Result<Suggestion, crate::post::DropReason> {
    let truncated = generated.reason == Some(FinishReason::Length);
    let outcome = post_process_with(&generated.text, site, Options { truncated });
    work.rules
        .extend(outcome.applied.into_iter().map(|applied| format!("{}: {}", applied.rule, applied.what)));
    let Some(insertion) = outcome.insertion else {
        return Err(outcome.dropped.unwrap_or(crate::post::DropReason::Empty));
    };
    Ok(Suggestion {
        text: insertion.text,
        replace_after: insertion.replace_after,
        tokens: generated.tokens,
        mean_logprob: generated.mean_logprob(),
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
