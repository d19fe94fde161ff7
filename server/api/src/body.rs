//! Bodies in and out: JSON whatever its content type, server-sent events, JSON lines.
//! It must not know a dialect's fields.

use crate::problem::Problem;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a request. Clients do not agree on content types (`curl -d` says that it is a form), so none is asked for.
pub(crate) fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the request is not the JSON that is expected here: {error}");
        Problem::new(crate::problem::Kind::Invalid, message)
    })
}

/// Server-sent events, each with one JSON value; `last` is sent as it is when the others have ended.
pub(crate) fn events(
    values: impl Stream<Item = Value> + Send + 'static,
    last: Option<&'static str>,
) -> Response {
    let last = last.map(|last| format!("data: {last}\n\n"));
    let chunks = values.map(|value| format!("data: {value}\n\n")).chain(futures::stream::iter(last));
    streamed(chunks, "text/event-stream")
}

/// One JSON value a line.
pub(crate) fn lines(values: impl Stream<Item = Value> + Send + 'static) -> Response {
    streamed(values.map(|value| format!("{value}\n")), "application/x-ndjson")
}

fn streamed(chunks: impl Stream<Item = String> + Send + 'static, content_type: &str) -> Response {
    let chunks = chunks.map(Ok::<_, std::convert::Infallible>);
    Response::builder()
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-cache")
        .body(Body::from_stream(chunks))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
