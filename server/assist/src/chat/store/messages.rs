//! What is said in a conversation: questions, answers while they are written, and what has replaced what. Must not delete a message: what
//! an edit replaces can be brought back.

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::{
    Branch, MessageId, MessageState, NewMessage, Piece, Role, SessionId, Store, StoreError, StoredMessage,
};

const COLUMNS: &str = "id, role, \
    text || coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM pieces WHERE message = messages.id AND NOT thinking ORDER BY id)), ''), \
    thinking || coalesce((SELECT group_concat(text, '') FROM (SELECT text FROM pieces WHERE message = messages.id AND thinking ORDER BY id)), ''), \
    attachments, header, stats, state, failure, created";

impl Store {
    /// The messages of a conversation in order, without those that were replaced.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn messages(&self, session: SessionId) -> Result<Vec<StoredMessage>, StoreError> {
        let current = "session = ?1 AND superseded IS NULL";
        let messages = select(&self.connection(), current, session.0)?;
        if messages.iter().all(|message| message.state != MessageState::Streaming) {
            return Ok(messages);
        }
        self.stop_orphans()?;
        select(&self.connection(), current, session.0)
    }

    /// A message.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when its conversation was deleted.
    pub fn message(&self, id: MessageId) -> Result<StoredMessage, StoreError> {
        let found = select(&self.connection(), "id = ?1", id.0)?;
        found.into_iter().next().ok_or(StoreError::Missing { what: "message" })
    }

    /// A message that stands in a conversation.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is another conversation's, was replaced, or was deleted.
    pub fn message_in(&self, session: SessionId, id: MessageId) -> Result<StoredMessage, StoreError> {
        must_be_current(&self.connection(), session, id)?;
        self.message(id)
    }

    /// Adds a question. The first one gives the conversation its title.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the conversation was deleted.
    pub fn add_question(&self, session: SessionId, question: &NewMessage) -> Result<MessageId, StoreError> {
        self.write(|connection, now| insert_question(connection, session, question, now))
    }

    /// Puts an edited question in the place of an earlier one. That one and all that followed are replaced with it, and can be brought
    /// back with [`Store::restore`].
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the message is not in the conversation any more.
    pub fn replace_question(
        &self,
        session: SessionId,
        replaced: MessageId,
        question: &NewMessage,
    ) -> Result<MessageId, StoreError> {
        self.write(|connection, now| {
            let id = insert_question(connection, session, question, now)?;
            supersede(connection, session, replaced, id)?;
            // It may be the first one now.
            Self::touch(connection, session, now, Some((id, &question.text)))?;
            Ok(id)
        })
    }

    /// Begins an answer. Its text comes with [`Store::append`].
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the conversation was deleted.
    pub fn begin_answer(&self, session: SessionId) -> Result<MessageId, StoreError> {
        self.write(|connection, now| self.insert_answer(connection, session, now))
    }

    /// Begins another answer in the place of an earlier one. That one and all that followed are replaced with it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the message is not in the conversation any more.
    pub fn replace_answer(&self, session: SessionId, replaced: MessageId) -> Result<MessageId, StoreError> {
        self.write(|connection, now| {
            let id = self.insert_answer(connection, session, now)?;
            supersede(connection, session, replaced, id)?;
            Ok(id)
        })
    }

    /// Keeps the next piece of an answer. One small row: some 50 µs.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the conversation was deleted.
    pub fn append(&self, answer: MessageId, piece: Piece<'_>) -> Result<(), StoreError> {
        let (thinking, text) = match piece {
            Piece::Text(text) => (false, text),
            Piece::Thinking(text) => (true, text),
        };
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("INSERT INTO pieces (message, thinking, text) VALUES (?1, ?2, ?3)")?;
        match statement.execute(params![answer.0, thinking, text]) {
            Ok(_) => Ok(()),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                Err(StoreError::Missing { what: "message" })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what applied to an answer and what was cut.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_header(&self, answer: MessageId, header: &serde_json::Value) -> Result<(), StoreError> {
        let query = "UPDATE messages SET header = ?2 WHERE id = ?1";
        self.connection().execute(query, params![answer.0, header.to_string()])?;
        Ok(())
    }

    /// Ends an answer.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish_answer(
        &self,
        answer: MessageId,
        state: MessageState,
        stats: Option<&serde_json::Value>,
        failure: Option<&str>,
    ) -> Result<(), StoreError> {
        self.write(|connection, now| {
            fold(connection, answer, state)?;
            connection.execute(
                "UPDATE messages SET stats = ?2, failure = ?3 WHERE id = ?1",
                params![answer.0, stats.map(ToString::to_string), failure],
            )?;
            connection.execute(
                "UPDATE sessions SET updated = ?2 WHERE id = (SELECT session FROM messages WHERE id = ?1)",
                params![answer.0, now],
            )?;
            Ok(())
        })
    }

    /// What was replaced by messages that are there, the latest first. What those replaced that were replaced themselves is
    /// listed once they are back.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn branches(&self, session: SessionId) -> Result<Vec<Branch>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT DISTINCT superseded FROM messages WHERE session = ?1 AND superseded IS NOT NULL \
             AND (SELECT by.superseded IS NULL FROM messages AS by WHERE by.id = messages.superseded) \
             ORDER BY superseded DESC",
        )?;
        let replaced: Vec<i64> =
            statement.query_map([session.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let branch = |id: i64| {
            Ok(Branch { replaced_by: MessageId(id), messages: select(&connection, "superseded = ?1", id)? })
        };
        replaced.into_iter().map(branch).collect()
    }

    /// Brings back what a message has replaced; that message and what followed it are replaced in turn.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it has replaced nothing, or was replaced itself.
    pub fn restore(&self, session: SessionId, replaced_by: MessageId) -> Result<(), StoreError> {
        self.write(|connection, now| {
            must_be_current(connection, session, replaced_by)?;
            let first: Option<i64> = connection.query_row(
                "SELECT min(id) FROM messages WHERE session = ?1 AND superseded = ?2",
                params![session.0, replaced_by.0],
                |row| row.get(0),
            )?;
            let first = first.ok_or(StoreError::Missing { what: "message" })?;
            // All that is there from the replacing message on goes, under the number of the first that comes back.
            connection.execute(
                "UPDATE messages SET superseded = -1 WHERE session = ?1 AND superseded IS NULL AND id >= ?2",
                params![session.0, replaced_by.0],
            )?;
            connection.execute(
                "UPDATE messages SET superseded = NULL WHERE session = ?1 AND superseded = ?2",
                params![session.0, replaced_by.0],
            )?;
            connection.execute(
                "UPDATE messages SET superseded = ?2 WHERE session = ?1 AND superseded = -1",
                params![session.0, first],
            )?;
            Self::touch(connection, session, now, None)
        })
    }

    /// Marks as stopped what processes were writing that are gone.
    pub(super) fn stop_orphans(&self) -> Result<(), StoreError> {
        let writing: Vec<(i64, String)> = {
            let connection = self.connection();
            let mut statement = connection
                .prepare("SELECT id, coalesce(writer, '') FROM messages WHERE state = 'streaming'")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for (id, writer) in writing {
            if writer.is_empty() || self.writers.is_gone(&writer) {
                self.write(|connection, _| {
                    // It may have been finished since.
                    let query = "SELECT state = 'streaming' FROM messages WHERE id = ?1";
                    let still =
                        connection.query_row(query, [id], |row| row.get(0)).optional()?.unwrap_or(false);
                    if still { fold(connection, MessageId(id), MessageState::Stopped) } else { Ok(()) }
                })?;
            }
        }
        Ok(())
    }

    fn insert_answer(
        &self,
        connection: &Connection,
        session: SessionId,
        now: i64,
    ) -> Result<MessageId, StoreError> {
        Self::touch(connection, session, now, None)?;
        connection.execute(
            "INSERT INTO messages (session, role, text, state, created, writer) VALUES (?1, 'assistant', '', 'streaming', ?2, ?3)",
            params![session.0, now, self.writers.own],
        )?;
        Ok(MessageId(connection.last_insert_rowid()))
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Connection, i64) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let now = (self.clock)();
        let mut connection = self.connection();
        // At once, because a read that becomes a write is refused when another process has written meanwhile.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction, now)?;
        transaction.commit()?;
        Ok(done)
    }
}

