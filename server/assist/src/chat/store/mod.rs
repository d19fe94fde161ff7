//! Conversations, kept in one SQLite file that several processes share. Must not know models or editors, and deletes nothing but what the user
//! deletes.
//!
//! Every change is written when its call returns. A token of an answer is one small row, so a process that dies loses no token that was
//! appended; a machine that loses power may lose the last seconds (WAL with `synchronous = NORMAL`).

mod error;
mod export;
mod messages;
mod schema;
mod sessions;
mod types;
mod writers;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

pub use error::StoreError;
pub use export::to_markdown;
pub use types::{
    Branch, MessageId, MessageState, NewMessage, Piece, Role, Session, SessionId, SessionMatch, StoredMessage,
};

use writers::Writers;

/// How long one process waits for another one's write, which takes a millisecond.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open file of conversations. Its calls block for a millisecond or so.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    writers: Writers,
    clock: fn() -> i64,
}

impl Store {
    /// Opens the file, and makes it where there is none. Answers that another process was writing when it died are marked as
    /// stopped.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] and [`StoreError::Newer`] leave the file as it is; [`set_aside`] makes room for a new one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with_clock(path, now)
    }

    /// The same with another clock, in milliseconds since 1970.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with_clock(path: &Path, clock: fn() -> i64) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::files(folder, error))?;
        }
        let mut connection = Connection::open(path).map_err(|error| StoreError::opening(path, &error))?;
        schema::prepare(&mut connection, path)?;
        only_for_the_user(path);
        let writers = Writers::join(path)?;
        let store = Self { connection: Mutex::new(connection), writers, clock };
        store.stop_orphans()?;
        Ok(store)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Moves a file that cannot be used out of the way, with what belongs to it, and returns where it is now.
///
/// # Errors
/// When the folder cannot be written.
pub fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("chat.db");
    let aside = (0..)
        .map(|number: u32| path.with_file_name(format!("{name}.aside-{}{}", now() / 1000, suffix(number))))
        .find(|aside| !aside.exists())
        .unwrap_or_else(|| path.with_file_name(format!("{name}.aside")));
    for ending in ["", "-wal", "-shm"] {
        let from = with_ending(path, ending);
        if from.exists() {
            std::fs::rename(&from, with_ending(&aside, ending))
                .map_err(|error| StoreError::files(&from, error))?;
        }
    }
    Ok(aside)
}

fn suffix(number: u32) -> String {
    if number == 0 { String::new() } else { format!("-{number}") }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Conversations hold code. Where that fails the folder's own rights still hold.
fn only_for_the_user(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for ending in ["", "-wal", "-shm"] {
            let file = with_ending(path, ending);
            if let Err(error) = std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)) {
                tracing::debug!(%error, "the rights of a file of conversations stay as they are");
            }
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
