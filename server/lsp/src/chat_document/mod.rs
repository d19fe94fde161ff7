//! Chat documents: conversations and proposals as Markdown files in the data folder, for editors that have no panel for them. This
//! file makes them, shows them and changes their text; the editor owns the text, so every change is asked of it.
//!
//! It must not know what a conversation or a proposal says: that is the files beside it.

pub(crate) mod ask_edit;
pub(crate) mod complete;
pub(crate) mod open_chat;
pub(crate) mod page;
mod pieces;
pub(crate) mod proposal;
pub(crate) mod send;
mod write;

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use documents::{DocumentId, Snapshot};
use engine::CancellationToken;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{
    DocumentChanges, MessageType, OneOf, OptionalVersionedTextDocumentIdentifier, Range, ShowDocumentParams,
    TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use crate::failure;
use crate::outbound::Message;
use crate::proto;
use crate::server::Server;
use page::PageEdit;

/// Letters of a file name that come from the title.
const TITLE_LETTERS: usize = 40;

/// How long an editor may take to open what it was asked to show.
const OPENED_WITHIN: Duration = Duration::from_secs(10);

/// How long after a change was made the editor may take to report it.
const REPORTED_WITHIN: Duration = Duration::from_secs(2);

/// Between two looks at a document that the editor is about to change.
const LOOK: Duration = Duration::from_millis(10);

/// The documents that something is being written into.
#[derive(Debug, Default)]
pub(crate) struct Writing(Arc<Mutex<HashMap<DocumentId, CancellationToken>>>);

impl Writing {
    /// Takes a document; none where something is being written into it already.
    pub(crate) fn begin(&self, id: &DocumentId) -> Option<Written> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(id) {
            return None;
        }
        let cancel = CancellationToken::new();
        all.insert(id.clone(), cancel.clone());
        Some(Written { all: self.0.clone(), id: id.clone(), cancel })
    }

    /// Stops what is being written into a document; tells whether something was.
    pub(crate) fn stop(&self, id: &DocumentId) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).inspect(|cancel| cancel.cancel()).is_some()
    }

    /// Whether something is being written into a document.
    pub(crate) fn contains(&self, id: &DocumentId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }
}

