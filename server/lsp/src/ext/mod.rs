//! Weft's own methods, beside those of the standard.
//! It must not hold behaviour: these are the shapes on the wire.

pub(crate) mod chat;
pub(crate) mod command;
pub(crate) mod copilot;
pub(crate) mod copilot_chat;
pub(crate) mod edit;

use assist::completion::{Healing, Layout, Trace};
use context::Source;
use serde::{Deserialize, Serialize};
use tower_lsp::ls_types::TextDocumentIdentifier;
use tower_lsp::ls_types::notification::Notification;

/// Request `weft/why` (no parameters): what the last requests did and why some showed nothing.
pub(crate) const WHY: &str = "weft/why";

/// The answer to `weft/why`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WhyAnswer {
    /// The last requests, newest first.
    pub(crate) last: Vec<Trace>,
    /// What became of suggestions, as far as the client says so.
    pub(crate) feedback: crate::copilot::Counts,
}

/// Request `weft/index`: what is known of the workspace.
pub(crate) const INDEX: &str = "weft/index";

/// The parameters of `weft/index`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct IndexParams {
    /// Whether to answer only when the workspace has been read.
    pub(crate) wait: bool,
}

/// The answer to `weft/index`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IndexAnswer {
    /// Whether the workspace has been read.
    pub(crate) ready: bool,
    /// Files that are known.
    pub(crate) files: usize,
    /// Definitions in them.
    pub(crate) symbols: usize,
    /// Milliseconds that reading took; 0 until it is done.
    pub(crate) ms: u64,
}

/// Notification `weft/trace` from the server, one for each inline completion request.
pub(crate) enum TraceNotification {}

impl Notification for TraceNotification {
    type Params = Trace;
    const METHOD: &'static str = "weft/trace";
}

/// Notification `weft/didMoveCursor` from the client: the cursor rests at a place where nothing was typed. The prompt for it is
/// evaluated ahead.
pub(crate) const DID_MOVE_CURSOR: &str = "weft/didMoveCursor";

/// Notification `textDocument/didFocus` from the client, as Copilot's clients send it: another document is looked at.
pub(crate) const DID_FOCUS: &str = "textDocument/didFocus";

/// The parameters of `textDocument/didFocus`; without a document nothing is in focus.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FocusParams {
    /// The document.
    pub(crate) text_document: Option<TextDocumentIdentifier>,
}

/// `initializationOptions`, all optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InitializationOptions {
    /// The model's name.
    pub(crate) model: Option<String>,
    /// The most tokens of one suggestion.
    pub(crate) max_tokens: Option<u32>,
    /// The most tokens of a prompt.
    pub(crate) prompt_tokens: Option<usize>,
    /// What goes into a prompt besides the file.
    pub(crate) context: ContextOptions,
    /// How likely the model must find a suggestion's first line for it to be shown unasked, 0 to 1.
    pub(crate) least_probability: Option<f32>,
    /// Milliseconds after which the whole lines of an unfinished answer are shown; 0 for whole answers only.
    pub(crate) answer_within_ms: Option<u64>,
    /// Whether work is done that nobody waits for yet.
    pub(crate) ahead: Option<bool>,
    /// Whether there is a line above each function with what can be asked about it.
    pub(crate) code_lens: bool,
    /// What `@url` in a chat may read.
    pub(crate) network: Option<NetworkOption>,
    /// Whether answers are remembered; for measurements.
    pub(crate) memory: Option<bool>,
    /// The layout of prompts, for measurements.
    pub(crate) layout: Option<Layout>,
    /// Whether the word at the cursor is left to the model; for measurements.
    pub(crate) healing: Option<Healing>,
}

/// `initializationOptions.network`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NetworkOption {
    Off,
    Public,
    Any,
}

impl From<NetworkOption> for assist::mentions::Network {
    fn from(option: NetworkOption) -> Self {
        match option {
            NetworkOption::Off => Self::Off,
            NetworkOption::Public => Self::Public,
            NetworkOption::Any => Self::Any,
        }
    }
}

/// `initializationOptions.context`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ContextOptions {
    /// Sources that are not asked: names of [`context::Source`], or `all`.
    pub(crate) off: Vec<String>,
    /// Definitions that are shown whatever Weft itself would choose; for measurements.
    pub(crate) given: Vec<GivenPlace>,
}

/// Where a definition begins: a path from the workspace's root and a line, counted from 0.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GivenPlace {
    path: String,
    line: u32,
}

impl ContextOptions {
    /// Which sources are asked.
    pub(crate) fn selection(self) -> context::Selection {
        let named = |source: &Source| self.off.iter().any(|off| off == "all" || off == source.name());
        let off = Source::ALL.into_iter().filter(named).collect();
        let given = self.given.into_iter().map(|GivenPlace { path, line }| context::Place { path, line });
        context::Selection { off, given: given.collect() }
    }
}
