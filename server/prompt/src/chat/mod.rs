//! Conversations: from messages to a prompt in the model's own chat format. Must not cut anything to size, and never parses what a
//! user, a file or a model wrote for special tokens.
//!
//! The format is the Jinja template in the model's file, rendered as `apply_chat_template` of Hugging Face's
//! `transformers` renders it (<https://huggingface.co/docs/transformers/chat_templating>).

mod disguise;
mod fallback;
mod json;
mod message;
mod repair;
mod template;
mod think;

use std::collections::BTreeSet;

use serde_json::Value;
use thiserror::Error;

pub use jiff::civil::DateTime;
pub use message::{Message, Role, ToolCall};
pub use repair::Repair;
pub use think::{Part, ThinkSplitter};

use disguise::Disguise;
use template::Template;

/// A model as its file describes it, as far as conversations matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatModel {
    /// What to call the model in messages. Never used to choose a format.
    pub name: String,
    /// GGUF `tokenizer.chat_template`.
    pub template: Option<String>,
    /// The text of the token that begins a text, which templates write. An engine that puts one in front of every prompt must
    /// not put a second one there.
    pub bos_token: Option<String>,
    /// The text of the token that ends a text.
    pub eos_token: Option<String>,
    /// The texts of the control and user-defined tokens of the vocabulary.
    pub special_tokens: BTreeSet<String>,
}

/// What a template may ask besides the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatOptions {
    /// The local time, for templates that write the date. A time that stays the same through a conversation keeps its
    /// beginning, and so the KV cache, as it is.
    pub now: DateTime,
    /// Whether a model that can do either shall think first; `None` leaves it to the template.
    pub thinking: Option<bool>,
}

/// A conversation as a prompt that ends where the model's answer begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatPrompt {
    /// The pieces, to be tokenized one by one and put together. They are divided only beside special tokens, where tokenizers
    /// divide too, so the tokens are those of the whole text.
    pub segments: Vec<ChatSegment>,
    /// Texts with which the format ends an answer. An engine ends at the tokens by itself; a model that writes them
    /// letter by letter is to be stopped too.
    pub stops: Vec<String>,
    /// Whether the prompt ends within `<think>`, so that the answer begins with the model's thoughts.
    pub opens_thinking: bool,
    /// Where the format comes from.
    pub format: ChatFormat,
    /// What was done to the messages because the template refuses them as they are.
    pub repair: Repair,
}

/// A piece of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatSegment {
    /// Its text.
    pub text: String,
    /// Whether special tokens in it are to be parsed: true only for those of the template.
    pub special: bool,
}

/// Where a conversation's format comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatFormat {
    /// The model's own template.
    Template,
    /// The file has no template, but the vocabulary has the tokens of ChatML.
    ChatMl,
    /// The file has neither: the parts of the conversation get headings.
    Plain,
}

impl ChatFormat {
    /// What to tell the user of it; nothing where all is as it should be.
    #[must_use]
    pub fn notice(self) -> Option<&'static str> {
        match self {
            Self::Template => None,
            Self::ChatMl => Some(
                "The model's file has no chat template. Its vocabulary has the tokens of ChatML, so that format is used.",
            ),
            Self::Plain => Some(
                "The model's file has no chat template, so it may not be made for conversations: its answers can be poor. \
                 An instruct model, such as qwen2.5-coder-1.5b, has one.",
            ),
        }
    }
}

/// Why a conversation cannot be put into the model's format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChatError {
    /// There is nothing to answer.
    #[error("the conversation has no question yet: it must end with a message of the user")]
    NoQuestion,
    /// The format has no place for tools.
    #[error(
        "{model} does not support tools: its chat template has no place for them. Ask without tools, or choose another model"
    )]
    NoTools {
        /// The model's name.
        model: String,
    },
    /// The template is no Jinja template, or uses what Weft does not have.
    #[error(
        "the chat template of {model} cannot be read: {reason}. Another conversion of the model may have a good one"
    )]
    Unreadable {
        /// The model's name.
        model: String,
        /// What and where.
        reason: String,
    },
    /// The template says that it does not take such a conversation, in any arrangement.
    #[error(
        "the chat template of {model} refuses the conversation: {reason}. A new conversation may be accepted"
    )]
    Refused {
        /// The model's name.
        model: String,
        /// The template's own words.
        reason: String,
    },
    /// The template fails while it is rendered.
    #[error(
        "the chat template of {model} failed: {reason}. Another conversion of the model may have a good one"
    )]
    Failed {
        /// The model's name.
        model: String,
        /// What and where.
        reason: String,
    },
}