/// A document is taken for as long as this lives.
#[derive(Debug)]
pub(crate) struct Written {
    all: Arc<Mutex<HashMap<DocumentId, CancellationToken>>>,
    id: DocumentId,
    pub(crate) cancel: CancellationToken,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Makes a document in the data folder and shows it, the cursor at a byte offset.
///
/// # Errors
/// When there is no such folder or the file cannot be written.
pub(crate) async fn open(
    server: &Server,
    title: &str,
    content: &str,
    cursor: usize,
) -> jsonrpc::Result<PathBuf> {
    let Some(folder) = &server.chat.files.documents else {
        return Err(failure("this Weft was started without a folder for chat documents"));
    };
    let path = create(folder, title, content).map_err(|error| {
        failure(format!("the chat document cannot be written into {}: {error}", folder.display()))
    })?;
    show(server, &path, content, cursor).await?;
    Ok(path)
}

/// Waits until the editor has opened a document.
///
/// # Errors
/// When it does not: it has no support for showing documents, or does not use Weft for Markdown.
pub(crate) async fn opened(server: &Server, path: &Path) -> jsonrpc::Result<Snapshot> {
    let look = async {
        loop {
            let open = server.documents.snapshots().into_iter();
            if let Some(found) = open.into_iter().find(|document| is_same(document, path)) {
                return found;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(OPENED_WITHIN, look).await.map_err(|_| {
        failure(format!(
            "the editor has not opened {} with Weft: let it use Weft for Markdown files too, and open the file",
            path.display()
        ))
    })
}

/// What became of a change.
#[derive(Debug)]
pub(crate) enum Changed {
    /// The editor made it, and has reported it.
    Done,
    /// It did not, and why.
    Refused(String),
    /// There was nothing to change: what was to be changed is gone.
    Gone,
    /// The document is not open.
    Closed,
}

/// Changes a document: `plan` says how, for the text as it is now. Returns when the editor's report of the change is here.
pub(crate) async fn change(
    server: &Server,
    id: &DocumentId,
    plan: impl FnOnce(&str) -> Option<Vec<PageEdit>>,
) -> Changed {
    let Some(snapshot) = server.documents.snapshot(id) else { return Changed::Closed };
    let Some(edits) = plan(&snapshot.text.to_string()) else { return Changed::Gone };
    let edit = match workspace_edit(server, &snapshot, edits) {
        Ok(edit) => edit,
        Err(error) => return Changed::Refused(error.message.into_owned()),
    };
    if let Err(reason) = server.outbound.apply_edit(edit).await {
        return Changed::Refused(reason);
    }
    let reported = async {
        let is_old = |now: Snapshot| now.revision == snapshot.revision;
        while server.documents.snapshot(id).is_some_and(is_old) {
            tokio::time::sleep(LOOK).await;
        }
    };
    let _ = tokio::time::timeout(REPORTED_WITHIN, reported).await;
    Changed::Done
}

/// The document of code that was opened or changed last: a question without a mention is about it.
pub(crate) fn latest_code(server: &Server) -> Option<Snapshot> {
    server.documents.snapshots().into_iter().find(|document| !server.chat.is_document(&document.id))
}

/// Tells the user that something could not be done.
pub(crate) fn tell(server: &Server, problem: &jsonrpc::Error) {
    server.outbound.send(Message::Show(MessageType::WARNING, format!("Weft: {}", problem.message)));
}

fn workspace_edit(
    server: &Server,
    snapshot: &Snapshot,
    edits: Vec<PageEdit>,
) -> jsonrpc::Result<WorkspaceEdit> {
    let encoding = server.session()?.encoding;
    let uri: Uri =
        snapshot.id.as_str().parse().map_err(|_| failure("the chat document has no usable URI"))?;
    let place = |offset| proto::lsp_position(snapshot.text.position_of(offset, encoding));
    let edits = edits.into_iter().map(|(range, new_text)| {
        OneOf::Left(TextEdit { range: Range::new(place(range.start), place(range.end)), new_text })
    });
    let document = OptionalVersionedTextDocumentIdentifier { uri, version: Some(snapshot.version) };
    let edit = TextDocumentEdit { text_document: document, edits: edits.collect() };
    Ok(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Edits(vec![edit])),
        ..WorkspaceEdit::default()
    })
}

async fn show(server: &Server, path: &Path, content: &str, cursor: usize) -> jsonrpc::Result<()> {
    let session = server.session()?;
    let id = DocumentId::from_path(path).ok_or_else(|| failure("the chat document has no usable path"))?;
    let uri: Uri = id.as_str().parse().map_err(|_| failure("the chat document has no usable URI"))?;
    let position = text::Text::new(content).position_of(cursor, session.encoding);
    let position = proto::lsp_position(position);
    let params = ShowDocumentParams {
        uri,
        external: Some(false),
        take_focus: Some(true),
        selection: Some(Range::new(position, position)),
    };
    if !session.shows_documents || !server.outbound.show_document(params).await {
        let text = format!("Weft: the document is {}; open it in the editor", path.display());
        server.outbound.send(Message::Show(MessageType::INFO, text));
    }
    Ok(())
}

fn is_same(document: &Snapshot, path: &Path) -> bool {
    let Some(other) = document.path.as_deref() else { return false };
    // Editors open a file by its real path, some of them.
    other == path
        || (other.file_name() == path.file_name() && path.canonicalize().is_ok_and(|it| it == other))
}

/// Writes a new file that is called by the time and the title.
fn create(folder: &Path, title: &str, content: &str) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let begun = TimeZone::system().to_datetime(Timestamp::now()).strftime("%Y-%m-%d-%H%M%S").to_string();
    let title = slug(title);
    for number in 1_u32.. {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{begun}-{title}{more}.md"));
        match std::fs::File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(content.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

fn slug(title: &str) -> String {
    let mut slug = String::new();
    for one in title.chars() {
        if one.is_alphanumeric() {
            slug.extend(one.to_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug: String = slug.trim_matches('-').chars().take(TITLE_LETTERS).collect();
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "chat".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_file_name_of_any_system() {
        let cases = [
            ("/explain @harbor/limits.py:10-14", "explain-harbor-limits-py-10-14"),
            ("  ??", "chat"),
            ("Größe", "größe"),
            (&"ab ".repeat(40), "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a"),
        ];
        for (title, expected) in cases {
            assert_eq!(slug(title), expected);
        }
    }

    #[test]
    fn one_answer_at_a_time_is_written_into_a_document() {
        let writing = Writing::default();
        let id = DocumentId::new("file:///a.md");
        let first = writing.begin(&id);
        assert!(first.is_some() && writing.begin(&id).is_none());
        assert!(writing.stop(&id));
        assert!(first.is_some_and(|first| first.cancel.is_cancelled()));
        assert!(!writing.stop(&id) && !writing.contains(&id));
    }
}
