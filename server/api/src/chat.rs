//! A conversation: from messages and tools to an answer, in the model's own chat format.
//! It must not know a dialect, and cuts nothing: a conversation that does not fit is refused.

use crate::Api;
use crate::answer::Answer;
use crate::generation::{Generation, most_tokens};
use crate::problem::Problem;
use crate::tool_calls::{OPEN, ToolSplitter};
use engine::{GenerateRequest, Grammar, Guidance, ModelInfo, Priority, Sampler, Segment};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use prompt::chat::{ChatModel, ChatOptions, Message, ThinkSplitter, render_chat_with_tools};
use serde_json::{Map, Value, json};

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) messages: Vec<Message>,
    /// As OpenAI's API has them: `{"type": "function", "function": {…}}`.
    pub(crate) tools: Vec<Value>,
    pub(crate) choice: ToolChoice,
    pub(crate) grammar: Option<Grammar>,
    pub(crate) sampler: Sampler,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) stops: Vec<String>,
    /// Whether a model that can do either shall think first.
    pub(crate) thinking: Option<bool>,
}

/// Whether tools may or must be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ToolChoice {
    #[default]
    Auto,
    None,
    /// One of them.
    Required,
    /// This one.
    Named(String),
}

/// Asks a model; `model` is a name of [`crate::Host::resolve`].
pub(crate) async fn ask(api: &Api, model: &str, question: Question) -> Result<Answer, Problem> {
    let info = api.engine.model_info(Some(model)).await?;
    let context = chat_context(&info);
    let tools = match question.choice {
        ToolChoice::None => Vec::new(),
        _ => question.tools,
    };
    // The day alone, so that a conversation's beginning stays as it is, and the KV cache with it.
    let now = TimeZone::system().to_datetime(Timestamp::now()).date().at(0, 0, 0, 0);
    let options = ChatOptions { now, thinking: question.thinking };
    let rendered = render_chat_with_tools(&chat_model(info), &question.messages, &tools, &options)?;
    let mut segments: Vec<Segment> = rendered
        .segments
        .into_iter()
        .map(|segment| Segment { text: segment.text, special: segment.special })
        .collect();
    let forced = forced_call(&tools, &question.choice)?;
    let (grammar, splitter) = match forced {
        Some(grammar) => {
            segments.push(Segment { text: format!("{OPEN}\n"), special: true });
            (Some(grammar), Some(ToolSplitter::within_call()))
        }
        None if tools.is_empty() => (question.grammar, None),
        None => (question.grammar, Some(ToolSplitter::new(names(&tools)))),
    };
    // What a grammar holds has no thoughts before it.
    let thoughts = ThinkSplitter::new(rendered.opens_thinking && grammar.is_none());
    let max_tokens = most_tokens(api, model, &segments, question.max_tokens, context).await?;
    let mut stops = rendered.stops;
    stops.extend(question.stops);
    let request = GenerateRequest {
        fill: None,
        messages: Vec::new(),
        model: Some(model.to_owned()),
        segments,
        begins_with: String::new(),
        max_tokens,
        sampler: question.sampler,
        grammar,
        guidance: Guidance::default(),
        avoid: Vec::new(),
        stops,
        tail: None,
        priority: Priority::Chat,
    };
    Ok(Answer::of_chat(Generation::begin(api, request).await?, thoughts, splitter))
}

/// Tokens of a conversation, prompt and answer together.
pub(crate) fn chat_context(info: &ModelInfo) -> u32 {
    match info.chat_context_tokens {
        0 => info.context_tokens,
        tokens => tokens,
    }
}

fn chat_model(info: ModelInfo) -> ChatModel {
    ChatModel {
        name: info.name,
        template: info.chat_template,
        bos_token: info.bos_token,
        eos_token: info.eos_token,
        special_tokens: info.special_tokens,
    }
}

fn function(tool: &Value) -> Option<&Value> {
    tool.get("function").or_else(|| tool.get("name").map(|_| tool))
}

fn names(tools: &[Value]) -> Vec<String> {
    let name = |tool| function(tool)?.get("name")?.as_str().map(str::to_owned);
    tools.iter().filter_map(name).collect()
}

/// What a call that must come has to be.
fn forced_call(tools: &[Value], choice: &ToolChoice) -> Result<Option<Grammar>, Problem> {
    let wanted = |name: &str| match choice {
        ToolChoice::Auto | ToolChoice::None => false,
        ToolChoice::Required => true,
        ToolChoice::Named(named) => named == name,
    };
    if matches!(choice, ToolChoice::Auto | ToolChoice::None) {
        return Ok(None);
    }
    let mut calls = Vec::new();
    // A reference in a tool's schema is to be found from the root.
    let mut definitions = Map::new();
    for function in tools.iter().filter_map(function) {
        let Some(name) = function.get("name").and_then(Value::as_str).filter(|name| wanted(name)) else {
            continue;
        };
        let parameters = function.get("parameters").filter(|it| it.is_object()).cloned();
        let mut parameters = parameters.unwrap_or_else(|| json!({"type": "object"}));
        if let Some(Value::Object(own)) = parameters.as_object_mut().and_then(|it| it.remove("$defs")) {
            definitions.extend(own);
        }
        calls.push(json!({
            "type": "object",
            "properties": {"name": {"const": name}, "arguments": parameters},
            "required": ["name", "arguments"],
            "additionalProperties": false,
        }));
    }
    if calls.is_empty() {
        return Err(Problem::field("tool_choice", "names a tool that is not among `tools`"));
    }
    let mut schema = if calls.len() == 1 { calls.remove(0) } else { json!({"anyOf": calls}) };
    if !definitions.is_empty() {
        schema["$defs"] = Value::Object(definitions);
    }
    Ok(Some(Grammar::JsonSchema(schema)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Value {
        json!({"type": "function", "function": {"name": name, "parameters": {"type": "object", "$defs": {"a": true}}}})
    }

    #[test]
    fn a_call_that_must_come_has_a_grammar() {
        let tools = [tool("look"), tool("go")];
        assert_eq!(forced_call(&tools, &ToolChoice::Auto), Ok(None));
        let Ok(Some(Grammar::JsonSchema(one))) = forced_call(&tools, &ToolChoice::Named("go".into())) else {
            panic!()
        };
        assert_eq!(one["properties"]["name"]["const"], "go");
        assert_eq!(
            (&one["$defs"]["a"], &one["properties"]["arguments"]["$defs"]),
            (&json!(true), &Value::Null)
        );
        let Ok(Some(Grammar::JsonSchema(any))) = forced_call(&tools, &ToolChoice::Required) else { panic!() };
        assert_eq!(any["anyOf"].as_array().unwrap().len(), 2);
        assert!(forced_call(&tools, &ToolChoice::Named("fly".into())).is_err());
    }
}
