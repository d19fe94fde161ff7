//! `textDocument/didSave`: the disk has the text too.

use crate::proto;
use crate::server::Server;
use tower_lsp::ls_types::DidSaveTextDocumentParams;

pub(crate) fn handle(server: &Server, params: &DidSaveTextDocumentParams) {
    let Ok(session) = server.session() else { return };
    if let Some(path) = proto::document_id(&params.text_document.uri).path() {
        session.workspace.changed_on_disk(path);
    }
}
