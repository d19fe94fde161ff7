//! `health`, `props`, `metrics`. They must not load anything.

use super::fail;
use crate::chat::chat_context;
use crate::problem::Problem;
use crate::{Api, Shared};
use axum::Json;
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) async fn health() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    model: Option<String>,
}

pub(super) async fn props(api: Shared, Query(named): Query<Named>) -> Response {
    described(&api, named.model.as_deref()).await.map_or_else(fail, |value| Json(value).into_response())
}

async fn described(api: &Api, model: Option<&str>) -> Result<Value, Problem> {
    let model = api.host.resolve(model)?;
    let info = api.engine.model_info(Some(&model)).await?;
    Ok(json!({
        "default_generation_settings": {"n_ctx": chat_context(&info), "params": {}},
        "total_slots": 1,
        "model_alias": model,
        "model_path": model,
        "chat_template": info.chat_template,
        "bos_token": info.bos_token,
        "eos_token": info.eos_token,
        "modalities": {"vision": false, "audio": false},
        "build_info": format!("weft {}", api.version),
        "is_sleeping": !api.host.loaded().iter().any(|loaded| loaded.name == model),
    }))
}

pub(super) async fn metrics(api: Shared) -> Response {
    let text = api.metrics.text(api.host.loaded().len());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
