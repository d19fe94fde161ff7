//! `POST /v1/chat/completions`. It must not know prompts: see `crate::chat`.

use super::wire::{
    ResponseFormat, StreamOptions, at_least_one, fail, finish_reason, id, now, only_one, usage,
};
use crate::answer::{Answer, Part, Whole};
use crate::chat::{Question, ToolChoice, ask};
use crate::options::{OneOrMany, Sampling, stops};
use crate::problem::{Dialect, Problem};
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use prompt::chat::{Message, Role, ToolCall};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    messages: Vec<WireMessage>,
    #[serde(flatten)]
    sampling: Sampling,
    max_tokens: Option<i64>,
    max_completion_tokens: Option<i64>,
    stop: Option<OneOrMany>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    n: Option<u32>,
    response_format: Option<ResponseFormat>,
    tools: Option<Vec<Value>>,
    tool_choice: Option<WireChoice>,
    /// As vLLM and llama-server have it: `{"enable_thinking": false}`.
    chat_template_kwargs: Option<TemplateArguments>,
}

#[derive(Debug, Default, Deserialize)]
struct TemplateArguments {
    enable_thinking: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    role: String,
    content: Option<Content>,
    tool_calls: Option<Vec<WireCall>>,
    name: Option<String>,
    reasoning_content: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Debug, Deserialize)]
struct ContentPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireCall {
    function: WireFunction,
}

#[derive(Debug, Deserialize)]
struct WireFunction {
    name: String,
    /// JSON within a text.
    arguments: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WireChoice {
    Word(String),
    Tool { function: ChosenFunction },
}

#[derive(Debug, Deserialize)]
struct ChosenFunction {
    name: String,
}

pub(super) async fn chat(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.unwrap_or_else(fail)
}

async fn answer(api: &Api, body: &Bytes) -> Result<Response, Problem> {
    let mut request: Request = body::parse(body)?;
    only_one(request.n)?;
    let model = api.host.resolve(request.model.as_deref())?;
    let streams = request.stream.unwrap_or(false);
    let with_usage = request.stream_options.take().unwrap_or_default().include_usage;
    let answer = ask(api, &model, question(request)?).await?;
    if streams {
        return Ok(body::events(chunks(answer, model, with_usage), Some("[DONE]")));
    }
    Ok(Json(whole(answer.whole().await?, &model)).into_response())
}

fn question(request: Request) -> Result<Question, Problem> {
    let asked = at_least_one("max_completion_tokens", request.max_completion_tokens)?;
    let asked = asked.or(at_least_one("max_tokens", request.max_tokens)?);
    Ok(Question {
        messages: request.messages.into_iter().map(message).collect::<Result<_, _>>()?,
        tools: request.tools.unwrap_or_default(),
        choice: choice(request.tool_choice)?,
        grammar: request.response_format.and_then(ResponseFormat::grammar),
        sampler: request.sampling.for_text()?,
        max_tokens: asked,
        stops: stops(request.stop),
        thinking: request.chat_template_kwargs.and_then(|it| it.enable_thinking),
    })
}

fn message(wire: WireMessage) -> Result<Message, Problem> {
    let text = match wire.content {
        None => String::new(),
        Some(Content::Text(text)) => text,
        Some(Content::Parts(parts)) => {
            parts.into_iter().map(part_text).collect::<Result<Vec<_>, _>>()?.join("\n")
        }
    };
    let mut message = match wire.role.as_str() {
        "system" | "developer" => Message::system(text),
        "user" => Message::user(text),
        "assistant" => Message::assistant(text),
        "tool" | "function" => Message { tool: wire.name, ..Message::tool(text) },
        other => return Err(Problem::field("messages", format!("there is no role {other}"))),
    };
    if message.role == Role::Assistant {
        message.thinking = wire.reasoning_content;
        let calls = wire.tool_calls.unwrap_or_default();
        message.tool_calls = calls.into_iter().map(call).collect::<Result<_, _>>()?;
    }
    Ok(message)
}

fn part_text(part: ContentPart) -> Result<String, Problem> {
    match (part.kind.as_str(), part.text) {
        ("text", Some(text)) => Ok(text),
        (kind, _) => {
            Err(Problem::field("messages", format!("parts of the type {kind} are not supported: only text")))
        }
    }
}

fn call(wire: WireCall) -> Result<ToolCall, Problem> {
    let text = wire.function.arguments.filter(|text| !text.trim().is_empty());
    let arguments = serde_json::from_str(text.as_deref().unwrap_or("{}"))
        .map_err(|_| Problem::field("messages", "the arguments of a tool call are no JSON"))?;
    Ok(ToolCall { name: wire.function.name, arguments })
}

fn choice(wire: Option<WireChoice>) -> Result<ToolChoice, Problem> {
    Ok(match wire {
        None => ToolChoice::Auto,
        Some(WireChoice::Tool { function }) => ToolChoice::Named(function.name),
        Some(WireChoice::Word(word)) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => {
                return Err(Problem::field("tool_choice", "is auto, none, required, or names a function"));
            }
        },
    })
}

fn wire_call(call: &ToolCall) -> Value {
    let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
    json!({"id": id("call"), "type": "function", "function": function})
}

fn whole(whole: Whole, model: &str) -> Value {
    let calls: Vec<Value> = whole.calls.iter().map(wire_call).collect();
    let content = if whole.text.is_empty() && !calls.is_empty() { Value::Null } else { whole.text.into() };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null});
    if !whole.thinking.is_empty() {
        message["reasoning_content"] = whole.thinking.into();
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    json!({
        "id": id("chatcmpl"),
        "object": "chat.completion",
        "created": now(),
        "model": model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_reason(whole.ending.reason),
        }],
        "usage": usage(whole.ending.usage),
    })
}

/// The answer as chunks: its role, its pieces, why it ended, and what it cost if that is asked for.
fn chunks(answer: Answer, model: String, with_usage: bool) -> impl Stream<Item = Value> + Send {
    let head = json!({
        "id": id("chatcmpl"),
        "object": "chat.completion.chunk",
        "created": now(),
        "model": model,
    });
    let chunk = move |choices: Value, costs: Value| {
        let mut chunk = head.clone();
        chunk["choices"] = choices;
        if with_usage {
            chunk["usage"] = costs;
        }
        chunk
    };
    let choice = |delta: Value, reason: Option<&str>| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason}]);
    let first = chunk(choice(json!({"role": "assistant", "content": ""}), None), Value::Null);
    let mut calls = 0;
    let rest = answer.stream().flat_map(move |part| {
        let values = match part {
            Err(problem) => vec![problem.body(Dialect::OpenAi)],
            Ok(Part::Text(text)) => vec![chunk(choice(json!({"content": text}), None), Value::Null)],
            Ok(Part::Thinking(text)) => {
                vec![chunk(choice(json!({"reasoning_content": text}), None), Value::Null)]
            }
            Ok(Part::Call(call)) => {
                let mut call = wire_call(&call);
                call["index"] = calls.into();
                calls += 1;
                vec![chunk(choice(json!({"tool_calls": [call]}), None), Value::Null)]
            }
            Ok(Part::End(ending)) => {
                let reason = finish_reason(ending.reason);
                let mut values = vec![chunk(choice(json!({}), Some(reason)), Value::Null)];
                if with_usage {
                    values.push(chunk(json!([]), usage(ending.usage)));
                }
                values
            }
        };
        stream::iter(values)
    });
    stream::iter([first]).chain(rest)
}
