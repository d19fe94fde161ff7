//! `textDocument/didChange`: edits, applied in order.

use crate::proto;
use crate::server::Server;
use documents::Change;
use tower_lsp::ls_types::DidChangeTextDocumentParams;

pub(crate) fn handle(server: &Server, params: DidChangeTextDocumentParams) {
    let Ok(session) = server.session() else { return };
    let id = proto::document_id(&params.text_document.uri);
    let changes: Vec<Change> = params.content_changes.into_iter().map(proto::change).collect();
    let version = params.text_document.version;
    session.completer.typed();
    let before = server.documents.snapshot(&id);
    match server.documents.change(&id, version, &changes, session.encoding) {
        // A conversation is no code to learn from.
        Ok(after) if server.chat.is_document(&after.id) => {}
        Ok(after) => session.workspace.changed(before, after),
        // A client's mistake; there is nobody to answer, and guessing would show wrong suggestions.
        Err(error) => tracing::warn!(%error, "a change was not applied"),
    }
}