/// Renders a conversation, ending where the answer begins.
///
/// Where the template refuses the messages as they are, the system's text goes in front of the first question, or
/// messages of the same role that follow each other become one; [`ChatPrompt::repair`] says which.
///
/// # Errors
/// [`ChatError`] when the last message is not the user's, or the template cannot be used.
pub fn render_chat(
    model: &ChatModel,
    messages: &[Message],
    options: &ChatOptions,
) -> Result<ChatPrompt, ChatError> {
    render_chat_with_tools(model, messages, &[], options)
}

/// The same with tools that the model may call. Each is an object as OpenAI's API and the templates have it:
/// `{"type": "function", "function": {"name", "description", "parameters"}}`.
///
/// # Errors
/// As [`render_chat`], and [`ChatError::NoTools`]. The last message may be what a tool said, too.
pub fn render_chat_with_tools(
    model: &ChatModel,
    messages: &[Message],
    tools: &[Value],
    options: &ChatOptions,
) -> Result<ChatPrompt, ChatError> {
    if messages.last().is_none_or(|message| !matches!(message.role, Role::User | Role::Tool)) {
        return Err(ChatError::NoQuestion);
    }
    let format = format_of(model);
    let source = match (format, &model.template) {
        (ChatFormat::Template, Some(template)) => template.as_str(),
        (ChatFormat::ChatMl, _) => fallback::CHATML,
        _ => fallback::PLAIN,
    };
    let template = Template::compile(source, model)?;
    let mut disguise = Disguise::new(&model.special_tokens, messages, tools, source);
    let disguised: Vec<Message> = messages.iter().map(|message| disguise.message(message)).collect();
    let tools: Vec<Value> = tools.iter().map(|tool| disguise.json(tool)).collect();
    let (rendered, repair) = repair::render(&template, &disguised, &tools, options)?;
    // A template that knows nothing of tools says the same without them.
    if !tools.is_empty() && repair::render(&template, &disguised, &[], options)?.0 == rendered {
        return Err(ChatError::NoTools { model: model.name.clone() });
    }
    Ok(ChatPrompt {
        opens_thinking: rendered.trim_end().ends_with("<think>"),
        segments: disguise.segments(&rendered),
        stops: stops(&template, model, format, &disguise, options),
        format,
        repair,
    })
}

fn format_of(model: &ChatModel) -> ChatFormat {
    let has = |token: &str| model.special_tokens.contains(token);
    match &model.template {
        Some(template) if !template.trim().is_empty() => ChatFormat::Template,
        _ if has("<|im_start|>") && has("<|im_end|>") => ChatFormat::ChatMl,
        _ => ChatFormat::Plain,
    }
}

/// The special token that the format writes behind an answer, and the end of a text.
fn stops(
    template: &Template<'_>,
    model: &ChatModel,
    format: ChatFormat,
    disguise: &Disguise,
    options: &ChatOptions,
) -> Vec<String> {
    if format == ChatFormat::Plain {
        return fallback::PLAIN_STOPS.iter().map(|stop| (*stop).to_owned()).collect();
    }
    const ANSWER: &str = "an answer to look for";
    let talk = [Message::user("a question"), Message::assistant(ANSWER), Message::user("another one")];
    let rendered = template.render(&talk, &[], options).unwrap_or_default();
    let behind = rendered.split_once(ANSWER).map(|(_, behind)| behind.trim_start());
    let turn_end = behind.and_then(|behind| disguise.token_at_start(behind)).map(str::to_owned);
    let mut stops: Vec<String> = turn_end.into_iter().collect();
    stops.extend(model.eos_token.clone().filter(|eos| !eos.is_empty() && !stops.contains(eos)));
    stops
}
