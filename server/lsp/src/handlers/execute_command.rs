//! `workspace/executeCommand`: what editors can do that have nothing but commands. What takes long is done after the answer.
//!
//! Arguments are taken as they come: an object, an object in a list, or none, where that has a meaning.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::json;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{ExecuteCommandParams, LSPAny, MessageType};

use super::{edit_decide, models};
use crate::chat_document::{ask_edit, open_chat, proposal, send};
use crate::ext;
use crate::ext::command::{self, DocumentArgument, OpenArgument};
use crate::ext::edit::{BlocksParams, UseModelParams};
use crate::failure;
use crate::outbound::Message;
use crate::proto;
use crate::server::Server;
use documents::{DocumentId, Snapshot};

pub(crate) async fn handle(
    server: &Arc<Server>,
    params: ExecuteCommandParams,
) -> jsonrpc::Result<Option<LSPAny>> {
    let name = params.command.as_str();
    let given = argument(params.arguments);
    if ext::copilot::COMMANDS.contains(&name) {
        return Ok(super::copilot::accept_command::handle(server, name, &given));
    }
    match name {
        command::CHAT_OPEN => open(server, read(name, given)?).await,
        command::CHAT_SEND => {
            let place: DocumentArgument = read(name, given)?;
            send::start(server, &chat_document(server, &place)?, place.position)?;
            Ok(None)
        }
        command::CHAT_STOP => {
            let stopped = server.writing.stop(&written_document(server, &read(name, given)?)?);
            Ok(Some(json!({ "stopped": stopped })))
        }
        command::EDIT => ask_edit::edit(server, read(name, given)?).await.map(|()| None),
        command::EDIT_APPLY => {
            ask_edit::apply(server, read(name, given)?);
            Ok(None)
        }
        command::EDIT_ACCEPT => accept(server, read(name, given)?).await,
        command::EDIT_REJECT => {
            let blocks: BlocksParams = read(name, given)?;
            let answer = edit_decide::reject(server, &blocks)?;
            proposal::mark(server, &blocks.id, blocks.blocks.as_deref(), "rejected").await;
            serde_json::to_value(answer).map(Some).map_err(failure)
        }
        command::WHY => {
            show(server, why(server));
            Ok(None)
        }
        command::TOGGLE => Ok(Some(toggle(server, &read(name, given)?))),
        command::USE_MODEL => {
            let model: UseModelParams = read(name, given)?;
            let text = format!("Weft: this window uses the model {} from now on", model.name);
            models::choose(server, model)?;
            show(server, text);
            Ok(None)
        }
        _ => Err(failure(format!("Weft has no command {name}; it has {}", command::ALL.join(", ")))),
    }
}

/// The one argument: clients send it by itself, in a list, or in a list in a list.
fn argument(arguments: Vec<LSPAny>) -> LSPAny {
    let mut argument = arguments.into_iter().next().unwrap_or(LSPAny::Null);
    while let LSPAny::Array(list) = argument {
        argument = list.into_iter().next().unwrap_or(LSPAny::Null);
    }
    if argument.is_null() { json!({}) } else { argument }
}

fn read<T: DeserializeOwned>(command: &str, argument: LSPAny) -> jsonrpc::Result<T> {
    serde_json::from_value(argument)
        .map_err(|error| failure(format!("the argument of {command} is not usable: {error}")))
}

async fn open(server: &Arc<Server>, argument: OpenArgument) -> jsonrpc::Result<Option<LSPAny>> {
    if argument.send {
        open_chat::open_and_send(server, argument);
        return Ok(None);
    }
    let path = open_chat::open_chat(server, argument).await?;
    let uri = DocumentId::from_path(&path).map(|id| id.as_str().to_owned());
    Ok(Some(json!({ "uri": uri })))
}

async fn accept(server: &Server, blocks: BlocksParams) -> jsonrpc::Result<Option<LSPAny>> {
    let (id, which) = (blocks.id.clone(), blocks.blocks.clone());
    let answer = edit_decide::accept(server, blocks).await?;
    if answer.applied {
        proposal::mark(server, &id, which.as_deref(), "accepted").await;
    } else if let Some(reason) = &answer.reason {
        // Editors do nothing with a command's answer.
        server.outbound.send(Message::Show(MessageType::WARNING, format!("Weft: {reason}")));
    }
    serde_json::to_value(answer).map(Some).map_err(failure)
}

/// The chat document that is meant; without one the one that was changed last.
fn chat_document(server: &Server, argument: &DocumentArgument) -> jsonrpc::Result<DocumentId> {
    document(server, argument, |_| true)
}

fn written_document(server: &Server, argument: &DocumentArgument) -> jsonrpc::Result<DocumentId> {
    document(server, argument, |document| server.writing.contains(&document.id))
}

fn document(
    server: &Server,
    argument: &DocumentArgument,
    is_meant: impl Fn(&Snapshot) -> bool,
) -> jsonrpc::Result<DocumentId> {
    if let Some(document) = &argument.text_document {
        return Ok(proto::document_id(&document.uri));
    }
    let open = server.documents.snapshots().into_iter();
    let mut chats = open.filter(|document| server.chat.is_document(&document.id) && is_meant(document));
    let found = chats.next().map(|document| document.id);
    found.ok_or_else(|| failure("there is no such chat document open; the command weft.chat.open makes one"))
}

fn why(server: &Server) -> String {
    let Some(trace) = server.last_trace() else {
        return "Weft: nothing was asked for in this window yet".to_owned();
    };
    match trace.reason {
        Some(reason) => format!("Weft: the last request showed nothing: {reason}"),
        None => format!("Weft: the last request showed a suggestion, after {:.0} ms", trace.total_ms),
    }
}

fn toggle(server: &Server, argument: &DocumentArgument) -> LSPAny {
    let document = argument.text_document.as_ref().map(|document| proto::document_id(&document.uri));
    let on = server.switches.toggle(document.as_ref());
    let place = if document.is_some() { "this document" } else { "this window" };
    show(server, format!("Weft: suggestions are {} in {place}", if on { "on" } else { "off" }));
    json!({ "on": on })
}

fn show(server: &Server, text: String) {
    server.outbound.send(Message::Show(MessageType::INFO, text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_may_come_in_a_list_or_not_at_all() {
        let given = json!({ "name": "x" });
        for arguments in [vec![given.clone()], vec![json!([given])], vec![json!([[given]])]] {
            assert_eq!(argument(arguments), given);
        }
        for arguments in [vec![], vec![LSPAny::Null], vec![json!([])]] {
            assert_eq!(argument(arguments), json!({}));
        }
    }
}
