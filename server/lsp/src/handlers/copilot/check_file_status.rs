//! `checkFileStatus`: whether there are suggestions in a document.

use documents::DocumentId;
use serde_json::{Value, json};

use crate::ext::copilot::FileParams;
use crate::server::Server;

pub(crate) fn handle(server: &Server, params: &FileParams) -> Value {
    let is_out = server.silence_in(&DocumentId::new(&params.uri)).is_some();
    json!({ "status": if is_out { "not included" } else { "included" } })
}
