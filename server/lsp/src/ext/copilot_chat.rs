//! The conversations of Copilot's protocol: shapes on the wire; ext/copilot.rs has the names. It must not hold behaviour.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::ls_types::{NumberOrString, Range};

use super::copilot::Doc;

/// The parameters of `conversation/create` and `conversation/turn`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TurnParams {
    /// What names the stream.
    pub(crate) work_done_token: Option<NumberOrString>,
    /// The conversation; none in `conversation/create`.
    pub(crate) conversation_id: String,
    /// The question of `conversation/turn`. One client's release spells the name with a colon.
    #[serde(alias = "message:")]
    pub(crate) message: Value,
    /// The questions of `conversation/create`: what was said before, and the new one.
    pub(crate) turns: Vec<Turn>,
    /// What goes along.
    pub(crate) references: Vec<Reference>,
    /// A model's id.
    pub(crate) model: Option<String>,
    /// The document that is being edited.
    pub(crate) doc: Option<Doc>,
    /// The same, in newer clients.
    pub(crate) text_document: Option<DocumentName>,
    /// What is selected in it.
    pub(crate) selection: Option<Range>,
}

/// A question, and its answer if there is one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Turn {
    /// The question: a text, or a list of parts with a text each.
    pub(crate) request: Value,
    /// The answer.
    pub(crate) response: Option<String>,
}

/// A document by its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DocumentName {
    /// Its URI.
    pub(crate) uri: String,
}

/// What goes along with a question, and what did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Reference {
    /// `file` or `directory`; others are left aside.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// `included`.
    pub(crate) status: String,
    /// Where.
    pub(crate) uri: String,
    /// What is selected of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) selection: Option<Range>,
    /// The same, in older clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) range: Option<Range>,
}

/// The answer to `conversation/create` and `conversation/turn`; the words come by `$/progress`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TurnAnswer {
    /// The conversation.
    pub(crate) conversation_id: String,
    /// The question.
    pub(crate) turn_id: String,
}

/// The value of a `$/progress`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TurnProgress {
    /// `begin`, `report` or `end`.
    pub(crate) kind: &'static str,
    /// The conversation.
    pub(crate) conversation_id: String,
    /// The question.
    pub(crate) turn_id: String,
    /// To be appended.
    pub(crate) reply: String,
    /// What went along; told once.
    pub(crate) references: Vec<Reference>,
    /// What the user is to know.
    pub(crate) warnings: Vec<Warning>,
    /// Clients read these without asking whether they are there.
    pub(crate) annotations: Vec<Value>,
    /// Whether the reply is not for people.
    pub(crate) hide_text: bool,
    /// Why there is no answer, at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<TurnResult>,
}

/// Something to know.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Warning {
    /// In a sentence.
    pub(crate) message: String,
}

/// How a turn ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TurnResult {
    /// What went wrong.
    pub(crate) error: Warning,
}

/// A command that a question may begin with.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Template {
    /// Its name, without `/`.
    pub(crate) id: String,
    /// What it does.
    pub(crate) description: String,
    /// The same: there is no shorter one.
    pub(crate) short_description: String,
    /// Where it can be used.
    pub(crate) scopes: [&'static str; 1],
}

/// The parameters of what is about a conversation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ConversationParams {
    /// The conversation.
    pub(crate) conversation_id: String,
}

/// The parameters of `window/workDoneProgress/cancel`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CancelParams {
    /// The token.
    pub(crate) token: NumberOrString,
}
