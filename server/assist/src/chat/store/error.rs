//! What can go wrong with the file of conversations, as the user needs to tell it apart. Must not hold what is in the file.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why conversations could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file is no database, or a broken one.
    #[error(
        "the file of your conversations, {}, is damaged ({reason}). Weft leaves it as it is. Put it aside to begin a new one, or \
         put a copy in its place", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// A later Weft has written the file.
    #[error(
        "the file of your conversations, {}, was written by a newer Weft (version {version} of the file; this one knows \
         {known}). Update Weft; or put the file aside to begin a new one", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// The newest version that is known.
        known: i64,
    },
    /// The system refused.
    #[error("could not use {} for your conversations: {source}. Check the folder and its free space", path.display())]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another process holds the file for very long.
    #[error("another process has been writing to your conversations for seconds; try again")]
    Busy,
    /// There is no such conversation or message; it may have been deleted in another window.
    #[error("there is no such {what} any more; it may have been deleted in another window")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// Any other failure of the database.
    #[error("your conversations could not be read or written: {0}")]
    Database(String),
}

impl StoreError {
    pub(super) fn files(path: &Path, source: std::io::Error) -> Self {
        Self::Files { path: path.to_owned(), source }
    }

    /// A failure while the file is opened.
    pub(super) fn opening(path: &Path, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { path: path.to_owned(), reason: error.to_string() }
            }
            _ => Self::from_sqlite(error),
        }
    }

    fn from_sqlite(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::from_sqlite(&error)
    }
}
