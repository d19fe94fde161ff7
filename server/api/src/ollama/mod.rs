//! Ollama's dialect: `/api/…`, as docs/api.md of github.com/ollama/ollama describes it.
//! It must not have fields of its own beyond that.

mod chat;
mod embed;
mod generate;
mod models;
mod pull;
mod wire;

use crate::Api;
use axum::Router;
use axum::routing::{delete, get, post};
use std::sync::Arc;

/// The dialect's calls.
pub(crate) fn routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/version", get(models::version))
        .route("/api/tags", get(models::tags))
        .route("/api/show", post(models::show))
        .route("/api/ps", get(models::ps))
        .route("/api/delete", delete(models::delete))
        .route("/api/copy", post(models::copy))
        .route("/api/pull", post(pull::pull))
        .route("/api/generate", post(generate::generate))
        .route("/api/chat", post(chat::chat))
        .route("/api/embed", post(embed::embed))
        .route("/api/embeddings", post(embed::embed_one))
}
