//! What is kept of a conversation. Must not hold anything of the database.

use serde::{Deserialize, Serialize};

use crate::mentions::Attachment;

/// A conversation's number. It is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub i64);

/// A message's number, over all conversations; later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub i64);

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// From the first question, unless the user has named it. Empty before the first question.
    pub title: String,
    /// When it began, in milliseconds since 1970.
    pub created: i64,
    /// When something was last said, in milliseconds since 1970.
    pub updated: i64,
    /// The workspace's root as it was when it began.
    pub root: Option<String>,
    /// How many messages it has, without those that were replaced.
    pub messages: u32,
}

/// A conversation that was searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionMatch {
    /// The conversation.
    pub session: Session,
    /// The place in a message; empty where only the title has it.
    pub excerpt: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MessageState {
    /// The model is writing it.
    Streaming,
    /// It is whole.
    Done,
    /// It was stopped, by the user or because Weft ended: it is as long as it got.
    Stopped,
    /// The engine failed: it is as long as it got.
    Failed,
}

/// A piece of what the model writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Of the answer.
    Text(&'a str),
    /// Of its thoughts.
    Thinking(&'a str),
}

/// A question to be kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewMessage {
    /// What the user wrote.
    pub text: String,
    /// What its mentions became.
    pub attachments: Vec<Attachment>,
}

/// A message that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMessage {
    /// Its number.
    pub id: MessageId,
    /// Who speaks.
    pub role: Role,
    /// What was said.
    pub text: String,
    /// What the model thought before; empty for none.
    pub thinking: String,
    /// What the mentions of a question became.
    pub attachments: Vec<Attachment>,
    /// What applied to an answer and what was cut ([`crate::chat::prompt::Header`]), as JSON.
    pub header: Option<serde_json::Value>,
    /// What an answer cost ([`crate::chat::ChatStats`]), as JSON.
    pub stats: Option<serde_json::Value>,
    /// How far it is.
    pub state: MessageState,
    /// Why the engine failed, for people.
    pub failure: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub created: i64,
}

/// Messages that an edited question or a new answer has replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// The message that took their place.
    pub replaced_by: MessageId,
    /// They.
    pub messages: Vec<StoredMessage>,
}
