//! `version`, `tags`, `show`, `ps`, `delete`, `copy`: the models themselves. It must not load anything.

use super::wire::{Named, fail, time};
use crate::fim::format_of;
use crate::host::{InstalledModel, ModelDetails};
use crate::problem::Problem;
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::ModelInfo;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// The version of Ollama whose API this follows: clients ask for it to know what they may use.
const OLLAMA_VERSION: &str = "0.12.6";
/// For ever, as a date: Ollama's clients expect one.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

pub(super) async fn version(api: Shared) -> Response {
    Json(json!({"version": OLLAMA_VERSION, "weft": api.version})).into_response()
}

pub(super) async fn tags(api: Shared) -> Response {
    match api.host.installed() {
        Ok(models) => {
            let models: Vec<Value> = models
                .iter()
                .map(|model| {
                    json!({
                        "name": model.name,
                        "model": model.name,
                        "modified_at": time(model.modified),
                        "size": model.bytes,
                        "digest": model.sha256.as_deref().unwrap_or_default(),
                        "details": details(model),
                    })
                })
                .collect();
            Json(json!({"models": models})).into_response()
        }
        Err(error) => fail(error),
    }
}

pub(super) async fn show(api: Shared, body: Bytes) -> Response {
    shown(&api, &body).await.map_or_else(fail, |value| Json(value).into_response())
}

async fn shown(api: &Api, body: &Bytes) -> Result<Value, Problem> {
    let name = body::parse::<Named>(body)?.required()?;
    let name = api.host.resolve(Some(&name))?;
    let info = api.engine.model_info(Some(&name)).await?;
    let details_of = api.host.details(&name)?;
    Ok(json!({
        "license": details_of.licence,
        "modelfile": format!("FROM {name}\n"),
        "parameters": "",
        "template": info.chat_template,
        "details": details(&details_of.model),
        "model_info": model_info(&details_of),
        "capabilities": capabilities(info),
        "modified_at": time(details_of.model.modified),
    }))
}

/// What a model can do, in Ollama's words.
fn capabilities(info: ModelInfo) -> Vec<&'static str> {
    let template = info.chat_template.as_deref().unwrap_or_default();
    let tools = template.contains("tools").then_some("tools");
    let thinking = template.contains("enable_thinking").then_some("thinking");
    let insert = format_of(info).is_ok().then_some("insert");
    ["completion"].into_iter().chain(tools).chain(insert).chain(thinking).collect()
}

fn model_info(details: &ModelDetails) -> Value {
    let family = details.model.family.as_deref().unwrap_or("unknown");
    let mut info = json!({
        "general.architecture": family,
        "general.parameter_count": details.parameter_count,
        "tokenizer.ggml.vocabulary": details.vocabulary,
    });
    let figures = [
        ("context_length", details.trained_context),
        ("embedding_length", details.embedding_length),
        ("block_count", details.block_count),
    ];
    for (key, value) in figures {
        if let Some(value) = value {
            info[format!("{family}.{key}")] = value.into();
        }
    }
    info
}

fn details(model: &InstalledModel) -> Value {
    json!({
        "parent_model": "",
        "format": "gguf",
        "family": model.family.as_deref().unwrap_or_default(),
        "families": model.family.iter().collect::<Vec<_>>(),
        "parameter_size": model.parameters.as_deref().unwrap_or_default(),
        "quantization_level": model.quantisation.as_deref().unwrap_or_default(),
    })
}

pub(super) async fn ps(api: Shared) -> Response {
    let installed = api.host.installed().unwrap_or_default();
    let models: Vec<Value> = api
        .host
        .loaded()
        .into_iter()
        .map(|loaded| {
            let model = installed.iter().find(|model| model.name == loaded.name);
            let expires = loaded.expires.unwrap_or_else(|| SystemTime::now() + FOREVER);
            json!({
                "name": loaded.name,
                "model": loaded.name,
                "size": loaded.bytes,
                "digest": model.and_then(|model| model.sha256.as_deref()).unwrap_or_default(),
                "details": model.map(details),
                "expires_at": time(expires),
                "size_vram": loaded.gpu_bytes,
                "context_length": loaded.context_tokens,
            })
        })
        .collect();
    Json(json!({"models": models})).into_response()
}

pub(super) async fn delete(api: Shared, body: Bytes) -> Response {
    let deleted = || -> Result<(), Problem> {
        let name = body::parse::<Named>(&body)?.required()?;
        Ok(api.host.delete(&api.host.resolve(Some(&name))?)?)
    };
    deleted().map_or_else(fail, |()| StatusCode::OK.into_response())
}

#[derive(Debug, Deserialize)]
struct Copy {
    source: String,
    destination: String,
}

pub(super) async fn copy(api: Shared, body: Bytes) -> Response {
    let copied = || -> Result<(), Problem> {
        let Copy { source, destination } = body::parse(&body)?;
        Ok(api.host.copy(&api.host.resolve(Some(&source))?, &destination)?)
    };
    copied().map_or_else(fail, |()| StatusCode::OK.into_response())
}
