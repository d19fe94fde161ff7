//! What an engine says while it works. These types travel between `weft serve` and its clients as JSON.
//! It must not hold anything of one provider.

use serde::{Deserialize, Serialize};

/// One step of a generation, in the order in which they come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The model is being loaded.
    Loading {
        /// The model's name.
        model: String,
        /// How much of it is loaded, 0 to 1.
        fraction: f32,
    },
    /// The model is in memory: the last event of [`crate::Engine::prepare`].
    Ready,
    /// The prompt has been evaluated; tokens follow. An engine that learns the counts only at the end says this again then,
    /// before [`Event::Finished`]; counts that it does not know are 0.
    Prompt(PromptStats),
    /// One generated token, or a piece of some where an engine does not tell tokens apart.
    Token {
        /// Its text. Empty while a multi-byte character is still incomplete.
        text: String,
        /// Natural logarithm of its probability under the model, before any sampler. For a token that holds the end of
        /// [`crate::GenerateRequest::begins_with`], among the tokens that do; with a grammar, among those that it admits. 0 where an
        /// engine does not say.
        logprob: f32,
    },
    /// The generation is finished; the last event.
    Finished(Finish),
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended it (an end-of-generation token, or the infill sampler's rule).
    EndOfText,
    /// `max_tokens` was reached: the last line may be incomplete.
    Length,
    /// One of the request's stop strings appeared; it is not part of the text.
    Stop,
}

/// What the prompt cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PromptStats {
    /// Tokens in the prompt.
    pub tokens: u32,
    /// How many of them were still in the KV cache and were not evaluated again.
    pub cached_tokens: u32,
    /// How many of the cached ones were evaluated behind a text that has changed a little since, and moved
    /// ([`crate::GenerateRequest::tail`]).
    #[serde(default)]
    pub moved_tokens: u32,
    /// Tokens of each segment, in the order of the request's segments.
    pub segment_tokens: Vec<u32>,
    /// Milliseconds that the request waited in the engine's queue.
    pub queue_ms: f64,
    /// Milliseconds that the engine worked on the evaluation.
    pub prompt_ms: f64,
    /// Milliseconds of the evaluation that were given to other requests; not part of `prompt_ms`.
    #[serde(default)]
    pub yielded_ms: f64,
    /// Milliseconds that loading the model took, when this request had to wait for it.
    pub load_ms: f64,
}

/// How the generation ended and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    /// Why it ended.
    pub reason: FinishReason,
    /// Tokens generated.
    pub tokens: u32,
    /// Milliseconds that the engine worked on the answer, from the end of the prompt to the last token.
    pub generate_ms: f64,
    /// Milliseconds of that span that were given to other requests; not part of `generate_ms`.
    #[serde(default)]
    pub yielded_ms: f64,
    /// Tokens that were guessed from what stands elsewhere and tried together.
    #[serde(default)]
    pub drafted_tokens: u32,
    /// How many of them were what the model would have written; they are among `tokens`.
    #[serde(default)]
    pub accepted_tokens: u32,
}

impl Finish {
    /// A generation without interruptions and guesses.
    pub fn new(reason: FinishReason, tokens: u32, generate_ms: f64) -> Self {
        Self { reason, tokens, generate_ms, yielded_ms: 0.0, drafted_tokens: 0, accepted_tokens: 0 }
    }
}
