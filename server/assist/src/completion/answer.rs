//! What a completion request gives back: suggestions or the reason for silence, and the trace of the work.
//! It must not hold code in what is logged or traced: a trace has counts, names and reasons only.

use super::{Request, Stats};
use crate::post::DropReason;
use engine::EngineError;
use serde::{Deserialize, Serialize};

/// A suggestion, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The text to insert at the cursor.
    pub text: String,
    /// How many bytes after the cursor, on its line, the text replaces; usually 0.
    pub replace_after: usize,
    /// Tokens generated for it, those that were cut away included.
    pub tokens: u32,
    /// Mean natural logarithm of the probability of its tokens.
    pub mean_logprob: f32,
    /// How likely the model finds it that its first line is right, 0 to 1.
    pub probability: f32,
}

/// Why nothing is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// A newer request for the same document came.
    Superseded,
    /// The caller cancelled.
    Cancelled,
    /// The document changed while the model worked; what came is kept for the next request.
    Outdated,
    /// The document is not open.
    NotOpen,
    /// The user turned suggestions off, for the window or for the document.
    Off,
    /// It is a conversation, in which the user writes.
    ChatDocument,
    /// The model cannot fill in the middle.
    NoFim(String),
    /// Only the rest of a name, where the language's own server has an open menu with it.
    BareName,
    /// Post-processing left nothing.
    Dropped(DropReason),
    /// The engine failed.
    Engine(EngineError),
}

impl Silence {
    /// A short name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::Outdated => "outdated",
            Self::NotOpen => "not_open",
            Self::Off => "off",
            Self::ChatDocument => "chat_document",
            Self::NoFim(_) => "no_fim",
            Self::BareName => "bare_name",
            Self::Dropped(DropReason::Empty | DropReason::LineComplete) => "nothing_to_add",
            Self::Dropped(DropReason::RepeatsAfter) => "duplicate_of_suffix",
            Self::Dropped(DropReason::LowConfidence) => "low_confidence",
            Self::Dropped(_) => "filtered",
            Self::Engine(EngineError::ModelMissing { .. } | EngineError::ModelUnknown { .. }) => "no_model",
            Self::Engine(_) => "error",
        }
    }
}

impl std::fmt::Display for Silence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Superseded => formatter.write_str("a newer request for this document came"),
            Self::Cancelled => formatter.write_str("the editor cancelled the request"),
            Self::Outdated => formatter.write_str("the document changed while the model worked"),
            Self::NotOpen => formatter.write_str("the editor has not opened this document with Weft"),
            Self::Off => formatter.write_str("suggestions are off here; `weft.toggle` turns them on"),
            Self::ChatDocument => formatter.write_str("there are no suggestions in a chat document"),
            Self::NoFim(message) => formatter.write_str(message),
            Self::BareName => {
                formatter.write_str("only a name, which the menu has from the language's own server")
            }
            Self::Dropped(reason) => reason.fmt(formatter),
            Self::Engine(error) => error.fmt(formatter),
        }
    }
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A model was asked.
    #[default]
    Engine,
    /// An earlier answer still holds.
    Memory,
    /// An answer that was on its way when the request came.
    Joined,
}

/// One piece of the prompt, with what it cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PromptPart {
    /// What it is: `template`, `prefix`, `suffix`, …
    pub part: String,
    /// Its tokens, as the model counts them.
    pub tokens: u32,
    /// Its text.
    pub text: String,
}

/// A piece of other code that was in the prompt or could have been. Without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExcerptTrace {
    /// The path from the workspace's root.
    pub path: String,
    /// Its first line and the line after its last, counted from 0.
    pub lines: (u32, u32),
    /// Which source found it.
    pub source: String,
    /// Why it is there, in words.
    pub reason: String,
    /// How much it was worth.
    pub score: f32,
    /// Its tokens, as the model counts them; none if it is not in the prompt, or not as a piece of its own.
    pub tokens: Option<u32>,
    /// Why it is not in the prompt, in words.
    pub left_out: Option<String>,
}

/// The answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The suggestions, best first.
    pub suggestions: Vec<Suggestion>,
    /// Why there are none.
    pub silence: Option<Silence>,
    uri: String,
    version: i32,
    pub(super) work: Work,
}

/// What was done for an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    pub(super) source: Source,
    pub(super) model: Option<String>,
    /// Why another model than the one asked for answered.
    pub(super) fallback: Option<String>,
    pub(super) rules: Vec<String>,
    pub(super) raw: Vec<String>,
    pub(super) parts: Vec<PromptPart>,
    pub(super) excerpts: Vec<ExcerptTrace>,
    pub(super) context_ms: f64,
    /// Whether the prompt was not made anew: excerpts were held, or it is half of one.
    pub(super) held: bool,
    pub(super) probability: Option<f32>,
    pub(super) least_probability: f32,
    pub(super) stats: Stats,
    pub(super) total_ms: f64,
}

