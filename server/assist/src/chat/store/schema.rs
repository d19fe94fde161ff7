//! The tables and their versions. Must not change a table that was ever published: a change is a new step of [`STEPS`].

use std::path::Path;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, TransactionBehavior};

use super::{PATIENCE, StoreError};

/// What leads from each version to the next. The file's version (`user_version`) is how many of them were done.
const STEPS: &[&str] = &["
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        named INTEGER NOT NULL DEFAULT 0,
        created INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        root TEXT,
        compaction TEXT
    );
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        session INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        thinking TEXT NOT NULL DEFAULT '',
        attachments TEXT NOT NULL DEFAULT '[]',
        header TEXT,
        stats TEXT,
        state TEXT NOT NULL,
        failure TEXT,
        created INTEGER NOT NULL,
        writer TEXT,
        superseded INTEGER
    );
    CREATE INDEX messages_of_session ON messages (session, id);
    -- What a model is writing: a row for each token, until the answer is whole.
    CREATE TABLE pieces (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
        thinking INTEGER NOT NULL,
        text TEXT NOT NULL
    );
    CREATE INDEX pieces_of_message ON pieces (message, id);
"];

/// Makes a connection ready: checks the file, brings it to the newest version.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let opening = |error: rusqlite::Error| StoreError::opening(path, &error);
    connection.busy_timeout(PATIENCE).map_err(opening)?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(opening)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    // Before anything is written to the file.
    if version > known || version < 0 {
        return Err(StoreError::Newer { path: path.to_owned(), version, known });
    }
    let sound: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(opening)?;
    if sound != "ok" {
        return Err(StoreError::Damaged { path: path.to_owned(), reason: sound });
    }
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).map_err(opening)?;
    connection.pragma_update(None, "synchronous", "normal").map_err(opening)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(opening)?;
    migrate(connection).map_err(opening)?;
    add_functions(connection).map_err(opening)
}

/// Two processes may come at once: the version counts that is found once the write lock is held.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let version = |connection: &Connection| -> rusqlite::Result<usize> {
        let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok(usize::try_from(version).unwrap_or(usize::MAX))
    };
    if version(connection)? == STEPS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in STEPS.iter().skip(version(&transaction)?) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", i64::try_from(STEPS.len()).unwrap_or(i64::MAX))?;
    transaction.commit()
}

/// SQLite's own comparison without case knows only ASCII.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("contains_folded", 2, flags, |context| {
        let (text, folded): (String, String) = (context.get(0)?, context.get(1)?);
        Ok(text.to_lowercase().contains(&folded))
    })
}
