//! Which processes are writing answers: each holds a lock on a small file beside the database, which the system drops when the process dies.
//! Must not leave anything that has to be cleaned up by hand.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{StoreError, now, with_ending};

/// This opening of the file among the others.
#[derive(Debug)]
pub(super) struct Writers {
    folder: PathBuf,
    /// This one's name, as the messages that it writes have it.
    pub(super) own: String,
    /// Locked for as long as this lives.
    file: Option<File>,
}

impl Writers {
    /// Takes part.
    pub(super) fn join(database: &Path) -> Result<Self, StoreError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = with_ending(database, ".writers");
        std::fs::create_dir_all(&folder).map_err(|error| StoreError::files(&folder, error))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let own = format!("{}-{}-{number}", std::process::id(), now());
        let path = folder.join(&own);
        let file = File::create(&path).map_err(|error| StoreError::files(&path, error))?;
        // Where a file system has no locks, answers of others count as being written.
        let file = file.try_lock().is_ok().then_some(file);
        Ok(Self { folder, own, file })
    }

    /// Whether the process behind a name is gone. Its file goes too.
    pub(super) fn is_gone(&self, name: &str) -> bool {
        if name == self.own || name.contains(['/', '\\']) {
            return false;
        }
        let path = self.folder.join(name);
        let Ok(file) = File::open(&path) else { return !path.exists() };
        match file.try_lock() {
            Ok(()) => {
                remove(&path);
                true
            }
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        }
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            remove(&self.folder.join(&self.own));
        }
    }
}

/// A file that stays is taken for one of a process that is gone, which is right.
fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(%error, "the lock of a writer of conversations stays behind");
    }
}
