//! `textDocument/didPartiallyAcceptCompletion`: the user took a word or a line of an item. The length counts from the item's beginning.

use crate::ext::copilot::ItemParams;
use crate::server::Server;

pub(crate) fn handle(server: &Server, params: &ItemParams) {
    if let Some(id) = params.item.id() {
        server.copilot.feedback.accepted(id, params.accepted_length);
    }
}
