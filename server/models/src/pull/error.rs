//! What can go wrong in a pull, in words that say what to do next.
//!
//! Must not do: decide what is retried with which source; it only tells the two kinds of failure apart.

use std::path::PathBuf;

use crate::hub::HubError;
use crate::store::StoreError;

/// Why a pull gave up.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The store's folder or a file in it cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk has no room for the model.
    #[error(
        "not enough room for the model in {folder}: it needs {needed}{available}. Free some space \
         (`weft models list` shows what each model takes) or choose another folder for models, then pull again: what has \
         arrived is kept",
        folder = folder.display(),
        needed = megabytes(*needed),
        available = available.map(|bytes| format!(", {} are free", megabytes(bytes))).unwrap_or_default()
    )]
    DiskFull {
        /// The store's folder.
        folder: PathBuf,
        /// The bytes that are still needed.
        needed: u64,
        /// The bytes that are free, where the system tells.
        available: Option<u64>,
    },
    /// Every source was tried.
    #[error(transparent)]
    NoSource(Box<NoSource>),
    /// The hub could not be asked, or has no such model.
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// Every source was tried and none could deliver.
#[derive(Debug, thiserror::Error)]
#[error(
    "could not get the model {name}.\n{tried}What to do: check the network (behind a proxy, set HTTPS_PROXY and \
     `pip config set global.proxy ADDRESS`; for a mirror of Hugging Face, set HF_ENDPOINT) and pull again: it goes on \
     where it stopped. Or get {file} ({bytes} bytes, sha256 {sha256}) another way, put it at {path} and \
     pull again: it is checked, then used",
    tried = list(attempts),
    path = path.display()
)]
pub struct NoSource {
    /// The catalogue's name of the model.
    pub name: String,
    /// What was tried, in order, with the reason of each failure.
    pub attempts: Vec<Attempt>,
    /// The official file name.
    pub file: String,
    /// The size of the right file in bytes.
    pub bytes: u64,
    /// The SHA-256 of the right file.
    pub sha256: String,
    /// Where the file belongs.
    pub path: PathBuf,
}

/// One source that could not deliver.
#[derive(Debug)]
pub struct Attempt {
    /// The source in words, or the path of a file that was there and is not the right one.
    pub source: String,
    /// Why it could not deliver.
    pub error: SourceError,
}

/// Why a source could not deliver.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection to the server.
    #[error("no connection: {0}")]
    Connect(String),
    /// The server went silent.
    #[error("the server sent nothing for {seconds} s")]
    Stalled {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The connection broke after it had begun.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The server answered with an error.
    #[error("the server answered {status}{hint}", hint = status_hint(*status))]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The hub does not give the file to everybody.
    #[error("{}", gated(*status, page, *with_token))]
    Gated {
        /// The HTTP status: 401 or 403.
        status: u16,
        /// The page of the repository.
        page: String,
        /// Whether the user's token was sent.
        with_token: bool,
    },
    /// The server's answer cannot be used.
    #[error("{0}")]
    Answer(String),
    /// The size is not the model's.
    #[error("the file has {found} bytes, expected {expected}")]
    WrongSize {
        /// The size of the right file in bytes.
        expected: u64,
        /// The size that was found or announced.
        found: u64,
    },
    /// The bytes are not the model's.
    #[error(
        "the file's sha256 is {found}, expected {expected}: it was damaged on its way or is another file"
    )]
    WrongHash {
        /// The hash of the right file.
        expected: String,
        /// The hash of the file that was found.
        found: String,
    },
    /// There is no pip on this machine.
    #[error("pip is not installed (tried {tried}); install Python 3 with pip")]
    NoPip {
        /// The commands that were tried.
        tried: String,
    },
    /// pip failed.
    #[error("pip could not download {requirement}: {reason}")]
    Pip {
        /// What pip was asked for.
        requirement: String,
        /// The last errors that pip printed.
        reason: String,
    },
    /// What pip downloaded does not hold the expected bytes.
    #[error("{wheel} cannot be used: {problem}")]
    Wheel {
        /// The wheel's file name.
        wheel: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl SourceError {
    /// Whether the same source may deliver if it is asked again at once.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            SourceError::Stalled { .. } | SourceError::Broken(_) => true,
            SourceError::Status { status } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }
}

/// Either this machine is in the way, and no other source would help, or the source is.
#[derive(Debug)]
pub(super) enum Failure {
    Local(PullError),
    Source(SourceError),
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Failure {
        Failure::Source(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Local(error.into())
    }
}

impl From<PullError> for Failure {
    fn from(error: PullError) -> Failure {
        Failure::Local(error)
    }
}

fn list(attempts: &[Attempt]) -> String {
    attempts.iter().map(|attempt| format!("- {}: {}\n", attempt.source, attempt.error)).collect()
}

fn gated(status: u16, page: &str, with_token: bool) -> String {
    let what = if with_token {
        format!(
            "The token in HF_TOKEN is wrong or has no access: accept the licence at {page} with the account of the token"
        )
    } else {
        format!(
            "If the model is gated, accept its licence at {page}, make a token in the settings of your account there and set HF_TOKEN to it"
        )
    };
    format!(
        "the server answered {status}, access refused. {what}. Else a proxy or firewall on the way may be the reason"
    )
}

fn status_hint(status: u16) -> &'static str {
    match status {
        404 => " (it does not have this file)",
        407 => " (the proxy wants a user name and password)",
        429 => " (too many requests; try later)",
        500.. => " (the server has a problem of its own)",
        _ => "",
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
