//! `weft/index`: what is known of the workspace.

use crate::ext::{IndexAnswer, IndexParams};
use crate::server::Server;
use tower_lsp::jsonrpc;

pub(crate) async fn handle(server: &Server, params: IndexParams) -> jsonrpc::Result<IndexAnswer> {
    let session = server.session()?;
    let watch = session.workspace.clone();
    // Waiting blocks a thread.
    let answer = tokio::task::spawn_blocking(move || watch.state(params.wait)).await;
    answer.map_err(|_| jsonrpc::Error::internal_error())
}
