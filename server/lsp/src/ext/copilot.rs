//! The protocol of GitHub Copilot's language server, as far as its clients need it: names and shapes on the wire.
//! It must not hold behaviour. docs/editors/copilot.md says which clients these are.
//!
//! Where the shapes come from: the README of the published server (`@github/copilot-language-server`), and what
//! copilot.el, copilot.lua, sidekick.nvim and LSP-copilot send and read. What they send besides is ignored.

use serde::{Deserialize, Serialize};
use tower_lsp::ls_types::notification::Notification;
use tower_lsp::ls_types::{Command, Position, Range};

/// Request: whether the user is signed in.
pub(crate) const CHECK_STATUS: &str = "checkStatus";
/// Request: whether a file takes part.
pub(crate) const CHECK_FILE_STATUS: &str = "checkFileStatus";
/// Request: begins to sign in.
pub(crate) const SIGN_IN: &str = "signIn";
/// Request: the same, in older clients.
pub(crate) const SIGN_IN_INITIATE: &str = "signInInitiate";
/// Request: signing in has been confirmed elsewhere.
pub(crate) const SIGN_IN_CONFIRM: &str = "signInConfirm";
/// Request: signs in with a token, which is not looked at.
pub(crate) const SIGN_IN_WITH_GITHUB_TOKEN: &str = "signInWithGithubToken";
/// Request: signs out.
pub(crate) const SIGN_OUT: &str = "signOut";
/// Request: the server's version.
pub(crate) const GET_VERSION: &str = "getVersion";
/// Request: which editor it is; nothing is done with it but to know that Copilot's protocol is spoken.
pub(crate) const SET_EDITOR_INFO: &str = "setEditorInfo";
/// Request: consent to telemetry, of which there is none.
pub(crate) const RECORD_TELEMETRY_CONSENT: &str = "recordTelemetryConsent";
/// Request: a suggestion, before LSP had inline completion.
pub(crate) const GET_COMPLETIONS: &str = "getCompletions";
/// Request: several, to cycle through.
pub(crate) const GET_COMPLETIONS_CYCLING: &str = "getCompletionsCycling";
/// Request: several for a panel; they come as notifications.
pub(crate) const GET_PANEL_COMPLETIONS: &str = "getPanelCompletions";
/// Request: several for a panel, as inline completion has them.
pub(crate) const PANEL_COMPLETION: &str = "textDocument/copilotPanelCompletion";
/// Request: the next edit.
pub(crate) const INLINE_EDIT: &str = "textDocument/copilotInlineEdit";
/// Request: a suggestion of `getCompletions` was shown.
pub(crate) const NOTIFY_SHOWN: &str = "notifyShown";
/// Request: it was accepted.
pub(crate) const NOTIFY_ACCEPTED: &str = "notifyAccepted";
/// Request: some were rejected.
pub(crate) const NOTIFY_REJECTED: &str = "notifyRejected";
/// Notification: a suggestion of inline completion was shown.
pub(crate) const DID_SHOW_COMPLETION: &str = "textDocument/didShowCompletion";
/// Notification: a part of it was accepted.
pub(crate) const DID_PARTIALLY_ACCEPT_COMPLETION: &str = "textDocument/didPartiallyAcceptCompletion";
/// Notification: a next edit was shown.
pub(crate) const DID_SHOW_INLINE_EDIT: &str = "textDocument/didShowInlineEdit";
/// Request: the models.
pub(crate) const MODELS: &str = "copilot/models";
/// Request: begins a conversation with a question.
pub(crate) const CONVERSATION_CREATE: &str = "conversation/create";
/// Request: the next question.
pub(crate) const CONVERSATION_TURN: &str = "conversation/turn";
/// Request: the client is done with a conversation.
pub(crate) const CONVERSATION_DESTROY: &str = "conversation/destroy";
/// Request: the commands that a question may begin with.
pub(crate) const CONVERSATION_TEMPLATES: &str = "conversation/templates";
/// Request: whether there is a chat.
pub(crate) const CONVERSATION_PRECONDITIONS: &str = "conversation/preconditions";
/// Request: the agents, of which there are none.
pub(crate) const CONVERSATION_AGENTS: &str = "conversation/agents";
/// Request: whether conversations are kept.
pub(crate) const CONVERSATION_PERSISTANCE: &str = "conversation/persistance";
/// Request: code of an answer was copied.
pub(crate) const CONVERSATION_COPY_CODE: &str = "conversation/copyCode";
/// Request: code of an answer was inserted.
pub(crate) const CONVERSATION_INSERT_CODE: &str = "conversation/insertCode";
/// Request: an answer was rated.
pub(crate) const CONVERSATION_RATING: &str = "conversation/rating";
/// Notification of the standard, for what has a `workDoneToken`.
pub(crate) const PROGRESS_CANCEL: &str = "window/workDoneProgress/cancel";

