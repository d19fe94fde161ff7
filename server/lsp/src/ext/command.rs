//! The commands of `workspace/executeCommand`; docs/protocol.md explains them to clients.
//! It must not hold behaviour: these are the names and the arguments' shapes.

use serde::{Deserialize, Serialize};
use tower_lsp::ls_types::{Position, Range, TextDocumentIdentifier};

/// Opens a chat document.
pub(crate) const CHAT_OPEN: &str = "weft.chat.open";
/// Sends a question of a chat document.
pub(crate) const CHAT_SEND: &str = "weft.chat.send";
/// Stops an answer.
pub(crate) const CHAT_STOP: &str = "weft.chat.stop";
/// Proposes an edit and shows it.
pub(crate) const EDIT: &str = "weft.edit";
/// Proposes what a code block says as an edit of the file that it belongs to, and shows it.
pub(crate) const EDIT_APPLY: &str = "weft.edit.apply";
/// Applies blocks of a proposal.
pub(crate) const EDIT_ACCEPT: &str = "weft.edit.accept";
/// Forgets a proposal, or some of its blocks.
pub(crate) const EDIT_REJECT: &str = "weft.edit.reject";
/// Shows why the last request showed nothing.
pub(crate) const WHY: &str = "weft.why";
/// Turns suggestions off and on.
pub(crate) const TOGGLE: &str = "weft.toggle";
/// Uses another model for this window.
pub(crate) const USE_MODEL: &str = "weft.useModel";

/// All of them.
pub(crate) const ALL: [&str; 10] =
    [CHAT_OPEN, CHAT_SEND, CHAT_STOP, EDIT, EDIT_APPLY, EDIT_ACCEPT, EDIT_REJECT, WHY, TOGGLE, USE_MODEL];

/// The argument of [`CHAT_OPEN`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OpenArgument {
    /// The document that the question is about.
    pub(crate) text_document: Option<TextDocumentIdentifier>,
    /// The lines of it.
    pub(crate) selection: Option<Range>,
    /// What the question begins with.
    pub(crate) text: String,
    /// Whether the question is sent at once.
    pub(crate) send: bool,
}

/// The argument of commands that are about a document, or a place in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DocumentArgument {
    /// The document.
    pub(crate) text_document: Option<TextDocumentIdentifier>,
    /// The cursor.
    pub(crate) position: Option<Position>,
}
