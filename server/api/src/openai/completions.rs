//! `POST /v1/completions`: a text goes on, or with `suffix` a hole in one is filled. It must not know prompts.

use super::wire::{
    ResponseFormat, StreamOptions, at_least_one, fail, finish_reason, id, now, only_one, usage,
};
use crate::answer::{Answer, Part};
use crate::fim::{Hole, fill};
use crate::options::{OneOrMany, Sampling, stops};
use crate::problem::{Dialect, Problem};
use crate::text::{Text, go_on};
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

/// OpenAI's own.
const DEFAULT_TOKENS: u32 = 16;

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    prompt: Option<Value>,
    suffix: Option<String>,
    #[serde(flatten)]
    sampling: Sampling,
    max_tokens: Option<i64>,
    stop: Option<OneOrMany>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    n: Option<u32>,
    best_of: Option<u32>,
    echo: Option<bool>,
    response_format: Option<ResponseFormat>,
}

pub(super) async fn complete(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.unwrap_or_else(fail)
}

async fn answer(api: &Api, body: &Bytes) -> Result<Response, Problem> {
    let request: Request = body::parse(body)?;
    only_one(request.n)?;
    only_one(request.best_of)?;
    let prompt = prompt(request.prompt)?;
    let model = api.host.resolve(request.model.as_deref())?;
    let max_tokens = at_least_one("max_tokens", request.max_tokens)?.unwrap_or(DEFAULT_TOKENS);
    let stops = stops(request.stop);
    let echoed = request.echo.unwrap_or(false).then(|| prompt.clone());
    let answer = match request.suffix {
        Some(suffix) => {
            let hole = Hole {
                prefix: prompt,
                suffix,
                files: Vec::new(),
                sampler: request.sampling.for_code()?,
                max_tokens: Some(max_tokens),
                stops,
            };
            fill(api, &model, hole).await?.answer
        }
        None => {
            let text = Text {
                prompt,
                sampling: request.sampling,
                grammar: request.response_format.and_then(ResponseFormat::grammar),
                max_tokens: Some(max_tokens),
                stops,
            };
            go_on(api, &model, text).await?
        }
    };
    if request.stream.unwrap_or(false) {
        let with_usage = request.stream_options.unwrap_or_default().include_usage;
        return Ok(body::events(chunks(answer, model, echoed, with_usage), Some("[DONE]")));
    }
    let whole = answer.whole().await?;
    let text = echoed.unwrap_or_default() + &whole.text;
    let mut value = head(&model);
    value["choices"] = choice(&text, Some(finish_reason(whole.ending.reason)));
    value["usage"] = usage(whole.ending.usage);
    Ok(Json(value).into_response())
}

/// One text, alone or in a list.
fn prompt(prompt: Option<Value>) -> Result<String, Problem> {
    match prompt {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Array(mut texts)) if texts.len() == 1 => match texts.pop() {
            Some(Value::String(text)) => Ok(text),
            _ => Err(Problem::field("prompt", "must be a text; tokens are not taken")),
        },
        Some(Value::Array(_)) => Err(Problem::field("prompt", "only one text can be asked for")),
        _ => Err(Problem::field("prompt", "must be a text")),
    }
}

fn head(model: &str) -> Value {
    json!({"id": id("cmpl"), "object": "text_completion", "created": now(), "model": model})
}

fn choice(text: &str, reason: Option<&str>) -> Value {
    json!([{"text": text, "index": 0, "logprobs": null, "finish_reason": reason}])
}

fn chunks(
    answer: Answer,
    model: String,
    echoed: Option<String>,
    with_usage: bool,
) -> impl Stream<Item = Value> + Send {
    let head = head(&model);
    let chunk = move |choices: Value, costs: Value| {
        let mut chunk = head.clone();
        chunk["choices"] = choices;
        if with_usage {
            chunk["usage"] = costs;
        }
        chunk
    };
    let first = echoed.map(|text| chunk(choice(&text, None), Value::Null));
    let rest = answer.stream().flat_map(move |part| {
        let values = match part {
            Err(problem) => vec![problem.body(Dialect::OpenAi)],
            Ok(Part::Text(text)) => vec![chunk(choice(&text, None), Value::Null)],
            // Nothing is looked for in a text.
            Ok(Part::Thinking(_) | Part::Call(_)) => Vec::new(),
            Ok(Part::End(ending)) => {
                let mut values = vec![chunk(choice("", Some(finish_reason(ending.reason))), Value::Null)];
                if with_usage {
                    values.push(chunk(json!([]), usage(ending.usage)));
                }
                values
            }
        };
        stream::iter(values)
    });
    stream::iter(first).chain(rest)
}
