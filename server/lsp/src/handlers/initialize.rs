//! `initialize`: what Weft can do. It must answer at once: no model, no engine, no disk.

use crate::ext::InitializationOptions;
use crate::outbound::Message;
use crate::proto;
use crate::server::Server;
use assist::completion::Settings;
use tower_lsp::ls_types::{
    InitializeParams, InitializeResult, InlineCompletionOptions, MessageType, OneOf, ServerCapabilities,
    ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
};

pub(crate) fn handle(server: &Server, params: InitializeParams) -> InitializeResult {
    let general = params.capabilities.general.as_ref();
    let encoding = proto::choose_encoding(general.and_then(|general| general.position_encodings.as_deref()));
    let window = params.capabilities.window.as_ref();
    let progress = window.and_then(|window| window.work_done_progress).unwrap_or(false);
    if let Some(notice) = server.notice() {
        server.outbound.send(Message::Show(MessageType::WARNING, format!("Weft: {notice}")));
    }
    let settings = settings(server, params.initialization_options);
    server.begin_session(encoding, progress, settings);
    let capabilities = ServerCapabilities {
        position_encoding: Some(proto::encoding_kind(encoding)),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            ..TextDocumentSyncOptions::default()
        })),
        inline_completion_provider: Some(OneOf::Right(InlineCompletionOptions::default())),
        ..ServerCapabilities::default()
    };
    let server_info =
        ServerInfo { name: "weft".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
    InitializeResult { capabilities, server_info: Some(server_info), ..InitializeResult::default() }
}

/// The settings with the editor's own on top. Unreadable ones are reported and left aside.
fn settings(server: &Server, options: Option<serde_json::Value>) -> Settings {
    let mut settings = server.settings().clone();
    let Some(options) = options.filter(|options| !options.is_null()) else { return settings };
    match serde_json::from_value::<InitializationOptions>(options) {
        Ok(options) => {
            settings.model = options.model.or(settings.model);
            settings.max_tokens = options.max_tokens.unwrap_or(settings.max_tokens).max(1);
            let tokens = options.prompt_tokens.unwrap_or(settings.budget.prompt_tokens);
            settings.budget.prompt_tokens = tokens.max(1);
        }
        Err(error) => {
            let text = format!(
                "Weft: the initializationOptions are not usable ({error}); the defaults hold. Known are model, \
                 maxTokens and promptTokens"
            );
            server.outbound.send(Message::Show(MessageType::WARNING, text));
        }
    }
    settings
}
