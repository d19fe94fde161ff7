//! `textDocument/didClose`: the file on disk counts again.

use crate::proto;
use crate::server::Server;
use tower_lsp::ls_types::DidCloseTextDocumentParams;

pub(crate) fn handle(server: &Server, params: &DidCloseTextDocumentParams) {
    let id = proto::document_id(&params.text_document.uri);
    if let Ok(session) = server.session() {
        session.completer.forget(&id);
        if let Some(path) = id.path().filter(|_| !server.chat.is_document(&id)) {
            session.workspace.closed(path);
        }
    }
    if let Err(error) = server.documents.close(&id) {
        tracing::warn!(%error, "a document was not closed");
    }
}
