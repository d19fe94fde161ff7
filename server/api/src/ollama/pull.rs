//! `POST /api/pull`: a model of the catalogue, with its progress. It must not decide where a model comes from.

use super::wire::{Named, fail};
use crate::host::{HostError, PullStep};
use crate::problem::{Dialect, Problem};
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Request {
    #[serde(flatten)]
    named: Named,
    stream: Option<bool>,
}

pub(super) async fn pull(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.unwrap_or_else(fail)
}

async fn answer(api: &Api, body: &Bytes) -> Result<Response, Problem> {
    let request: Request = body::parse(body)?;
    let mut steps = api.host.pull(&request.named.required()?)?;
    if request.stream.unwrap_or(true) {
        return Ok(body::lines(steps.map(line)));
    }
    while let Some(step) = steps.next().await {
        step?;
    }
    Ok(Json(json!({"status": "success"})).into_response())
}

fn line(step: Result<PullStep, HostError>) -> Value {
    match step {
        Ok(PullStep::Status(status)) => json!({"status": status}),
        Ok(PullStep::Downloading { sha256, done, total }) => {
            let status = format!("pulling {}", sha256.get(..12).unwrap_or_default());
            json!({"status": status, "digest": format!("sha256:{sha256}"), "total": total, "completed": done})
        }
        Ok(PullStep::Verifying) => json!({"status": "verifying sha256 digest"}),
        Ok(PullStep::Done) => json!({"status": "success"}),
        Err(error) => Problem::from(error).body(Dialect::Ollama),
    }
}
