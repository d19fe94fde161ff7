//! The chat's methods on the wire; docs/protocol.md explains them to clients.
//! It must not hold behaviour: these are the shapes.

use assist::mentions::Attachment;
use documents::DocumentId;
use serde::{Deserialize, Serialize};
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::{NumberOrString, Range, TextDocumentIdentifier, Uri};

/// Request `weft/chat/send`: asks a question; the answer streams by `$/progress`.
pub(crate) const SEND: &str = "weft/chat/send";
/// Request `weft/chat/sessions`: the sessions that are kept.
pub(crate) const SESSIONS: &str = "weft/chat/sessions";
/// Request `weft/chat/session`: one session with its messages.
pub(crate) const SESSION: &str = "weft/chat/session";
/// Request `weft/chat/rename`: gives a session another title.
pub(crate) const RENAME: &str = "weft/chat/rename";
/// Request `weft/chat/delete`: deletes a session.
pub(crate) const DELETE: &str = "weft/chat/delete";
/// Request `weft/chat/export`: a session as Markdown.
pub(crate) const EXPORT: &str = "weft/chat/export";
/// Request `weft/chat/attachment`: what went along with a question, with its text.
pub(crate) const ATTACHMENT: &str = "weft/chat/attachment";
/// Request `weft/chat/complete`: what `@` and `/` can be followed by.
pub(crate) const COMPLETE: &str = "weft/chat/complete";
/// Request `weft/chat/resolve`: what the mentions of a text stand for.
pub(crate) const RESOLVE: &str = "weft/chat/resolve";

/// What the editor knows at the moment of a question.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ChatContext {
    /// The document that is being edited.
    pub(crate) text_document: Option<TextDocumentIdentifier>,
    /// What is selected in it, or the cursor.
    pub(crate) selection: Option<Range>,
    /// What can be seen of it.
    pub(crate) visible: Option<Vec<Range>>,
    /// Errors and warnings; none where the editor does not tell.
    pub(crate) problems: Option<Vec<ChatProblem>>,
    /// The terminal's text.
    pub(crate) terminal: Option<String>,
    /// The clipboard's text.
    pub(crate) clipboard: Option<String>,
}

/// An error or a warning of the editor.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChatProblem {
    /// The document.
    pub(crate) uri: Uri,
    /// Where.
    pub(crate) range: Range,
    /// As LSP counts: 1 is an error.
    #[serde(default)]
    pub(crate) severity: Option<u8>,
    /// What is wrong.
    pub(crate) message: String,
    /// Who says so.
    #[serde(default)]
    pub(crate) source: Option<String>,
}

/// The parameters of `weft/chat/send`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SendParams {
    /// The session; none begins one.
    pub(crate) session_id: Option<String>,
    /// The message.
    pub(crate) text: String,
    /// What the editor knows.
    pub(crate) context: ChatContext,
    /// Another model than the window's.
    pub(crate) model: Option<String>,
    /// A message of the user's that makes way, with all that followed it.
    pub(crate) replaces: Option<String>,
    /// Whether the replaced message is sent again as it was.
    pub(crate) regenerate: bool,
    /// What names the stream.
    pub(crate) partial_result_token: Option<NumberOrString>,
}

/// What is told while an answer is written.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ChatProgress {
    /// The question is kept and on its way to the model.
    Started {
        /// The session.
        session_id: String,
        /// The question.
        message_id: String,
        /// The answer that is beginning.
        answer_id: String,
        /// What goes along.
        attachments: Vec<ChatAttachment>,
        /// Rules that apply, and what was cut.
        notes: Vec<String>,
        /// The model.
        model: String,
    },
    /// The model is being loaded.
    Loading {
        /// 0 to 1.
        fraction: f32,
    },
    /// Something to know of the answer, such as what was left out.
    Note {
        /// In a sentence.
        text: String,
    },
    /// A piece of what the model thinks.
    Thinking {
        /// To be appended.
        text: String,
    },
    /// A piece of the answer.
    Text {
        /// To be appended.
        text: String,
    },
}

/// `$/progress` with a value of Weft's.
pub(crate) enum WeftProgress {}

impl Notification for WeftProgress {
    type Params = WeftProgressParams;
    const METHOD: &'static str = "$/progress";
}

/// The parameters of `$/progress`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WeftProgressParams {
    /// The request's token.
    pub(crate) token: NumberOrString,
    /// A [`ChatProgress`].
    pub(crate) value: serde_json::Value,
}

/// What a mention became.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatAttachment {
    /// As it was typed.
    pub(crate) mention: String,
    /// What it resolved to.
    pub(crate) title: String,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<String>,
    /// The lines from 0, the end excluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lines: Option<(u32, u32)>,
    /// Its size.
    pub(crate) tokens: usize,
    /// What is not in it.
    pub(crate) cut: String,
}

impl ChatAttachment {
    pub(crate) fn new(attachment: &Attachment, tokens: usize) -> Self {
        let uri = attachment.file.as_deref().and_then(DocumentId::from_path);
        Self {
            mention: attachment.mention.clone(),
            title: attachment.title.clone(),
            uri: uri.map(|id| id.as_str().to_owned()),
            lines: attachment.lines.as_ref().map(|lines| (lines.start, lines.end)),
            tokens,
            cut: attachment.cut.clone(),
        }
    }
}