fn insert_question(
    connection: &Connection,
    session: SessionId,
    question: &NewMessage,
    now: i64,
) -> Result<MessageId, StoreError> {
    Store::touch(connection, session, now, None)?;
    let attachments = serde_json::to_string(&question.attachments)
        .map_err(|error| StoreError::Database(error.to_string()))?;
    connection.execute(
        "INSERT INTO messages (session, role, text, attachments, state, created) VALUES (?1, 'user', ?2, ?3, 'done', ?4)",
        params![session.0, question.text, attachments, now],
    )?;
    let id = MessageId(connection.last_insert_rowid());
    Store::touch(connection, session, now, Some((id, &question.text)))?;
    Ok(id)
}

/// Marks a message and what followed it, up to the one that replaces them.
fn supersede(
    connection: &Connection,
    session: SessionId,
    from: MessageId,
    by: MessageId,
) -> Result<(), StoreError> {
    must_be_current(connection, session, from)?;
    connection.execute(
        "UPDATE messages SET superseded = ?3 WHERE session = ?1 AND superseded IS NULL AND id >= ?2 AND id < ?3",
        params![session.0, from.0, by.0],
    )?;
    Ok(())
}

fn must_be_current(connection: &Connection, session: SessionId, id: MessageId) -> Result<(), StoreError> {
    let query = "SELECT 1 FROM messages WHERE session = ?1 AND id = ?2 AND superseded IS NULL";
    let found = connection.query_row(query, params![session.0, id.0], |_| Ok(())).optional()?;
    found.ok_or(StoreError::Missing { what: "message" })
}

