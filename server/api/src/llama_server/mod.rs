//! llama-server's own dialect, as tools/server/README.md of github.com/ggml-org/llama.cpp describes it.
//! It must not have fields of its own beyond that.

mod infill;
mod state;
mod tokenize;

use crate::Api;
use crate::problem::{Dialect, Problem};
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use std::sync::Arc;

/// The dialect's calls.
pub(crate) fn routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/health", get(state::health))
        .route("/props", get(state::props))
        .route("/metrics", get(state::metrics))
        .route("/infill", post(infill::infill))
        .route("/tokenize", post(tokenize::tokenize))
        .route("/detokenize", post(tokenize::detokenize))
}

fn fail(problem: impl Into<Problem>) -> Response {
    problem.into().response(Dialect::LlamaServer)
}
