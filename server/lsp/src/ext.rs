//! Weft's own methods, beside those of the standard.
//! It must not hold behaviour: these are the shapes on the wire.

use assist::completion::Trace;
use serde::{Deserialize, Serialize};
use tower_lsp::ls_types::notification::Notification;

/// Request `weft/why` (no parameters): what the last requests did and why some showed nothing.
pub(crate) const WHY: &str = "weft/why";

/// The answer to `weft/why`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WhyAnswer {
    /// The last requests, newest first.
    pub(crate) last: Vec<Trace>,
}

/// Notification `weft/trace` from the server, one for each inline completion request.
pub(crate) enum TraceNotification {}

impl Notification for TraceNotification {
    type Params = Trace;
    const METHOD: &'static str = "weft/trace";
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
}
