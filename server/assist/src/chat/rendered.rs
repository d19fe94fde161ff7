//! A conversation as an engine takes it: in the model's own chat format, or as messages where the engine has the format. Must not
//! decide what is in it.

use ::prompt::chat::{ChatError, ChatModel, ChatOptions, DateTime, Message, Role, render_chat};
use engine::{
    ChatMessage, ChatRole, GenerateRequest, Guidance, Input, ModelInfo, Priority, Sampler, Segment,
};

use super::line::ChatRequest;

/// See the module's head.
#[derive(Clone, Debug, Default)]
pub(super) struct Rendered {
    /// The prompt, or what it is made of.
    pub(super) segments: Vec<Segment>,
    messages: Vec<ChatMessage>,
    stops: Vec<String>,
    /// Whether the answer begins with thoughts.
    pub(super) opens_thinking: bool,
    /// What to tell the user of the format.
    pub(super) notice: Option<&'static str>,
}

impl Rendered {
    /// Renders a conversation for the model that `request` asks.
    pub(super) fn new(
        info: ModelInfo,
        messages: &[Message],
        request: &ChatRequest,
    ) -> Result<Self, ChatError> {
        Self::with(info, messages, request.began, request.thinking)
    }

    /// The same, for a conversation that began at `now`.
    pub(super) fn with(
        info: ModelInfo,
        messages: &[Message],
        now: DateTime,
        thinking: Option<bool>,
    ) -> Result<Self, ChatError> {
        if info.input != Input::Tokens {
            return Ok(Self::messages(messages));
        }
        let rendered = render_chat(&chat_model(info), messages, &ChatOptions { now, thinking })?;
        let segments = rendered.segments.into_iter();
        Ok(Self {
            segments: segments
                .map(|segment| Segment { text: segment.text, special: segment.special })
                .collect(),
            messages: Vec::new(),
            stops: rendered.stops,
            opens_thinking: rendered.opens_thinking,
            notice: rendered.format.notice(),
        })
    }

    fn messages(messages: &[Message]) -> Self {
        let messages = messages.iter().map(|message| ChatMessage {
            role: match message.role {
                Role::System => ChatRole::System,
                // A conversation here has no tools; what one said is told by whoever asks.
                Role::User | Role::Tool => ChatRole::User,
                Role::Assistant => ChatRole::Assistant,
            },
            text: message.text.clone(),
        });
        let messages: Vec<ChatMessage> = messages.collect();
        let segments =
            messages.iter().map(|message| Segment { text: message.text.clone(), special: false }).collect();
        Self { segments, messages, ..Self::default() }
    }

    /// The request for an answer.
    pub(super) fn request(
        &self,
        model: Option<String>,
        max_tokens: u32,
        sampler: Sampler,
        priority: Priority,
    ) -> GenerateRequest {
        GenerateRequest {
            model,
            segments: self.segments.clone(),
            fill: None,
            messages: self.messages.clone(),
            begins_with: String::new(),
            max_tokens,
            sampler,
            guidance: Guidance::default(),
            avoid: Vec::new(),
            grammar: None,
            stops: self.stops.clone(),
            tail: None,
            priority,
        }
    }
}

/// What is known of the model, in the terms of `prompt`.
fn chat_model(info: ModelInfo) -> ChatModel {
    ChatModel {
        name: info.name,
        template: info.chat_template,
        bos_token: info.bos_token,
        eos_token: info.eos_token,
        special_tokens: info.special_tokens,
    }
}
