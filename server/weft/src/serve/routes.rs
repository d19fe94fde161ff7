//! The HTTP calls of `weft serve`; `engine-remote`'s `weft_serve` is their client and states the protocol.
//! It must not hold state of its own beyond what the calls share.

use super::auth;
use super::host::{Host, LoadState};
use super::idle::{Activity, Busy};
use axum::body::Body;
use axum::extract::{Query, Request, State as Shared};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use engine::{CancellationToken, EngineError, Event, EventStream, GenerateRequest, Priority};
use engine_remote::{PROTOCOL, ServeStatus};
use futures::{StreamExt, stream};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_stream::wrappers::WatchStream;

/// What the calls share.
#[derive(Clone)]
pub(crate) struct State {
    host: Arc<Host>,
    activity: Arc<Activity>,
    /// The part of the activity that is chats.
    chats: Arc<Activity>,
    token: Arc<str>,
    idle: Duration,
    started: Instant,
    /// Tripped by the call `stop`.
    pub(crate) stop: CancellationToken,
}

impl State {
    pub(crate) fn new(host: Arc<Host>, activity: Arc<Activity>, token: String, idle: Duration) -> Self {
        let (token, stop) = (token.into(), CancellationToken::new());
        let chats = Arc::default();
        Self { host, activity, chats, token, idle, started: Instant::now(), stop }
    }
}

/// The largest body of a request: a prompt of a few thousand tokens is far below.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// All calls, each behind the token.
pub(crate) fn router(state: State) -> Router {
    Router::new()
        .route("/weft/v1/status", get(status))
        .route("/weft/v1/model", get(model))
        .route("/weft/v1/prepare", post(prepare))
        .route("/weft/v1/generate", post(generate))
        .route("/weft/v1/stop", post(stop))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state)
}

async fn guard(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    if auth::allowed(request.headers(), &state.token) {
        next.run(request).await
    } else {
        let reason = "the bearer token is missing or wrong".to_owned();
        failure(StatusCode::UNAUTHORIZED, &EngineError::Refused { reason })
    }
}

async fn status(Shared(state): Shared<State>) -> Json<ServeStatus> {
    Json(ServeStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL,
        pid: std::process::id(),
        loaded: state.host.loaded(),
        active: state.activity.active(),
        chats: state.chats.active(),
        uptime_seconds: state.started.elapsed().as_secs(),
        idle_seconds: state.idle.as_secs(),
    })
}

#[derive(Deserialize)]
struct ModelQuery {
    name: Option<String>,
}

async fn model(Shared(state): Shared<State>, Query(query): Query<ModelQuery>) -> Response {
    let _busy = state.activity.begin();
    let host = state.host.clone();
    // Reading a header touches the disk.
    let info = tokio::task::spawn_blocking(move || host.info(query.name.as_deref())).await;
    match info {
        Ok(Ok(info)) => Json(info).into_response(),
        Ok(Err(error)) => failure(StatusCode::UNPROCESSABLE_ENTITY, &error),
        Err(error) => {
            let failed = EngineError::Failed { reason: error.to_string() };
            failure(StatusCode::INTERNAL_SERVER_ERROR, &failed)
        }
    }
}

async fn prepare(Shared(state): Shared<State>, Query(query): Query<ModelQuery>) -> Response {
    let busy = state.activity.begin();
    match state.host.load(query.name.as_deref()) {
        Err(error) => failure(StatusCode::UNPROCESSABLE_ENTITY, &error),
        Ok((name, loading)) => {
            let events = load_events(name, loading).map(|step| match step {
                Step::Event(event) => Ok(event),
                Step::Ready(..) => Ok(Event::Ready),
                Step::Failed(error) => Err(error),
            });
            lines(events.boxed(), busy)
        }
    }
}

async fn generate(Shared(state): Shared<State>, Json(request): Json<GenerateRequest>) -> Response {
    let busy = state.activity.begin();
    let (name, loading) = match state.host.load(request.model.as_deref()) {
        Err(error) => return failure(StatusCode::UNPROCESSABLE_ENTITY, &error),
        Ok(loading) => loading,
    };
    let waited = matches!(*loading.borrow(), LoadState::Loading(_));
    let chat = (request.priority == Priority::Chat).then(|| state.chats.begin());
    let mut request = Some(request);
    let events = load_events(name, loading).flat_map(move |step| match step {
        Step::Event(event) => stream::iter([Ok(event)]).boxed(),
        Step::Failed(error) => stream::iter([Err(error)]).boxed(),
        Step::Ready(engine, took) => match request.take() {
            None => stream::empty().boxed(),
            Some(request) => {
                let load_ms = if waited { took.as_secs_f64() * 1000.0 } else { 0.0 };
                // The engine stops when this stream is dropped, and it is dropped when the connection closes.
                let events = engine.generate(request, &CancellationToken::new());
                events.map(move |event| event.map(|event| with_load_time(event, load_ms))).boxed()
            }
        },
    });
    // Dropped with the stream.
    let events = events.inspect(move |_| _ = &chat);
    lines(events.boxed(), busy)
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

enum Step {
    Event(Event),
    Ready(Arc<engine_llama::LlamaEngine>, Duration),
    Failed(EngineError),
}

/// A model's way into memory, up to its end.
fn load_events(
    name: String,
    loading: tokio::sync::watch::Receiver<LoadState>,
) -> impl futures::Stream<Item = Step> + Send + 'static {
    let mut ended = false;
    WatchStream::new(loading)
        .map(move |state| match state {
            LoadState::Loading(fraction) => Step::Event(Event::Loading { model: name.clone(), fraction }),
            LoadState::Ready(engine, took) => Step::Ready(engine, took),
            LoadState::Failed(error) => Step::Failed(error),
        })
        .take_while(move |step| {
            let go_on = !ended;
            ended = !matches!(step, Step::Event(_));
            std::future::ready(go_on)
        })
}

fn with_load_time(event: Event, load_ms: f64) -> Event {
    match event {
        Event::Prompt(stats) => Event::Prompt(engine::PromptStats { load_ms, ..stats }),
        other => other,
    }
}

/// One JSON object a line; an error is `{"error": …}` and the last line.
fn lines(events: EventStream, busy: Busy) -> Response {
    let lines = events.map(move |event| {
        let _busy = &busy;
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
