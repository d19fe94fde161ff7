//! The open documents. It must not read files on its own account, and never awaits or waits for a parser beyond the
//! budget.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use syntax::Language;
use text::{Edit, EditError, Position, PositionEncoding, Text};
use thiserror::Error;

use crate::{DocumentId, ParseBudget, ReadError, Snapshot};

/// Documents whose finished trees are kept: those that changed last. A tree takes some twenty times the memory of its text, and
/// one is parsed again within milliseconds when its document is looked at.
const TREES_KEPT: usize = 8;

/// All documents that the editor has open. Shared between threads by reference; calls for one document are to be made
/// in the order of the editor's notifications.
#[derive(Default)]
pub struct DocumentStore {
    documents: DashMap<DocumentId, Snapshot>,
    revision: AtomicU64,
    budget: ParseBudget,
}

/// One change of a notification that may hold several; each sees the text that the one before it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From where to where; none replaces the whole text. Clamped as LSP says; a pair in the wrong order is turned round.
    pub range: Option<(Position, Position)>,
    /// What stands there afterwards.
    pub text: String,
}

/// Why a document could not be changed or closed. Nothing is changed then.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DocumentError {
    /// Not opened before, or closed since.
    #[error("{id} is not open: the editor must open a document before it changes or closes it")]
    NotOpen {
        /// The document.
        id: DocumentId,
    },
    /// A range that fits no text.
    #[error("{id} could not be changed: {source}")]
    Edit {
        /// The document.
        id: DocumentId,
        /// What was wrong with the range.
        source: EditError,
    },
}

impl DocumentStore {
    /// No documents, and the given time to parse.
    pub fn new(budget: ParseBudget) -> Self {
        Self { budget, ..Self::default() }
    }

    /// Opens a document, or replaces the one that is open under this id. The language is that of the editor's language
    /// id, else that of the file name.
    pub fn open(&self, id: DocumentId, language_id: &str, version: i32, content: &str) -> Snapshot {
        let language =
            Language::from_id(language_id).or_else(|| id.path().and_then(|path| Language::from_path(&path)));
        let snapshot = Snapshot::new(id, language, version, self.next_revision(), Text::new(content));
        if let Some(tree) = snapshot.lazy_tree() {
            tree.try_parse(&snapshot.text, self.budget.open);
        }
        if self.documents.insert(snapshot.id.clone(), snapshot.clone()).is_some() {
            tracing::debug!(id = %snapshot.id, "opened again while it was open");
        }
        self.drop_old_trees();
        snapshot
    }

    /// Applies the changes of one notification, in order, and returns the document as it is then. Versions may skip. An
    /// older one is applied too, because the order of arrival is the order of the edits; the version then stays the
    /// highest seen.
    ///
    /// # Errors
    /// When the document is not open.
    pub fn change(
        &self,
        id: &DocumentId,
        version: i32,
        changes: &[Change],
        encoding: PositionEncoding,
    ) -> Result<Snapshot, DocumentError> {
        let mut document =
            self.documents.get_mut(id).ok_or_else(|| DocumentError::NotOpen { id: id.clone() })?;
        if version <= document.version {
            tracing::debug!(%id, version, current = document.version, "a version that does not grow");
        }
        let mut text = document.text.clone();
        let mut edits = Vec::with_capacity(changes.len());
        for change in changes {
            let edit = edit_of(change, &text, encoding);
            let before = text.clone();
            text.apply(&edit).map_err(|source| DocumentError::Edit { id: id.clone(), source })?;
            edits.push((before, edit, text.clone()));
        }
        let revision = self.next_revision();
        let had_tree = document.tree_if_ready().is_some();
        *document = document.after(version, revision, text, edits);
        if let Some(tree) = document.lazy_tree() {
            tree.try_reparse(&document.text, self.budget.change);
        }
        let snapshot = document.clone();
        drop(document);
        if !had_tree {
            self.drop_old_trees();
        }
        Ok(snapshot)
    }

    /// Lets go of the trees of all documents but the last few. Whoever holds a snapshot keeps its tree.
    fn drop_old_trees(&self) {
        let with_tree = |document: &Snapshot| document.tree_if_ready().is_some();
        let mut revisions: Vec<u64> = self
            .documents
            .iter()
            .filter(|document| with_tree(document))
            .map(|document| document.revision)
            .collect();
        if revisions.len() <= TREES_KEPT {
            return;
        }
        revisions.sort_unstable_by(|one, other| other.cmp(one));
        let Some(oldest) = revisions.get(TREES_KEPT - 1) else { return };
        for mut document in self.documents.iter_mut() {
            if document.revision < *oldest && with_tree(&document) {
                document.forget_tree();
            }
        }
    }

    /// Forgets a document. Snapshots of it stay valid.
    ///
    /// # Errors
    /// When the document is not open.
    pub fn close(&self, id: &DocumentId) -> Result<(), DocumentError> {
        self.documents.remove(id).ok_or_else(|| DocumentError::NotOpen { id: id.clone() })?;
        self.next_revision();
        Ok(())
    }

    /// The document as it is now; none if it is not open.
    pub fn snapshot(&self, id: &DocumentId) -> Option<Snapshot> {
        self.documents.get(id).map(|document| document.clone())
    }

    /// All open documents as they are now, the one changed last first.
    pub fn snapshots(&self) -> Vec<Snapshot> {
        let mut all: Vec<Snapshot> = self.documents.iter().map(|document| document.clone()).collect();
        all.sort_by_key(|snapshot| u64::MAX - snapshot.revision);
        all
    }

    /// The open document of a path, however the editor spells its URI; otherwise the file on disk.
    ///
    /// # Errors
    /// When it is not open and the file cannot be read, as [`Snapshot::from_file`].
    pub fn snapshot_of_path(&self, path: &Path) -> Result<Snapshot, ReadError> {
        let open = self.documents.iter().find(|document| document.path.as_deref() == Some(path));
        match open {
            Some(document) => Ok(document.clone()),
            None => Snapshot::from_file(path),
        }
    }

    /// The revision of the last open, change or close; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }

    fn next_revision(&self) -> u64 {
        self.revision.fetch_add(1, Ordering::SeqCst) + 1
    }
}

fn edit_of(change: &Change, text: &Text, encoding: PositionEncoding) -> Edit {
    match change.range {
        Some((start, end)) => {
            Edit { range: text.range_of(start, end, encoding), new_text: change.text.clone() }
        }
        None => difference(text, &change.text),
    }
}

/// The edit that makes `old` into `new` and leaves alone what they begin and end with, so that an editor that sends whole
/// texts has its trees reused too.
fn difference(old: &Text, new: &str) -> Edit {
    let old = old.to_string();
    let bytes = old.bytes().zip(new.bytes());
    let mut prefix = bytes.take_while(|(left, right)| left == right).count();
    while !(old.is_char_boundary(prefix) && new.is_char_boundary(prefix)) {
        prefix -= 1;
    }
    let room = old.len().min(new.len()) - prefix;
    let bytes = old.bytes().rev().zip(new.bytes().rev()).take(room);
    let mut suffix = bytes.take_while(|(left, right)| left == right).count();
    while !(old.is_char_boundary(old.len() - suffix) && new.is_char_boundary(new.len() - suffix)) {
        suffix -= 1;
    }
    let new_text = new.get(prefix..new.len() - suffix).unwrap_or_default().to_owned();
    Edit { range: prefix..old.len() - suffix, new_text }
}
