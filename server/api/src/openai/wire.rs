//! What the calls of OpenAI's dialect share: numbers of answers, usage, formats of answers.
//! It must not call an engine.

use crate::answer::{Reason, Usage};
use crate::problem::{Dialect, Problem};
use axum::response::Response;
use engine::Grammar;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The options of a stream.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct StreamOptions {
    #[serde(default)]
    pub(super) include_usage: bool,
}

/// What an answer must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ResponseFormat {
    Text,
    JsonObject {
        /// llama-server takes one here too.
        schema: Option<Value>,
    },
    JsonSchema {
        json_schema: NamedSchema,
    },
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NamedSchema {
    schema: Option<Value>,
}

impl ResponseFormat {
    pub(super) fn grammar(self) -> Option<Grammar> {
        let any_object = || json!({"type": "object"});
        match self {
            Self::Text => None,
            Self::JsonObject { schema } => Some(Grammar::JsonSchema(schema.unwrap_or_else(any_object))),
            Self::JsonSchema { json_schema } => {
                Some(Grammar::JsonSchema(json_schema.schema.unwrap_or_else(any_object)))
            }
        }
    }
}

/// Several answers to one question are not written.
pub(super) fn only_one(n: Option<u32>) -> Result<(), Problem> {
    match n {
        None | Some(1) => Ok(()),
        Some(_) => Err(Problem::field("n", "only one answer can be asked for")),
    }
}

/// 0 is no answer's length.
pub(super) fn at_least_one(field: &'static str, tokens: Option<i64>) -> Result<Option<u32>, Problem> {
    match tokens {
        None | Some(-1) => Ok(None),
        Some(tokens) => match u32::try_from(tokens) {
            Ok(tokens @ 1..) => Ok(Some(tokens)),
            _ => Err(Problem::field(field, "must be 1 or more")),
        },
    }
}

pub(super) fn usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.answer_tokens,
        "total_tokens": usage.prompt_tokens.saturating_add(usage.answer_tokens),
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    })
}

pub(super) fn finish_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Stop => "stop",
        Reason::Length => "length",
        Reason::ToolCalls => "tool_calls",
    }
}

/// A number that nothing else has.
pub(super) fn id(prefix: &str) -> String {
    format!("{prefix}-{:016x}", fastrand::u64(..))
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    seconds(SystemTime::now())
}

pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

pub(super) fn fail(problem: impl Into<Problem>) -> Response {
    problem.into().response(Dialect::OpenAi)
}
