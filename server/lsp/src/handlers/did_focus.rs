//! `textDocument/didFocus`: another document is looked at. What was asked there last is likely to be asked again.

use crate::ext::FocusParams;
use crate::proto;
use crate::server::Server;

pub(crate) fn handle(server: &Server, params: &FocusParams) {
    let (Ok(session), Some(document)) = (server.session(), &params.text_document) else { return };
    let id = proto::document_id(&document.uri);
    if let Some(snapshot) = server.documents.snapshot(&id).filter(|_| !server.chat.is_document(&id)) {
        session.completer.warm_again(snapshot);
    }
}
