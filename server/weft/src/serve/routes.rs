//! The HTTP calls of `weft serve`; `engine-remote`'s `weft_serve` is their client and states the protocol.
//! It must not hold state of its own beyond what the calls share.

use super::engine::HostEngine;
use super::host::InMemory;
use axum::body::Body;
use axum::extract::{Query, Request, State as Shared};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use engine::{CancellationToken, Engine, EngineError, EventStream, GenerateRequest};
use engine_remote::{LoadedModel, PROTOCOL, ServeStatus};
use futures::StreamExt;
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the calls share.
#[derive(Clone)]
pub(crate) struct State {
    engine: HostEngine,
    token: Arc<str>,
    idle: Duration,
    started: Instant,
    /// Where the local API is, if it is on.
    api: Option<Arc<str>>,
    /// Tripped by the call `stop`.
    pub(crate) stop: CancellationToken,
}

impl State {
    pub(crate) fn new(engine: HostEngine, token: String, idle: Duration, api: Option<String>) -> Self {
        let (token, stop) = (token.into(), CancellationToken::new());
        Self { engine, token, idle, started: Instant::now(), api: api.map(Arc::from), stop }
    }
}

/// The largest body of a request: a prompt of a few thousand tokens is far below.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// All calls, each behind the token.
pub(crate) fn router(state: State) -> Router {
    asking()
        .route("/weft/v1/unload", post(unload))
        .route("/weft/v1/stop", post(stop))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state)
}

/// What a Weft elsewhere may call, through the local API and behind its checks: all that asks the models, nothing that ends them.
pub(crate) fn for_others(state: State) -> Router {
    asking().with_state(state)
}

fn asking() -> Router<State> {
    Router::new()
        .route("/weft/v1/status", get(status))
        .route("/weft/v1/model", get(model))
        .route("/weft/v1/prepare", post(prepare))
        .route("/weft/v1/generate", post(generate))
        .route("/weft/v1/embed", post(embed))
}

async fn guard(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    if api::has_key(request.headers(), &state.token) {
        next.run(request).await
    } else {
        let reason = "the bearer token is missing or wrong".to_owned();
        failure(StatusCode::UNAUTHORIZED, &EngineError::Refused { reason })
    }
}

fn in_memory(model: InMemory, state: &State) -> LoadedModel {
    let found = state.engine.host.store().find(&model.name).ok().flatten();
    let sha256 = found.and_then(|model| model.sha256);
    LoadedModel {
        sha256,
        bytes: model.bytes,
        gpu_bytes: model.gpu_bytes,
        reduced: model.reduced,
        context_tokens: model.context_tokens,
        leaves_in_seconds: model.leaves_in.map(|left| left.as_secs()),
        name: model.name,
    }
}

async fn status(Shared(state): Shared<State>) -> Json<ServeStatus> {
    let loaded = state.engine.host.loaded();
    Json(ServeStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL,
        pid: std::process::id(),
        loaded: loaded.iter().map(|model| model.name.clone()).collect(),
        models: loaded.into_iter().map(|model| in_memory(model, &state)).collect(),
        api: state.api.as_deref().map(str::to_owned),
        active: state.engine.activity.active(),
        chats: state.engine.chats.active(),
        uptime_seconds: state.started.elapsed().as_secs(),
        idle_seconds: state.idle.as_secs(),
    })
}

#[derive(Deserialize)]
struct ModelQuery {
    name: Option<String>,
}

async fn model(Shared(state): Shared<State>, Query(query): Query<ModelQuery>) -> Response {
    match state.engine.model_info(query.name.as_deref()).await {
        Ok(info) => Json(info).into_response(),
        Err(error @ EngineError::Failed { .. }) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error),
        Err(error) => failure(StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}

async fn prepare(Shared(state): Shared<State>, Query(query): Query<ModelQuery>) -> Response {
    lines(state.engine.prepare(query.name.as_deref()))
}

async fn generate(Shared(state): Shared<State>, Json(request): Json<GenerateRequest>) -> Response {
    lines(state.engine.generate(request, CancellationToken::new()))
}

#[derive(Deserialize)]
struct EmbedRequest {
    model: String,
    texts: Vec<String>,
}

async fn embed(Shared(state): Shared<State>, Json(request): Json<EmbedRequest>) -> Response {
    match state.engine.embed(&request.model, request.texts).await {
        Ok(vectors) => Json(vectors).into_response(),
        Err(error) => failure(StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}

/// Takes a model out of memory.
async fn unload(Shared(state): Shared<State>, Query(query): Query<ModelQuery>) -> Response {
    match state.engine.host.resolve(query.name.as_deref()) {
        Ok(model) => {
            let unloaded = state.engine.host.unload(&model.name);
            Json(serde_json::json!({ "unloaded": unloaded })).into_response()
        }
        Err(error) => failure(StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}

async fn stop(Shared(state): Shared<State>) -> Json<serde_json::Value> {
    // After the answer is on its way.
    let stop = state.stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stop.cancel();
    });
    Json(serde_json::json!({}))
}

/// One JSON object a line; an error is `{"error": …}` and the last line.
fn lines(events: EventStream) -> Response {
    let lines = events.map(|event| {
        let value = match event {
            Ok(event) => serde_json::to_string(&event),
            Err(error) => serde_json::to_string(&serde_json::json!({ "error": error })),
        };
        value.map(|line| line + "\n")
    });
    Response::builder()
        .header("content-type", "application/x-ndjson")
        .body(Body::from_stream(lines))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn failure(status: StatusCode, error: &EngineError) -> Response {
    (status, Json(serde_json::json!({ "error": error }))).into_response()
}
