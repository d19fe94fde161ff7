//! `textDocument/didSave`: the disk has the text too.

use crate::proto;
use crate::server::Server;
use tower_lsp::ls_types::DidSaveTextDocumentParams;

pub(crate) fn handle(server: &Server, params: &DidSaveTextDocumentParams) {
    let Ok(session) = server.session() else { return };
    let id = proto::document_id(&params.text_document.uri);
    if server.chat.is_document(&id) {
        return;
    }
    if let Some(path) = id.path() {
        session.workspace.changed_on_disk(path);
    }
    // A formatter may have changed what the model has seen.
    if let Some(snapshot) = server.documents.snapshot(&id) {
        session.completer.warm_again(snapshot);
    }
}
