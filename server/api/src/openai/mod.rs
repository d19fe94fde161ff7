//! OpenAI's dialect: `/v1/…`, as its API reference describes it (platform.openai.com/docs/api-reference), as far as a local model can.
//! It must not have fields of its own beyond that.

mod chat;
mod completions;
mod embeddings;
mod models;
mod wire;

use crate::Api;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The dialect's calls.
pub(crate) fn routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*name}", get(models::show))
        .route("/v1/chat/completions", post(chat::chat))
        .route("/v1/completions", post(completions::complete))
        .route("/v1/embeddings", post(embeddings::embed))
}
