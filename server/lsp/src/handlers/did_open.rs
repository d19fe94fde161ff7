//! `textDocument/didOpen`: the editor owns the text from here on. Also the moment to load the model and to
//! evaluate what a first suggestion will need.

use crate::proto;
use crate::server::Server;
use tower_lsp::ls_types::DidOpenTextDocumentParams;

pub(crate) fn handle(server: &Server, params: DidOpenTextDocumentParams) {
    let document = params.text_document;
    let id = proto::document_id(&document.uri);
    let snapshot = server.documents.open(id, &document.language_id, document.version, &document.text);
    if let Ok(session) = server.session() {
        server.warm_up(session);
        // A conversation is no code to learn from.
        if !server.chat.is_document(&snapshot.id) {
            session.workspace.opened(snapshot.clone());
            session.completer.warm_again(snapshot);
        }
    }
}
