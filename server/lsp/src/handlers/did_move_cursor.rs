//! `weft/didMoveCursor` (Weft's own): the cursor rests somewhere. The prompt for that place is evaluated before anybody asks.

use crate::proto;
use crate::server::Server;
use assist::completion::Request;
use tower_lsp::ls_types::TextDocumentPositionParams;

pub(crate) fn handle(server: &Server, params: &TextDocumentPositionParams) {
    let Ok(session) = server.session() else { return };
    let id = proto::document_id(&params.text_document.uri);
    if server.chat.is_document(&id) {
        return;
    }
    let Some(snapshot) = server.documents.snapshot(&id) else { return };
    let cursor = snapshot.text.offset_of(proto::position(params.position), session.encoding);
    session.workspace.looked_at(&snapshot, cursor);
    let (snapshot, cursor) = server.notebooks.whole(snapshot, cursor, &server.documents);
    session.completer.warm(Request { snapshot, cursor, suggestions: 1 });
}
