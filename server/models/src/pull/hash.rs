//! The SHA-256 of a whole file, off the async threads, with progress.
//!
//! Must not do: change the file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use super::error::{Failure, PullError, SourceError};
use super::{Progress, Report};
use crate::catalogue::CatalogueEntry;
use crate::store::{Doing, Store, StoreError, file_bytes};

/// Hashes an installed model again. `Ok(None)` when it is sound, else what is wrong with it.
///
/// # Errors
/// When the file is not there or cannot be read.
pub async fn verify(
    entry: &CatalogueEntry,
    store: &Store,
    progress: Report<'_>,
) -> Result<Option<SourceError>, PullError> {
    match check(&store.path_of(entry), entry, progress).await {
        Ok(()) => Ok(None),
        Err(Failure::Source(error)) => Ok(Some(error)),
        Err(Failure::Local(error)) => Err(error),
    }
}

/// Compares the size and the hash of the file at `path` with the catalogue.
pub(super) async fn check(path: &Path, entry: &CatalogueEntry, progress: Report<'_>) -> Result<(), Failure> {
    let unreadable = |error| StoreError::new(Doing::Reading, path, error);
    if let Some(found) = file_bytes(path)
        && found != entry.bytes
    {
        return Err(SourceError::WrongSize { expected: entry.bytes, found }.into());
    }
    let found = sha256(path, entry.bytes, progress).await.map_err(unreadable)?;
    if found == entry.sha256 {
        return Ok(());
    }
    Err(SourceError::WrongHash { expected: entry.sha256.clone(), found }.into())
}

/// Bytes between two reports of progress.
const STEP: usize = 8 << 20;

async fn sha256(path: &Path, total: u64, progress: Report<'_>) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    let stop = StopOnDrop::default();
    let stopped = Arc::clone(&stop.0);
    let hashing = tokio::task::spawn_blocking(move || {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; STEP];
        let mut done: u64 = 0;
        while !stopped.load(Ordering::Relaxed) {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hasher.update(buffer.get(..read).unwrap_or_default());
            done += read as u64;
            let _ = send.send(done);
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    });
    while let Some(done) = receive.recv().await {
        progress(Progress::Verifying { done, total });
    }
    hashing.await.map_err(io::Error::other)?
}

/// Ends the hashing thread when the pull is dropped.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
