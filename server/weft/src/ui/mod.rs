//! The chat page in a browser, beside the local API: its files at `/`, its messages at `/weft/ws`. docs/editors/browser.md is for users.
//!
//! It must not know what a message means: a page is a client of the language server, as an editor is.

pub(crate) mod files;
mod frames;
mod session;
mod socket;

use crate::paths::Paths;
use crate::serve::HostEngine;
use crate::settings::CommandLine;
use api::Access;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// Where a page connects.
const SOCKET: &str = "/weft/ws";

/// What a page's session is made of.
pub(crate) struct Ui {
    /// Who may connect.
    pub(crate) access: Access,
    /// The folders of the user.
    pub(crate) paths: Paths,
    /// The models of this process.
    pub(crate) engine: HostEngine,
    /// The model and the like, as `weft serve` was started with them.
    pub(crate) command_line: CommandLine,
}

/// The routes. Names and origins are checked by whoever serves them; the socket asks for the key.
pub(crate) fn router(ui: Ui) -> Router {
    Router::new()
        .route("/", get(files::index))
        .route("/icon.svg", get(files::file))
        .route("/assets/{*path}", get(files::file))
        .route(SOCKET, get(socket::connect))
        .with_state(Arc::new(ui))
}
