//! `setEditorInfo`: older clients introduce themselves so, after `initialize`. Which editor it is makes no difference.

use crate::ext::copilot::OK;
use crate::server::Server;

pub(crate) fn handle(server: &Server) -> &'static str {
    server.copilot.introduced(true);
    server.copilot.greet(&server.outbound);
    OK
}
