//! The client of `weft serve`: Weft's own engine in a process of its own, on this machine.
//!
//! The protocol is JSON over HTTP on the loopback interface, with a bearer token: `GET /weft/v1/status`,
//! `GET /weft/v1/model`, `POST /weft/v1/unload` and `/weft/v1/stop`, and `POST /weft/v1/prepare` and
//! `/weft/v1/generate`, whose answers are one JSON event a line. Closing the connection cancels the work.

use crate::failure::Failure;
use crate::lines::LineBuffer;
use engine::{CancellationToken, EngineError, Event, EventStream, GenerateRequest, ModelInfo};
use futures::{StreamExt, stream};
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a `weft serve` listens, and the token that it wants.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// The bearer token, from the file that only the user can read.
    pub token: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Endpoint").field("port", &self.port).finish_non_exhaustive()
    }
}

/// The number of the protocol. It goes up with every change that an older peer would misread: a client replaces
/// an engine of another number, also where both have the same version (a build from source).
pub const PROTOCOL: u32 = 4;

/// What a `weft serve` says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServeStatus {
    /// Its version; a client of another version replaces it.
    pub version: String,
    /// Its [`PROTOCOL`].
    #[serde(default)]
    pub protocol: u32,
    /// Its process id.
    pub pid: u32,
    /// The models that are in memory.
    pub loaded: Vec<String>,
    /// What is known of them, the last used first.
    #[serde(default)]
    pub models: Vec<LoadedModel>,
    /// The address of its local API, where that is on.
    #[serde(default)]
    pub api: Option<String>,
    /// Requests at work or waiting.
    pub active: usize,
    /// How many of them are chats.
    #[serde(default)]
    pub chats: usize,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// It leaves after so many idle seconds.
    pub idle_seconds: u64,
}

/// A model in the memory of a `weft serve`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadedModel {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file, where the catalogue knows it.
    pub sha256: Option<String>,
    /// Bytes of memory, by estimate.
    pub bytes: u64,
    /// How much of that is a graphics card's.
    pub gpu_bytes: u64,
    /// Tokens of context for conversations.
    pub context_tokens: u32,
    /// What was reduced so that it fits into memory, in words.
    #[serde(default)]
    pub reduced: Vec<String>,
    /// Seconds until it leaves if nobody uses it; `None` for never.
    pub leaves_in_seconds: Option<u64>,
}

/// The client.
#[derive(Clone, Debug)]
pub struct WeftServe {
    http: reqwest::Client,
    /// The address before the calls' paths.
    base: String,
    endpoint: Endpoint,
    /// Whether something else may answer in its place, such as a load balancer.
    elsewhere: bool,
}

impl WeftServe {
    /// A client of the server at `endpoint`. Nothing is sent yet.
    pub fn new(endpoint: Endpoint) -> Result<Self, EngineError> {
        let http = reqwest::Client::builder()
            // Loopback only: a proxy of the environment must not see the user's code.
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .build()
            .map_err(|error| EngineError::NotStarted { reason: error.to_string() })?;
        Ok(Self { http, base: format!("http://127.0.0.1:{}", endpoint.port), endpoint, elsewhere: false })
    }

    /// A client of a server elsewhere; the port of `endpoint` is not looked at.
    pub(crate) fn at(http: reqwest::Client, base: String, endpoint: Endpoint) -> Self {
        Self { http, base, endpoint, elsewhere: true }
    }

    /// Where this client sends to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks the server how it is; fails within two seconds when there is none.
    pub async fn status(&self) -> Result<ServeStatus, EngineError> {
        let request = self.http.get(self.url("status")).timeout(Duration::from_secs(2));
        self.json(request).await
    }

    /// Asks the server to leave.
    pub async fn stop(&self) -> Result<(), EngineError> {
        let request = self.http.post(self.url("stop")).timeout(Duration::from_secs(5));
        self.json::<serde_json::Value>(request).await.map(|_| ())
    }

    /// Asks the server to take a model out of memory. False where it is not there.
    pub async fn unload(&self, model: &str) -> Result<bool, EngineError> {
        #[derive(Deserialize)]
        struct Unloaded {
            unloaded: bool,
        }
        let request = self.http.post(self.url("unload")).query(&ModelQuery::new(Some(model)));
        self.json::<Unloaded>(request.timeout(Duration::from_secs(5))).await.map(|answer| answer.unloaded)
    }

    /// See [`engine::Engine::model_info`].
    pub async fn model_info(&self, model: Option<&str>) -> Result<ModelInfo, EngineError> {
        self.json(self.http.get(self.url("model")).query(&ModelQuery::new(model))).await
    }

