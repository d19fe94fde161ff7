//! `workspace/didRenameFiles`: files and folders that have another name.

use crate::server::Server;
use documents::DocumentId;
use tower_lsp::ls_types::RenameFilesParams;

pub(crate) fn handle(server: &Server, params: &RenameFilesParams) {
    let Ok(session) = server.session() else { return };
    for file in &params.files {
        let path = |uri: &str| DocumentId::new(uri).path();
        if let (Some(from), Some(to)) = (path(&file.old_uri), path(&file.new_uri)) {
            session.workspace.renamed(from, to);
        }
    }
}
