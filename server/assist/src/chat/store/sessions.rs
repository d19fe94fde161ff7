//! Conversations as a list: begin, find, name, delete. Must not touch what is said in them.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{MessageId, Session, SessionId, SessionMatch, Store, StoreError};

/// The most characters of a title that is made from a question.
const TITLE_CHARACTERS: usize = 60;
/// Characters of an excerpt before and behind what was searched for.
const AROUND: usize = 40;

const COLUMNS: &str = "sessions.id, title, sessions.created, updated, root, \
    (SELECT count(*) FROM messages WHERE session = sessions.id AND superseded IS NULL)";

impl Store {
    /// Begins a conversation.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create_session(&self, root: Option<&str>) -> Result<SessionId, StoreError> {
        let now = (self.clock)();
        let connection = self.connection();
        connection.execute(
            "INSERT INTO sessions (title, created, updated, root) VALUES ('', ?1, ?1, ?2)",
            params![now, root],
        )?;
        Ok(SessionId(connection.last_insert_rowid()))
    }

    /// A conversation.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it was deleted.
    pub fn session(&self, id: SessionId) -> Result<Session, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM sessions WHERE id = ?1");
        let found = self.connection().query_row(&query, [id.0], read).optional()?;
        found.ok_or(StoreError::Missing { what: "conversation" })
    }

    /// The conversations that have messages, the latest first; of one workspace or of all.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sessions(&self, root: Option<&str>, most: u32) -> Result<Vec<Session>, StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM sessions WHERE (?1 IS NULL OR root = ?1) \
             AND EXISTS (SELECT 1 FROM messages WHERE session = sessions.id) \
             ORDER BY updated DESC, sessions.id DESC LIMIT ?2"
        );
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&query)?;
        let sessions = statement.query_map(params![root, most], read)?;
        Ok(sessions.collect::<Result<_, _>>()?)
    }

    /// The conversations whose title or messages have a text, the latest first. Capital letters do not matter.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn search_sessions(&self, text: &str, most: u32) -> Result<Vec<SessionMatch>, StoreError> {
        let folded = text.trim().to_lowercase();
        if folded.is_empty() {
            let all = self.sessions(None, most)?;
            return Ok(all
                .into_iter()
                .map(|session| SessionMatch { session, excerpt: String::new() })
                .collect());
        }
        let query = format!(
            "SELECT {COLUMNS}, (SELECT text FROM messages WHERE session = sessions.id AND superseded IS NULL \
                 AND contains_folded(text, ?1) ORDER BY id LIMIT 1) AS found \
             FROM sessions WHERE contains_folded(title, ?1) OR found IS NOT NULL \
             ORDER BY updated DESC, sessions.id DESC LIMIT ?2"
        );
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&query)?;
        let matches = statement.query_map(params![folded, most], |row| {
            let found: Option<String> = row.get(6)?;
            Ok(SessionMatch {
                session: read(row)?,
                excerpt: found.map(|text| excerpt(&text, &folded)).unwrap_or_default(),
            })
        })?;
        Ok(matches.collect::<Result<_, _>>()?)
    }

    /// Gives a conversation a title of the user's own. With an empty one the first question makes it again.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it was deleted.
    pub fn rename_session(&self, id: SessionId, title: &str) -> Result<(), StoreError> {
        let title = title.trim();
        let first: Option<String> = self
            .connection()
            .query_row(
                "SELECT text FROM messages WHERE session = ?1 AND superseded IS NULL ORDER BY id LIMIT 1",
                [id.0],
                |row| row.get(0),
            )
            .optional()?;
        let named = !title.is_empty();
        let title = if named { title.to_owned() } else { title_from(&first.unwrap_or_default()) };
        let changed = self.connection().execute(
            "UPDATE sessions SET title = ?2, named = ?3 WHERE id = ?1",
            params![id.0, title, named],
        )?;
        if changed == 0 { Err(StoreError::Missing { what: "conversation" }) } else { Ok(()) }
    }

    /// Deletes a conversation with all that was said in it. It cannot be brought back.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it was deleted before.
    pub fn delete_session(&self, id: SessionId) -> Result<(), StoreError> {
        let deleted = self.connection().execute("DELETE FROM sessions WHERE id = ?1", [id.0])?;
        if deleted == 0 { Err(StoreError::Missing { what: "conversation" }) } else { Ok(()) }
    }

    /// What of a conversation is left out of its prompts ([`crate::chat::prompt::Compaction`]), as JSON.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it was deleted.
    pub fn compaction(&self, id: SessionId) -> Result<Option<serde_json::Value>, StoreError> {
        let query = "SELECT compaction FROM sessions WHERE id = ?1";
        let json: Option<Option<String>> =
            self.connection().query_row(query, [id.0], |row| row.get(0)).optional()?;
        let json = json.ok_or(StoreError::Missing { what: "conversation" })?;
        // One that cannot be read is made anew with the next question.
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Keeps what of a conversation is left out of its prompts.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_compaction(&self, id: SessionId, compaction: &serde_json::Value) -> Result<(), StoreError> {
        let json = compaction.to_string();
        self.connection()
            .execute("UPDATE sessions SET compaction = ?2 WHERE id = ?1", params![id.0, json])?;
        Ok(())
    }

    /// Notes that something was said; the first question gives the title.
    pub(super) fn touch(
        connection: &rusqlite::Connection,
        id: SessionId,
        now: i64,
        question: Option<(MessageId, &str)>,
    ) -> Result<(), StoreError> {
        let changed =
            connection.execute("UPDATE sessions SET updated = ?2 WHERE id = ?1", params![id.0, now])?;
        if changed == 0 {
            return Err(StoreError::Missing { what: "conversation" });
        }
        if let Some((message, text)) = question {
            connection.execute(
                "UPDATE sessions SET title = ?3 WHERE id = ?1 AND named = 0 AND NOT EXISTS \
                 (SELECT 1 FROM messages WHERE session = ?1 AND superseded IS NULL AND id < ?2)",
                params![id.0, message.0, title_from(text)],
            )?;
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: SessionId(row.get(0)?),
        title: row.get(1)?,
        created: row.get(2)?,
        updated: row.get(3)?,
        root: row.get(4)?,
        messages: row.get(5)?,
    })
}

/// The first line that says something, to the end of a word.
fn title_from(question: &str) -> String {
    let line = question.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= TITLE_CHARACTERS {
        return line;
    }
    let cut: String = line.chars().take(TITLE_CHARACTERS).collect();
    let end = cut.rfind(' ').filter(|at| *at > TITLE_CHARACTERS / 2).unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

/// The text around the first place, on one line.
fn excerpt(text: &str, folded: &str) -> String {
    let lower = text.to_lowercase();
    let before = lower.find(folded).map_or(0, |at| lower[..at].chars().count());
    let from = before.saturating_sub(AROUND);
    let length = before - from + folded.chars().count() + AROUND;
    let part: String = text.chars().skip(from).take(length).collect();
    let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
    let (start, end) =
        (if from > 0 { "…" } else { "" }, if text.chars().count() > from + length { "…" } else { "" });
    format!("{start}{part}{end}")
}
