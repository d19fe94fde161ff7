//! What an engine is asked, and what it tells of a model. These types travel as JSON.
//! It must not hold paths or cursors: an engine sees a prompt, never a document.

use crate::Guidance;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A prompt to continue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    /// The model's name; `None` for the engine's default.
    pub model: Option<String>,
    /// The prompt, in order. For an engine whose [`Input`] is another one it is only what the prompt is shown as.
    pub segments: Vec<Segment>,
    /// The place to fill, for an engine that takes the code around it instead of a prompt ([`Input::Fill`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Fill>,
    /// The conversation, for an engine that puts it into the model's format itself. Where there is one, it is the prompt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<ChatMessage>,
    /// Text that the answer must begin with, because it stands in the document already but was left out of the prompt.
    /// The events carry only what comes after it. Usually the word at the cursor: tokens do not end where a user
    /// stops typing, so the model is to choose one for the whole word.
    #[serde(default)]
    pub begins_with: String,
    /// The most tokens to generate. With 0 the prompt is evaluated for the next request, and nothing else.
    pub max_tokens: u32,
    /// How tokens are chosen.
    pub sampler: Sampler,
    /// What the answer must be, whatever the model would rather write: tokens that lead elsewhere are not chosen. Where it is
    /// whole, the answer ends. None: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<Grammar>,
    /// Names that are to be expected at places of the answer.
    #[serde(default)]
    pub guidance: Guidance,
    /// Texts that the answer must not begin like after `begins_with`, which are the suggestions that there are already.
    /// Empty for the sampler's own answer. Where no other beginning is likely enough, the answer is empty.
    pub avoid: Vec<String>,
    /// Texts at which the generation ends. They are not part of it.
    pub stops: Vec<String>,
    /// The index of a segment whose KV cells an engine may keep from an earlier prompt, moved, when the text before it has
    /// changed a little: code after the cursor, which every keystroke would move otherwise. What stands before the segment
    /// and behind it is always evaluated as it is. None: everything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<usize>,
    /// Who waits for the answer.
    #[serde(default, skip_serializing_if = "Priority::is_interactive")]
    pub priority: Priority,
}

/// A place between two pieces of code, for engines that fill it in a format of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The code before it.
    pub prefix: String,
    /// The code after it.
    pub suffix: String,
    /// Pieces of other code, the most relevant last.
    #[serde(default)]
    pub extra: Vec<FillExtra>,
}

/// A piece of other code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillExtra {
    /// What the model is told that it is called. An engine reads no meaning into it.
    pub name: String,
    /// The code.
    pub text: String,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: ChatRole,
    /// What is said.
    pub text: String,
}

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatRole {
    /// The rules of the conversation.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// What a completion hands to an engine. A conversation goes as segments to [`Input::Tokens`] and as messages to all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// [`GenerateRequest::segments`], each with or without special tokens.
    #[default]
    Tokens,
    /// The segments put together: one string, in which special tokens are parsed wherever they stand.
    Text,
    /// [`GenerateRequest::fill`].
    Fill,
    /// [`GenerateRequest::messages`], which ask for the code.
    Messages,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Somebody who types.
    #[default]
    Interactive,
    /// Nobody yet: it is computed ahead. The engine gives it up, with [`crate::EngineError::Cancelled`], as soon as an
    /// interactive request comes; what it has evaluated stays in the KV cache.
    Ahead,
    /// Somebody who reads along: a conversation. Between its decode steps the engine serves interactive requests to their
    /// end. It has KV cells of its own, [`ModelInfo::chat_context_tokens`] of them for all conversations together.
    Chat,
}

impl Priority {
    /// Whether somebody waits.
    #[allow(clippy::trivially_copy_pass_by_ref)] // What serde calls it with.
    pub fn is_interactive(&self) -> bool {
        *self == Self::Interactive
    }
}

/// A piece of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The text.
    pub text: String,
    /// Whether special tokens in `text` are parsed as such. Never true for the user's code.
    pub special: bool,
}

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampler {
    /// The likeliest token, always.
    #[default]
    Greedy,
    /// llama.cpp's infill rule: ends early when the end is likely, joins candidates that share a beginning.
    Infill,
    /// One of the likely tokens, by chance: llama.cpp's chain of repeat penalty, top-k, top-p and temperature.
    Temperature {
        /// The logits are divided by it: 0 for the likeliest token, 1 for the model's own probabilities.
        temperature: f32,
        /// Only the likeliest tokens count whose probabilities add up to this; 1 for all.
        top_p: f32,
        /// Only so many of the likeliest tokens count; 0 for all.
        top_k: u32,
        /// What makes the last 64 tokens of the answer less likely to come again; 1 for nothing. Those of the prompt are
        /// left alone, because an answer quotes them.
        repeat_penalty: f32,
        /// The same seed gives the same answer from the same cache; `None` for another one each time.
        seed: Option<u64>,
    },
}

/// What an answer must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grammar {
    /// One JSON value that this JSON Schema (draft 2020-12) describes. Objects have their members in the schema's order.
    JsonSchema(serde_json::Value),
}

/// What is known of a model, read from its GGUF metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The name under which it is asked for.
    pub name: String,
    /// `general.architecture`, such as `qwen2`.
    pub architecture: Option<String>,
    /// `tokenizer.ggml.pre`: how text is split before tokens are joined, such as `qwen2`.
    pub pre_tokenizer: Option<String>,
    /// The most tokens that the engine gives its context.
    pub context_tokens: u32,
    /// The most tokens of a conversation, prompt and answer together ([`Priority::Chat`]). 0 where an engine does not say.
    #[serde(default)]
    pub chat_context_tokens: u32,
    /// The fill-in-the-middle tokens named in the metadata.
    pub fim: FimTokenTexts,
    /// The texts of all control and user-defined tokens.
    pub special_tokens: BTreeSet<String>,
    /// The text of the token that begins a text, which chat templates write. An engine never puts a second one before it.
    #[serde(default)]
    pub bos_token: Option<String>,
    /// The text of the token that ends a text.
    #[serde(default)]
    pub eos_token: Option<String>,
    /// The chat template (Jinja), if the file has one.
    pub chat_template: Option<String>,
    /// What a completion hands to the engine.
    #[serde(default)]
    pub input: Input,
    /// The name of the format for filling in, where the tokens cannot be read off a vocabulary ([`Input::Text`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fim_family: Option<String>,
    /// What was reduced so that the model fits into memory, one sentence each without its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reduced: Vec<String>,
}

impl ModelInfo {
    /// What to tell the user of a model that does not fit as it was asked for.
    pub fn notice(&self) -> Option<String> {
        let reduced = self.reduced.join(" and ");
        (!reduced.is_empty()).then(|| format!("so that {} fits into memory, {reduced}", self.name))
    }
}

/// The texts of the fill-in-the-middle tokens that a model's metadata names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FimTokenTexts {
    /// `fim_pre`.
    pub prefix: Option<String>,
    /// `fim_suf`.
    pub suffix: Option<String>,
    /// `fim_mid`.
    pub middle: Option<String>,
    /// `fim_pad`.
    pub padding: Option<String>,
    /// `fim_rep`.
    pub repository: Option<String>,
    /// `fim_sep`.
    pub file_separator: Option<String>,
}
