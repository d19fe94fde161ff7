//! `workspace/didChangeWatchedFiles`: files that something else than the editor wrote, such as a checkout or a formatter.

use crate::proto;
use crate::server::Server;
use tower_lsp::ls_types::{DidChangeWatchedFilesParams, FileChangeType};

pub(crate) fn handle(server: &Server, params: DidChangeWatchedFilesParams) {
    let Ok(session) = server.session() else { return };
    for change in params.changes {
        let Some(path) = proto::document_id(&change.uri).path() else { continue };
        if change.typ == FileChangeType::DELETED {
            session.workspace.removed(path);
        } else {
            session.workspace.changed_on_disk(path);
        }
    }
}
