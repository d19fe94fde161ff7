//! `POST /infill`: what llama.vim and llama.vscode ask for at each pause. It must not know prompts: see `crate::fim`.

use super::fail;
use crate::answer::{Ending, Part, Reason, Usage};
use crate::fim::{Filling, Hole, fill};
use crate::metrics::speed;
use crate::options::{OneOrMany, Sampling, stops};
use crate::problem::{Dialect, Kind, Problem};
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use engine::Sampler;
use futures::{Stream, stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    #[serde(default)]
    input_prefix: String,
    #[serde(default)]
    input_suffix: String,
    #[serde(default)]
    input_extra: Vec<Extra>,
    /// Comes behind the prefix: llama.vim sends the cursor's line here.
    #[serde(default)]
    prompt: String,
    #[serde(flatten)]
    sampling: Sampling,
    /// Below 0: as many as is usual here.
    n_predict: Option<i64>,
    stop: Option<OneOrMany>,
    samplers: Option<Value>,
    /// Milliseconds of writing, after which the first line end is the end.
    t_max_predict_ms: Option<i64>,
    #[serde(default)]
    stream: bool,
    /// Only these members are wanted, by paths such as `timings/prompt_n`.
    #[serde(default)]
    response_fields: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Extra {
    text: String,
    #[serde(default)]
    filename: String,
}

pub(super) async fn infill(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.unwrap_or_else(fail)
}

async fn answer(api: &Api, body: &Bytes) -> Result<Response, Problem> {
    let request: Request = body::parse(body)?;
    let model = api.host.resolve(request.model.as_deref().filter(|model| !model.is_empty()))?;
    let only_evaluates = request.n_predict == Some(0);
    let limit = request.t_max_predict_ms.and_then(|limit| u64::try_from(limit).ok()).filter(|&it| it > 0);
    let fields = request.response_fields.clone();
    let streams = request.stream;
    let shape = Shape { model: model.clone(), fields };
    let filling = match fill(api, &model, hole(request)?).await {
        Ok(filling) => filling,
        // It made way for somebody who types: what has been evaluated of it is kept, and nobody wants more.
        Err(problem) if only_evaluates && problem.kind == Kind::Unavailable => {
            let told = Told { content: String::new(), ending: evaluated(Usage::default()), truncated: false };
            return Ok(Json(shape.last(&told)).into_response());
        }
        Err(problem) => return Err(problem),
    };
    let writing = Writing {
        truncated: filling.truncated,
        filling,
        limit: limit.map(Duration::from_millis),
        first: None,
        lines: false,
        tokens: 0,
        ended: false,
    };
    if streams {
        return Ok(body::events(chunks(writing, shape), None));
    }
    let told = writing.whole().await;
    match told {
        Err(problem) if only_evaluates && problem.kind == Kind::Unavailable => {
            let told = Told { content: String::new(), ending: evaluated(Usage::default()), truncated: false };
            Ok(Json(shape.last(&told)).into_response())
        }
        told => Ok(Json(shape.last(&told?)).into_response()),
    }
}

fn evaluated(usage: Usage) -> Ending {
    Ending { reason: Reason::Length, usage }
}

fn hole(request: Request) -> Result<Hole, Problem> {
    let sampler = match &request.samplers {
        // llama-server's own default has no infill sampler, but the plugins that use this call ask for it.
        None => Sampler::Infill,
        Some(samplers) if has_infill(samplers) => Sampler::Infill,
        Some(_) => request.sampling.for_code()?,
    };
    Ok(Hole {
        prefix: request.input_prefix + &request.prompt,
        suffix: request.input_suffix,
        files: request.input_extra.into_iter().map(|extra| (extra.filename, extra.text)).collect(),
        sampler,
        max_tokens: request.n_predict.and_then(|tokens| u32::try_from(tokens).ok()),
        stops: stops(request.stop),
    })
}

/// A list of names, or a text with a letter for each.
fn has_infill(samplers: &Value) -> bool {
    match samplers {
        Value::Array(names) => names.iter().any(|name| name == "infill"),
        Value::String(letters) => letters.contains('i'),
        _ => false,
    }
}

/// An answer at work.
struct Writing {
    filling: Filling,
    truncated: bool,
    limit: Option<Duration>,
    /// When the first token came.
    first: Option<Instant>,
    /// Whether a line end has come.
    lines: bool,
    tokens: u32,
    ended: bool,
}

/// A piece, or the end.
enum Step {
    Text(String),
    End(Ending),
}

impl Writing {
    async fn next(&mut self) -> Option<Result<Step, Problem>> {
        if self.ended {
            return None;
        }
        let late = matches!((self.limit, self.first), (Some(limit), Some(first)) if first.elapsed() > limit);
        if late && self.lines {
            // Dropping the answer stops the engine.
            self.ended = true;
            let generate_ms = self.first.map_or(0.0, |first| first.elapsed().as_secs_f64() * 1000.0);
            let usage = Usage { answer_tokens: self.tokens, generate_ms, ..self.filling.answer.usage() };
            return Some(Ok(Step::End(Ending { reason: Reason::Length, usage })));
        }
        match self.filling.answer.next().await {
            Some(Ok(Part::Text(text) | Part::Thinking(text))) => {
                self.first.get_or_insert_with(Instant::now);
                self.lines |= text.contains('\n');
                self.tokens += 1;
                Some(Ok(Step::Text(text)))
            }
            Some(Ok(Part::Call(_))) => Some(Ok(Step::Text(String::new()))),
            Some(Ok(Part::End(ending))) => {
                self.ended = true;
                Some(Ok(Step::End(ending)))
            }
            Some(Err(problem)) => {
                self.ended = true;
                Some(Err(problem))
            }
            None => None,
        }
    }

    async fn whole(mut self) -> Result<Told, Problem> {
        let mut content = String::new();
        let mut ending = evaluated(self.filling.answer.usage());
        while let Some(step) = self.next().await {
            match step? {
                Step::Text(text) => content.push_str(&text),
                Step::End(end) => ending = end,
            }
        }
        Ok(Told { content, ending, truncated: self.truncated })
    }
}

/// An answer that is over.
struct Told {
    content: String,
    ending: Ending,
    truncated: bool,
}

/// How answers are written.
#[derive(Clone)]
struct Shape {
    model: String,
    fields: Vec<String>,
}

impl Shape {
    /// The last, or only, object.
    fn last(&self, told: &Told) -> Value {
        let usage = told.ending.usage;
        let evaluated = usage.prompt_tokens.saturating_sub(usage.cached_tokens);
        let value = json!({
            "index": 0,
            "content": told.content,
            "tokens": [],
            "id_slot": 0,
            "stop": true,
            "model": self.model,
            "tokens_predicted": usage.answer_tokens,
            "tokens_evaluated": usage.prompt_tokens,
            "tokens_cached": usage.prompt_tokens.saturating_add(usage.answer_tokens),
            "truncated": told.truncated,
            "stop_type": if told.ending.reason == Reason::Length { "limit" } else { "eos" },
            "stopping_word": "",
            "generation_settings": {},
            "timings": timings(evaluated, &usage),
        });
        self.chosen(value)
    }

    fn piece(&self, text: String) -> Value {
        self.chosen(json!({"index": 0, "content": text, "tokens": [], "stop": false, "id_slot": 0}))
    }

    /// Only the members that were asked for, under the paths by which they were.
    fn chosen(&self, value: Value) -> Value {
        if self.fields.is_empty() {
            return value;
        }
        let member = |path: &String| Some((path.clone(), value.pointer(&format!("/{path}"))?.clone()));
        Value::Object(self.fields.iter().filter_map(member).collect::<Map<_, _>>())
    }
}

fn timings(evaluated: u32, usage: &Usage) -> Value {
    let each =
        |milliseconds: f64, tokens: u32| if tokens == 0 { 0.0 } else { milliseconds / f64::from(tokens) };
    json!({
        "cache_n": usage.cached_tokens,
        "prompt_n": evaluated,
        "prompt_ms": usage.prompt_ms,
        "prompt_per_token_ms": each(usage.prompt_ms, evaluated),
        "prompt_per_second": speed(u64::from(evaluated), usage.prompt_ms),
        "predicted_n": usage.answer_tokens,
        "predicted_ms": usage.generate_ms,
        "predicted_per_token_ms": each(usage.generate_ms, usage.answer_tokens),
        "predicted_per_second": speed(u64::from(usage.answer_tokens), usage.generate_ms),
    })
}

fn chunks(writing: Writing, shape: Shape) -> impl Stream<Item = Value> + Send {
    stream::unfold((writing, shape), |(mut writing, shape)| async move {
        let value = match writing.next().await? {
            Ok(Step::Text(text)) => shape.piece(text),
            Ok(Step::End(ending)) => {
                let told = Told { content: String::new(), ending, truncated: writing.truncated };
                shape.last(&told)
            }
            Err(problem) => problem.body(Dialect::LlamaServer),
        };
        Some((value, (writing, shape)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_members_that_are_asked_for_come() {
        let fields = ["content", "timings/predicted_n", "no_such"].map(str::to_owned).to_vec();
        let shape = Shape { model: "m".into(), fields };
        let usage = Usage { answer_tokens: 3, ..Usage::default() };
        let told = Told { content: "x".into(), ending: evaluated(usage), truncated: false };
        assert_eq!(shape.last(&told), json!({"content": "x", "timings/predicted_n": 3}));
    }

    #[test]
    fn the_plugins_request_asks_for_the_infill_sampler() {
        let read = |json: Value| hole(serde_json::from_value(json).unwrap()).unwrap();
        let hole = read(json!({
            "input_prefix": "a\n", "prompt": "b", "input_suffix": "\nc", "n_predict": 64,
            "input_extra": [{"text": "x", "time": [1, 2], "filename": "x.py"}],
            "samplers": ["top_k", "top_p", "infill"], "top_k": 40, "top_p": 0.9, "cache_prompt": true,
        }));
        assert_eq!((hole.prefix.as_str(), hole.suffix.as_str(), hole.max_tokens), ("a\nb", "\nc", Some(64)));
        assert_eq!((hole.sampler, hole.files.len()), (Sampler::Infill, 1));
        assert_eq!(read(json!({"samplers": ["top_k"]})).sampler, Sampler::Greedy);
        assert_eq!(read(json!({"n_predict": -1})).max_tokens, None);
    }
}
