//! What the store could not do, in words that say what to do. It must not do anything.

use std::io;
use std::path::{Path, PathBuf};

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("could not {doing} {path}: {error}. {advice}", path = path.display(), advice = advice(error))]
    Io {
        /// What was being done, for example "read".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason. It stands in the message, so it is not a source besides.
        error: io::Error,
    },
    /// There is no model of that name here.
    #[error("there is no model called {name} on this machine. `weft models list` shows those that are")]
    NotFound {
        /// The name.
        name: String,
    },
    /// The name belongs to a model.
    #[error("there is a model called {name} already. Choose another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The name is no name for a file.
    #[error("`{name}` cannot be a model's name: use up to 100 letters, digits, dots, dashes and underscores")]
    BadName {
        /// The name.
        name: String,
    },
    /// The file belongs to another program.
    #[error(
        "{name} is Ollama's, and Weft only reads what is Ollama's. Remove it there: ollama rm {theirs}",
        theirs = name.strip_prefix("ollama:").unwrap_or(name)
    )]
    NotOurs {
        /// The name.
        name: String,
    },
    /// A file that is to be taken over cannot be.
    #[error("{path} cannot be taken over: {problem}", path = path.display())]
    NotTaken {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        problem: String,
    },
    /// Another process is downloading the model.
    #[error("{name} is being downloaded by another process. Wait for it or stop it, then try again")]
    Busy {
        /// The catalogue's name of the model.
        name: String,
    },
}

/// What was being done to a path when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Reading,
    Creating,
    Writing,
    Deleting,
    Renaming,
}

impl StoreError {
    pub(crate) fn new(doing: Doing, path: &Path, error: io::Error) -> StoreError {
        let doing = match doing {
            Doing::Reading => "read",
            Doing::Creating => "create",
            Doing::Writing => "write to",
            Doing::Deleting => "delete",
            Doing::Renaming => "give its final name to",
        };
        StoreError::Io { doing, path: path.to_owned(), error }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "Make the folder writable for your user, or choose another folder for models"
        }
        io::ErrorKind::ReadOnlyFilesystem => "Choose a folder for models on a disk that can be written",
        _ => "Check the disk and the folder for models",
    }
}
