//! `initialized`: the moment to read the workspace, in the background, and to ask for news of its files.

use crate::outbound::Message;
use crate::server::Server;

pub(crate) fn handle(server: &Server) {
    let Ok(session) = server.session() else { return };
    server.copilot.greet(&server.outbound);
    session.workspace.start();
    if session.workspace.watches_files() {
        server.outbound.send(Message::WatchFiles);
    }
}
