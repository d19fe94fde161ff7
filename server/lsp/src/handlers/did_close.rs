//! `textDocument/didClose`: the file on disk counts again.

use crate::proto;
use crate::server::Server;
use tower_lsp::ls_types::DidCloseTextDocumentParams;

pub(crate) fn handle(server: &Server, params: &DidCloseTextDocumentParams) {
    if let Err(error) = server.documents.close(&proto::document_id(&params.text_document.uri)) {
        tracing::warn!(%error, "a document was not closed");
    }
}
