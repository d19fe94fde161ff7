//! One pull of a model at a time, across processes: an advisory lock on `FILE.lock`.
//!
//! Must not do: leave anything to clean up. The operating system drops the lock of a process that dies.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;

use super::{Progress, Report};
use crate::catalogue::CatalogueEntry;
use crate::store::{Doing, Store, StoreError, file_bytes};

/// Held while a model is pulled. Shared with the threads that write, so that it is free only when the
/// last of them has stopped, even if the pull's future was dropped.
#[derive(Debug)]
pub(super) struct PullLock {
    _file: File,
}

/// How often to look whether the other process has finished. Blocking instead would leave a thread that
/// nobody can stop when the pull is cancelled.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Takes the lock, waiting while another pull holds it.
pub(super) async fn acquire(
    entry: &CatalogueEntry,
    store: &Store,
    progress: Report<'_>,
) -> Result<Arc<PullLock>, StoreError> {
    let path = store.lock_path(entry);
    let file = File::create(&path).map_err(|error| StoreError::new(Doing::Writing, &path, error))?;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                let done = file_bytes(&store.partial_path(entry)).unwrap_or(0);
                progress(Progress::WaitingForOther { done, total: entry.bytes });
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Err(TryLockError::Error(error)) => {
                // Some network file systems have no locks. The hash still guards what is used.
                tracing::warn!(path = %path.display(), %error, "no lock here; do not pull a model twice at once");
                break;
            }
        }
    }
    Ok(Arc::new(PullLock { _file: file }))
}
