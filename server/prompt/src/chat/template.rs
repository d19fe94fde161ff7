//! A chat template, and the environment that Hugging Face's `transformers` gives it. Must not let a template, which comes with a
//! downloaded model, run for ever or see anything but the conversation.
//!
//! The environment is that of `transformers.utils.chat_template_utils`: blocks trimmed, loop controls, the methods of Python's strings and
//! dictionaries, `raise_exception`, `strftime_now`, `tojson`, and the tag `generation`, which changes nothing of the text.

use std::error::Error as StdError;

use jiff::fmt::strtime;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind};
use minijinja_contrib::pycompat;
use thiserror::Error;

use super::{ChatError, ChatModel, ChatOptions, Message, Role, ToolCall, json};

/// Steps that a template may take: a long conversation in the longest template that is known takes some hundred thousand.
const MOST_STEPS: u64 = 10_000_000;
const NAME: &str = "chat template";

/// A template that can be rendered.
pub(super) struct Template<'a> {
    environment: Environment<'static>,
    model: &'a ChatModel,
}

/// Why a template gave no text.
#[derive(Debug)]
pub(super) enum TemplateFailure {
    /// It said so, with `raise_exception`.
    Refused(String),
    /// It is wrong.
    Failed(String),
}

/// What `raise_exception` was called with.
#[derive(Debug, Error)]
#[error("{0}")]
struct Refusal(String);

impl<'a> Template<'a> {
    /// Compiles a template for a model.
    pub(super) fn compile(source: &str, model: &'a ChatModel) -> Result<Self, ChatError> {
        let unreadable =
            |error: &Error| ChatError::Unreadable { model: model.name.clone(), reason: described(error) };
        let mut syntax = SyntaxConfig::builder();
        let syntax =
            syntax.trim_blocks(true).lstrip_blocks(true).build().map_err(|error| unreadable(&error))?;
        let mut environment = Environment::new();
        environment.set_syntax(syntax);
        environment.set_fuel(Some(MOST_STEPS));
        environment.set_unknown_method_callback(pycompat::unknown_method_callback);
        environment.add_filter("tojson", json::tojson);
        // In Python nothing cannot be gone through, and templates ask so before they look at `tools`.
        environment.add_test("iterable", |value: &Value| {
            !value.is_none() && !value.is_undefined() && value.try_iter().is_ok()
        });
        environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message.clone()).with_source(Refusal(message)))
        });
        environment
            .add_template_owned(NAME, without_generation(source))
            .map_err(|error| unreadable(&error))?;
        Ok(Self { environment, model })
    }

    /// Renders messages, ending where an answer begins.
    pub(super) fn render(
        &self,
        messages: &[Message],
        tools: &[serde_json::Value],
        options: &ChatOptions,
    ) -> Result<String, TemplateFailure> {
        let mut environment = self.environment.clone();
        let now = options.now;
        environment.add_function("strftime_now", move |format: &str| {
            strtime::format(format, now)
                .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
        });
        let messages: Value = messages.iter().map(template_message).collect();
        let mut values = vec![("messages", messages), ("add_generation_prompt", Value::from(true))];
        // `transformers` gives both, with or without a value.
        let tools = if tools.is_empty() { Value::from(()) } else { Value::from(Serde(tools)) };
        values.extend([("tools", tools), ("documents", Value::from(()))]);
        values.extend(self.model.bos_token.as_deref().map(|text| ("bos_token", Value::from(text))));
        values.extend(self.model.eos_token.as_deref().map(|text| ("eos_token", Value::from(text))));
        values.extend(options.thinking.map(|thinking| ("enable_thinking", Value::from(thinking))));
        let values = Value::from_pairs(values);
        environment.get_template(NAME).and_then(|template| template.render(values)).map_err(|error| {
            match refusal(&error) {
                Some(reason) => TemplateFailure::Refused(reason),
                None => TemplateFailure::Failed(described(&error)),
            }
        })
    }

    /// The failure as the user is told.
    pub(super) fn error(&self, failure: TemplateFailure) -> ChatError {
        let model = self.model.name.clone();
        match failure {
            TemplateFailure::Refused(reason) => ChatError::Refused { model, reason },
            TemplateFailure::Failed(reason) => ChatError::Failed { model, reason },
        }
    }
}

/// A message under the names that templates use. `transformers` gives thoughts under both names too.
fn template_message(message: &Message) -> Value {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    let mut values = vec![("role", Value::from(role)), ("content", Value::from(message.text.as_str()))];
    if let Some(thinking) = &message.thinking {
        values.extend(["thinking", "reasoning_content"].map(|name| (name, Value::from(thinking.as_str()))));
    }
    if !message.tool_calls.is_empty() {
        values.push(("tool_calls", message.tool_calls.iter().map(template_call).collect()));
    }
    if let Some(tool) = &message.tool {
        values.push(("name", Value::from(tool.as_str())));
    }
    Value::from_pairs(values)
}

/// A call as `transformers` has it: templates reach for it with and without `function`.
fn template_call(call: &ToolCall) -> Value {
    let function = Value::from_pairs([
        ("name", Value::from(call.name.as_str())),
        ("arguments", Value::from(Serde(&call.arguments))),
    ]);
    Value::from_pairs([("type", Value::from("function")), ("function", function)])
}

/// The message of `raise_exception`, wherever in the template it was called.
fn refusal(error: &Error) -> Option<String> {
    let mut source: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(Refusal(reason)) = error.downcast_ref::<Refusal>() {
            return Some(reason.clone());
        }
        source = error.source();
    }
    None
}

/// What is wrong, and in which line of the template; never what was said in the conversation.
fn described(error: &Error) -> String {
    let line = error.line().map(|line| format!(" in its line {line}")).unwrap_or_default();
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    format!("{what}{line}")
}

/// `{% generation %}` marks what a model is trained on. It is taken out with the line end that a block tag takes with it.
fn without_generation(source: &str) -> String {
    let mut out = source.to_owned();
    for name in ["generation", "endgeneration"] {
        let mut from = 0;
        while let Some(start) = out.get(from..).and_then(|rest| rest.find("{%")).map(|at| from + at) {
            let Some(end) = out.get(start..).and_then(|rest| rest.find("%}")).map(|at| start + at + 2) else {
                break;
            };
            let tag = out.get(start + 2..end - 2).unwrap_or_default();
            if tag.trim_matches('-').trim() == name {
                // A block that is never false, and has no text, keeps the trimming as it is.
                let kept = if name == "generation" { "if true" } else { "endif" };
                let tag = tag.replacen(name, kept, 1);
                out.replace_range(start + 2..end - 2, &tag);
            }
            from = start + 2;
        }
    }
    out
}