/// What a request did and cost, without any code: for `weft/trace`, `weft why` and logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The document.
    pub uri: String,
    /// Its version.
    pub version: i32,
    /// `shown` or `empty`.
    pub outcome: String,
    /// Why it is empty, in words.
    pub reason: Option<String>,
    /// Why it is empty, for programs (see [`Silence::code`]).
    pub reason_code: Option<String>,
    /// `engine`, `memory` or `joined`.
    pub source: Source,
    /// The model that answered.
    pub model: Option<String>,
    /// Why it is not the model that was to answer: that one and its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// The category of the engine's failure, for programs (see [`EngineError::code`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_error: Option<String>,
    /// The rules of post-processing that changed something.
    pub rules: Vec<String>,
    /// The excerpts of other code, those in the prompt first.
    #[serde(default)]
    pub excerpts: Vec<ExcerptTrace>,
    /// Milliseconds spent on looking for context.
    #[serde(default)]
    pub context_ms: f64,
    /// How likely the model found it that the first line of its first answer is right, 0 to 1, whether it is shown or not.
    #[serde(default)]
    pub probability: Option<f32>,
    /// Whether the excerpts are those of an earlier prompt for this place, or the prompt is half of one, until the user pauses.
    #[serde(default)]
    pub held: bool,
    /// The probability below which nothing is shown unasked.
    #[serde(default)]
    pub least_probability: f32,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// How many of them were still in the KV cache.
    pub cached_tokens: u32,
    /// How many of the cached ones were evaluated behind a text that has changed a little since.
    #[serde(default)]
    pub moved_tokens: u32,
    /// Tokens generated, over all suggestions.
    pub tokens: u32,
    /// Milliseconds spent on loading the model.
    pub load_ms: f64,
    /// Milliseconds that the request waited in the engine's queue.
    pub queue_ms: f64,
    /// Milliseconds from asking the engine to the first token.
    pub first_token_ms: f64,
    /// Milliseconds spent on evaluating the prompt.
    pub prompt_ms: f64,
    /// Milliseconds spent on generating.
    pub generate_ms: f64,
    /// Milliseconds in all.
    pub total_ms: f64,
}

impl Trace {
    /// The trace of a request that ended before any work was done.
    pub fn silent(uri: &str, version: i32, silence: &Silence) -> Self {
        let answer = Answer {
            suggestions: Vec::new(),
            silence: Some(silence.clone()),
            uri: uri.to_owned(),
            version,
            work: Work::default(),
        };
        answer.trace()
    }
}

impl Answer {
    pub(super) fn new(request: &Request) -> Self {
        Self {
            suggestions: Vec::new(),
            silence: None,
            uri: request.snapshot.id.as_str().to_owned(),
            version: request.snapshot.version,
            work: Work::default(),
        }
    }

    /// The same answer without suggestions, because the document has changed meanwhile.
    #[must_use]
    pub fn outdated(self) -> Self {
        self.withheld(Silence::Outdated)
    }

    /// The same answer without suggestions; `why` counts where it had some.
    #[must_use]
    pub fn withheld(mut self, why: Silence) -> Self {
        self.suggestions.clear();
        self.silence.get_or_insert(why);
        self
    }

    /// The pieces of the prompt; empty when no model was asked.
    pub fn prompt_parts(&self) -> &[PromptPart] {
        &self.work.parts
    }

    /// What the model wrote for each suggestion, before post-processing, dropped ones included.
    pub fn raw(&self) -> &[String] {
        &self.work.raw
    }

    /// What the request did and cost.
    pub fn trace(&self) -> Trace {
        let stats = &self.work.stats;
        Trace {
            uri: self.uri.clone(),
            version: self.version,
            outcome: if self.suggestions.is_empty() { "empty" } else { "shown" }.to_owned(),
            reason: self.silence.as_ref().map(ToString::to_string),
            reason_code: self.silence.as_ref().map(|silence| silence.code().to_owned()),
            source: self.work.source,
            model: self.work.model.clone(),
            fallback: self.work.fallback.clone(),
            engine_error: match &self.silence {
                Some(Silence::Engine(error)) => Some(error.code().to_owned()),
                _ => None,
            },
            rules: self.work.rules.clone(),
            excerpts: self.work.excerpts.clone(),
            context_ms: self.work.context_ms,
            probability: self.work.probability,
            held: self.work.held,
            least_probability: self.work.least_probability,
            prompt_tokens: stats.prompt.tokens,
            cached_tokens: stats.prompt.cached_tokens,
            moved_tokens: stats.prompt.moved_tokens,
            tokens: stats.tokens,
            load_ms: stats.prompt.load_ms,
            queue_ms: stats.prompt.queue_ms,
            first_token_ms: stats.first_token_ms,
            prompt_ms: stats.prompt.prompt_ms,
            generate_ms: stats.generate_ms,
            total_ms: self.work.total_ms,
        }
    }
}
