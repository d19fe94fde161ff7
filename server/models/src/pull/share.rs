//! The bytes of a model that are on this machine already, under another name: they are linked, not fetched, and checked all the same.
//! It must not write into a file that it links.

use super::error::{Failure, PullError};
use super::{Report, disk, hash, settle};
use crate::catalogue::CatalogueEntry;
use crate::store::Store;

/// Whether the file of `entry` is there now.
pub(super) async fn take(
    entry: &CatalogueEntry,
    store: &Store,
    progress: Report<'_>,
) -> Result<bool, PullError> {
    let path = store.path_of(entry);
    for known in store.same_bytes(&entry.sha256, entry.bytes) {
        if known == path {
            continue;
        }
        // Not the partial file: that one is written to, and these bytes are another name's too.
        let linked =
            path.with_file_name(format!("{}.linked", path.file_name().unwrap_or_default().to_string_lossy()));
        disk::delete(&linked)?;
        if let Err(error) = std::fs::hard_link(&known, &linked) {
            tracing::debug!(%error, known = %known.display(), "these bytes cannot be shared");
            continue;
        }
        match hash::check(&linked, entry, progress).await {
            Ok(()) => {
                settle(&linked, &path, store)?;
                disk::delete(&store.partial_path(entry))?;
                tracing::info!(model = entry.name, known = %known.display(), "shared, not fetched");
                return Ok(true);
            }
            Err(Failure::Local(error)) => return Err(error),
            Err(Failure::Source(error)) => {
                tracing::info!(model = entry.name, known = %known.display(), %error, "not shared");
                disk::delete(&linked)?;
            }
        }
    }
    Ok(false)
}
