//! `tokenize` and `detokenize`. They must not know a vocabulary: the host has it.

use super::fail;
use crate::host::{TokenPiece, Tokenize};
use crate::problem::Problem;
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    content: String,
    #[serde(default)]
    add_special: bool,
    /// llama-server's own default: who asks for tokens shows nothing to a model.
    #[serde(default = "yes")]
    parse_special: bool,
    #[serde(default)]
    with_pieces: bool,
}

#[derive(Debug, Deserialize)]
struct Back {
    model: Option<String>,
    tokens: Vec<i32>,
}

fn yes() -> bool {
    true
}

pub(super) async fn tokenize(api: Shared, body: Bytes) -> Response {
    tokens(&api, &body).await.map_or_else(fail, |value| Json(value).into_response())
}

pub(super) async fn detokenize(api: Shared, body: Bytes) -> Response {
    text(&api, &body).await.map_or_else(fail, |value| Json(value).into_response())
}

async fn tokens(api: &Api, body: &Bytes) -> Result<Value, Problem> {
    let request: Request = body::parse(body)?;
    let model = api.host.resolve(request.model.as_deref())?;
    let tokenize = Tokenize {
        text: request.content,
        add_special: request.add_special,
        parse_special: request.parse_special,
    };
    let tokens = api.host.tokenize(&model, tokenize).await?;
    let shown = |token: TokenPiece| match String::from_utf8(token.bytes) {
        _ if !request.with_pieces => json!(token.id),
        Ok(piece) => json!({"id": token.id, "piece": piece}),
        Err(error) => json!({"id": token.id, "piece": error.into_bytes()}),
    };
    Ok(json!({"tokens": tokens.into_iter().map(shown).collect::<Vec<_>>()}))
}

async fn text(api: &Api, body: &Bytes) -> Result<Value, Problem> {
    let request: Back = body::parse(body)?;
    let model = api.host.resolve(request.model.as_deref())?;
    Ok(json!({"content": api.host.detokenize(&model, request.tokens).await?}))
}