/// The parameters of `weft/chat/attachment`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentParams {
    /// The session.
    pub(crate) session_id: String,
    /// A question in it.
    pub(crate) message_id: String,
    /// Which of its attachments, from 0, in the order in which the message has them.
    pub(crate) index: usize,
}

/// The answer to `weft/chat/attachment`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AttachmentAnswer {
    /// What the message says of it.
    #[serde(flatten)]
    pub(crate) attachment: ChatAttachment,
    /// From the workspace's root, with `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// The name that goes behind a fence; empty where there is none.
    pub(crate) language: String,
    /// What the model was given of it.
    pub(crate) text: String,
}

/// The answer to `weft/chat/send`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendAnswer {
    /// The session; empty where nothing was kept, as for `/help`.
    pub(crate) session_id: String,
    /// The question.
    pub(crate) message_id: String,
    /// The answer.
    pub(crate) answer_id: String,
    /// `done`, `stopped` or `failed`.
    pub(crate) state: &'static str,
    /// The whole answer.
    pub(crate) text: String,
    /// What the model thought.
    pub(crate) thinking: String,
    /// What it cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stats: Option<ChatStats>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// What an answer cost.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatStats {
    /// Tokens of the prompt.
    pub(crate) prompt_tokens: u32,
    /// Those that the KV cache still had.
    pub(crate) cached_tokens: u32,
    /// From the question to the first token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_token_ms: Option<f64>,
    /// Tokens of the answer.
    pub(crate) tokens: u32,
    /// While it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_per_second: Option<f64>,
}

/// The parameters of `weft/chat/sessions`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SessionsParams {
    /// Only those with this text.
    pub(crate) query: Option<String>,
}

/// The answer to `weft/chat/sessions`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SessionsAnswer {
    /// The latest first.
    pub(crate) sessions: Vec<SessionEntry>,
}

/// A session in the list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SessionEntry {
    /// Its id.
    pub(crate) id: String,
    /// Its title.
    pub(crate) title: String,
    /// Milliseconds since 1970.
    pub(crate) updated: i64,
    /// Messages that count.
    pub(crate) messages: u32,
}

/// The parameters of the methods that take a session's id.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SessionParams {
    /// The session.
    pub(crate) id: String,
}

/// The parameters of `weft/chat/rename`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RenameParams {
    /// The session.
    pub(crate) id: String,
    /// Its new title.
    pub(crate) title: String,
}

/// The answer to `weft/chat/export`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExportAnswer {
    /// The session.
    pub(crate) markdown: String,
}

/// The answer to `weft/chat/session`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SessionAnswer {
    /// Its id.
    pub(crate) id: String,
    /// Its title.
    pub(crate) title: String,
    /// In order.
    pub(crate) messages: Vec<ChatMessage>,
}

/// A message of a session.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatMessage {
    /// Its id.
    pub(crate) id: String,
    /// `user` or `assistant`.
    pub(crate) role: &'static str,
    /// As it was typed or written.
    pub(crate) text: String,
    /// What the model thought.
    pub(crate) thinking: String,
    /// What went along.
    pub(crate) attachments: Vec<ChatAttachment>,
    /// Rules, and what was cut.
    pub(crate) notes: Vec<String>,
    /// `done`, `stopped`, `failed` or `streaming`.
    pub(crate) state: &'static str,
    /// What it cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stats: Option<ChatStats>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// The parameters of `weft/chat/complete`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CompleteParams {
    /// The message so far.
    pub(crate) text: String,
    /// The cursor in it, in UTF-16 units.
    pub(crate) offset: usize,
    /// What the editor knows.
    pub(crate) context: ChatContext,
}

/// The answer to `weft/chat/complete`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CompleteAnswer {
    /// What is replaced, in UTF-16 units.
    pub(crate) start: usize,
    /// Its end.
    pub(crate) end: usize,
    /// The best first.
    pub(crate) items: Vec<CompleteItem>,
}

/// Something to choose.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompleteItem {
    /// What replaces what was typed.
    pub(crate) insert_text: String,
    /// What is shown.
    pub(crate) label: String,
    /// What it is.
    pub(crate) detail: String,
    /// `command`, `keyword`, `file`, `folder` or `symbol`.
    pub(crate) kind: &'static str,
}

/// The parameters of `weft/chat/resolve`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResolveParams {
    /// The message so far.
    pub(crate) text: String,
    /// What the editor knows.
    pub(crate) context: ChatContext,
}

/// The answer to `weft/chat/resolve`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ResolveAnswer {
    /// What would go along.
    pub(crate) attachments: Vec<ChatAttachment>,
    /// What would not, and why.
    pub(crate) problems: Vec<ResolveProblem>,
    /// The size of the message with all of it.
    pub(crate) tokens: usize,
    /// The room that there is.
    pub(crate) budget: usize,
}

/// A mention that cannot be resolved.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ResolveProblem {
    /// As it was typed.
    pub(crate) mention: String,
    /// What happened, why, and what to do.
    pub(crate) message: String,
}
