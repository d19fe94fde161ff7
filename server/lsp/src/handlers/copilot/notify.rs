//! `notifyShown`, `notifyAccepted`, `notifyRejected`: what became of the suggestions of `getCompletions`.

use crate::copilot::Fate;
use crate::ext::copilot::{OK, UuidParams, UuidsParams};
use crate::server::Server;

pub(crate) fn shown(server: &Server, params: &UuidParams) -> &'static str {
    server.copilot.feedback.tell(&params.uuid, Fate::Shown);
    OK
}

pub(crate) fn accepted(server: &Server, params: &UuidParams) -> &'static str {
    match params.accepted_length {
        Some(length) => server.copilot.feedback.accepted(&params.uuid, length),
        None => server.copilot.feedback.tell(&params.uuid, Fate::Accepted),
    }
    OK
}

pub(crate) fn rejected(server: &Server, params: &UuidsParams) -> &'static str {
    for uuid in &params.uuids {
        server.copilot.feedback.tell(uuid, Fate::Rejected);
    }
    OK
}
