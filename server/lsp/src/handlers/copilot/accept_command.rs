//! `workspace/executeCommand` with a command of Copilot's: an item was accepted, or signing in is to be finished.

use serde_json::{Value, json};

use crate::copilot::Fate;
use crate::ext::copilot::FINISH_DEVICE_FLOW;
use crate::server::Server;

pub(crate) fn handle(server: &Server, command: &str, argument: &Value) -> Option<Value> {
    if command == FINISH_DEVICE_FLOW {
        let status = super::account::check_status(server).ok()?;
        return serde_json::to_value(status).ok();
    }
    server.copilot.feedback.tell(argument.as_str()?, Fate::Accepted);
    Some(json!(true))
}
