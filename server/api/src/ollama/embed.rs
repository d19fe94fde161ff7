//! `POST /api/embed`, and `POST /api/embeddings`, which older clients use. It must not compute anything: the host does.

use super::generate::keep_for;
use super::wire::{WireKeepAlive, fail, nanoseconds};
use crate::options::OneOrMany;
use crate::problem::Problem;
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    input: OneOrMany,
    keep_alive: Option<WireKeepAlive>,
}

#[derive(Debug, Deserialize)]
struct OldRequest {
    model: Option<String>,
    prompt: String,
    keep_alive: Option<WireKeepAlive>,
}

pub(super) async fn embed(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.map_or_else(fail, |value| Json(value).into_response())
}

pub(super) async fn embed_one(api: Shared, body: Bytes) -> Response {
    old_answer(&api, &body).await.map_or_else(fail, |value| Json(value).into_response())
}

async fn answer(api: &Api, body: &Bytes) -> Result<Value, Problem> {
    let request: Request = body::parse(body)?;
    let begun = Instant::now();
    let model = api.host.resolve(request.model.as_deref())?;
    let keep = request.keep_alive.as_ref().map(WireKeepAlive::keep).transpose()?;
    let embedded = api.host.embed(&model, request.input.into_vec()).await?;
    keep_for(api, &model, keep);
    Ok(json!({
        "model": model,
        "embeddings": embedded.vectors,
        "total_duration": nanoseconds(begun.elapsed().as_secs_f64() * 1000.0),
        "load_duration": 0,
        "prompt_eval_count": embedded.tokens,
    }))
}

async fn old_answer(api: &Api, body: &Bytes) -> Result<Value, Problem> {
    let request: OldRequest = body::parse(body)?;
    let model = api.host.resolve(request.model.as_deref())?;
    let keep = request.keep_alive.as_ref().map(WireKeepAlive::keep).transpose()?;
    let mut embedded = api.host.embed(&model, vec![request.prompt]).await?;
    keep_for(api, &model, keep);
    Ok(json!({"embedding": embedded.vectors.pop().unwrap_or_default()}))
}
