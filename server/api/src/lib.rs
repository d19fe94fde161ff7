//! The local API of `weft serve`: what editors' plugins, chat front ends and scripts speak to a model server, in the dialects of
//! OpenAI, Ollama and llama-server.
//!
//! It must not know documents, LSP, llama.cpp, files or sockets: an [`engine::Engine`] writes, a [`Host`] has the models, and
//! whoever calls [`router`] listens. docs/api.md says which calls and fields there are.

mod access;
mod answer;
mod body;
mod chat;
mod fim;
mod generation;
mod host;
mod llama_server;
mod metrics;
mod ollama;
mod openai;
mod options;
mod problem;
mod text;
mod tool_calls;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use engine::Engine;
use std::sync::Arc;

pub use access::{Access, Names, has_key};
pub use host::{
    Embedded, Host, HostError, InstalledModel, KeepAlive, LoadedModel, ModelDetails, PullStep, TokenPiece,
    Tokenize,
};

/// The largest body of a request, in bytes: some million tokens.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// What the calls share.
pub(crate) struct Api {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) metrics: Arc<metrics::Metrics>,
    /// Weft's version.
    pub(crate) version: &'static str,
}

/// The state of each handler.
pub(crate) type Shared = axum::extract::State<Arc<Api>>;

/// All calls, and `further` ones, behind the checks of `access`. `page` is what else is served at the address: files that anybody may see who
/// may call, and a socket that asks for a key itself; `/` is the page's.
///
/// # Errors
/// [`Access::check`]'s, as a sentence for the user.
pub fn router(
    engine: Arc<dyn Engine>,
    host: Arc<dyn Host>,
    access: Access,
    version: &'static str,
    further: Router,
    page: Router,
) -> Result<Router, String> {
    let cors = access.cors()?;
    let api = Arc::new(Api { engine, host, metrics: Arc::default(), version });
    let access = Arc::new(access);
    let page = page.layer(middleware::from_fn_with_state(access.clone(), access::guard_page));
    let router = Router::new()
        .merge(openai::routes())
        .merge(ollama::routes())
        .merge(llama_server::routes())
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::wrong_method)
        .with_state(api)
        .merge(further)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(access, access::guard))
        .merge(page);
    Ok(match cors {
        Some(cors) => router.layer(cors),
        None => router,
    })
}

#[cfg(test)]
mod tests;
