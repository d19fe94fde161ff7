//! `POST /api/chat`. It must not know prompts: see `crate::chat`.

use super::generate::{keep_for, load, without_images};
use super::wire::{Options, Think, WireKeepAlive, fail, figures, grammar, now};
use crate::answer::{Answer, Part};
use crate::chat::{Question, ToolChoice, ask};
use crate::options::stops;
use crate::problem::{Dialect, Problem};
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use prompt::chat::{Message, ToolCall};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    #[serde(default)]
    messages: Vec<WireMessage>,
    tools: Option<Vec<Value>>,
    format: Option<Value>,
    options: Option<Options>,
    stream: Option<bool>,
    think: Option<Think>,
    keep_alive: Option<WireKeepAlive>,
}

#[derive(Debug, Deserialize)]
struct WireMessage {
    role: String,
    content: Option<String>,
    thinking: Option<String>,
    images: Option<Vec<Value>>,
    tool_calls: Option<Vec<WireCall>>,
    tool_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireCall {
    function: WireFunction,
}

#[derive(Debug, Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: Value,
}

pub(super) async fn chat(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.unwrap_or_else(fail)
}

async fn answer(api: &Api, body: &Bytes) -> Result<Response, Problem> {
    let request: Request = body::parse(body)?;
    let model = api.host.resolve(request.model.as_deref())?;
    let keep = request.keep_alive.as_ref().map(WireKeepAlive::keep).transpose()?;
    if request.messages.is_empty() {
        let mut value = load(api, &model, keep).await?;
        value["message"] = json!({"role": "assistant", "content": ""});
        return Ok(Json(value).into_response());
    }
    let options = request.options.unwrap_or_default();
    let question = Question {
        messages: request.messages.into_iter().map(message).collect::<Result<_, _>>()?,
        tools: request.tools.unwrap_or_default(),
        choice: ToolChoice::Auto,
        grammar: grammar(request.format)?,
        sampler: options.sampling.for_text()?,
        max_tokens: options.max_tokens(),
        stops: stops(options.stop),
        thinking: request.think.as_ref().map(Think::wanted),
    };
    let answer = ask(api, &model, question).await?;
    keep_for(api, &model, keep);
    if request.stream.unwrap_or(true) {
        return Ok(body::lines(answer.stream().map(move |part| line(&model, part))));
    }
    Ok(Json(whole(&model, answer).await?).into_response())
}

fn message(wire: WireMessage) -> Result<Message, Problem> {
    without_images(wire.images.as_deref())?;
    let text = wire.content.unwrap_or_default();
    match wire.role.as_str() {
        "system" => Ok(Message::system(text)),
        "user" => Ok(Message::user(text)),
        "tool" => Ok(Message { tool: wire.tool_name, ..Message::tool(text) }),
        "assistant" => {
            let calls = wire.tool_calls.unwrap_or_default().into_iter();
            let call = |WireCall { function: WireFunction { name, arguments } }| ToolCall { name, arguments };
            Ok(Message {
                thinking: wire.thinking,
                tool_calls: calls.map(call).collect(),
                ..Message::assistant(text)
            })
        }
        other => Err(Problem::field("messages", format!("there is no role {other}"))),
    }
}

fn wire_call(call: &ToolCall) -> Value {
    json!({"function": {"name": call.name, "arguments": call.arguments}})
}

fn line(model: &str, part: Result<Part, Problem>) -> Value {
    let mut message = json!({"role": "assistant", "content": ""});
    let mut ending = None;
    match part {
        Err(problem) => return problem.body(Dialect::Ollama),
        Ok(Part::Text(text)) => message["content"] = text.into(),
        Ok(Part::Thinking(text)) => message["thinking"] = text.into(),
        Ok(Part::Call(call)) => message["tool_calls"] = json!([wire_call(&call)]),
        Ok(Part::End(end)) => ending = Some(end),
    }
    let mut value = json!({"model": model, "created_at": now(), "message": message, "done": false});
    if let Some(ending) = ending {
        figures(&mut value, ending);
    }
    value
}

async fn whole(model: &str, answer: Answer) -> Result<Value, Problem> {
    let whole = answer.whole().await?;
    let mut message = json!({"role": "assistant", "content": whole.text});
    if !whole.thinking.is_empty() {
        message["thinking"] = whole.thinking.into();
    }
    if !whole.calls.is_empty() {
        message["tool_calls"] = whole.calls.iter().map(wire_call).collect();
    }
    let mut value = json!({"model": model, "created_at": now(), "message": message});
    figures(&mut value, whole.ending);
    Ok(value)
}