    /// See [`engine::Engine::embed`].
    pub async fn embed(&self, model: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, EngineError> {
        #[derive(Serialize)]
        struct Asked<'a> {
            model: &'a str,
            texts: &'a [String],
        }
        self.json(self.http.post(self.url("embed")).json(&Asked { model, texts })).await
    }

    /// See [`engine::Engine::prepare`].
    pub fn prepare(&self, model: Option<&str>) -> EventStream {
        let request = self.http.post(self.url("prepare")).query(&ModelQuery::new(model));
        self.events(request, CancellationToken::new())
    }

    /// See [`engine::Engine::generate`].
    pub fn generate(&self, request: &GenerateRequest, cancel: CancellationToken) -> EventStream {
        self.events(self.http.post(self.url("generate")).json(request), cancel)
    }

    fn url(&self, call: &str) -> String {
        format!("{}/weft/v1/{call}", self.base)
    }

    async fn json<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, EngineError> {
        let response = send(request.bearer_auth(&self.endpoint.token), self.elsewhere).await?;
        response.json().await.map_err(|error| stopped(&error))
    }

    fn events(&self, request: reqwest::RequestBuilder, cancel: CancellationToken) -> EventStream {
        let request = request.bearer_auth(&self.endpoint.token);
        let events = stream::once(send(request, self.elsewhere)).flat_map(|response| match response {
            Err(error) => stream::iter([Err(error)]).boxed(),
            Ok(response) => {
                let mut lines = LineBuffer::default();
                let body = response.bytes_stream().flat_map(move |chunk| {
                    let events: Vec<Result<Event, EngineError>> = match chunk {
                        Err(error) => vec![Err(stopped(&error))],
                        Ok(chunk) => lines.push(&chunk).iter().map(|line| parse(line)).collect(),
                    };
                    stream::iter(events)
                });
                ensure_end(body.boxed())
            }
        });
        // The stream ends at the cancellation, and dropping it closes the connection.
        events.take_until(cancel.cancelled_owned()).boxed()
    }
}

#[derive(Serialize)]
struct ModelQuery<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl<'a> ModelQuery<'a> {
    fn new(name: Option<&'a str>) -> Self {
        Self { name }
    }
}

/// One line of an answer: an event, or `{"error": …}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Error { error: EngineError },
    Event(Event),
}

fn parse(line: &[u8]) -> Result<Event, EngineError> {
    match serde_json::from_slice(line) {
        Ok(Line::Event(event)) => Ok(event),
        Ok(Line::Error { error }) => Err(error),
        Err(error) => {
            Err(EngineError::Failed { reason: format!("an answer of the engine is unreadable: {error}") })
        }
    }
}

async fn send(request: reqwest::RequestBuilder, elsewhere: bool) -> Result<reqwest::Response, EngineError> {
    let response = request.send().await.map_err(|error| stopped(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let headers = response.headers().clone();
    let body = response.bytes().await.unwrap_or_default();
    match serde_json::from_slice::<Line>(&body) {
        Ok(Line::Error { error }) => Err(error),
        _ if elsewhere => Err(foreign(status.as_u16(), &headers, &String::from_utf8_lossy(&body))),
        _ => Err(EngineError::Refused { reason: format!("HTTP status {status}") }),
    }
}

/// What something else than `weft serve` answered, by the categories of providers. The engine's name is the caller's to fill in.
fn foreign(status: u16, headers: &HeaderMap, body: &str) -> EngineError {
    // A page for people is of no use in a message.
    let body = if body.trim_start().starts_with('<') { "" } else { body };
    Failure::of_answer(status, headers, body).into_error("", &[])
}

/// A body that ends without a last event means that the engine's process is gone.
fn ensure_end(events: EventStream) -> EventStream {
    stream::unfold((events, false), |(mut events, ended)| async move {
        match events.next().await {
            Some(event) => {
                let last = ended || matches!(event, Err(_) | Ok(Event::Finished(_) | Event::Ready));
                Some((event, (events, last)))
            }
            None if ended => None,
            None => {
                let gone = EngineError::Stopped { reason: "it closed the connection".into() };
                Some((Err(gone), (stream::empty().boxed(), true)))
            }
        }
    })
    .boxed()
}

fn stopped(error: &reqwest::Error) -> EngineError {
    // The address is of no use to the reader, the innermost cause is ("connection refused").
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    EngineError::Stopped { reason: cause.to_string() }
}