/// Whether a method is one of these, or one that its clients send with parameters the framework refuses.
pub(crate) fn takes_any_parameters(method: &str) -> bool {
    const STANDARD: [&str; 4] =
        ["initialized", "textDocument/didFocus", "workspace/didChangeConfiguration", PROGRESS_CANCEL];
    const OWN: [&str; 28] = [
        CHECK_STATUS,
        CHECK_FILE_STATUS,
        SIGN_IN,
        SIGN_IN_INITIATE,
        SIGN_IN_CONFIRM,
        SIGN_IN_WITH_GITHUB_TOKEN,
        SIGN_OUT,
        GET_VERSION,
        SET_EDITOR_INFO,
        RECORD_TELEMETRY_CONSENT,
        GET_COMPLETIONS,
        GET_COMPLETIONS_CYCLING,
        GET_PANEL_COMPLETIONS,
        INLINE_EDIT,
        NOTIFY_SHOWN,
        NOTIFY_ACCEPTED,
        NOTIFY_REJECTED,
        DID_SHOW_COMPLETION,
        DID_PARTIALLY_ACCEPT_COMPLETION,
        DID_SHOW_INLINE_EDIT,
        MODELS,
        CONVERSATION_CREATE,
        CONVERSATION_TURN,
        CONVERSATION_DESTROY,
        CONVERSATION_TEMPLATES,
        CONVERSATION_PRECONDITIONS,
        CONVERSATION_AGENTS,
        CONVERSATION_PERSISTANCE,
    ];
    const TOLD: [&str; 3] = [CONVERSATION_COPY_CODE, CONVERSATION_INSERT_CODE, CONVERSATION_RATING];
    STANDARD.contains(&method) || OWN.contains(&method) || TOLD.contains(&method)
}

/// The command of an item, which the client runs when the user has accepted it; its argument is the item's id.
pub(crate) const DID_ACCEPT: &str = "github.copilot.didAcceptCompletionItem";
/// The same for an item of the panel.
pub(crate) const DID_ACCEPT_PANEL: &str = "github.copilot.didAcceptPanelCompletionItem";
/// The last step of signing in.
pub(crate) const FINISH_DEVICE_FLOW: &str = "github.copilot.finishDeviceFlow";
/// The commands that a client of Copilot's is told of.
pub(crate) const COMMANDS: [&str; 3] = [DID_ACCEPT, DID_ACCEPT_PANEL, FINISH_DEVICE_FLOW];

/// Whether a client introduces itself as Copilot's do, in its `initializationOptions`.
pub(crate) fn introduces_itself(options: Option<&serde_json::Value>) -> bool {
    let has = |name: &str| options.and_then(|options| options.get(name)).is_some_and(|it| it.is_object());
    has("editorInfo") || has("editorPluginInfo")
}

/// The command of an item with an id.
pub(crate) fn acceptance(id: &str) -> Command {
    let arguments = Some(vec![serde_json::Value::from(id)]);
    Command { title: "Accept the suggestion".to_owned(), command: DID_ACCEPT.to_owned(), arguments }
}

/// What a method is told that needs nothing.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Anything {}

/// The answer to what is only told.
pub(crate) const OK: &str = "OK";

/// The answer to the methods about signing in.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StatusAnswer {
    /// `OK`, `AlreadySignedIn`, `NotSignedIn`.
    pub(crate) status: &'static str,
    /// Who that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

/// The answer to `getVersion`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionAnswer {
    /// Weft's.
    pub(crate) version: &'static str,
    /// As the published server has it.
    pub(crate) build_type: &'static str,
    /// What it runs on.
    pub(crate) runtime_version: String,
}

/// The parameters of `checkFileStatus`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FileParams {
    /// The document.
    pub(crate) uri: String,
}

/// The parameters of `getCompletions` and its like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DocumentParams {
    /// The document and the cursor.
    pub(crate) doc: Doc,
    /// What names the panel.
    pub(crate) panel_id: String,
}

/// A document as Copilot's clients describe it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Doc {
    /// Its name; not all are URIs: `buffer:7`.
    pub(crate) uri: String,
    /// Its version, as the client counts.
    pub(crate) version: i64,
    /// The whole text, in clients that do not open documents.
    pub(crate) source: Option<String>,
    /// Its language.
    pub(crate) language_id: String,
    /// The cursor.
    pub(crate) position: Position,
}

/// The answer to `getCompletions`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CompletionsAnswer {
    /// The best first.
    pub(crate) completions: Vec<Completion>,
}

