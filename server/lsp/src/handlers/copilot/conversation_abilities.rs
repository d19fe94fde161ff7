//! `conversation/preconditions` and `conversation/persistance`: whether there is a chat, and whether it is kept.

use serde_json::{Value, json};

use crate::server::Server;

pub(crate) fn preconditions(server: &Server) -> Value {
    match server.chat.conversations() {
        Ok(_) => json!({ "status": "ok", "results": [] }),
        Err(error) => {
            json!({ "status": "failed", "results": [{ "status": "failed", "reason": error.message }] })
        }
    }
}

pub(crate) fn persistance(server: &Server) -> Value {
    let path = server.chat.files.store.as_ref().map(|path| path.to_string_lossy().into_owned());
    json!({ "path": path })
}
