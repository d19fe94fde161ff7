//! A request as providers see it, and what they get: a call over HTTP. It must not know any provider.

use crate::frames::Framing;
use engine::{ChatMessage, ChatRole, Fill, FinishReason, GenerateRequest, Priority};
use serde_json::{Value, json};

/// What is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    /// The provider's name of the model.
    pub(crate) model: &'a str,
    pub(crate) prompt: Prompt<'a>,
    pub(crate) max_tokens: u32,
    /// None for the provider's own value.
    pub(crate) temperature: Option<f32>,
    /// The same as far as the user has set it, for providers whose newer models refuse to be told.
    pub(crate) own_temperature: Option<f32>,
    /// Texts at which the answer ends; Weft looks for them itself too.
    pub(crate) stops: Vec<&'a str>,
    /// Tokens of prompt and answer together, for servers that give a model no more than they are asked to.
    pub(crate) context_tokens: u32,
}

/// What is to be continued, filled or answered.
#[derive(Clone, Debug)]
pub(crate) enum Prompt<'a> {
    /// A conversation.
    Chat(&'a [ChatMessage]),
    /// A place between two pieces of code.
    Fill(&'a Fill),
    /// A text in the model's own format.
    Text(String),
}

/// No provider takes more.
const MOST_STOPS: usize = 4;
/// How much chance has to say when another answer is wanted than those that there are.
const ANOTHER: f32 = 0.8;

impl<'a> Ask<'a> {
    /// From an engine's request.
    pub(crate) fn new(
        request: &'a GenerateRequest,
        model: &'a str,
        temperature: Option<f32>,
        context_tokens: u32,
    ) -> Self {
        let prompt = match (&request.fill, request.messages.as_slice()) {
            (_, messages @ [_, ..]) => Prompt::Chat(messages),
            (Some(fill), _) => Prompt::Fill(fill),
            (None, []) => {
                Prompt::Text(request.segments.iter().map(|segment| segment.text.as_str()).collect())
            }
        };
        let default = match (request.priority, request.avoid.is_empty()) {
            // A provider knows better what suits a conversation.
            (Priority::Chat, _) => None,
            (_, true) => Some(0.0),
            (_, false) => Some(ANOTHER),
        };
        Self {
            model,
            prompt,
            max_tokens: request.max_tokens.max(1),
            temperature: temperature.or(default),
            own_temperature: temperature,
            stops: request.stops.iter().map(String::as_str).take(MOST_STOPS).collect(),
            context_tokens,
        }
    }
}

/// A conversation as most providers take it.
pub(crate) fn messages(messages: &[ChatMessage]) -> Value {
    messages.iter().map(|message| json!({ "role": role(message.role), "content": message.text })).collect()
}

fn role(role: ChatRole) -> &'static str {
    match role {
        ChatRole::System => "system",
        ChatRole::User => "user",
        ChatRole::Assistant => "assistant",
    }
}

/// The code before the place, with the other code in front of it: for providers that take nothing but prefix and suffix.
pub(crate) fn flat_prefix(fill: &Fill) -> String {
    let mut text = String::new();
    for extra in &fill.extra {
        text.push_str(&format!("# {}\n{}\n\n", extra.name, extra.text.trim_end_matches('\n')));
    }
    text + &fill.prefix
}

/// Puts what there is into a JSON object.
pub(crate) fn set(body: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (body.as_object_mut(), value) {
        object.insert(key.to_owned(), value.into());
    }
}

/// The stops, if there are any.
pub(crate) fn stops(ask: &Ask<'_>) -> Option<Value> {
    (!ask.stops.is_empty()).then(|| json!(ask.stops))
}

/// A number as JSON writes it: an `f32` of 0.8 is not 0.800000011920929.
pub(crate) fn temperature(value: Option<f32>) -> Option<f64> {
    value.map(|value| (f64::from(value) * 1000.0).round() / 1000.0)
}

/// A request to a provider.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The path behind the base URL.
    pub(crate) path: String,
    /// Headers without secrets.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// How the key travels.
    pub(crate) key: KeyHeader,
    pub(crate) body: Value,
    pub(crate) framing: Framing,
    /// How the answer is read.
    pub(crate) answer: Answer,
}

/// How a key travels. Never in the address, which ends up in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key alone in this header.
    Named(&'static str),
}

/// What an answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// OpenAI's chunks, of a chat or of a completion.
    OpenAi,
    /// llama.cpp's `/infill`.
    Infill,
    Anthropic,
    Gemini,
    Ollama,
    /// Text Generation Inference's own stream.
    Tgi,
}

/// A step of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text {
        text: String,
        logprob: f32,
    },
    Thinking(String),
    Usage(Usage),
    /// The model is done; counts may follow.
    Reason(FinishReason),
    /// Nothing follows.
    End,
    /// The provider's filter has ended the answer; the text is the provider's name for why.
    Filtered(String),
    /// The provider's error in the middle of a stream, as it stands there.
    Error(Value),
}

impl Piece {
    /// A piece of text whose probability is unknown.
    pub(crate) fn text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::Text { text: text.to_owned(), logprob: 0.0 })
    }
}

/// Counts of tokens, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: Option<u32>,
    pub(crate) cached: Option<u32>,
    pub(crate) answer: Option<u32>,
}

impl Usage {
    /// With what `other` knows besides.
    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            prompt: other.prompt.or(self.prompt),
            cached: other.cached.or(self.cached),
            answer: other.answer.or(self.answer),
        }
    }
}

/// A count in a JSON object.
pub(crate) fn count(value: &Value, pointer: &str) -> Option<u32> {
    value.pointer(pointer)?.as_u64().and_then(|count| u32::try_from(count).ok())
}

/// A text in a JSON object.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}
