//! `notebookDocument/*`: cells come and go with their notebook; each is a document like any other.

use super::{did_change, did_close, did_open};
use crate::proto;
use crate::server::Server;
use documents::DocumentId;
use tower_lsp::ls_types::{
    DidChangeNotebookDocumentParams, DidChangeTextDocumentParams, DidCloseNotebookDocumentParams,
    DidCloseTextDocumentParams, DidOpenNotebookDocumentParams, DidOpenTextDocumentParams, NotebookCell,
    NotebookDocumentSyncOptions, NotebookSelector, TextDocumentIdentifier, TextDocumentItem, Uri,
};

/// All cells of all notebooks.
pub(crate) fn sync() -> NotebookDocumentSyncOptions {
    let every = tower_lsp::ls_types::Notebook::String("*".to_owned());
    let selector = NotebookSelector::ByNotebook { notebook: every, cells: None };
    NotebookDocumentSyncOptions { notebook_selector: vec![selector], save: None }
}

pub(crate) fn open(server: &Server, params: DidOpenNotebookDocumentParams) {
    let notebook = params.notebook_document;
    server.notebooks.open(notebook.uri.as_str(), ids(&notebook.cells));
    open_cells(server, params.cell_text_documents);
}

pub(crate) fn change(server: &Server, params: DidChangeNotebookDocumentParams) {
    let Some(cells) = params.change.cells else { return };
    if let Some(structure) = cells.structure {
        open_cells(server, structure.did_open.unwrap_or_default());
        let array = structure.array;
        let (start, deleted) = (array.start as usize, array.delete_count as usize);
        let inserted = ids(&array.cells.unwrap_or_default());
        server.notebooks.splice(params.notebook_document.uri.as_str(), start, deleted, inserted);
        close_cells(server, structure.did_close.unwrap_or_default());
    }
    for changed in cells.text_content.unwrap_or_default() {
        let params =
            DidChangeTextDocumentParams { text_document: changed.document, content_changes: changed.changes };
        did_change::handle(server, params);
    }
}

pub(crate) fn close(server: &Server, params: DidCloseNotebookDocumentParams) {
    server.notebooks.close(params.notebook_document.uri.as_str());
    close_cells(server, params.cell_text_documents);
}

fn ids(cells: &[NotebookCell]) -> Vec<DocumentId> {
    let id = |uri: &Uri| proto::document_id(uri);
    cells.iter().map(|cell| id(&cell.document)).collect()
}

fn open_cells(server: &Server, cells: Vec<TextDocumentItem>) {
    for text_document in cells {
        did_open::handle(server, DidOpenTextDocumentParams { text_document });
    }
}

fn close_cells(server: &Server, cells: Vec<TextDocumentIdentifier>) {
    for text_document in cells {
        did_close::handle(server, &DidCloseTextDocumentParams { text_document });
    }
}