/// A suggestion of `getCompletions`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Completion {
    /// Its id.
    pub(crate) uuid: String,
    /// What replaces the range. It begins with what stands on the line: clients refuse a range that does not begin with the line.
    pub(crate) text: String,
    /// What is new of it.
    pub(crate) display_text: String,
    /// The cursor.
    pub(crate) position: Position,
    /// From the beginning of the line to the cursor, and further where the text replaces what follows.
    pub(crate) range: Range,
    /// The version that was asked about; clients drop others.
    pub(crate) doc_version: i64,
}

/// The answer to `getPanelCompletions`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PanelAnswer {
    /// How many there are.
    pub(crate) solution_count_target: usize,
}

/// The answer to `textDocument/copilotInlineEdit`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct InlineEditAnswer {
    /// The edits.
    pub(crate) edits: Vec<serde_json::Value>,
}

/// The parameters of `notifyShown` and `notifyAccepted`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct UuidParams {
    /// The suggestion.
    pub(crate) uuid: String,
    /// How much of it, in UTF-16 units from its beginning; all without it.
    pub(crate) accepted_length: Option<usize>,
}

/// The parameters of `notifyRejected`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UuidsParams {
    /// The suggestions.
    pub(crate) uuids: Vec<String>,
}

/// The parameters of the notifications about an item.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ItemParams {
    /// The item, or no more of it than its command.
    pub(crate) item: Item,
    /// How much of it was accepted so far, in UTF-16 units from its beginning.
    pub(crate) accepted_length: usize,
}

/// An item as it comes back.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item {
    /// Its command, which has its id.
    pub(crate) command: serde_json::Value,
}

impl Item {
    /// Its id.
    pub(crate) fn id(&self) -> Option<&str> {
        self.command.get("arguments")?.get(0)?.as_str()
    }
}

/// A model, as `copilot/models` lists them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Model {
    /// Its name for the server.
    pub(crate) id: String,
    /// Its name for people.
    pub(crate) model_name: String,
    /// What it belongs to.
    pub(crate) model_family: String,
    /// What it is for.
    pub(crate) scopes: Vec<&'static str>,
    /// Whether it is unfinished.
    pub(crate) preview: bool,
    /// Whether it completes when none is chosen.
    pub(crate) default: bool,
    /// Whether it chats when none is chosen.
    pub(crate) is_chat_default: bool,
    /// Whether it chats when another fails.
    pub(crate) is_chat_fallback: bool,
}

/// `didChangeStatus`.
pub(crate) enum DidChangeStatus {}

impl Notification for DidChangeStatus {
    type Params = Status;
    const METHOD: &'static str = "didChangeStatus";
}

/// The parameters of `didChangeStatus`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    /// Whether a suggestion is being made.
    pub(crate) busy: bool,
    /// How it is.
    pub(crate) kind: StatusKind,
    /// What is wrong.
    pub(crate) message: String,
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StatusKind {
    /// Well.
    Normal,
    /// Something failed.
    Error,
    /// Something failed and is tried again.
    Warning,
    /// Suggestions are off.
    Inactive,
}

/// `statusNotification`, the same for older clients.
pub(crate) enum StatusNotification {}

impl Notification for StatusNotification {
    type Params = OldStatus;
    const METHOD: &'static str = "statusNotification";
}

/// The parameters of `statusNotification`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OldStatus {
    /// `InProgress`, or the name of a [`StatusKind`].
    pub(crate) status: String,
    /// What is wrong.
    pub(crate) message: String,
}

impl From<&Status> for OldStatus {
    fn from(status: &Status) -> Self {
        let busy = status.busy && status.kind == StatusKind::Normal;
        let name = if busy { "InProgress".to_owned() } else { format!("{:?}", status.kind) };
        Self { status: name, message: status.message.clone() }
    }
}

/// `PanelSolution`.
pub(crate) enum PanelSolution {}

impl Notification for PanelSolution {
    type Params = Solution;
    const METHOD: &'static str = "PanelSolution";
}

/// A suggestion for a panel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Solution {
    /// The panel.
    pub(crate) panel_id: String,
    /// Its id.
    pub(crate) solution_id: String,
    /// How likely it is, 0 to 1.
    pub(crate) score: f32,
    /// What replaces the range.
    pub(crate) completion_text: String,
    /// What is new of it.
    pub(crate) display_text: String,
    /// As in [`Completion`].
    pub(crate) range: Range,
    /// The version that was asked about.
    pub(crate) doc_version: i64,
}

/// `PanelSolutionsDone`.
pub(crate) enum PanelSolutionsDone {}

impl Notification for PanelSolutionsDone {
    type Params = SolutionsDone;
    const METHOD: &'static str = "PanelSolutionsDone";
}

/// The parameters of `PanelSolutionsDone`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SolutionsDone {
    /// The panel.
    pub(crate) panel_id: String,
    /// Always `OK`.
    pub(crate) status: String,
}
