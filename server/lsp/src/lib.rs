//! Weft as a language server: the only crate that knows LSP, JSON-RPC and editors.
//!
//! It must not know llama.cpp or HTTP, nor how a prompt is made. Admission control is Weft's own (the latest
//! request of a document wins), so the framework's concurrency limit is off: with a limit, hung requests would
//! keep the next change of a document from being applied.

mod asking;
mod chat_document;
mod chat_state;
mod copilot;
mod ext;
mod handlers;
mod lenient;
mod load;
mod notebooks;
mod outbound;
mod proposals;
mod proto;
mod server;
mod switches;
#[cfg(test)]
mod tests;
mod workspace;
mod world;

pub use chat_state::ChatFiles;
pub use ext::edit::ModelEntry;

use assist::completion::{Settings, Trace};
use assist::mentions::{Fetch, Network};
use engine::Engine;
use server::Frontend;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;

/// Tells which models there are.
pub type Models = Box<dyn Fn(Option<&str>) -> Vec<ModelEntry> + Send + Sync>;

/// The settings for a workspace (its first folder), as they are now. It is asked at each request and must return at once.
pub type Configure = Box<dyn Fn(Option<&Path>) -> Configured + Send + Sync>;

/// What is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Configured {
    /// Settings before the editor's own (`initializationOptions`) are applied.
    pub settings: Settings,
    /// Shown to the user, such as a problem with the settings.
    pub notice: Option<String>,
}

/// The model that is configured for something; none where that of completions is to be asked.
pub type Roles = Box<dyn Fn(Role) -> Option<String> + Send + Sync>;

/// What a model is asked for, besides completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An answer in a conversation.
    Chat,
    /// A change of code.
    Edit,
    /// A code block put into a file whose place neither definitions nor a diff tell.
    Apply,
    /// The vectors that `@codebase` compares.
    Embed,
}

/// What a language server is made of.
pub struct Options {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// The settings.
    pub configure: Configure,
    /// Which model does what.
    pub roles: Roles,
    /// How the workspace is read, and where what was read is kept.
    pub index: index::Options,
    /// Where conversations are kept.
    pub chat: ChatFiles,
    /// Whether `@url` may read pages, and what reads them.
    pub pages: Pages,
    /// What models there are; the argument is the one in use. It may read folders and must not wait for the engine.
    pub models: Models,
    /// Called with each trace, for `weft why`. It must return at once.
    pub on_trace: Box<dyn Fn(&Trace) + Send + Sync>,
}

/// What `@url` can do.
pub struct Pages {
    /// What may be read now; the editor's `initializationOptions.network` counts before it.
    pub network: Box<dyn Fn() -> Network + Send + Sync>,
    /// What reads a page.
    pub fetch: Option<Arc<dyn Fetch>>,
}

impl Default for Pages {
    fn default() -> Self {
        Self { network: Box::new(Network::default), fetch: None }
    }
}

/// Serves one editor until it says goodbye or closes the input.
pub async fn serve<I, O>(input: I, output: O, options: Options)
where
    I: AsyncRead + Unpin,
    O: AsyncWrite,
{
    let builder = copilot::add_methods(LspService::build(|client| Frontend::new(client, options)));
    let (service, socket) = builder
        .custom_method("textDocument/inlineCompletion", Frontend::inline_completion)
        .custom_method(ext::WHY, Frontend::why)
        .custom_method(ext::INDEX, Frontend::index)
        .custom_method(ext::DID_MOVE_CURSOR, Frontend::did_move_cursor)
        .custom_method(ext::DID_FOCUS, Frontend::did_focus)
        .custom_method(ext::chat::SEND, Frontend::chat_send)
        .custom_method(ext::chat::SESSIONS, Frontend::chat_sessions)
        .custom_method(ext::chat::SESSION, Frontend::chat_session)
        .custom_method(ext::chat::RENAME, Frontend::chat_rename)
        .custom_method(ext::chat::DELETE, Frontend::chat_delete)
        .custom_method(ext::chat::EXPORT, Frontend::chat_export)
        .custom_method(ext::chat::ATTACHMENT, Frontend::chat_attachment)
        .custom_method(ext::chat::COMPLETE, Frontend::chat_complete)
        .custom_method(ext::chat::RESOLVE, Frontend::chat_resolve)
        .custom_method(ext::edit::PROPOSE, Frontend::edit_propose)
        .custom_method(ext::edit::APPLY, Frontend::edit_apply)
        .custom_method(ext::edit::ACCEPT, Frontend::edit_accept)
        .custom_method(ext::edit::REJECT, Frontend::edit_reject)
        .custom_method(ext::edit::MODELS, Frontend::models_list)
        .custom_method(ext::edit::USE_MODEL, Frontend::use_model)
        .finish();
    let service = lenient::Lenient::new(service);
    tower_lsp::Server::new(input, output, socket).concurrency_level(usize::MAX).serve(service).await;
}

/// An error of a request, with a message for the user.
pub(crate) fn failure(message: impl ToString) -> tower_lsp::jsonrpc::Error {
    tower_lsp::jsonrpc::Error {
        // What LSP has for a request that is right and cannot be done.
        code: tower_lsp::jsonrpc::ErrorCode::ServerError(REQUEST_FAILED),
        message: message.to_string().into(),
        data: None,
    }
}

/// LSP's `RequestFailed`.
const REQUEST_FAILED: i64 = -32803;
