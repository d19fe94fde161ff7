//! Weft as a language server: the only crate that knows LSP, JSON-RPC and editors.
//!
//! It must not know llama.cpp or HTTP, nor how a prompt is made. Admission control is Weft's own (the latest
//! request of a document wins), so the framework's concurrency limit is off: with a limit, hung requests would
//! keep the next change of a document from being applied.

mod ext;
mod handlers;
mod lenient;
mod load;
mod outbound;
mod proto;
mod server;
#[cfg(test)]
mod tests;
mod workspace;

use assist::completion::{Settings, Trace};
use engine::Engine;
use server::Server;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;

/// What a language server is made of.
pub struct Options {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// Settings before the editor's own (`initializationOptions`) are applied.
    pub settings: Settings,
    /// How the workspace is read, and where what was read is kept.
    pub index: index::Options,
    /// Shown to the user once the session begins, such as a problem with the settings.
    pub notice: Option<String>,
    /// Called with each trace, for `weft why`. It must return at once.
    pub on_trace: Box<dyn Fn(&Trace) + Send + Sync>,
}

/// Serves one editor until it says goodbye or closes the input.
pub async fn serve<I, O>(input: I, output: O, options: Options)
where
    I: AsyncRead + Unpin,
    O: AsyncWrite,
{
    let (service, socket) = LspService::build(|client| Server::new(client, options))
        .custom_method("textDocument/inlineCompletion", Server::inline_completion)
        .custom_method(ext::WHY, Server::why)
        .custom_method(ext::INDEX, Server::index)
        .custom_method(ext::DID_MOVE_CURSOR, Server::did_move_cursor)
        .custom_method(ext::DID_FOCUS, Server::did_focus)
        .finish();
    let service = lenient::Lenient::new(service);
    tower_lsp::Server::new(input, output, socket).concurrency_level(usize::MAX).serve(service).await;
}
