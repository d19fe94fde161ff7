//! `textDocument/didShowCompletion` and `didShowInlineEdit`: an item is on the screen.

use crate::copilot::Fate;
use crate::ext::copilot::ItemParams;
use crate::server::Server;

pub(crate) fn handle(server: &Server, params: &ItemParams) {
    if let Some(id) = params.item.id() {
        server.copilot.feedback.tell(id, Fate::Shown);
    }
}
