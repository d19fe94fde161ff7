//! One version of a document, as everything after the editor sees it. It must not change once made.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use syntax::{Language, Outline, Tree};
use text::{Edit, Text};
use thiserror::Error;

use crate::DocumentId;
use crate::lazy_tree::LazyTree;

/// One version of a document. A clone is cheap and shares the text and the syntax tree.
#[derive(Clone)]
pub struct Snapshot {
    /// The document's URI.
    pub id: DocumentId,
    /// None for a text in a language that Weft has no grammar for.
    pub language: Option<Language>,
    /// The editor's version number, the highest one seen; 0 for a file read from disk.
    pub version: i32,
    /// Grows with every open, change and close of any document of a store; 0 for a file read from disk.
    pub revision: u64,
    /// The content.
    pub text: Text,
    /// The path of a `file:` URI.
    pub path: Option<Arc<Path>>,
    tree: Option<Arc<LazyTree>>,
}

/// The largest file that [`Snapshot::from_file`] reads, in bytes: 8 MiB, some 200,000 lines.
pub const DEFAULT_FILE_LIMIT: u64 = 8 * 1024 * 1024;

/// Why a file gave no snapshot.
#[derive(Debug, Error)]
pub enum ReadError {
    /// No such file.
    #[error("{} does not exist: check the path", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A folder, a device or a pipe.
    #[error("{} is a directory or no regular file: give the path of a text file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Larger than the limit.
    #[error("{} is larger than {limit} bytes, more than Weft reads of one file: use a smaller file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// Not text in UTF-8.
    #[error("{} is not text in UTF-8 (the first wrong byte is at offset {offset}): convert it to UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Where the first invalid sequence begins, in bytes.
        offset: usize,
    },
    /// Anything else that the operating system refused.
    #[error("{} could not be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

impl Snapshot {
    pub(crate) fn new(
        id: DocumentId,
        language: Option<Language>,
        version: i32,
        revision: u64,
        text: Text,
    ) -> Self {
        let path = id.path().map(Arc::from);
        let tree = language.map(|language| Arc::new(LazyTree::new(language, revision)));
        Self { id, language, version, revision, text, path, tree }
    }

    /// The version after one notification's edits, each with the texts before and after it. Not parsed yet.
    pub(crate) fn after(
        &self,
        version: i32,
        revision: u64,
        text: Text,
        edits: Vec<(Text, Edit, Text)>,
    ) -> Self {
        let tree = self.tree.as_ref().map(|tree| Arc::new(tree.after(revision, edits)));
        let version = version.max(self.version);
        Self {
            id: self.id.clone(),
            language: self.language,
            version,
            revision,
            text,
            path: self.path.clone(),
            tree,
        }
    }

    /// Reads a file of at most [`DEFAULT_FILE_LIMIT`] bytes. A byte order mark is left out. Blocks on the disk.
    ///
    /// # Errors
    /// When there is no such file, it is no regular file, too large, not UTF-8, or the system refuses.
    pub fn from_file(path: &Path) -> Result<Self, ReadError> {
        Self::from_file_within(path, DEFAULT_FILE_LIMIT)
    }

    /// As [`Snapshot::from_file`], with another limit in bytes.
    ///
    /// # Errors
    /// As [`Snapshot::from_file`].
    pub fn from_file_within(path: &Path, limit: u64) -> Result<Self, ReadError> {
        let content = read_text(path, limit)?;
        let absolute =
            std::path::absolute(path).map_err(|source| ReadError::Io { path: path.into(), source })?;
        let id = DocumentId::from_path(&absolute).ok_or_else(|| ReadError::NotAFile { path: path.into() })?;
        let language = Language::from_path(path);
        Ok(Self::new(id, language, 0, 0, Text::new(content.strip_prefix('\u{feff}').unwrap_or(&content))))
    }

    /// The syntax tree; none for a text without a language. If it is not finished it is parsed on this thread, some
    /// 300 ms for 100,000 lines, so an async caller uses a blocking thread; all clones share the result.
    pub fn tree(&self) -> Option<Tree> {
        self.tree.as_ref().map(|tree| tree.finished(&self.text).clone())
    }

    /// The syntax tree if it is already there. Never parses.
    pub fn tree_if_ready(&self) -> Option<Tree> {
        self.tree.as_ref().and_then(|tree| tree.if_finished()).cloned()
    }

    /// What the text defines and imports; none for a text without a language. The first who asks waits until the tree is
    /// finished and read, which after an edit of an earlier version takes little; all clones share the result.
    pub fn outline(&self) -> Option<Arc<Outline>> {
        self.tree.as_ref().map(|tree| Arc::clone(tree.outline(&self.text)))
    }

    /// Lets go of the tree and of what was read from it; whoever asks for it next parses the text again.
    pub(crate) fn forget_tree(&mut self) {
        self.tree = self.language.map(|language| Arc::new(LazyTree::new(language, self.revision)));
    }

    pub(crate) fn lazy_tree(&self) -> Option<&LazyTree> {
        self.tree.as_deref()
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Snapshot")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("revision", &self.revision)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}

fn read_text(path: &Path, limit: u64) -> Result<String, ReadError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ReadError::Missing { path: path.into() },
        _ => ReadError::Io { path: path.into(), source },
    };
    // Asked before it is opened: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: path.into() });
    }
    let too_large = || ReadError::TooLarge { path: path.into(), limit };
    if metadata.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // The file may have grown since.
    File::open(path)
        .map_err(failed)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    String::from_utf8(bytes)
        .map_err(|error| ReadError::NotUtf8 { path: path.into(), offset: error.utf8_error().valid_up_to() })
}
