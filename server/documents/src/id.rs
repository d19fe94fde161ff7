//! What a document is called: the URI that the editor uses for it. It must not touch the file system.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

/// A document's name: a URI, exactly as the editor wrote it, so that an answer carries the same one. Two spellings of one
/// file are two ids; compare their [`DocumentId::path`]s to see that.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId(Arc<str>);

impl DocumentId {
    /// The document that an editor calls by this URI, of whatever scheme.
    pub fn new(uri: &str) -> Self {
        Self(uri.into())
    }

    /// The `file:` URI of an absolute path, percent-encoded; none for a relative path.
    pub fn from_path(path: &Path) -> Option<Self> {
        Url::from_file_path(path).ok().map(|url| Self(url.as_str().into()))
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a `file:` URI, percent-decoded, with its drive letter on Windows; none for any other scheme (such
    /// as `untitled:`), or a `file:` URI of another host.
    pub fn path(&self) -> Option<PathBuf> {
        let url = Url::parse(&self.0).ok()?;
        if url.scheme() != "file" { None } else { url.to_file_path().ok() }
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
