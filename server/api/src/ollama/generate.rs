//! `POST /api/generate`: one question, with `suffix` a hole to fill, with `raw` a text to go on with. It must not know prompts.

use super::wire::{Options, Think, WireKeepAlive, fail, figures, grammar, now};
use crate::answer::{Answer, Part};
use crate::chat::{Question, ToolChoice, ask};
use crate::fim::{Hole, fill};
use crate::host::KeepAlive;
use crate::options::stops;
use crate::problem::{Dialect, Problem};
use crate::text::{Text, go_on};
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use engine::{EngineError, Event};
use futures::StreamExt;
use prompt::chat::Message;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    #[serde(default)]
    prompt: String,
    suffix: Option<String>,
    system: Option<String>,
    images: Option<Vec<Value>>,
    format: Option<Value>,
    options: Option<Options>,
    raw: Option<bool>,
    stream: Option<bool>,
    think: Option<Think>,
    keep_alive: Option<WireKeepAlive>,
}

pub(super) async fn generate(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.unwrap_or_else(fail)
}

async fn answer(api: &Api, body: &Bytes) -> Result<Response, Problem> {
    let request: Request = body::parse(body)?;
    without_images(request.images.as_deref())?;
    let model = api.host.resolve(request.model.as_deref())?;
    let keep = request.keep_alive.as_ref().map(WireKeepAlive::keep).transpose()?;
    let streams = request.stream.unwrap_or(true);
    let suffix = request.suffix.clone().filter(|suffix| !suffix.is_empty());
    if request.prompt.is_empty() && suffix.is_none() {
        let mut value = load(api, &model, keep).await?;
        value["response"] = "".into();
        return Ok(Json(value).into_response());
    }
    let options = request.options.clone().unwrap_or_default();
    let answer = match suffix {
        Some(suffix) => middle(api, &model, request.prompt, suffix, &options).await?,
        None if request.raw.unwrap_or(false) => {
            let text = Text {
                prompt: request.prompt,
                sampling: options.sampling,
                grammar: grammar(request.format)?,
                max_tokens: options.max_tokens(),
                stops: stops(options.stop),
            };
            go_on(api, &model, text).await?
        }
        None => {
            let system = request.system.filter(|system| !system.is_empty()).map(Message::system);
            let question = Question {
                messages: system.into_iter().chain([Message::user(request.prompt)]).collect(),
                tools: Vec::new(),
                choice: ToolChoice::None,
                grammar: grammar(request.format)?,
                sampler: options.sampling.for_text()?,
                max_tokens: options.max_tokens(),
                stops: stops(options.stop),
                thinking: request.think.as_ref().map(Think::wanted),
            };
            ask(api, &model, question).await?
        }
    };
    keep_for(api, &model, keep);
    if streams {
        return Ok(body::lines(answer.stream().map(move |part| line(&model, part))));
    }
    Ok(Json(whole(&model, answer).await?).into_response())
}

async fn middle(
    api: &Api,
    model: &str,
    prefix: String,
    suffix: String,
    options: &Options,
) -> Result<Answer, Problem> {
    let hole = Hole {
        prefix,
        suffix,
        files: Vec::new(),
        sampler: options.sampling.for_code()?,
        max_tokens: options.max_tokens(),
        stops: stops(options.stop.clone()),
    };
    Ok(fill(api, model, hole).await?.answer)
}

/// A request without a question loads the model, or with a `keep_alive` of 0 takes it out of memory.
pub(super) async fn load(api: &Api, model: &str, keep: Option<KeepAlive>) -> Result<Value, Problem> {
    let reason = if keep == Some(KeepAlive::For(Duration::ZERO)) {
        "unload"
    } else {
        let mut events = api.engine.prepare(Some(model));
        loop {
            match events.next().await {
                Some(Ok(Event::Ready)) => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(EngineError::Stopped { reason: "it closed the connection".into() }.into()),
            }
        }
        "load"
    };
    keep_for(api, model, keep);
    Ok(json!({"model": model, "created_at": now(), "done": true, "done_reason": reason}))
}

pub(super) fn keep_for(api: &Api, model: &str, keep: Option<KeepAlive>) {
    if let Some(keep) = keep {
        api.host.keep(model, keep);
    }
}

pub(super) fn without_images(images: Option<&[Value]>) -> Result<(), Problem> {
    match images {
        None | Some([]) => Ok(()),
        Some(_) => Err(Problem::field("images", "are not supported: only text")),
    }
}

fn line(model: &str, part: Result<Part, Problem>) -> Value {
    let mut value = json!({"model": model, "created_at": now(), "response": "", "done": false});
    match part {
        Err(problem) => return problem.body(Dialect::Ollama),
        Ok(Part::Text(text)) => value["response"] = text.into(),
        Ok(Part::Thinking(text)) => value["thinking"] = text.into(),
        // No tools are offered here.
        Ok(Part::Call(_)) => {}
        Ok(Part::End(ending)) => figures(&mut value, ending),
    }
    value
}

async fn whole(model: &str, answer: Answer) -> Result<Value, Problem> {
    let whole = answer.whole().await?;
    let mut value = json!({"model": model, "created_at": now(), "response": whole.text});
    if !whole.thinking.is_empty() {
        value["thinking"] = whole.thinking.into();
    }
    figures(&mut value, whole.ending);
    Ok(value)
}