/// Joins the pieces of an answer, and says how it ended.
fn fold(connection: &Connection, answer: MessageId, state: MessageState) -> Result<(), StoreError> {
    let whole = select(connection, "id = ?1", answer.0)?.into_iter().next();
    let whole = whole.ok_or(StoreError::Missing { what: "message" })?;
    connection.execute(
        "UPDATE messages SET text = ?2, thinking = ?3, state = ?4, writer = NULL WHERE id = ?1",
        params![answer.0, whole.text, whole.thinking, state_name(state)],
    )?;
    connection.execute("DELETE FROM pieces WHERE message = ?1", [answer.0])?;
    Ok(())
}

fn select(connection: &Connection, condition: &str, value: i64) -> Result<Vec<StoredMessage>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM messages WHERE {condition} ORDER BY id");
    let mut statement = connection.prepare_cached(&query)?;
    let messages = statement.query_map([value], read)?;
    Ok(messages.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredMessage> {
    let json = |at: usize| -> rusqlite::Result<Option<String>> { row.get(at) };
    let role: String = row.get(1)?;
    let state: String = row.get(7)?;
    Ok(StoredMessage {
        id: MessageId(row.get(0)?),
        role: if role == "user" { Role::User } else { Role::Assistant },
        text: row.get(2)?,
        thinking: row.get(3)?,
        // What an older Weft wrote in another form is left out; the text of the message is what counts.
        attachments: json(4)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default(),
        header: json(5)?.and_then(|json| serde_json::from_str(&json).ok()),
        stats: json(6)?.and_then(|json| serde_json::from_str(&json).ok()),
        state: state_of(&state),
        failure: row.get(8)?,
        created: row.get(9)?,
    })
}

fn state_name(state: MessageState) -> &'static str {
    match state {
        MessageState::Streaming => "streaming",
        MessageState::Done => "done",
        MessageState::Stopped => "stopped",
        MessageState::Failed => "failed",
    }
}

fn state_of(name: &str) -> MessageState {
    match name {
        "streaming" => MessageState::Streaming,
        "done" => MessageState::Done,
        "failed" => MessageState::Failed,
        _ => MessageState::Stopped,
    }
}
